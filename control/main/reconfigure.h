// Reconfigure: the one way in which a new configuration takes effect, whoever brings it.
//
// What a change touches is what differs, and nothing else is looked at: log targets, settings of
// answers, the drop list, zones. A configuration that came here has been checked as a whole, so
// apply() does all that it can and reports what it could not; the next apply() tries that again.
//
// apply() belongs to the store's thread; current() and awaiting_restart() are for any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "control/api/response.h"
#include "control/config/compare.h"
#include "control/config/config.h"
#include "control/main/drop_list.h"
#include "control/store/tables.h"
#include "control/store/zone_store.h"

namespace bowline::control {

enum class Cause : std::uint8_t {
  kStart,   // everything is loaded
  kReload,  // also zones whose files changed, and those that failed before
  kCommit,  // zones that the difference touches, no other
};

// What apply() did, and what is left to be done.
struct Report {
  struct Item {
    enum class Kind : std::uint8_t { kAdded, kRemoved, kChanged };
    enum class Effect : std::uint8_t { kNow, kRestart, kLater };  // kLater: accepted, not acted upon

    std::string path;  // section[id].item; section[id] of an entry that came or went
    Kind kind = Kind::kChanged;
    Effect effect = Effect::kNow;

    std::string to_text() const;
  };

  store::UpdateReport zones;       // with the errors of zones
  std::vector<Item> items;         // the first kMaxItems, and all that wait for a restart
  std::size_t items_in_all = 0;
  std::vector<std::string> errors; // what else went wrong, a line each
  bool refused = false;            // nothing has changed: `errors` say why,
  std::string refusal = "nothing has changed";  // and this does in a word

  bool ok() const { return errors.empty() && zones.ok(); }
};

class Reconfigure {
 public:
  static constexpr std::size_t kMaxItems = 100;  // what a person reads in one answer

  struct Parts {
    store::Tables& tables;
    store::ZoneStore& zones;
    DropList& drop_list;
    std::function<void()> log_has_changed;  // the keeper has targets of its own
  };

  // Of a start: `config` is what the log and the tables' settings have been made of; its zones
  // follow by apply(). The parts outlive this.
  Reconfigure(Parts parts, std::shared_ptr<const config::Config> config);

  Report apply(std::shared_ptr<const config::Config> next, Cause cause);

  // The configuration that was applied last, or is being applied.
  std::shared_ptr<const config::Config> current() const;
  // Items whose value is another one than at the start and waits for the next start.
  std::vector<std::string> awaiting_restart() const;

 private:
  struct Plan;

  Plan make_plan(const config::Config& before, const config::Config& next, Cause cause,
                 Report& report);
  void note_item(const config::Change& change, bool is_part_of_entry, Report& report);
  void note_restart(const config::Change& change, const std::string& path);
  void apply_log(const config::Config& next, Report& report);
  void apply_settings(const config::Config& next, Report& report);
  void apply_drop_list(const config::Config& next, Report& report);
  void write_log(const Report& report, Cause cause);

  const Parts parts_;
  link::Settings settings_;         // as last published
  bool log_failed_ = false;
  bool drop_list_failed_ = false;
  mutable std::mutex mutex_;        // of the two below; only apply() changes them
  std::shared_ptr<const config::Config> config_;
  std::map<std::string, config::Setting> at_start_;  // of what waits for a restart, by path
};

// What a client gets to read of it: lines for people, and the tables "zones" and "items". Ends the
// response.
void write_report(api::Response& response, const Report& report);

}  // namespace bowline::control
