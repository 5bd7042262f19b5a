// Flow: what tells one question from another on the wire, made of its sequence number alone.
//
// Ports change with each question so that a server spreads them over its queues; the id counts
// rounds through the ports. An answer thus says which of the last 2^26 questions it belongs to.
// Pure functions.
#pragma once

#include <cstdint>

namespace bowline::perf::pktgen {

inline constexpr unsigned kPortBits = 10;
inline constexpr std::uint32_t kPorts = 1U << kPortBits;
inline constexpr std::uint16_t kFirstPort = 32'768;   // no well-known port among them
inline constexpr unsigned kSequenceBits = kPortBits + 16;  // the id has 16

struct Flow {
  std::uint16_t port;
  std::uint16_t id;
  std::uint32_t source;  // number in Sources
};

inline Flow flow_of(std::uint64_t sequence, std::uint32_t sources) {
  // Neighbouring numbers to far addresses: the upper bits of a multiple of 2^32 / golden ratio.
  const std::uint32_t spread = static_cast<std::uint32_t>(sequence) * 0x9e3779b1U;
  return {static_cast<std::uint16_t>(kFirstPort + (sequence & (kPorts - 1))),
          static_cast<std::uint16_t>(sequence >> kPortBits),
          static_cast<std::uint32_t>(std::uint64_t{spread} * sources >> 32)};
}

// The lower kSequenceBits of the sequence number. REQUIRES: port - kFirstPort < kPorts.
inline std::uint32_t sequence_of(std::uint16_t port, std::uint16_t id) {
  return static_cast<std::uint32_t>(port - kFirstPort) | std::uint32_t{id} << kPortBits;
}

}  // namespace bowline::perf::pktgen
