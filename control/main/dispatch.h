// Dispatch: finds the function of a command and has it run; says who asked for what in the log.
//
// Filled before the server starts; then control's main thread. The functions must not wait: what
// takes time goes to the store's thread, long answers are produced in parts (api/response.h).
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "control/api/request.h"
#include "control/api/response.h"

namespace bowline::control {

using Answer = std::shared_ptr<api::Response>;

class Dispatch {
 public:
  using Verb = std::function<void(const api::Request&, Answer)>;

  // REQUIRES: `name` is a command of the table (api/commands.h) that is not local, given once.
  void add(std::string_view name, Verb verb);

  // Answers at least the end, from whatever thread the verb uses. An unknown command, or arguments
  // that its row does not allow, are answered here.
  void run(const api::Request& request, Answer answer) const;

  // Commands of the table that need the server and have no function.
  std::vector<std::string_view> missing() const;

 private:
  std::unordered_map<std::string_view, Verb> verbs_;  // the names are those of the table
};

}  // namespace bowline::control
