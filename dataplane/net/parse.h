// From Ethernet frame to DNS message: finds the UDP payload and checks all that stands before it.
//
// Called by a polled worker on each received frame; pure functions, no allocation, any thread. What
// cannot be ours or cannot be trusted is refused with the counter of its reason, never answered.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "dns/wire.h"
#include "link/counters.h"

namespace bowline::dataplane::net {

inline constexpr unsigned kMaxVlanTags = 2;           // 802.1ad: one service and one customer tag
inline constexpr unsigned kMaxExtensionHeaders = 4;   // RFC 8504 5.3 allows a limit; DNS uses none
inline constexpr std::size_t kMaxExtensionOctets = 256;  // of all: bounds the options read
inline constexpr std::size_t kMaxListeners = 32;      // addresses of one frame port

// An address and port that we answer on.
struct Listener {
  std::array<std::uint8_t, 16> address{};  // IPv4 in the first four octets
  bool ipv6 = false;
  bool any = false;  // all addresses of the family
  std::uint16_t port = 0;
};

// What the device does of the checksums (Datagram::device).
inline constexpr std::uint8_t kIpChecked = 1 << 0;   // received with a right IPv4 header checksum
inline constexpr std::uint8_t kUdpChecked = 1 << 1;  // received with a right UDP checksum
inline constexpr std::uint8_t kIpFilled = 1 << 2;    // makes that of IPv4 headers when it sends
inline constexpr std::uint8_t kUdpFilled = 1 << 3;   // completes that of UDP when it sends

// What parse() learned of a frame: where its headers stand. Offsets from the start of the frame.
struct Datagram {
  std::uint16_t ip = 0;
  std::uint16_t udp = 0;
  std::uint16_t payload_size = 0;
  bool ipv6 = false;
  std::uint8_t listener = 0;  // index into the listeners
  std::uint8_t device = 0;    // bits above, set by the port of this frame before it is parsed
};

// What check() says of a frame that is not refused. No counter has this number.
inline constexpr link::Counter kAccepted{0xffff};

// parse() with kAccepted for nothing.
link::Counter check(dns::Bytes frame, std::span<const Listener> listeners, Datagram& datagram);

// Reads the headers of `frame`. Nothing, and `datagram` filled, if it is a UDP datagram for one of
// `listeners` whose headers and checksums are right; else the reason to drop it. What is refused
// for its source, its checksum or the lack of one was for one of `listeners` (or came from a group
// of stations); all other refusals may be of frames that are the kernel's.
//
// Inline, because an optional that is returned by a call goes through memory, written in two parts
// and read as one: the processor then waits until all stores before are done.
inline std::optional<link::Counter> parse(dns::Bytes frame, std::span<const Listener> listeners,
                                          Datagram& datagram) {
  const link::Counter refusal = check(frame, listeners, datagram);
  return refusal == kAccepted ? std::nullopt : std::optional(refusal);
}

}  // namespace bowline::dataplane::net
