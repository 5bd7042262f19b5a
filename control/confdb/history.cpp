#include "control/confdb/history.h"

#include <algorithm>
#include <map>
#include <utility>

#include "control/confdb/record.h"

namespace bowline::control::confdb {

namespace {

using config::Change;

constexpr std::size_t kSummarized = 3;  // names in a summary; the rest is a number

// What a person calls the thing that changed; of an entry that came or went, the entry.
std::string describe(const Change& change) {
  std::string text(change.section->name);
  if (!change.id.empty()) text += "[" + change.id + "]";
  if (change.option == nullptr || change.is_entry()) {
    return text + (change.after.is_set ? " added" : " removed");
  }
  return text + "." + std::string(change.option->name);
}

// Whether the change is told by that of its entry, which came or went.
bool is_part_of(const Change& change, const Change* entry) {
  return entry != nullptr && entry->section == change.section && entry->id == change.id;
}

// Changes one after the other, as one difference: of each item its first state and its last.
class Composition {
 public:
  void add(Change change) {
    Items& items = entries_[{change.section, change.id}];
    // The identifying item comes first, the others in the order of the table.
    const Key key{!change.is_entry(), change.option};
    const auto [found, is_new] = items.try_emplace(key, change);
    if (!is_new) found->second.after = std::move(change.after);
  }

  std::vector<Change> finish() && {
    std::vector<Change> changes;
    for (auto& [entry, items] : entries_) {
      for (auto& [key, change] : items) {
        if (change.before != change.after) changes.push_back(std::move(change));
      }
    }
    return changes;
  }

 private:
  using Key = std::pair<bool, const config::Option*>;
  using Items = std::map<Key, Change>;
  // Sections and options are rows of tables, so their addresses have the tables' order.
  std::map<std::pair<const config::Section*, std::string>, Items> entries_;
};

}  // namespace

std::string summarize(const std::vector<Change>& changes) {
  std::string text;
  std::size_t things = 0;
  const Change* entry = nullptr;
  for (const Change& change : changes) {
    if (is_part_of(change, entry)) continue;
    if (change.is_entry()) entry = &change;
    if (++things > kSummarized) continue;
    text += (text.empty() ? "" : ", ") + describe(change);
  }
  if (things > kSummarized) text += ", and " + std::to_string(things - kSummarized) + " more";
  return things == 0 ? "nothing" : text;
}

std::vector<Change> invert(std::vector<Change> changes) {
  for (Change& change : changes) std::swap(change.before, change.after);
  return changes;
}

dns::Result<std::vector<Change>> undo(const History& history, std::uint64_t number) {
  const auto commits = history.commits();
  if (!commits) return dns::Error{commits.error()};
  if (commits->empty()) return dns::Error{"nothing has been committed, there is nothing to undo"};
  const std::uint64_t oldest = commits->front().number;
  const std::uint64_t newest = commits->back().number;
  if (number > newest || number + 1 < oldest) {
    return dns::Error{"there is no commit " + std::to_string(number) + ": the history has " +
                      std::to_string(oldest) + " to " + std::to_string(newest)};
  }
  Composition all;
  for (auto commit = commits->rbegin(); commit != commits->rend(); ++commit) {
    if (commit->number <= number) break;
    if (!commit->has_changes) {
      return dns::Error{"commit " + std::to_string(commit->number) +
                        " changed too much to be undone: commit the former configuration anew"};
    }
    auto changes = history.changes(commit->number);
    if (!changes) return dns::Error{changes.error()};
    for (Change& change : invert(std::move(*changes))) all.add(std::move(change));
  }
  return std::move(all).finish();
}

// ---- In memory --------------------------------------------------------------------------------

dns::Result<std::uint64_t> MemoryHistory::commit(const NewCommit& commit) {
  Kept kept;
  kept.octets = encode({}, commit.changes).size();
  if (commit.confirm_by_s != 0 && kept.octets > kMaxHistoryOctets) {
    return dns::Error{"the transaction changes too much to be undone: commit it without --confirm"};
  }
  kept.commit = {++number_, commit.time_s, commit.user,
                 commit.summary.empty() ? summarize(commit.changes) : commit.summary,
                 kept.octets <= kMaxHistoryOctets};
  if (kept.commit.has_changes) {
    kept.changes = commit.changes;
  } else {
    kept.octets = 0;
  }
  octets_ += kept.octets;
  kept_.push_back(std::move(kept));
  while (kept_.size() > kCommitsKept || octets_ > kMaxHistoryOctets) {
    octets_ -= kept_.front().octets;
    kept_.pop_front();
  }
  unconfirmed_.reset();
  if (commit.confirm_by_s != 0) unconfirmed_ = Unconfirmed{number_, commit.confirm_by_s};
  return number_;
}

dns::Result<std::vector<Commit>> MemoryHistory::commits() const {
  std::vector<Commit> result;
  for (const Kept& kept : kept_) result.push_back(kept.commit);
  return result;
}

dns::Result<std::vector<Change>> MemoryHistory::changes(std::uint64_t number) const {
  const auto found = std::ranges::find_if(
      kept_, [&](const Kept& kept) { return kept.commit.number == number; });
  if (found == kept_.end()) return dns::Error{"there is no commit " + std::to_string(number)};
  if (!found->commit.has_changes) {
    return dns::Error{"commit " + std::to_string(number) + " changed too much to be kept"};
  }
  return found->changes;
}

dns::Result<void> MemoryHistory::confirm() {
  unconfirmed_.reset();
  return {};
}

void MemoryHistory::forget() {
  kept_.clear();
  octets_ = 0;
  unconfirmed_.reset();
}

}  // namespace bowline::control::confdb
