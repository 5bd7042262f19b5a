#include "control/keeper/service_manager.h"

#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

namespace bowline::control::keeper {

namespace {

// Of the watchdog's time between two looks: one that is late, or lost, does no harm.
constexpr std::uint64_t kLooksAWatchdog = 4;
constexpr std::uint64_t kLongestLook_ms = 5'000;
// Loading a million zones takes longer than any fixed time; as long as we live we get more.
constexpr std::uint64_t kMoreTime_us = 30'000'000;

std::uint64_t monotonic_us() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec) / 1'000;
}

int size_of(std::string_view text) { return static_cast<int>(text.size()); }

}  // namespace

ServiceManager::ServiceManager() : wanted_(std::getenv("NOTIFY_SOCKET") != nullptr) {
  std::uint64_t watchdog_us = 0;
  has_watchdog_ = wanted_ && ::sd_watchdog_enabled(0, &watchdog_us) > 0;
  if (!wanted_) return;
  look_every_ms_ = kLongestLook_ms;
  if (has_watchdog_) {
    look_every_ms_ = std::clamp<std::uint64_t>(watchdog_us / 1000 / kLooksAWatchdog, 1,
                                               kLongestLook_ms);
  }
}

void ServiceManager::ready(std::string_view state) {
  ready_ = true;
  (void)::sd_notifyf(0, "READY=1\nMAINPID=%d\nSTATUS=%.*s", static_cast<int>(::getpid()),
                     size_of(state), state.data());
}

void ServiceManager::reloading() {
  (void)::sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=reloading",
                     static_cast<unsigned long long>(monotonic_us()));
}

void ServiceManager::stopping() { (void)::sd_notify(0, "STOPPING=1\nSTATUS=stopping"); }

void ServiceManager::state(std::string_view state) {
  (void)::sd_notifyf(0, "STATUS=%.*s", size_of(state), state.data());
}

void ServiceManager::alive() {
  if (has_watchdog_) (void)::sd_notify(0, "WATCHDOG=1");
  if (wanted_ && !ready_) {
    (void)::sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%llu",
                       static_cast<unsigned long long>(kMoreTime_us));
  }
}

}  // namespace bowline::control::keeper
