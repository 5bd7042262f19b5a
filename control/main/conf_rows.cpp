#include "control/main/conf_rows.h"

#include <algorithm>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "control/config/visit.h"

namespace bowline::control {

namespace {

using api::Json;
using config::Change;
using config::Config;
using config::ItemPath;
using config::Section;
using config::Setting;

// Entries, or changes, written to a client before the next look at its socket.
constexpr std::size_t kAtOnce = 256;

// A row of the setting; `sign` empty: none.
Json setting_row(std::string_view sign, const Section& section, std::string_view id,
                 const config::Option* option, const Setting& setting) {
  Json row;
  if (!sign.empty()) row["sign"] = sign;
  row["section"] = section.name;
  row["id"] = id;
  row["item"] = option == nullptr ? std::string_view() : option->name;
  // A section that is there and empty has no values to show.
  row["values"] = option == nullptr ? Json(nullptr) : Json(setting.values);
  return row;
}

// Where in a configuration the writing is. Sections with entries go entry by entry.
class SettingsWriter {
 public:
  SettingsWriter(Config config, std::vector<ItemPath> paths) : config_(std::move(config)) {
    for (ItemPath& path : paths) {
      if (path.section != nullptr) {
        paths_.push_back(std::move(path));
        continue;
      }
      for (const Section& section : config::sections()) {
        paths_.push_back({&section, std::nullopt, nullptr});
      }
    }
  }

  bool operator()(api::Response& to) {
    for (std::size_t written = 0; written < kAtOnce; ++written) {
      if (at_ == paths_.size()) {
        to.end();
        return false;
      }
      write_one(to);
    }
    return true;
  }

 private:
  void write_one(api::Response& to) {
    ItemPath path = paths_[at_];
    const bool by_entry = path.section->has_entries() && !path.id;
    if (by_entry && next_ == 0) ids_ = config_.ids(path.section->name);
    if (by_entry && next_ < ids_.size()) path.id = ids_[next_++];
    if (!by_entry || path.id) write(to, path);
    if (by_entry && next_ < ids_.size()) return;
    ++at_;
    next_ = 0;
  }

  void write(api::Response& to, const ItemPath& path) const {
    config::visit(config_, path,
                  [&](const Section& section, std::string_view id, const config::Option& option,
                      const Setting& setting) {
                    to.row(setting_row({}, section, id, &option, setting));
                    return true;
                  });
  }

  Config config_;
  std::vector<ItemPath> paths_;
  std::size_t at_ = 0;                 // in paths_
  std::vector<std::string_view> ids_;  // of its section, if it goes entry by entry
  std::size_t next_ = 0;               // in ids_
};

void write_change(api::Response& to, const Change& change) {
  if (change.before.is_set) {
    to.row(setting_row("-", *change.section, change.id, change.option, change.before));
  }
  if (change.after.is_set) {
    to.row(setting_row("+", *change.section, change.id, change.option, change.after));
  }
}

}  // namespace

void write_settings(api::Response& response, Config config, std::vector<ItemPath> paths) {
  response.produce_with(SettingsWriter(std::move(config), std::move(paths)));
}

void write_changes(api::Response& response, std::vector<Change> changes) {
  response.produce_with(
      [changes = std::move(changes), next = std::size_t{0}](api::Response& to) mutable {
        const std::size_t end = std::min(next + kAtOnce, changes.size());
        for (; next < end; ++next) write_change(to, changes[next]);
        if (next < changes.size()) return true;
        to.end();
        return false;
      });
}

void write_changes_of_commit(api::Response& response, const std::vector<Change>& changes) {
  const std::size_t told = std::min(changes.size(), kMaxChangesTold);
  for (std::size_t i = 0; i < told; ++i) write_change(response, changes[i]);
  if (told < changes.size()) {
    response.text(fmt::format("and {} more", changes.size() - told));
  }
  response.end();
}

void write_history(api::Response& response, const std::vector<confdb::Commit>& commits,
                   std::optional<std::uint64_t> unconfirmed) {
  for (const confdb::Commit& commit : commits) {
    std::tm utc{};
    const std::time_t seconds = commit.time_s;
    (void)::gmtime_r(&seconds, &utc);
    response.row({{"commit", commit.number},
                  {"time", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", utc)},
                  {"user", commit.user},
                  {"state", commit.number == unconfirmed ? "unconfirmed" : "committed"},
                  {"summary", commit.summary}});
  }
  response.end();
}

void write_section_names(api::Response& response) {
  for (const Section& section : config::sections()) response.row({{"section", section.name}});
  response.row({{"section", "include"}});
}

void write_item_names(api::Response& response, const Section& section) {
  for (const config::Option* option : config::options_of(section.name)) {
    response.row({{"section", section.name}, {"item", option->name}});
  }
}

void write_ids(api::Response& response, Config config, const Section& section) {
  response.produce_with([config = std::move(config), section = &section, next = std::size_t{0},
                         ids = std::vector<std::string_view>()](api::Response& to) mutable {
    if (next == 0) ids = config.ids(section->name);
    const std::size_t end = std::min(next + kAtOnce, ids.size());
    for (; next < end; ++next) to.row({{"section", section->name}, {"id", ids[next]}});
    if (next < ids.size()) return true;
    to.end();
    return false;
  });
}

}  // namespace bowline::control
