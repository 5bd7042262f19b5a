// Commands on the configuration: conf-list, conf-read, those of a transaction, and the history.
//
// They do what knotd's do, in its words where something fails; the failure's data says more.
// Control's main thread; commits are made on the store's.
#pragma once

#include <string>

#include "control/main/conf_transaction.h"
#include "control/main/dispatch.h"
#include "control/main/waiting.h"

namespace bowline::control {

class ConfVerbs {
 public:
  struct Parts {
    ConfTransaction& transaction;
    confdb::History& history;  // the store's thread only
    std::function<std::shared_ptr<const config::Config>()> current;
    Waiting& waiting;
    std::string temporary_file;  // what changes last as long as; empty: they are in a database
  };

  explicit ConfVerbs(Parts parts) : parts_(std::move(parts)) {}

  // Adds the commands; this outlives the dispatch.
  void add_to(Dispatch& dispatch);

 private:
  void list(const api::Request& request, const Answer& answer);
  void read(const api::Request& request, const Answer& answer);
  void begin(const api::Request& request, const Answer& answer);
  void abort(const api::Request& request, const Answer& answer);
  void commit(const api::Request& request, const Answer& answer);
  void confirm(const api::Request& request, const Answer& answer);
  void diff(const api::Request& request, const Answer& answer);
  void get(const api::Request& request, const Answer& answer);
  void set(const api::Request& request, const Answer& answer);
  void unset(const api::Request& request, const Answer& answer);
  void history(const api::Request& request, const Answer& answer);
  void rollback(const api::Request& request, const Answer& answer);

  // Null: the answer says that no transaction is open.
  config::Draft* draft(const Answer& answer);
  // `waits`: zones that do not load are the command's failure. Else, as with knotd, what is
  // committed is done, and the log has the rest: a new zone may get its content later.
  void tell(const Answer& answer, const ConfTransaction::Result& result, const std::string& note,
            bool waits) const;

  const Parts parts_;
};

// What is wrong with conf-set of these values, or conf-unset, at that path, in knotd's words, as
// far as the draft alone tells. Nothing: try it.
std::optional<api::Failure> check_set(const config::Config& draft, const std::string& path,
                                      const std::vector<std::string>& values);
std::optional<api::Failure> check_unset(const config::Config& draft, const std::string& path);

}  // namespace bowline::control
