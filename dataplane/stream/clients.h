// TcpClients: what the stream threads have in common about their clients: how many there are, how
// many of them come from one prefix, and which thread is to give up a place for a new one.
//
// All threads, without locks. Numbers are relaxed counters: two clients that come in the same
// instant may both pass a limit, which is why the limits are called soft.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "link/context.h"
#include "link/exchange.h"

namespace bowline::dataplane {

// Connections of one prefix (an IPv4 address, an IPv6 /64) beyond which it is the first to give up
// places when all are taken (hardening 51). A resolver needs few (RFC 7766 6.2.2), and behind one
// address there may be many. BIND, Knot and NSD do not tell clients apart; Unbound does by a list.
inline constexpr std::uint32_t kClientsPerPrefix = 100;

class TcpClients {
 public:
  // Prefixes share a group if their keyed hashes meet: at 10,000 clients hardly two do, and then
  // all that happens is that kClientsPerPrefix holds for both together.
  using Group = std::uint16_t;

  TcpClients();
  TcpClients(const TcpClients&) = delete;
  TcpClients& operator=(const TcpClients&) = delete;

  // A stream thread takes a seat, once, before it serves. `doorbell`, an eventfd that wakes it,
  // stays the caller's. REQUIRES: at most kMaxThreads do; none of them calls anything else before
  // all have.
  unsigned join(int doorbell);

  Group group_of(const link::Endpoint& client) const;

  // A client of the thread in `seat` came, or went. arrive() returns how many there are with it.
  std::uint32_t arrive(unsigned seat, Group group);
  void leave(unsigned seat, Group group);

  std::uint32_t total() const { return total_.load(std::memory_order_relaxed); }
  std::uint32_t of(Group group) const { return groups_[group].load(std::memory_order_relaxed); }
  // Whether any group is beyond kClientsPerPrefix.
  bool crowded() const { return crowded_.load(std::memory_order_relaxed) != 0; }

  // Where a place is to be given up for the new client that just arrived in `seat`: there, if it
  // has more than its share of all clients, else where most are: whoever crowds the server sits
  // there.
  unsigned fullest(unsigned seat) const;
  // Makes the thread in `seat` give up one place.
  void ask_for_place(unsigned seat);
  // How many places the thread in `seat` was asked to give up since it last looked.
  std::uint32_t take_asked(unsigned seat) {
    return seats_[seat].asked.exchange(0, std::memory_order_relaxed);
  }

 private:
  struct alignas(link::kCacheLine) Seat {
    std::atomic<std::uint32_t> clients{0};  // writer: its thread
    std::atomic<std::uint32_t> asked{0};
    int doorbell = -1;
  };

  std::array<std::uint64_t, 2> key_{};  // nobody outside knows which prefixes meet
  std::vector<std::atomic<std::uint32_t>> groups_;
  std::array<Seat, link::kMaxThreads> seats_;
  unsigned joined_ = 0;
  std::atomic<std::uint32_t> total_{0};
  std::atomic<std::uint32_t> crowded_{0};  // groups beyond kClientsPerPrefix
};

}  // namespace bowline::dataplane
