// Verbs: what bowlinec can ask for. One function a verb; the table of them is in verbs.cpp.
//
// Control's main thread; what takes time is given to the store's thread.
#pragma once

#include <cstdint>
#include <memory>

#include "control/api/server.h"

namespace bowline::control {

class Process;

class Verbs {
 public:
  using Answer = std::shared_ptr<api::Response>;

  explicit Verbs(Process& process) : process_(process) {}
  void run(const api::Request& request, Answer response);

 private:
  using Verb = void (Verbs::*)(const api::Request&, Answer);
  enum class Takes : std::uint8_t;
  struct Row;
  static const Row kVerbs[];

  void status(const api::Request& request, Answer response);
  void zone_status(const api::Request& request, Answer response);
  void reload(const api::Request& request, Answer response);
  void zone_reload(const api::Request& request, Answer response);
  void stats(const api::Request& request, Answer response);
  void drop_add(const api::Request& request, Answer response);
  void drop_remove(const api::Request& request, Answer response);
  void drop_list(const api::Request& request, Answer response);
  void stop(const api::Request& request, Answer response);

  Process& process_;
};

}  // namespace bowline::control
