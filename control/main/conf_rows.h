// Rows of the conf-* commands: settings, differences, lists and the history, as the control
// protocol has them.
//
//   conf-read, conf-get   {section, id, item, values[]}; of an entry's identifying item the value
//                         is the identifier
//   conf-diff             the same with sign: "-" before, "+" after
//   conf-list             {section}, {section, item} or {section, id}
//   conf-history          {commit, time, user, state, summary}
//
// What may be long is written in parts (api/response.h), by control's main thread; what the history
// holds is written at once, by any.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/api/response.h"
#include "control/confdb/history.h"
#include "control/config/compare.h"
#include "control/config/config.h"
#include "control/config/path.h"

namespace bowline::control {

inline constexpr std::size_t kMaxChangesTold = 10'000;  // more is for conf-export and diff

// Each ends the response.
void write_settings(api::Response& response, config::Config config,
                    std::vector<config::ItemPath> paths);
void write_changes(api::Response& response, std::vector<config::Change> changes);
// The first kMaxChangesTold of them.
void write_changes_of_commit(api::Response& response, const std::vector<config::Change>& changes);
void write_history(api::Response& response, const std::vector<confdb::Commit>& commits,
                   std::optional<std::uint64_t> unconfirmed);

// These do not.
void write_section_names(api::Response& response);
void write_item_names(api::Response& response, const config::Section& section);

// The identifiers of a section; ends the response.
void write_ids(api::Response& response, config::Config config, const config::Section& section);

}  // namespace bowline::control
