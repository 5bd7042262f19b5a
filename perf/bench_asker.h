// BenchAsker: makes Ethernet frames with questions about BenchTables. One for each worker, used by
// its thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bench_tables.h"
#include "dataplane/net/headers.h"
#include "dns/message.h"

namespace bowline::perf {

inline constexpr std::uint16_t kBenchPort = 53;
// Where things stand in a frame of questions and replies.
inline constexpr std::size_t kUdpAt = dataplane::net::kEthernetSize + dataplane::net::kIpv4Size;
inline constexpr std::size_t kMessageAt = kUdpAt + dataplane::net::kUdpSize;

// xorshift64* (Vigna): fast, and random enough to defeat the caches.
class BenchRandom {
 public:
  explicit BenchRandom(std::uint64_t seed) : state_(seed * 2 + 1) {}
  std::uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1d;
  }
  // REQUIRES: bound < 2^32.
  std::uint64_t below(std::uint64_t bound) { return (next() >> 32) * bound >> 32; }

 private:
  std::uint64_t state_;
};

class BenchAsker {
 public:
  // With `dnssec_ok`: questions have EDNS and DO. REQUIRES: `tables` outlives it.
  BenchAsker(const BenchTables& tables, bool dnssec_ok, std::uint64_t seed);

  // Writes a question to `frame`, returns its octets; `number` is the name that it asks for.
  // REQUIRES: 256 octets of room.
  std::size_t ask(std::uint8_t* frame, std::uint64_t& number);

 private:
  const BenchTables& tables_;
  const bool dnssec_ok_;
  const std::uint64_t names_;  // asked for are the numbers below this
  BenchRandom random_;
  std::uint8_t start_[kMessageAt + dns::kHeaderSize] = {};  // of every frame
};

}  // namespace bowline::perf
