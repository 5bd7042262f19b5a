// Frames: questions into Ethernet frames, and answers out of them.
//
// The checksum of a frame is the sum of what its parts sum up to: nothing is read twice. All
// constant after construction; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "dns/wire.h"
#include "perf/pktgen/addresses.h"
#include "perf/pktgen/flow.h"
#include "perf/pktgen/question_set.h"

namespace bowline::perf::pktgen {

inline constexpr std::size_t kEthernetSize = 14;
inline constexpr std::size_t kUdpSize = 8;
inline constexpr std::size_t kOptSize = 11;          // root, type, size, flags, no options
inline constexpr std::uint16_t kEdnsSize = 1232;     // what resolvers ask with (DNS flag day 2020)
// Ethernet, IPv6, UDP, the longest message or question with OPT.
inline constexpr std::size_t kMaxFrame = kEthernetSize + 40 + kUdpSize + kMaxMessage + kOptSize;

struct Ends {
  Mac client_mac{};
  Mac server_mac{};
  Sources sources;
  Endpoint server;
};

class FrameWriter {
 public:
  // REQUIRES: sources and server are of one family.
  explicit FrameWriter(const Ends& ends);

  const Ends& ends() const { return ends_; }

  // Writes the frame that asks `question`, with DO if `dnssec_ok`, to at[0..kMaxFrame). Returns its
  // size. REQUIRES: no DO for a whole message, which has its own EDNS or none.
  std::size_t write(const Question& question, bool dnssec_ok, const Flow& flow,
                    std::uint8_t* at) const;

 private:
  static constexpr std::size_t kHeadRoom = 80;  // Ethernet, IPv6, UDP, DNS: 74; copied as a whole

  const Ends ends_;
  const std::size_t udp_;         // offset of the UDP header
  const std::uint16_t opt_sum_;   // at an even offset
  std::array<std::uint8_t, kHeadRoom> head_{};
  std::uint32_t ip_sum_ = 0;   // without length and the last 16 bits of the source
  std::uint32_t udp_sum_ = 0;  // of what is the same in all questions, pseudo header included
};

// An answer as far as it is read for each one.
struct Arrival {
  std::uint16_t port, id;  // of our flow
  std::uint16_t flags;     // of the DNS header
  dns::Bytes message;      // as long as UDP says; a view of the frame
};

// Finds the DNS answer (QR set) from ends.server in `frame`; nothing if there is none. Checksums,
// and addresses but the port of the server, are left to a closer look.
std::optional<Arrival> read_arrival(const Ends& ends, dns::Bytes frame);

// Whether the addresses of an arrival are those of its question turned round, and its checksums
// right. REQUIRES: read_arrival(ends, frame).
bool addresses_match(const Ends& ends, const Flow& flow, dns::Bytes frame);
bool checksums_hold(const Ends& ends, dns::Bytes frame);

}  // namespace bowline::perf::pktgen
