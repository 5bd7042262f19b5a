// Handover: the messages between the keeper and its two children, with descriptors attached.
//
// A SOCK_SEQPACKET pair for each child, whose end is descriptor 3 of the child. One message is one
// HandoverMessage, always of full size, with up to four descriptors. Fields not named are zero.
//
//   type               direction            fields and [descriptors]
//   kHello             keeper -> child      pairing, generation of control, threads, workers,
//                                           cores, flags, uid, gid, memory_mib (dataplane:
//                                           of DPDK), text (source of the configuration)
//   kControlSocket     keeper -> control    text: socket instead of those of control.listen
//   kListener          keeper -> dataplane  index (listener), transport, role, endpoint, worker (it
//                                           polls; kEveryWorker) [socket]
//   kXdpQueue          keeper -> dataplane  port, worker (it polls this queue), text (interface)
//                                           [AF_XDP socket, memfd of its frames]
//   kDpdkDevice        keeper -> dataplane  port, worker (the first of port.queues that poll it),
//                                           text (EAL device) [TAP: the exception port]
//   kPortListener      keeper -> dataplane  port.number, index (listener), role, endpoint (address
//                                           all zero: any IPv6, ::ffff:0.0.0.0: any IPv4)
//   kXdpMaps           keeper -> control    port, text (interface) [counters, drop list]
//   kDevicesOpen       dataplane -> keeper  all ports are open, and privileges given up
//   kDoorbell          keeper -> child      index (thread, or kServiceBell) [non-blocking eventfd]
//   kExchange          keeper -> child      pairing, generation, threads [memfd]; replaces the last
//   kUnpaired          keeper -> child      pairing: the other process is gone, exchange dead
//   kChunk             control -> keeper    generation, index, size, serial, flags [memfd]
//                      keeper -> dataplane  the same
//   kWithdraw          control -> keeper    generation, index: no root leads there any more
//                      keeper -> dataplane  the same: unmap
//   kDropGeneration    keeper -> dataplane  generation: it is complete; unmap it once settled
//   kGo                keeper -> child      all that there was to send at the start has been sent
//   kReady             child -> keeper      it serves (dataplane), first root published or a
//                                           reload is done (control; text: its state, for people)
//   kFailed            child -> keeper      text: why it cannot go on; it ends after this
//   kSettled           dataplane -> keeper  generation: all threads use it, older ones are unmapped
//   kCorrupt           child -> keeper      pairing, text: its exchange is malformed
//   kRestartDataplane  control -> keeper    text: why (a stuck epoch slot)
//   kReload            keeper -> control    read the configuration again; with kZonesOnly: load
//                                           all zones whose files have changed
//                      control -> keeper    the log targets have changed: read them again
//   kStop              both ways            keeper: end in order; control: end everything
//   kLogReopen         keeper -> child      open log files again
//                      control -> keeper    the same, and tell control: a reload begins
//
// Serials count the chunks of a generation from 1 in the order sent; the dataplane stores the
// newest that it has mapped in Exchange::mapped_through. The receiver checks size, type, counts,
// ranges and text before it returns a message, and closes descriptors that the type does not
// announce. One thread per socket end.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "link/chunks.h"
#include "link/context.h"
#include "link/exchange.h"
#include "link/outcome.h"
#include "link/ports.h"

