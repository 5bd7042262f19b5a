// VersionPins: keeps single versions of the tables readable for slow readers, within a budget.
//
// A reader that waits for its client between two looks must not hold an epoch slot: what it waits
// for may never come, and all that is replaced meanwhile would stay. It takes a pin instead. While
// pins are held the memory of replaced versions waits for them; when too much of it waits, the pins
// are revoked, and their readers give up.
//
//   who            does
//   any thread     take(), Pin::read()
//   store thread   oldest_in_use(), before each reclaim()
//
// Why this is safe. take() loads the epoch, then the root, with the lock held, so the root is of
// that epoch or newer. A scan with the lock held either finds the pin, or comes before it; then the
// pin's epoch is at least the one that the scan was given as current, and what is freed by the
// scan's outcome was out of reach in that version. Pin::read() holds the lock, so that no scan
// revokes the version under a reader's hands.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>

#include "link/publish.h"
#include "zones/reader.h"

namespace bowline::control::store {

class VersionPins {
 public:
  class Pin {
   public:
    Pin(VersionPins& pins, std::uint64_t epoch, zones::View view)
        : pins_(pins), epoch_(epoch), view_(view) {}
    ~Pin();
    Pin(const Pin&) = delete;

    // Calls use(view) if the version is still there, else returns false. Short: the store's thread
    // may wait for it.
    bool read(const std::function<void(zones::View)>& use);

   private:
    friend class VersionPins;
    VersionPins& pins_;
    const std::uint64_t epoch_;
    const zones::View view_;
    bool revoked_ = false;  // under the lock
  };

  // Both outlive this, and this outlives its pins.
  VersionPins(zones::Base base, const link::TablesHeader& header) : base_(base), header_(header) {}

  // The newest version; null if nothing is published yet.
  std::shared_ptr<Pin> take();

  // The oldest epoch of all pins, at most `current`. With `over_budget` all pins of older versions
  // are revoked first. REQUIRES: `current` is the epoch of the last publish().
  std::uint64_t oldest_in_use(std::uint64_t current, bool over_budget);

  std::size_t count() const;

 private:
  const zones::Base base_;
  const link::TablesHeader& header_;
  mutable std::mutex mutex_;
  std::set<Pin*> pins_;  // not revoked
};

}  // namespace bowline::control::store
