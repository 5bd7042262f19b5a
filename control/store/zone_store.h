// ZoneStore: which zones are configured, which of them are served, and how they got there.
//
// A configured zone without content is in the tables as a placeholder (zones/placeholder.h), so
// that questions below it get SERVFAIL and not what the zone above it would say.
//
// update() belongs to the store's thread; it starts loading threads of its own and publishes once
// all of them are done. What is served changes in one step, and only for zones that loaded. The
// const functions are for any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "control/config/config.h"
#include "control/store/load_progress.h"
#include "control/store/tables.h"
#include "control/store/zone_loader.h"

namespace bowline::control::store {

struct ZoneStatus {
  dns::Name name;
  std::string file;
  bool served = false;
  std::uint32_t serial = 0;  // if served
  std::uint64_t records = 0;
  std::string error;  // of the last attempt to load; empty if it went well
};

struct UpdateReport {
  std::size_t loaded = 0;
  std::size_t failed = 0;
  std::size_t removed = 0;  // zones that were served
  std::size_t unchanged = 0;
  std::uint64_t epoch = 0;           // 0: nothing was published
  std::vector<std::string> errors;  // the first of them
  bool ok() const { return errors.empty() && failed == 0; }
};

enum class Which : std::uint8_t {
  kChanged,  // zones that are new, whose file or settings changed, or that failed before
  kAll,
};

// What a configuration says of zones that the one before did not say.
struct ZoneEdits {
  std::vector<std::size_t> touched;     // places in it: added, or with items of their own edited
  std::vector<std::size_t> inheriting;  // places in it: users of a template that was edited
  std::vector<dns::Name> removed;
};

class ZoneStore {
 public:
  ZoneStore(Tables& tables, unsigned threads) : tables_(tables), threads_(threads) {}

  // The first publication of a start that does not wait for the zones (async-start): each has a
  // placeholder, so that its names get SERVFAIL until it is loaded. REQUIRES: before update().
  void hold(const config::Config& config);
  // Makes `config` the one that counts: loads, withdraws, publishes. An error of a zone leaves its
  // last version in service. Looks at each zone, and with kChanged at each one's file.
  UpdateReport update(std::shared_ptr<const config::Config> config, Which which);
  // The same, and looks at the zones of `edits` only: at the settings of those that inherit, and at
  // the files of those that are touched. Costs what the edits cost.
  UpdateReport update(std::shared_ptr<const config::Config> config, const ZoneEdits& edits);
  // Loads these zones of the current configuration again, changed or not.
  UpdateReport reload_zones(const std::vector<dns::Name>& names);

  // Called on the store's thread with name and serial of each zone that was published anew.
  // REQUIRES: before the first update().
  void on_published(std::function<void(dns::NameView, std::uint32_t)> listener) {
    published_ = std::move(listener);
  }

  std::shared_ptr<const config::Config> config() const;
  // How many zones are configured, and how many are served.
  std::size_t configured() const;
  unsigned threads() const { return threads_; }  // that load zones
  const LoadProgress& progress() const { return progress_; }
  std::size_t served() const { return served_.load(std::memory_order_relaxed); }
  // Status of the zone at this place of the configuration. REQUIRES: index < config.zones().size().
  ZoneStatus status(const config::Config& config, std::size_t index) const;

 private:
  struct Entry {
    FileIdentity file;
    std::unique_ptr<std::vector<IncludedFile>> included;  // null: there are none
    std::uint64_t settings = 0;  // hash of what else decides how it loads
    std::uint64_t records = 0;
    std::uint32_t serial = 0;
    bool served = false;
    bool placeholder = false;  // stands in the tables without content
    std::unique_ptr<std::string> error;

    bool has_changed() const;
  };
  // What update() and reload_zones() are about to publish.
  struct Change {
    std::vector<zones::ZoneDraft> drafts;
    std::vector<std::string> withdrawn;           // keys of entries
    std::vector<std::size_t> placeholders;        // indices of the configuration
  };
  using Key = std::string;  // the name in wire form, lower case

  static Key key_of(dns::NameView name);
  const Entry* find(dns::NameView name) const;
  static bool has_other_settings(const config::Zone& zone, const Entry* entry);
  static bool needs_load(const config::Zone& zone, const Entry* entry);
  void take(std::shared_ptr<const config::Config> config);
  UpdateReport load(const config::Config& config, const std::vector<std::size_t>& indices,
                    Change change);
  std::string publish(std::vector<zones::ZoneDraft> drafts, UpdateReport& report);
  void note_loaded(const config::Zone& zone, LoadedZone& loaded, bool was_drafted,
                   const std::string& publish_error, UpdateReport& report);
  void note_withdrawn(const Change& change, UpdateReport& report);
  void withdraw(const Key& key, Change& change) const;
  Change withdraw_missing(const config::Config& config) const;
  bool lacks_place(const config::Zone& zone) const;
  void hold_places(const config::Config& config, const std::vector<std::size_t>& indices,
                   const std::vector<LoadedZone>& loaded, Change& change);

  Tables& tables_;
  const unsigned threads_;
  std::function<void(dns::NameView, std::uint32_t)> published_;  // may be empty
  mutable std::mutex mutex_;  // of the two below; only update() changes them
  std::unordered_map<Key, Entry> entries_;
  std::shared_ptr<const config::Config> config_;
  std::atomic<std::size_t> served_{0};
  LoadProgress progress_;
};

// What the dataplane has to know of the configuration.
link::Settings make_settings(const config::Config& config);

}  // namespace bowline::control::store
