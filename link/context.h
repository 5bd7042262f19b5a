// ClientContext: who asks, from where and over what; and the framing of asks and replies in the
// rings.
//
// The thread of the dataplane that owns the client fills a context, control echoes it unchanged in
// each reply, and the same thread uses it to transmit. So the dataplane keeps no state for a UDP
// client. Control reads it for access rules and treats it as input of a stranger (read_ask() checks
// what is an index or an enumeration); the dataplane takes only what it can check (a stream's
// generation).
//
//   field             writer              meaning
//   transport         thread              how the client came
//   role              thread              role of the listener (bits)
//   listener          thread              number that the keeper gave the listener
//   worker            thread              its index: ring pair, sleep flag, counters, epoch slot
//   flags             thread              kContext... bits below
//   max_reply         thread              most bytes that a UDP reply may have; 65,535 on streams
//   vlan              thread              tag control information of the 802.1Q and 802.1ad tags that
//                                         flags count, outermost first
//   peer              thread              client that the rules see: of PROXY v2, or the packet
//   packet_peer       thread              address that the packet came from and the reply goes to
//   local             thread              address that the client wrote to and the reply comes from
//   peer_mac, local_mac  thread           Ethernet addresses; zero when the backend has none
//   stream            thread              stream or slot of it in the owning thread; 0 for UDP
//   stream_generation thread              tells a slot that was reused; 0 for UDP
//   question_hash     thread              keyed hash of the question, chooses the service thread
//   deadline_ns       thread              CLOCK_MONOTONIC; after it nobody waits for the reply
//
// Plain values; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

#include "link/ring.h"
#include "link/segment.h"

namespace bowline::link {

enum class Transport : std::uint8_t { kUdp = 1, kTcp, kTls, kQuic, kHttps };
inline constexpr Transport kLastTransport = Transport::kHttps;

// Bits: a listener in both lists of the configuration has both.
enum class Role : std::uint8_t { kAuthoritative = 1, kRecursive = 2, kBoth = 3 };

// IPv6 address (IPv4 as ::ffff:a.b.c.d) and port in host order. `scope` is the interface of a
// link-local.
struct Endpoint {
  std::array<std::uint8_t, 16> address{};
  std::uint16_t port = 0;
  std::uint16_t unused = 0;
  std::uint32_t scope = 0;

