// Pairing: the tables that are served now, joined with the exchange of the control that is there
// now; and the board by which the main thread moves the serving threads from one to the next.
//
//   field      writer       meaning
//   wanted     main thread  what threads should serve from
//   used[i]    thread i     what thread i serves from; null until it runs
//   corrupt    any thread   number of a pairing whose rings are malformed; 0: none
//
// A Pairing never changes once it is wanted. The main thread takes one apart, with the mappings
// that only it led to, after every thread has been seen to use a newer one (all_use_wanted()): a
// thread stores used[i] (release) after its last access through the one before.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "dns/name_key.h"
#include "link/exchange.h"
#include "link/publish.h"

namespace bowline::dataplane {

struct Pairing {
  const link::TablesHeader* header = nullptr;  // its line has a root
  link::TablesView tables;
  dns::HashKey secret;                  // copied from the header
  link::EpochSlots* slots = nullptr;    // of the exchange, if its control made these tables
  link::Exchange* exchange = nullptr;   // counters go here, whoever made the tables
  std::uint64_t number = 0;             // of the exchange
  bool asks_open = false;               // that control lives and made these tables
  int service_bell = -1;                // its eventfd
};

class PairingBoard {
 public:
  // REQUIRES: main thread; `pairing` lives until all threads use a newer one, or have ended.
  void want(const Pairing& pairing) { wanted_.store(&pairing, std::memory_order_release); }
  const Pairing* wanted() const { return wanted_.load(std::memory_order_acquire); }

  // REQUIRES: thread `index`, after its last access through the pairing before.
  void use(unsigned index, const Pairing* pairing) {
    used_[index].store(pairing, std::memory_order_release);
  }
  bool all_use_wanted(unsigned threads) const {
    const Pairing* const pairing = wanted();
    for (unsigned i = 0; i < threads; ++i) {
      if (used_[i].load(std::memory_order_acquire) != pairing) return false;
    }
    return true;
  }

  void report_corrupt(std::uint64_t number) { corrupt_.store(number, std::memory_order_relaxed); }
  std::uint64_t corrupt() const { return corrupt_.load(std::memory_order_relaxed); }

  void request_stop() { stop_.store(true, std::memory_order_relaxed); }
  bool stop_requested() const { return stop_.load(std::memory_order_relaxed); }

 private:
  std::atomic<const Pairing*> wanted_{nullptr};
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> corrupt_{0};
  std::array<std::atomic<const Pairing*>, link::kMaxThreads> used_{};
};

}  // namespace bowline::dataplane
