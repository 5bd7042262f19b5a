#include "dataplane/stream/clients.h"

#include <sys/eventfd.h>
#include <sys/random.h>

#include <cassert>
#include <cstring>
#include <ctime>

namespace bowline::dataplane {

namespace {

constexpr unsigned kGroupBits = 16;
constexpr auto kRelaxed = std::memory_order_relaxed;

// The end of SplitMix64: each bit of the input turns half of the output's.
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

}  // namespace

TcpClients::TcpClients() : groups_(std::size_t{1} << kGroupBits) {
  // A kernel without randomness yet is one that just booted: the moment has to do.
  if (::getrandom(key_.data(), sizeof key_, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof key_)) {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    for (std::size_t i = 0; i < key_.size(); ++i) {
      key_[i] = static_cast<std::uint64_t>(now.tv_nsec) * (0x9e3779b97f4a7c15 + 2 * i);
    }
  }
}

unsigned TcpClients::join(int doorbell) {
  assert(joined_ < seats_.size());
  seats_[joined_].doorbell = doorbell;
  return joined_++;
}

// One multiplication by the key would do for two prefixes, but crowds the neighbours of one network
// into a few groups with some keys (2 of 100).
TcpClients::Group TcpClients::group_of(const link::Endpoint& client) const {
  std::uint64_t prefix;  // ::ffff:a.b.c.d has the address in its last octets
  std::memcpy(&prefix, client.address.data() + (client.is_ipv4() ? 8 : 0), sizeof prefix);
  return static_cast<Group>(mix(mix(prefix ^ key_[0]) + key_[1]) >> (64 - kGroupBits));
}

std::uint32_t TcpClients::arrive(unsigned seat, Group group) {
  seats_[seat].clients.fetch_add(1, kRelaxed);
  if (groups_[group].fetch_add(1, kRelaxed) == kClientsPerPrefix) crowded_.fetch_add(1, kRelaxed);
  return total_.fetch_add(1, kRelaxed) + 1;
}

void TcpClients::leave(unsigned seat, Group group) {
  seats_[seat].clients.fetch_sub(1, kRelaxed);
  if (groups_[group].fetch_sub(1, kRelaxed) == kClientsPerPrefix + 1) {
    crowded_.fetch_sub(1, kRelaxed);
  }
  total_.fetch_sub(1, kRelaxed);
}

unsigned TcpClients::fullest(unsigned seat) const {
  const std::uint32_t own = seats_[seat].clients.load(kRelaxed);
  const std::uint32_t share = total() / joined_;
  if (own > 1 && own > share) return seat;
  unsigned best = seat;
  std::uint32_t most = own == 0 ? 0 : own - 1;
  for (unsigned i = 0; i < joined_; ++i) {
    const std::uint32_t clients = seats_[i].clients.load(kRelaxed);
    if (i == seat || clients <= most) continue;
    most = clients;
    best = i;
  }
  return best;
}

void TcpClients::ask_for_place(unsigned seat) {
  seats_[seat].asked.fetch_add(1, kRelaxed);
  (void)::eventfd_write(seats_[seat].doorbell, 1);
}

}  // namespace bowline::dataplane
