// ConfHome: where the configuration of this server lives: the source that it was started from, with
// its history, the transaction on it, and the commands that work on these.
//
// A server that runs from a database has the ServerLock on it. From a file, what is committed lasts
// until the file is read again, and so does the history.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "control/confdb/database.h"
#include "control/confdb/source.h"
#include "control/main/conf_transaction.h"
#include "control/main/conf_verbs.h"
#include "control/main/dispatch.h"
#include "control/main/waiting.h"

namespace bowline::control {

class ConfHome {
 public:
  // `source`: as the keeper's hello names it. Undoes a commit of a database that waits for
  // conf-confirm. REQUIRES: no other threads yet.
  static dns::Result<std::unique_ptr<ConfHome>> open(std::string_view source);

  // Reads and checks all of it: at the start, then on the store's thread.
  dns::Result<config::Config> load();

  struct Parts {
    std::function<std::shared_ptr<const config::Config>()> current;  // as in ConfTransaction::Parts
    std::function<Report(std::shared_ptr<const config::Config>)> apply;
    std::function<void(std::function<void()>)> post;
    std::function<std::uint64_t()> now_ms;
  };
  // Makes the transaction and adds the commands. What it is given outlives the last command.
  void serve(Parts parts, Waiting& waiting, Dispatch& dispatch);

  const confdb::Source& source() const { return source_; }
  // REQUIRES: serve().
  ConfTransaction& transaction() { return *transaction_; }

 private:
  explicit ConfHome(confdb::Source source) : source_(std::move(source)) {}

  const confdb::Source source_;
  std::optional<confdb::ServerLock> lock_;
  std::unique_ptr<confdb::Database> database_;  // null: a file
  confdb::MemoryHistory memory_;
  std::unique_ptr<ConfTransaction> transaction_;
  std::unique_ptr<ConfVerbs> verbs_;
};

}  // namespace bowline::control
