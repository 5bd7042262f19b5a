#include "control/main/conf_verbs.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "control/config/value_text.h"
#include "control/config/visit.h"
#include "control/main/conf_rows.h"

namespace bowline::control {

namespace {

using api::Failure;
using config::Config;
using config::ItemPath;
using config::Section;

constexpr std::string_view kInclude = "include";
// A commit that nobody confirms for longer than this is not being watched.
constexpr std::int64_t kMaxConfirm_s = 7 * 86400;

// Words of knotc.
constexpr const char* kInvalidItem = "invalid item";
constexpr const char* kInvalidId = "invalid identifier";
constexpr const char* kInvalidValue = "invalid parameter";
constexpr const char* kNotThere = "not exists";

std::optional<Failure> read_path(const std::string& text, ItemPath& path) {
  auto parsed = config::parse_item_path(text);
  if (parsed) {
    path = std::move(*parsed);
    return std::nullopt;
  }
  const Section* const section = config::find_section(text.substr(0, text.find('[')));
  const bool has_id = text.find('[') != std::string::npos;
  const char* const error = section == nullptr || !has_id ? kInvalidItem
                            : !section->has_entries()     ? "identifier not supported"
                            : text.ends_with(']')         ? kInvalidId
                                                          : kInvalidItem;
  return Failure{{}, error, parsed.error()};
}

bool has_entry(const Config& config, const ItemPath& path) {
  return !path.id || config::exists(config, *path.section, *path.id);
}

std::optional<Failure> no_such_entry(const ItemPath& path) {
  return Failure{{}, kInvalidId,
                 fmt::format("there is no {}[{}]", path.section->name, *path.id)};
}

// Reads the arguments as paths of what is there, in either of the two; none: everything.
std::optional<Failure> read_paths(const std::vector<std::string>& arguments, const Config& config,
                                  const Config& other, std::vector<ItemPath>& paths) {
  for (const std::string& argument : arguments) {
    if (auto failure = read_path(argument, paths.emplace_back())) return failure;
    const ItemPath& path = paths.back();
    if (!has_entry(config, path) && !has_entry(other, path)) return no_such_entry(path);
  }
  if (paths.empty()) paths.emplace_back();
  return std::nullopt;
}

bool is_within(const config::Change& change, const ItemPath& path) {
  return path.section == nullptr ||
         (path.section == change.section && (!path.id || *path.id == change.id) &&
          (path.option == nullptr || path.option == change.option));
}

// A reference must be to something that is there already, as with knotd; an empty one is none.
std::optional<Failure> check_references(const Config& draft, const ItemPath& path,
                                        const std::vector<std::string>& values) {
  if (path.option->kind.type != config::Type::kReference) return std::nullopt;
  for (const std::string& value : values) {
    bool found = value.empty();
    for (const std::string_view name : config::split_words(path.option->kind.words)) {
      const Section* const section = config::find_section(name);
      const auto id = config::canonical_id(*section, value);
      found = found || (id && config::exists(draft, *section, *id));
    }
    if (!found) return Failure{{}, kNotThere, fmt::format("there is no '{}'", value)};
  }
  return std::nullopt;
}

std::optional<std::uint64_t> read_number(const std::string& text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return number;
}

// Seconds of `--confirm TIME` or `+confirm TIME`; 0 if there is none.
std::optional<Failure> read_confirm(const std::vector<std::string>& arguments,
                                    std::uint64_t& seconds) {
  seconds = 0;
  if (arguments.empty()) return std::nullopt;
  const config::Kind time{config::Type::kTime, 1, kMaxConfirm_s, {}};
  if ((arguments[0] != "--confirm" && arguments[0] != "+confirm") || arguments.size() != 2) {
    return Failure{{}, kInvalidValue, "it takes nothing, or --confirm TIME such as --confirm 60s"};
  }
  const auto value = config::parse_value(time, arguments[1]);
  if (!value) return Failure{{}, kInvalidValue, "--confirm: " + value.error()};
  seconds = static_cast<std::uint64_t>(value->number());
  return std::nullopt;
}

}  // namespace

std::optional<Failure> check_set(const Config& draft, const std::string& path,
                                 const std::vector<std::string>& values) {
  if (path == kInclude) {
    if (values.empty()) return Failure{{}, "missing value", "the file to include"};
    return std::nullopt;
  }
  ItemPath item;
  if (auto failure = read_path(path, item)) return failure;
  if (item.section == nullptr) return Failure{{}, kInvalidItem, "an item is needed"};
  const Section& section = *item.section;
  if (item.option == nullptr && !section.has_entries()) {
    return Failure{{}, "operation not supported", "name an item of the section"};
  }
  if (item.option == nullptr) {
    if (!item.id && values.empty()) return Failure{{}, "missing identifier", {}};
    if (item.id && config::exists(draft, section, *item.id)) {
      return Failure{{}, "duplicate identifier", "it is there already"};
    }
    return std::nullopt;
  }
  if (!has_entry(draft, item)) return no_such_entry(item);
  if (values.empty()) return Failure{{}, "missing value", {}};
  return check_references(draft, item, values);
}

std::optional<Failure> check_unset(const Config& draft, const std::string& path) {
  ItemPath item;
  if (auto failure = read_path(path, item)) return failure;
  if (!has_entry(draft, item)) return no_such_entry(item);
  return std::nullopt;
}

void ConfVerbs::add_to(Dispatch& dispatch) {
  const auto add = [&](std::string_view name, auto verb) {
    dispatch.add(name, [this, verb](const api::Request& request, const Answer& answer) {
      (this->*verb)(request, answer);
    });
  };
  add("conf-list", &ConfVerbs::list);
  add("conf-read", &ConfVerbs::read);
  add("conf-begin", &ConfVerbs::begin);
  add("conf-commit", &ConfVerbs::commit);
  add("conf-confirm", &ConfVerbs::confirm);
  add("conf-abort", &ConfVerbs::abort);
  add("conf-diff", &ConfVerbs::diff);
  add("conf-get", &ConfVerbs::get);
  add("conf-set", &ConfVerbs::set);
  add("conf-unset", &ConfVerbs::unset);
  add("conf-history", &ConfVerbs::history);
  add("conf-rollback", &ConfVerbs::rollback);
}

config::Draft* ConfVerbs::draft(const Answer& answer) {
  config::Draft* const found = parts_.transaction.draft();
  if (found == nullptr) answer->fail({{}, "no active transaction", "begin one with conf-begin"});
  return found;
}

// ---- Looking ----------------------------------------------------------------------------------

// Of several items each is listed; without any, the sections are.
void ConfVerbs::list(const api::Request& request, const Answer& answer) {
  if (request.arguments.empty()) write_section_names(*answer);
  for (const std::string& argument : request.arguments) {
    ItemPath path;
    if (auto failure = read_path(argument, path)) return answer->fail(*failure);
    if (path.section == nullptr) {
      write_section_names(*answer);
    } else if (path.option == nullptr) {
      write_item_names(*answer, *path.section);
    } else if (path.option->name == path.section->id && request.arguments.size() == 1) {
      return write_ids(*answer, *parts_.current(), *path.section);
    }
  }
  answer->end();
}

void ConfVerbs::read(const api::Request& request, const Answer& answer) {
  const auto config = parts_.current();
  std::vector<ItemPath> paths;
  if (auto failure = read_paths(request.arguments, *config, *config, paths)) {
    return answer->fail(*failure);
  }
  write_settings(*answer, *config, std::move(paths));
}

void ConfVerbs::get(const api::Request& request, const Answer& answer) {
  const config::Draft* const open = draft(answer);
  if (open == nullptr) return;
  Config config = open->current();
  std::vector<ItemPath> paths;
  if (auto failure = read_paths(request.arguments, config, config, paths)) {
    return answer->fail(*failure);
  }
  write_settings(*answer, std::move(config), std::move(paths));
}

void ConfVerbs::diff(const api::Request& request, const Answer& answer) {
  const config::Draft* const open = draft(answer);
  if (open == nullptr) return;
  const Config config = open->current();
  std::vector<ItemPath> paths;
  if (auto failure = read_paths(request.arguments, config, parts_.transaction.base(), paths)) {
    return answer->fail(*failure);
  }
  auto changes = config::compare(parts_.transaction.base(), config);
  std::erase_if(changes, [&](const config::Change& change) {
    return std::ranges::none_of(paths, [&](const ItemPath& path) {
      return is_within(change, path);
    });
  });
  write_changes(*answer, std::move(changes));
}

// ---- Editing ----------------------------------------------------------------------------------

void ConfVerbs::begin(const api::Request&, const Answer& answer) {
  if (auto failure = parts_.transaction.begin()) return answer->fail(*failure);
  answer->end();
}

void ConfVerbs::abort(const api::Request&, const Answer& answer) {
  if (auto failure = parts_.transaction.abort()) return answer->fail(*failure);
  answer->end();
}

void ConfVerbs::set(const api::Request& request, const Answer& answer) {
  config::Draft* const open = draft(answer);
  if (open == nullptr) return;
  const std::string& path = request.arguments.front();
  std::vector<std::string> values(request.arguments.begin() + 1, request.arguments.end());
  if (auto failure = check_set(open->current(), path, values)) return answer->fail(*failure);
  // Of several values for an item that takes one, the last counts.
  const auto item = config::parse_item_path(path);
  const bool takes_one = item && item->option != nullptr &&
                         item->option->count == config::Count::kOne &&
                         item->option->name != item->section->id;
  if (takes_one) values.erase(values.begin(), values.end() - 1);
  if (auto done = open->set(path, values); !done) {
    return answer->fail({{}, path == kInclude ? "file error" : kInvalidValue, done.error()});
  }
  answer->end();
}

void ConfVerbs::unset(const api::Request& request, const Answer& answer) {
  config::Draft* const open = draft(answer);
  if (open == nullptr) return;
  const std::string path = request.arguments.empty() ? std::string() : request.arguments.front();
  std::vector<std::string> values;
  for (std::size_t i = 1; i < request.arguments.size(); ++i) {
    values.push_back(request.arguments[i]);
  }
  if (auto failure = check_unset(open->current(), path)) return answer->fail(*failure);
  if (auto done = open->unset(path, values); !done) {
    return answer->fail({{}, kNotThere, done.error()});
  }
  answer->end();
}

// ---- Commits ----------------------------------------------------------------------------------

void ConfVerbs::tell(const Answer& answer, const ConfTransaction::Result& result,
                     const std::string& note, bool waits) const {
  if (result.failure) return answer->fail(*result.failure);
  if (result.number == 0) {
    answer->text("nothing has changed");
    return answer->end();
  }
  answer->text(fmt::format("commit {}{}", result.number, note));
  if (!parts_.temporary_file.empty()) {
    answer->text(fmt::format("it lasts until the next reload or restart, which read {}",
                             parts_.temporary_file));
  }
  if (waits) return write_report(*answer, result.report);
  for (const std::string& error : result.report.errors) answer->text(error);
  for (const Report::Item& item : result.report.items) answer->text(item.to_text());
  answer->end();
}

void ConfVerbs::commit(const api::Request& request, const Answer& answer) {
  std::uint64_t seconds = 0;
  if (auto failure = read_confirm(request.arguments, seconds)) return answer->fail(*failure);
  std::string note;
  if (seconds != 0) note = fmt::format(", undone in {} s unless conf-confirm comes", seconds);
  parts_.transaction.commit(request.peer.user, seconds,
                            [this, answer, note,
                             waits = request.blocking](const ConfTransaction::Result& result) {
                              tell(answer, result, note, waits);
                            });
}

void ConfVerbs::confirm(const api::Request&, const Answer& answer) {
  parts_.transaction.confirm([answer](const ConfTransaction::Result& result) {
    if (result.failure) return answer->fail(*result.failure);
    answer->text(fmt::format("commit {} stays", result.number));
    answer->end();
  });
}

void ConfVerbs::rollback(const api::Request& request, const Answer& answer) {
  const auto number = read_number(request.arguments.front());
  if (!number) {
    return answer->fail({{}, kInvalidValue, "it needs the number of a commit in conf-history"});
  }
  parts_.transaction.rollback(*number, request.peer.user,
                              [this, answer, waits = request.blocking](
                                  const ConfTransaction::Result& result) {
                                tell(answer, result, "", waits);
                              });
}

void ConfVerbs::history(const api::Request& request, const Answer& answer) {
  std::optional<std::uint64_t> number;
  if (!request.arguments.empty()) {
    number = read_number(request.arguments.front());
    if (!number) {
      return answer->fail({{}, kInvalidValue, "it takes the number of a commit in conf-history"});
    }
  }
  parts_.waiting.post(answer, [this, answer, number] {
    if (number) {
      const auto changes = parts_.history.changes(*number);
      if (!changes) return answer->fail({{}, kNotThere, changes.error()});
      return write_changes_of_commit(*answer, *changes);
    }
    const auto commits = parts_.history.commits();
    if (!commits) return answer->fail({{}, "operation failed", commits.error()});
    const auto waiting = parts_.history.unconfirmed();
    std::optional<std::uint64_t> unconfirmed;
    if (waiting && *waiting) unconfirmed = (*waiting)->number;
    write_history(*answer, *commits, unconfirmed);
  });
}

}  // namespace bowline::control
