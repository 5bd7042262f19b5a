#include "model.h"

#include <algorithm>
#include <cassert>

namespace bowline::test {

namespace {

using Kind = Operation::Kind;

constexpr std::size_t kIds = 12;       // of each section: few, so that they meet
constexpr std::size_t kHistory = 50;   // confdb::kCommitsKept

constexpr const char* kSections[] = {"template", "zone", "acl"};

std::string id_of(const std::string& section, Random& random) {
  const std::string number = std::to_string(random.below(kIds));
  return section == "zone" ? "z" + number + ".example." : section.substr(0, 1) + number;
}

// Text that a file has to quote, and text that it has not.
std::string any_text(Random& random) {
  static constexpr const char* kParts[] = {"a",  "Z9", " ", "\"", "\\", "#", ":", "[", "]",
                                           ",", "'", "%s", "\t", "- ", "\xc3\xa4", "$", "{}"};
  std::string text;
  for (std::size_t i = random.below(8) + 1; i > 0; --i) {
    text += kParts[random.below(std::size(kParts))];
  }
  return text;
}

struct Path {
  std::string section, id, item;
};

Path split(const std::string& text) {
  Path path;
  const std::size_t open = text.find('[');
  const std::size_t close = text.find(']');
  const std::size_t dot = text.find('.', close == std::string::npos ? 0 : close);
  path.section = text.substr(0, std::min(open, dot));
  if (open != std::string::npos) path.id = text.substr(open + 1, close - open - 1);
  if (dot != std::string::npos) path.item = text.substr(dot + 1);
  return path;
}

bool has_entries(const Path& path) { return path.section != "server"; }
bool takes_many(const Path& path) { return path.section == "acl" && path.item == "address"; }

const Items* find(const State& state, const Path& path) {
  const auto found = state.find({path.section, path.id});
  return found == state.end() ? nullptr : &found->second;
}

bool can_set(const State& state, const Path& path) {
  const bool exists = find(state, path) != nullptr;
  return path.item.empty() ? !exists : exists || !has_entries(path);
}

bool can_unset(const State& state, const Path& path, const std::vector<std::string>& values) {
  if (path.section.empty()) return true;
  const Items* const items = find(state, path);
  if (items == nullptr) return false;
  if (path.item.empty()) return true;
  const auto item = items->find(path.item);
  return item != items->end() && std::ranges::all_of(values, [&](const std::string& value) {
           return std::ranges::find(item->second, value) != item->second.end();
         });
}

void set(State& state, const std::vector<std::string>& words) {
  const Path path = split(words[0]);
  Items& items = state[{path.section, path.id}];
  if (path.item.empty()) return;
  std::vector<std::string>& values = items[path.item];
  if (!takes_many(path)) {
    values = {words.back()};
    return;
  }
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (std::ranges::find(values, words[i]) == values.end()) values.push_back(words[i]);
  }
}

void unset(State& state, const std::vector<std::string>& words) {
  const Path path = split(words[0]);
  if (path.section.empty()) return state.clear();
  const auto entry = state.find({path.section, path.id});
  if (path.item.empty()) {
    state.erase(entry);
    return;
  }
  std::vector<std::string>& values = entry->second[path.item];
  for (std::size_t i = 1; i < words.size(); ++i) std::erase(values, words[i]);
  if (words.size() == 1 || values.empty()) entry->second.erase(path.item);
  if (entry->second.empty() && !has_entries(path)) state.erase(entry);
}

// What a commit checks: the templates of zones are there.
bool is_valid(const State& state) {
  return std::ranges::all_of(state, [&](const auto& entry) {
    const auto used = entry.second.find("template");
    return entry.first.first != "zone" || used == entry.second.end() ||
           state.contains({"template", used->second.front()});
  });
}

}  // namespace

std::string Operation::to_text() const {
  static constexpr const char* kNames[] = {"begin",  "set",     "unset",   "abort",
                                           "commit", "confirm-later", "confirm", "rollback"};
  std::string text = kNames[static_cast<std::size_t>(kind)];
  for (const std::string& word : words) text += " '" + word + "'";
  return text;
}