namespace bowline::link {

inline constexpr int kHandoverFd = 3;             // the child's end
inline constexpr std::size_t kMaxHandoverFds = 4; // the largest message has two; room to grow
inline constexpr std::size_t kMaxHandoverText = 1024;
inline constexpr std::uint32_t kEveryWorker = UINT32_MAX;
inline constexpr std::uint32_t kServiceBell = kMaxThreads;  // index of the service thread's eventfd
inline constexpr std::int16_t kNoCore = -1;                 // the worker is not pinned

enum class HandoverType : std::uint32_t {
  kHello = 1,
  kListener,
  kDoorbell,
  kExchange,
  kUnpaired,
  kChunk,
  kWithdraw,
  kDropGeneration,
  kGo,
  kReady,
  kFailed,
  kSettled,
  kCorrupt,
  kRestartDataplane,
  kReload,
  kStop,
  kLogReopen,
  kXdpQueue,
  kDpdkDevice,
  kPortListener,
  kXdpMaps,
  kDevicesOpen,
  kControlSocket,
};
inline constexpr HandoverType kLastHandoverType = HandoverType::kControlSocket;

// Flags of kHello, kChunk and kReload.
inline constexpr std::uint32_t kPollBusy = 1 << 0;       // workers never sleep
inline constexpr std::uint32_t kWantHugePages = 1 << 1;  // control tries 2 MiB pages for its chunks
inline constexpr std::uint32_t kHugePages = 1 << 2;      // this chunk has them
// The dataplane was started with privileges for its devices: it becomes uid and gid, and gives all
// of them up, once they are open and before the first packet.
inline constexpr std::uint32_t kDropPrivileges = 1 << 3;
inline constexpr std::uint32_t kNoHugePages = 1 << 4;  // DPDK makes do with ordinary memory
inline constexpr std::uint32_t kVerbose = 1 << 5;      // log everything to stdout as well
inline constexpr std::uint32_t kZonesOnly = 1 << 6;    // the configuration stays as it is

// A network port that workers poll frames of.
struct PortFields {
  std::uint16_t number = 0;  // below kMaxPorts; one for each interface or device
  PortMode mode = PortMode::kUnknown;
  std::uint8_t unused = 0;
  std::uint32_t interface = 0;   // index of the kernel's interface; 0: none
  std::uint32_t queue = 0;       // below queues
  std::uint32_t queues = 1;      // 1 to kMaxThreads
  std::uint32_t mtu = 1500;      // octets of an IP packet
  std::uint32_t ring_size = 0;   // AF_XDP: entries of each of the four rings, a power of two
  std::uint32_t frame_size = 0;  // AF_XDP: octets of a frame, a power of two
  std::uint32_t frames = 0;      // AF_XDP: that the memfd starts with
  MacAddress mac{};
  std::uint16_t unused_too = 0;
};

struct HandoverMessage {
  std::uint64_t magic = kMagic;
  std::uint32_t abi = kAbi;
  HandoverType type = HandoverType::kHello;
  std::uint32_t flags = 0;
  std::uint32_t fd_count = 0;  // set by send_handover()
  std::uint64_t pairing = 0;
  std::uint64_t generation = 0;
  std::uint64_t serial = 0;
  std::uint64_t size = 0;
  std::uint32_t index = 0;
  std::uint32_t worker = 0;
  std::uint32_t threads = 0;  // of the dataplane, client-facing: workers, then stream threads
  std::uint32_t workers = 0;
  Endpoint endpoint;
  Transport transport = Transport::kUdp;
  Role role = Role::kAuthoritative;
  std::uint16_t unused = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t memory_mib = 0;  // that DPDK takes for itself
  PortFields port;
  std::uint32_t text_length = 0;
  std::array<std::int16_t, kMaxThreads> cores{};  // of thread i, or kNoCore
  std::array<char, kMaxHandoverText> text{};

  // Valid as long as the message. A message that was received has a checked length.
  std::string_view text_view() const { return {text.data(), text_length}; }
  // Cuts `value` to what fits.
  void set_text(std::string_view value);
};
static_assert(std::is_trivially_copyable_v<HandoverMessage>);

enum class Send : std::uint8_t {
  kSent,
  kFull,    // the socket takes no more now: wait for it to be writable, try again
  kClosed,  // the other process is gone
};

// Sends one message with copies of `fds`; the caller keeps its own. Blocks only if the socket does.
// REQUIRES: fds.size() <= kMaxHandoverFds.
Send send_handover(int socket, HandoverMessage message, std::span<const int> fds = {});

enum class Receive : std::uint8_t {
  kMessage,
  kNothing,    // non-blocking socket, nothing there
  kClosed,     // the other process is gone
  kMalformed,  // `why` says what; a peer of another build, or a captured one
};

struct Received {
  HandoverMessage message;
  std::array<Fd, kMaxHandoverFds> fds;  // the first message.fd_count are open, close on exec
  const char* why = "";                 // for kMalformed; a literal
};

// Receives one message into `received`, whose older descriptors are closed.
Receive receive_handover(int socket, Received& received);

struct HandoverPair {
  Fd keeper;  // non-blocking, close on exec
  Fd child;   // blocking, close on exec until the keeper makes it descriptor 3 of the child
};

// The keeper: makes the channel for one child.
Outcome<HandoverPair> make_handover_pair();

}  // namespace bowline::link