  bool operator==(const Endpoint&) const = default;
  bool is_ipv4() const {
    static constexpr std::uint8_t kPrefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return std::memcmp(address.data(), kPrefix, sizeof kPrefix) == 0;
  }
};
static_assert(sizeof(Endpoint) == 24);

inline constexpr std::uint16_t kContextEdns = 1 << 0;      // the question has an OPT record
inline constexpr std::uint16_t kContextDnssecOk = 1 << 1;  // with the DO bit
inline constexpr unsigned kContextTagsShift = 2;           // two bits: number of VLAN tags
inline constexpr std::uint16_t kContextTagsMask = 3 << kContextTagsShift;
// The tag with that index is one of 802.1ad: bits 4 and 5.
constexpr std::uint16_t context_service_tag(unsigned index) {
  return static_cast<std::uint16_t>(1 << (4 + index));
}
inline constexpr unsigned kMaxContextTags = 2;

using MacAddress = std::array<std::uint8_t, 6>;

struct ClientContext {
  Transport transport = Transport::kUdp;
  Role role = Role::kAuthoritative;
  std::uint16_t listener = 0;
  std::uint16_t worker = 0;
  std::uint16_t flags = 0;
  std::uint16_t max_reply = 0;
  std::array<std::uint16_t, kMaxContextTags> vlan{};
  std::uint16_t unused = 0;
  Endpoint peer;
  Endpoint packet_peer;
  Endpoint local;
  MacAddress peer_mac{};
  MacAddress local_mac{};
  std::uint32_t stream = 0;
  std::uint64_t stream_generation = 0;
  std::uint64_t question_hash = 0;
  std::uint64_t deadline_ns = 0;
};
static_assert(sizeof(ClientContext) == 128 && std::is_trivially_copyable_v<ClientContext>);

// Why control has to answer. The payload of an ask is the client's DNS message as it came.
enum class AskKind : std::uint16_t {
  kTransfer = 1,  // AXFR, IXFR
  kUpdate,        // RFC 2136
  kNotify,        // RFC 1996
  kSigned,        // anything else with TSIG or SIG(0)
};
inline constexpr AskKind kLastAskKind = AskKind::kSigned;

struct AskHeader {
  AskKind kind = AskKind::kSigned;
  std::uint16_t unused = 0;
  std::uint32_t payload_length = 0;
  ClientContext context;
};
static_assert(sizeof(AskHeader) == 136);

enum class ReplyPart : std::uint16_t {
  kFinal = 1,  // the last, or only, message for this ask
  kMore,       // another message for the same ask follows
};

// The payload of a reply is one DNS message, ready to be sent; empty: send nothing (a silent drop).
struct ReplyHeader {
  ReplyPart part = ReplyPart::kFinal;
  std::uint16_t unused = 0;
  std::uint32_t payload_length = 0;
  ClientContext context;
};
static_assert(sizeof(ReplyHeader) == 136);
static_assert(sizeof(ReplyHeader) + 65'535 <= kMaxRingMessage);

struct Ask {
  AskHeader header;
  std::span<const std::byte> payload;  // lives as long as the bytes given to read_ask()
};

struct Reply {
  ReplyHeader header;
  std::span<const std::byte> payload;  // lives as long as the bytes given to read_reply()
};

namespace detail {

inline bool valid_context(const ClientContext& context) {
  const auto transport = static_cast<unsigned>(context.transport);
  const auto role = static_cast<unsigned>(context.role);
  return transport >= 1 && transport <= static_cast<unsigned>(kLastTransport) && role >= 1 &&
         role <= static_cast<unsigned>(Role::kBoth);
}

// Splits a message in header and payload if its lengths agree.
template <typename Header>
std::optional<std::span<const std::byte>> split(std::span<const std::byte> message,
                                                Header& header) {
  if (message.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, message.data(), sizeof header);
  const std::span<const std::byte> payload = message.subspan(sizeof header);
  if (payload.size() != header.payload_length) return std::nullopt;
  if (!valid_context(header.context)) return std::nullopt;
  return payload;
}

}  // namespace detail

// Reads an ask that was popped from a ring (a private copy); nothing if it is malformed. `worker`
// is not compared with the ring that it came from: that is the caller's to do.
inline std::optional<Ask> read_ask(std::span<const std::byte> message) {
  Ask ask;
  const auto payload = detail::split(message, ask.header);
  const auto kind = static_cast<unsigned>(ask.header.kind);
  if (!payload || kind < 1 || kind > static_cast<unsigned>(kLastAskKind)) return std::nullopt;
  ask.payload = *payload;
  return ask;
}

// Reads a reply that was popped from a ring (a private copy); nothing if it is malformed.
inline std::optional<Reply> read_reply(std::span<const std::byte> message) {
  Reply reply;
  const auto payload = detail::split(message, reply.header);
  const auto part = static_cast<unsigned>(reply.header.part);
  if (!payload || part < 1 || part > static_cast<unsigned>(ReplyPart::kMore)) return std::nullopt;
  reply.payload = *payload;
  return reply;
}

// Pushes header and payload as one message. Sets payload_length.
// REQUIRES: payload.size() <= 65,535.
template <typename Header, std::uint32_t kBytes>
Push push_message(RingWriter<kBytes>& ring, Header header, std::span<const std::byte> payload) {
  header.payload_length = static_cast<std::uint32_t>(payload.size());
  return ring.try_push(std::span(&header, 1), payload);
}

inline constexpr std::uint64_t kContextLayout = layout_hash(
    {sizeof(ClientContext), offsetof(ClientContext, peer), offsetof(ClientContext, packet_peer),
     offsetof(ClientContext, local), offsetof(ClientContext, peer_mac),
     offsetof(ClientContext, stream), offsetof(ClientContext, stream_generation),
     offsetof(ClientContext, question_hash), offsetof(ClientContext, deadline_ns),
     sizeof(AskHeader), offsetof(AskHeader, context), sizeof(ReplyHeader),
     offsetof(ReplyHeader, context), static_cast<std::uint64_t>(kLastAskKind),
     static_cast<std::uint64_t>(kLastTransport)});

}  // namespace bowline::link
