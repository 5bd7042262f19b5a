#include "link/handover.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace bowline::link {

namespace {

// Descriptors that come with a message of this type.
std::uint32_t announced_fds(HandoverType type) {
  switch (type) {
    case HandoverType::kListener:
    case HandoverType::kDoorbell:
    case HandoverType::kExchange:
    case HandoverType::kChunk:
    case HandoverType::kDpdkDevice:
      return 1;
    case HandoverType::kXdpQueue:
    case HandoverType::kXdpMaps:
      return 2;
    default:
      return 0;
  }
}

bool valid_enumerations(const HandoverMessage& message) {
  const auto type = static_cast<std::uint32_t>(message.type);
  const auto transport = static_cast<unsigned>(message.transport);
  const auto role = static_cast<unsigned>(message.role);
  return type >= 1 && type <= static_cast<std::uint32_t>(kLastHandoverType) && transport >= 1 &&
         transport <= static_cast<unsigned>(kLastTransport) && role >= 1 &&
         role <= static_cast<unsigned>(Role::kBoth) && message.port.mode <= kLastPortMode;
}

bool valid_port(const HandoverMessage& message) {
  const PortFields& port = message.port;
  return port.number < kMaxPorts && port.queues >= 1 && port.queues <= kMaxThreads &&
         port.queue < port.queues && message.worker < kMaxThreads;
}

// What an AF_XDP socket can have: sizes that are powers of two, frames from 2,048 to 4,096 octets.
bool valid_frames(const PortFields& port) {
  return std::has_single_bit(port.ring_size) && port.ring_size <= kMaxXdpRing &&
         (port.frame_size == 2048 || port.frame_size == 4096) &&
         port.frames >= 2 * port.ring_size && port.frames <= kMaxXdpFrames;
}

bool valid_threads(const HandoverMessage& message) {
  return message.threads >= 1 && message.threads <= kMaxThreads &&
         message.workers <= message.threads;
}

bool valid_ranges(const HandoverMessage& message) {
  switch (message.type) {
    case HandoverType::kHello:
    case HandoverType::kExchange:
      return valid_threads(message);
    case HandoverType::kListener:
      return message.worker < kMaxThreads || message.worker == kEveryWorker;
    case HandoverType::kDoorbell:
      return message.index <= kServiceBell;
    case HandoverType::kXdpQueue:
      return valid_port(message) && valid_frames(message.port);
    case HandoverType::kDpdkDevice:
    case HandoverType::kPortListener:
    case HandoverType::kXdpMaps:
      return valid_port(message);
    case HandoverType::kChunk:
      return message.index < kMaxChunks && valid_chunk_size(message.size) && message.serial != 0;
    case HandoverType::kWithdraw:
      return message.index < kMaxChunks;
    default:
      return true;
  }
}

// Returns what is wrong with a message, nullptr if nothing is.
const char* check_message(const HandoverMessage& message, std::uint32_t fd_count) {
  if (message.magic != kMagic || message.abi != kAbi) return "message of another build";
  if (!valid_enumerations(message)) return "unknown type, transport or role";
  if (message.text_length > kMaxHandoverText) return "text length out of range";
  if (message.fd_count != fd_count || fd_count != announced_fds(message.type)) {
    return "descriptors missing, or more than its type announces";
  }
  if (!valid_ranges(message)) return "index, size or count out of range";
  return nullptr;
}

// Takes the descriptors out of `header` into `fds`, closes those beyond. Returns how many there
// were.
std::uint32_t take_fds(msghdr& header, std::array<Fd, kMaxHandoverFds>& fds) {
  std::uint32_t count = 0;
  for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr;
       control = CMSG_NXTHDR(&header, control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t here = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < here; ++i, ++count) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(control) + i * sizeof(int), sizeof descriptor);
      Fd owned(descriptor);
      if (count < fds.size()) fds[count] = std::move(owned);
    }
  }
  return count;
}

// The text may end up on a terminal or in a log.
void make_printable(HandoverMessage& message) {
  for (std::uint32_t i = 0; i < message.text_length; ++i) {
    const auto letter = static_cast<unsigned char>(message.text[i]);
    if (letter < 0x20 || letter == 0x7f) message.text[i] = '?';
  }
}

Receive refuse(Received& received, const char* why) {
  for (Fd& fd : received.fds) fd.reset();
  received.why = why;
  return Receive::kMalformed;
}

Send send_result(int error) {
  switch (error) {
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM:
    case ETOOMANYREFS:  // too many descriptors in flight to a child that does not read
      return Send::kFull;
    default:
      return Send::kClosed;
  }
}

}  // namespace

void HandoverMessage::set_text(std::string_view value) {
  text_length = static_cast<std::uint32_t>(std::min(value.size(), text.size()));
  std::copy_n(value.data(), text_length, text.data());
}

Send send_handover(int socket, HandoverMessage message, std::span<const int> fds) {
  assert(fds.size() <= kMaxHandoverFds);
  message.fd_count = static_cast<std::uint32_t>(fds.size());
  iovec bytes{&message, sizeof message};
  alignas(cmsghdr) std::byte control[CMSG_SPACE(sizeof(int) * kMaxHandoverFds)] = {};
  msghdr header{};
  header.msg_iov = &bytes;
  header.msg_iovlen = 1;
  if (!fds.empty()) {
    header.msg_control = control;
    header.msg_controllen = CMSG_SPACE(fds.size_bytes());
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(rights), fds.data(), fds.size_bytes());
  }
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket, &header, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent >= 0 ? Send::kSent : send_result(errno);
}

Receive receive_handover(int socket, Received& received) {
  for (Fd& fd : received.fds) fd.reset();
  iovec bytes{&received.message, sizeof received.message};
  alignas(cmsghdr) std::byte control[CMSG_SPACE(sizeof(int) * kMaxHandoverFds)] = {};
  msghdr header{};
  header.msg_iov = &bytes;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  ssize_t size = 0;
  do {
    size = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  if (size < 0) return errno == EAGAIN ? Receive::kNothing : Receive::kClosed;
  const std::uint32_t fd_count = take_fds(header, received.fds);
  if (size == 0) {
    for (Fd& fd : received.fds) fd.reset();
    return Receive::kClosed;
  }
  if ((header.msg_flags & MSG_CTRUNC) != 0) {
    return refuse(received, "descriptors were cut off (too many, or the limit of open files)");
  }
  if ((header.msg_flags & MSG_TRUNC) != 0 || size != sizeof received.message) {
    return refuse(received, "message of another size");
  }
  if (const char* why = check_message(received.message, fd_count)) return refuse(received, why);
  make_printable(received.message);
  return Receive::kMessage;
}

Outcome<HandoverPair> make_handover_pair() {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return Failure{"cannot make a socket pair: " + std::generic_category().message(errno)};
  }
  HandoverPair pair{Fd(ends[0]), Fd(ends[1])};
  if (::fcntl(pair.keeper.get(), F_SETFL, O_NONBLOCK) != 0) {
    return Failure{"cannot make a socket non-blocking: " + std::generic_category().message(errno)};
  }
  return pair;
}

}  // namespace bowline::link
