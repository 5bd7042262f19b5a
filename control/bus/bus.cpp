#include "control/bus/bus.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <systemd/sd-bus.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "control/log/log.h"

namespace bowline::control::bus {

namespace {

using log::Category;
using namespace std::chrono_literals;

constexpr const char* kName = "cz.nic.knotd";
constexpr const char* kPath = "/cz/nic/knotd";
constexpr const char* kInterface = "cz.nic.knotd.events";
// How long the end of the server may be held up by a bus that does not read.
constexpr auto kFarewell = 500ms;
// Between two looks for a bus that is not there: a service that starts may come up meanwhile.
constexpr auto kRetry = 10s;
// Signals handed to the library at once; it keeps what the socket does not take.
constexpr std::size_t kBatch = 256;

bool names(const std::vector<std::string>& events, const char* event) {
  return std::ranges::find(events, event) != events.end();
}

// The bus's answer to the request for our name.
int on_name(sd_bus_message* reply, void*, sd_bus_error*) {
  const sd_bus_error* const error = sd_bus_message_get_error(reply);
  if (error != nullptr) {
    log::warning(Category::kServer,
                 "d-bus: the name {} is refused: {}: allow server.user to own it in the bus's "
                 "policy",
                 kName, error->message);
  } else {
    log::info(Category::kServer, "d-bus: connected to system bus");
  }
  return 0;
}

}  // namespace

Bus::Bus(const std::vector<std::string>& events, std::chrono::seconds init_delay)
    : running_wanted_(names(events, "running")),
      zones_wanted_(names(events, "zone-updated")),
      init_delay_(init_delay) {
  if (!running_wanted_ && !zones_wanted_) return;
  wake_ = link::Fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  thread_ = std::thread([this] { run(); });
  (void)::pthread_setname_np(thread_.native_handle(), "bus");
}

Bus::~Bus() { end(); }

void Bus::end() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    stop_by_ = Clock::now() + kFarewell;
  }
  (void)::eventfd_write(wake_.get(), 1);
  thread_.join();
}

void Bus::started() {
  if (running_wanted_) post({"started", {}});
}

void Bus::stopped() {
  if (running_wanted_) post({"stopped", {}});
  end();
}

void Bus::zone_updated(dns::NameView zone, std::uint32_t serial) {
  if (zones_wanted_) post({"zone_updated", zone.to_text(), serial});
}

void Bus::post(Signal signal) {
  {
    const std::lock_guard lock(mutex_);
    if (stop_) return;
    if (waiting_.size() < kMaxWaiting) {
      waiting_.push_back(std::move(signal));
    } else if (!std::exchange(overflowed_, true)) {
      log::warning(Category::kServer,
                   "d-bus: more than {} signals wait for the system bus, further ones are lost",
                   kMaxWaiting);
    }
  }
  (void)::eventfd_write(wake_.get(), 1);
}

// ---- The thread ---------------------------------------------------------------------------------

void Bus::run() {
  while (!is_over()) {
    if (open()) talk();
    const Clock::time_point next = Clock::now() + kRetry;
    while (!is_over() && bus_ == nullptr && Clock::now() < next) wait(next);
  }
  bus_ = sd_bus_close_unref(bus_);
}

// Whether this is the end. What waits for a bus that is not there is given up.
bool Bus::is_over() {
  const std::lock_guard lock(mutex_);
  return stop_ && (waiting_.empty() || bus_ == nullptr || Clock::now() >= stop_by_);
}

// Begins a connection. Nothing here or later blocks: sd_bus_open_system() waits for no reply.
bool Bus::open() {
  const int error = sd_bus_open_system(&bus_);
  if (error < 0) {
    close("cannot connect to system bus", -error);
    return false;
  }
  send_from_ = Clock::now() + init_delay_;
  return ask_for_name();
}

bool Bus::ask_for_name() {
  const int error = sd_bus_request_name_async(bus_, nullptr, kName, 0, &on_name, nullptr);
  if (error >= 0) return true;
  close("cannot ask for a name", -error);
  return false;
}

void Bus::close(const char* what, int error) {
  bus_ = sd_bus_close_unref(bus_);
  if (std::exchange(warned_, true)) return;
  log::warning(Category::kServer,
               "d-bus: {}: {}: no signals are sent while there is none; start it or remove "
               "server.dbus-event",
               what, std::strerror(error));
}

// Serves the connection until it breaks, or this is the end.
void Bus::talk() {
  while (true) {
    int outcome = 0;
    do {
      outcome = sd_bus_process(bus_, nullptr);
    } while (outcome > 0);
    if (outcome < 0) return close("lost the system bus", -outcome);
    // What the library keeps goes first, also at the end: so it never keeps much.
    if (!has_unsent()) {
      if (!send_waiting()) return;
      if (!has_unsent() && is_over()) return;
    }
    {
      const std::lock_guard lock(mutex_);
      if (stop_ && Clock::now() >= stop_by_) return;
    }
    wait(Clock::now() + kRetry);
  }
}

bool Bus::has_unsent() const {
  const int events = sd_bus_get_events(bus_);
  return events > 0 && (events & POLLOUT) != 0;
}

// Hands the next signals to the library, once they may be sent. False: the connection is closed.
bool Bus::send_waiting() {
  std::vector<Signal> batch;
  {
    const std::lock_guard lock(mutex_);
    if (Clock::now() < send_from_ && !stop_) return true;
    const std::size_t count = std::min(kBatch, waiting_.size());
    std::move(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count),
              std::back_inserter(batch));
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
    if (waiting_.empty()) overflowed_ = false;
  }
  for (const Signal& signal : batch) {
    const int error =
        signal.zone.empty()
            ? sd_bus_emit_signal(bus_, kPath, kInterface, signal.member, "")
            : sd_bus_emit_signal(bus_, kPath, kInterface, signal.member, "su",
                                 signal.zone.c_str(), signal.serial);
    // ENOBUFS: the bus does not read; what it missed is lost.
    if (error < 0 && error != -ENOBUFS) {
      close("cannot send a signal", -error);
      return false;
    }
  }
  return true;
}

// Waits until the bus or somebody here has something, at most until then.
void Bus::wait(Clock::time_point until) {
  std::array<pollfd, 2> wanted{{{wake_.get(), POLLIN, 0}, {-1, 0, 0}}};
  {
    const std::lock_guard lock(mutex_);
    if (stop_) until = std::min(until, stop_by_);
    if (bus_ != nullptr && !has_unsent() && !waiting_.empty()) {
      until = stop_ ? Clock::now() : std::min(until, send_from_);
    }
  }
  if (bus_ != nullptr) {
    const int events = sd_bus_get_events(bus_);
    wanted[1] = {sd_bus_get_fd(bus_), static_cast<short>(std::max(events, 0)), 0};
    std::uint64_t at_us = 0;
    if (sd_bus_get_timeout(bus_, &at_us) > 0 && at_us != UINT64_MAX) {
      until = std::min(until, Clock::time_point(std::chrono::microseconds(at_us)));
    }
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
  (void)::poll(wanted.data(), wanted.size(), static_cast<int>(std::max(left, 0ms).count()));
  eventfd_t count = 0;
  if (wanted[0].revents != 0) (void)::eventfd_read(wake_.get(), &count);
}

}  // namespace bowline::control::bus
