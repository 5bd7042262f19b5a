// Ports: what the dataplane tells of the network ports whose frames it polls, for people to read.
//
//   field          writer                   meaning
//   all            dataplane's main thread  at least once a second; `kind` last, when the rest of
//                                           a port is there for the first time
//
// A port is an interface served by AF_XDP, or a device of DPDK. Anybody reads with relaxed loads;
// control takes what it reads as a stranger's words and only displays it (read_port()).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "link/segment.h"

namespace bowline::link {

inline constexpr unsigned kMaxPorts = 16;       // interfaces and devices of one machine
inline constexpr unsigned kMaxPortQueues = 64;  // whose counts are shown: one for each thread
inline constexpr std::size_t kMaxPortName = 64;
inline constexpr std::uint32_t kMaxXdpRing = 32'768;       // xdp.ring-size's bound
inline constexpr std::uint32_t kMaxXdpFrames = 1U << 17;   // of one socket

enum class PortKind : std::uint32_t { kNone = 0, kXdp, kDpdk };

// How frames come to us, best first as far as there is a choice.
enum class PortMode : std::uint8_t { kUnknown = 0, kZeroCopy, kNativeCopy, kGenericCopy, kPolled };
inline constexpr PortMode kLastPortMode = PortMode::kPolled;

// "zero copy", "native copy", ...
std::string_view port_mode_name(PortMode mode);

struct PortQueueStatus {
  std::atomic<std::uint64_t> received;  // frames, as port or kernel count them; 0: they do not
  std::atomic<std::uint64_t> sent;
  std::atomic<std::uint64_t> missed;    // frames lost because nothing took them in time
  std::atomic<std::uint64_t> failed;    // to be received or sent, for any other reason
};

struct alignas(kCacheLine) PortStatus {
  std::atomic<std::uint32_t> kind;  // PortKind
  std::atomic<std::uint32_t> mode;  // PortMode
  std::atomic<std::uint32_t> queues;
  std::atomic<std::uint32_t> mtu;
  std::atomic<std::uint32_t> link_up;      // 1: yes
  std::atomic<std::uint32_t> speed_mbps;   // 0: unknown
  std::array<char, kMaxPortName> name;     // padded with zeros; written once, before `kind`
  PortQueueStatus queue[kMaxPortQueues];
};

// A private copy.
struct PortView {
  PortKind kind = PortKind::kNone;
  PortMode mode = PortMode::kUnknown;
  std::uint32_t queues = 0;  // at most kMaxPortQueues
  std::uint32_t mtu = 0;
  bool link_up = false;
  std::uint32_t speed_mbps = 0;
  std::string name;  // printable
  struct Queue {
    std::uint64_t received, sent, missed, failed;
  };
  std::array<Queue, kMaxPortQueues> queue{};
};

// Nothing: there is no such port, or what stands there is malformed.
std::optional<PortView> read_port(const PortStatus& status);

// The dataplane: puts a port on display. REQUIRES: main thread; called once for each exchange,
// before the numbers are stored.
void announce_port(PortStatus& status, PortKind kind, PortMode mode, std::string_view name,
                   std::uint32_t queues, std::uint32_t mtu);

inline constexpr std::uint64_t kPortsLayout =
    layout_hash({sizeof(PortStatus), offsetof(PortStatus, name), offsetof(PortStatus, queue),
                 kMaxPorts, kMaxPortQueues});

}  // namespace bowline::link