std::vector<std::string> Model::choose_set(Random& random) const {
  if (random.below(8) == 0) {
    const bool identity = random.below(2) == 0;
    return {identity ? "server.identity" : "server.version", any_text(random)};
  }
  const std::string section = kSections[random.below(std::size(kSections))];
  const std::string entry = section + "[" + id_of(section, random) + "]";
  const auto found = find(*draft_, split(entry));
  if (found == nullptr) return {entry};
  switch (random.below(3)) {
    case 0:
      return {entry + ".comment", any_text(random)};
    case 1:
      if (section != "acl") return {entry + ".storage", "/" + std::to_string(random.below(100))};
      return {entry + ".address", "192.0.2." + std::to_string(random.below(9)),
              "2001:db8::" + std::to_string(random.below(9) + 1)};
    default:
      if (section != "zone") return {entry};
      return {entry + ".template", id_of("template", random)};
  }
}

std::vector<std::string> Model::choose_unset(Random& random) const {
  if (random.below(200) == 0) return {""};
  if (draft_->empty() || random.below(8) == 0) {
    return {"zone[" + id_of("zone", random) + "].comment"};
  }
  const auto entry = std::next(draft_->begin(), static_cast<long>(random.below(draft_->size())));
  const auto& [section, id] = entry->first;
  const std::string path = id.empty() ? section : section + "[" + id + "]";
  if (entry->second.empty() || random.below(3) == 0) return {path};
  const auto item =
      std::next(entry->second.begin(), static_cast<long>(random.below(entry->second.size())));
  std::vector<std::string> words{path + "." + item->first};
  if (random.below(2) == 0) words.push_back(item->second[random.below(item->second.size())]);
  return words;
}

Operation Model::choose(Random& random) const {
  if (unconfirmed_over_) return {Kind::kConfirm, {}};
  if (!draft_) {
    if (random.below(20) != 0) return {Kind::kBegin, {}};
    const auto to = std::next(history_.begin(), static_cast<long>(random.below(history_.size())));
    return {Kind::kRollback, {std::to_string(to->first)}};
  }
  const std::size_t what = random.below(100);
  if (what < 4) return {Kind::kAbort, {}};
  if (what < 12) return {Kind::kCommit, {}};
  if (what < 14) return {Kind::kCommitToConfirm, {}};
  if (what < 35) return {Kind::kUnset, choose_unset(random)};
  return {Kind::kSet, choose_set(random)};
}

bool Model::succeeds(const Operation& operation) const {
  const std::vector<std::string>& words = operation.words;
  switch (operation.kind) {
    case Kind::kSet:
      return can_set(*draft_, split(words[0]));
    case Kind::kUnset:
      return can_unset(*draft_, split(words[0]), {words.begin() + 1, words.end()});
    case Kind::kCommit:
    case Kind::kCommitToConfirm:
      return is_valid(*draft_);
    default:
      return true;
  }
}

void Model::apply(const Operation& operation, std::uint64_t number) {
  switch (operation.kind) {
    case Kind::kBegin:
      draft_ = committed_;
      return;
    case Kind::kSet:
      return set(*draft_, operation.words);
    case Kind::kUnset:
      return unset(*draft_, operation.words);
    case Kind::kAbort:
      draft_.reset();
      return;
    case Kind::kCommitToConfirm:
      if (number != 0) unconfirmed_over_ = committed_;
      committed_ = *draft_;
      break;
    case Kind::kConfirm:
      unconfirmed_over_.reset();
      return;
    case Kind::kCommit:
      committed_ = *draft_;
      break;
    case Kind::kRollback:
      committed_ = State(history_.at(std::stoull(operation.words[0])));
      break;
  }
  draft_.reset();
  note(number);
}

// A commit that changes nothing has no number.
void Model::note(std::uint64_t number) {
  if (number == 0) return;
  history_[number] = committed_;
  while (history_.begin()->first + kHistory < number) history_.erase(history_.begin());
}

std::vector<State> Model::after_crash(const Operation& operation) const {
  const State& settled = unconfirmed_over_ ? *unconfirmed_over_ : committed_;
  switch (operation.kind) {
    case Kind::kConfirm:
      return {settled, committed_};
    case Kind::kCommit:
      return {settled, *draft_};
    case Kind::kRollback:
      return {settled, history_.at(std::stoull(operation.words[0]))};
    default:
      return {settled};
  }
}

void Model::adopt(const State& state, std::uint64_t number) {
  committed_ = state;
  draft_.reset();
  unconfirmed_over_.reset();
  note(number);
}

}  // namespace bowline::test
