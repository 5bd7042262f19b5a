// What the keeper hears: messages of its children, and signals.
#include <malloc.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "control/keeper/clock.h"
#include "control/keeper/keeper.h"
#include "control/keeper/source_reader.h"
#include "control/log/log.h"

namespace bowline::control::keeper {

using link::HandoverMessage;
using link::HandoverType;
using log::Category;

// ---- Messages ---------------------------------------------------------------------------------

HandoverMessage Keeper::make_message(HandoverType type, std::uint64_t generation,
                                     std::uint64_t pairing) {
  HandoverMessage message;
  message.type = type;
  message.generation = generation;
  message.pairing = pairing;
  return message;
}

void Keeper::receive(Child& child, int most) {
  static link::Received received;  // large, and there is one thread
  for (int i = 0; i < most; ++i) {
    switch (link::receive_handover(child.channel(), received)) {
      case link::Receive::kMessage:
        handle(child, received);
        break;
      case link::Receive::kNothing:
        return;
      case link::Receive::kClosed:
        child.kill(SIGKILL);  // it cannot go on without us; its death comes by SIGCHLD
        return;
      case link::Receive::kMalformed:
        log::error(Category::kServer, "{}, malformed message, {}, it is restarted", child.name(),
                   received.why);
        child.kill(SIGKILL);
        return;
    }
  }
}

void Keeper::handle(Child& child, link::Received& received) {
  const HandoverMessage& message = received.message;
  switch (message.type) {
    case HandoverType::kReady:
      return handle_ready(child, message.text_view());
    case HandoverType::kFailed:
      return handle_failure(child, message.text_view());
    case HandoverType::kCorrupt:
      if (message.pairing == pairing_) restart_dataplane(message.text_view());
      return;
    default:
      if (&child == &control_) return handle_control(received);
      return handle_dataplane(message);
  }
}

// From control also after each reload.
void Keeper::handle_ready(Child& child, std::string_view state) {
  child.ready = true;
  child.policy.ready();
  child.state = state.empty() ? "serving" : state;
  if (!announced_) return check_ready();
  if (&child == &control_) service_.ready(child.state);
}

void Keeper::handle_control(link::Received& received) {
  const HandoverMessage& message = received.message;
  switch (message.type) {
    case HandoverType::kChunk:
      return handle_chunk(received);
    case HandoverType::kWithdraw:
      if (message.generation == generation_ && chunks_.withdraw(generation_, message.index)) {
        dataplane_.send(message);
      }
      return;
    case HandoverType::kRestartDataplane:
      return restart_dataplane(message.text_view());
    case HandoverType::kLogReopen:
      service_.reloading();
      return reopen_logs();
    case HandoverType::kReload:
      return read_log_targets();
    case HandoverType::kStop:
      return begin_stop();
    default:
      log::warning(Category::kServer, "{}, unexpected message, ignored", control_.name());
  }
}

void Keeper::handle_chunk(link::Received& received) {
  const HandoverMessage message = received.message;
  if (message.generation != generation_) return;
  const int fd = received.fds[0].get();
  dataplane_.send(message, fd);
  if (!chunks_.add(message, std::move(received.fds[0]))) {
    log::error(Category::kServer, "{}, chunk {} sent twice, it is restarted", control_.name(),
               message.index);
    control_.kill(SIGKILL);
  }
}

void Keeper::handle_dataplane(const HandoverMessage& message) {
  if (message.type == HandoverType::kDevicesOpen && control_.starts == 0) {
    control_.start_at_ms = now_ms();
  }
  if (message.type == HandoverType::kSettled && chunks_.published(message.generation)) {
    log::info(Category::kServer, "dataplane uses tables of generation {}", message.generation);
    chunks_.drop_older_than(message.generation);
    settled_ = true;
    check_ready();
  }
}

void Keeper::handle_failure(const Child& child, std::string_view why) {
  log::error(Category::kServer, "{}, failed, {}", child.name(), why);
  if (!announced_) fail_start(std::string(why));
}

void Keeper::restart_dataplane(std::string_view why) {
  log::warning(Category::kServer, "dataplane, restarted, {}", why);
  dataplane_.kill(SIGKILL);
}

// ---- Signals ----------------------------------------------------------------------------------

void Keeper::handle_signals() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    switch (static_cast<int>(info.ssi_signo)) {
      case SIGCHLD:
        break;
      case SIGHUP:
        reopen_logs();
        service_.reloading();
        control_.send(make_message(HandoverType::kReload));
        break;
      case SIGUSR1: {
        reopen_logs();
        HandoverMessage zones = make_message(HandoverType::kReload);
        zones.flags = link::kZonesOnly;
        control_.send(zones);
        break;
      }
      default:
        if (stop_by_ms_ != 0) stop_by_ms_ = 1;  // asked twice: at once
        log::info(Category::kServer, "stopping server");
        begin_stop();
    }
  }
}

// Ours first: what root makes anew is given to who control runs as.
void Keeper::reopen_logs() {
  if (auto done = log::reopen(); !done) log::error(Category::kServer, "log, {}", done.error());
  control_.send(make_message(HandoverType::kLogReopen));
}

// The rest of a configuration is control's, which also reports what is wrong with it, and what
// waits for a restart.
void Keeper::read_log_targets() {
  {
    const auto loaded = read_source(orders_.source, Reading::kAgain);
    if (!loaded) return;
    if (auto done = log::setup(loaded->log()); !done) {
      log::error(Category::kServer, "log, {}", done.error());
    }
  }
  (void)::malloc_trim(0);  // a million zones were in it
}

}  // namespace bowline::control::keeper
