// Service: the thread that takes what the dataplane cannot answer and replies to it.
//
// One thread for each pairing; start() and stop() belong to the main thread. What comes out of the
// rings may come from a captured dataplane: it is copied, then checked, then used.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "control/store/pairing.h"
#include "dns/message.h"
#include "link/context.h"
#include "link/epoch.h"
#include "link/ring.h"
#include "zones/reader.h"

namespace bowline::control::service {

class Service {
 public:
  struct Bells {
    int own = -1;               // wakes this thread
    std::vector<int> threads;  // wakes thread i of the dataplane
  };
  struct Tables {
    zones::Base base;
    const link::TablesHeader* header = nullptr;
    link::EpochSlots* slots = nullptr;  // control's own; the thread takes the first
    dns::HashKey secret;
  };
  using Corrupt = std::function<void(std::uint64_t pairing, std::string why)>;

  // `corrupt` is called, on the service's thread, when the other side broke the rules of the rings.
  Service(Tables tables, Corrupt corrupt)
      : tables_(tables), corrupt_(std::move(corrupt)), reader_(*tables.slots, 0, *tables.header) {}
  ~Service() { stop(); }

  void start(const store::Pairing::Current& pairing, const Bells& bells);
  void stop();

  // Asks answered since this process started.
  std::uint64_t answered() const { return answered_.load(std::memory_order_relaxed); }

 private:
  void run();
  bool serve_thread(unsigned thread);
  bool answer(unsigned thread, std::span<const std::byte> message);
  bool all_empty();
  bool fail(const char* why);
  bool is_served(const dns::QueryFacts& facts, dns::Bytes request);

  Tables tables_;
  Corrupt corrupt_;
  link::EpochReader reader_;
  store::Pairing::Current pairing_;
  Bells bells_;
  std::vector<link::RingReader<>> asks_;
  std::vector<link::RingWriter<>> replies_;
  std::array<std::byte, link::kMaxRingMessage> buffer_;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> answered_{0};
  std::thread thread_;
};

}  // namespace bowline::control::service
