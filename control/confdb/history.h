// History: the committed configurations, the newest kCommitsKept of them, as what each changed.
//
// Numbers count the commits from 1 and are never used twice within a history. The state after
// commit N is found by undoing those behind it. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "control/config/compare.h"
#include "dns/result.h"

namespace bowline::control::confdb {

inline constexpr std::size_t kCommitsKept = 50;
// Octets of changes that a history holds in all, encoded: an import of 10^6 zones has 100 MiB.
// Beyond it the oldest commits go; a commit that is larger by itself cannot be undone.
inline constexpr std::size_t kMaxHistoryOctets = 64 << 20;

struct Commit {
  std::uint64_t number = 0;
  std::int64_t time_s = 0;  // Unix
  std::string user;         // who asked for it
  std::string summary;      // what it changed, in words
  bool has_changes = true;  // false: too many to keep
};

// The newest commit if it waits for conf-confirm.
struct Unconfirmed {
  std::uint64_t number = 0;
  std::int64_t deadline_s = 0;  // Unix
};

struct NewCommit {
  std::vector<config::Change> changes;
  std::string user;
  std::int64_t time_s = 0;
  std::int64_t confirm_by_s = 0;  // 0: needs no conf-confirm
  std::string summary = {};       // empty: made of the changes
};

class History {
 public:
  virtual ~History() = default;

  // Keeps what has become the configuration, and says its number. Whatever waited for conf-confirm
  // does so no more. An error: nothing is kept.
  virtual dns::Result<std::uint64_t> commit(const NewCommit& commit) = 0;
  // The oldest first.
  virtual dns::Result<std::vector<Commit>> commits() const = 0;
  // What commit `number` changed.
  virtual dns::Result<std::vector<config::Change>> changes(std::uint64_t number) const = 0;
  virtual dns::Result<std::optional<Unconfirmed>> unconfirmed() const = 0;
  // Nothing waits for conf-confirm any more.
  virtual dns::Result<void> confirm() = 0;
};

// The history of a server that was started from a file: it ends with the process, or a reload.
class MemoryHistory final : public History {
 public:
  dns::Result<std::uint64_t> commit(const NewCommit& commit) override;
  dns::Result<std::vector<Commit>> commits() const override;
  dns::Result<std::vector<config::Change>> changes(std::uint64_t number) const override;
  dns::Result<std::optional<Unconfirmed>> unconfirmed() const override { return unconfirmed_; }
  dns::Result<void> confirm() override;

  // The file has been read anew: what was committed before cannot be undone. Numbers go on.
  void forget();

 private:
  struct Kept {
    Commit commit;
    std::vector<config::Change> changes;
    std::size_t octets = 0;
  };

  std::deque<Kept> kept_;
  std::size_t octets_ = 0;
  std::uint64_t number_ = 0;
  std::optional<Unconfirmed> unconfirmed_;
};

// What leads from the newest state back to that after commit `number`, as one difference.
// `number` may be one less than the oldest commit's. The error says which commits there are.
dns::Result<std::vector<config::Change>> undo(const History& history, std::uint64_t number);

// The same changes backwards.
std::vector<config::Change> invert(std::vector<config::Change> changes);

// Such as "zone[example.com.] added, server.identity, and 3 more".
std::string summarize(const std::vector<config::Change>& changes);

}  // namespace bowline::control::confdb
