// Fuzzer of the handover messages that the keeper receives from a captured child. Needs link_dep.
//
// The input: how many descriptors, how many bytes to send, then what to lay over a valid message.
// Properties: what is accepted is in range, and no descriptor stays open that was not handed out.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "link/handover.h"

using namespace bowline::link;

namespace {

constexpr std::size_t kMostFds = 8;

void require(bool holds) {
  if (!holds) std::abort();
}

// The lowest free descriptor: moves if one leaks.
int lowest_free() { return Fd(::dup(0)).get(); }

void send_raw(int socket, const HandoverMessage& message, std::size_t size, std::size_t fds) {
  iovec part{const_cast<HandoverMessage*>(&message), size};
  alignas(cmsghdr) std::byte control[CMSG_SPACE(sizeof(int) * kMostFds)] = {};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (fds > 0) {
    header.msg_control = control;
    header.msg_controllen = CMSG_SPACE(sizeof(int) * fds);
    auto* rights = reinterpret_cast<cmsghdr*>(control);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int) * fds);
    for (std::size_t i = 0; i < fds; ++i) {
      std::memcpy(CMSG_DATA(rights) + i * sizeof(int), &socket, sizeof socket);
    }
  }
  require(::sendmsg(socket, &header, MSG_NOSIGNAL) >= 0);
}

void check_accepted(const Received& received, std::size_t sent_fds) {
  const HandoverMessage& message = received.message;
  require(message.fd_count == sent_fds && sent_fds <= 1);
  require((sent_fds == 1) == static_cast<bool>(received.fds[0]));
  require(message.text_view().size() <= kMaxHandoverText);
  if (message.type == HandoverType::kChunk) {
    require(message.index < kMaxChunks && valid_chunk_size(message.size));
  }
  if (message.type == HandoverType::kWithdraw) require(message.index < kMaxChunks);
  if (message.type == HandoverType::kHello || message.type == HandoverType::kExchange) {
    require(message.threads >= 1 && message.threads <= kMaxThreads);
    require(message.workers <= message.threads);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 3) return 0;
  static HandoverPair pair = std::move(*make_handover_pair());
  const int before = lowest_free();
  const std::size_t fds = bytes[0] % (kMostFds + 1);
  const std::size_t cut = bytes[1] < 8 ? bytes[1] : 0;
  HandoverMessage message;
  message.type = static_cast<HandoverType>(bytes[2]);
  message.fd_count = static_cast<std::uint32_t>(fds);
  message.serial = 1;
  message.size = kMinChunkSize;
  message.threads = 1;
  const std::size_t from = offsetof(HandoverMessage, type);
  const std::size_t room = sizeof message - from;
  std::memcpy(reinterpret_cast<std::byte*>(&message) + from, bytes + 2, std::min(size - 2, room));
  {
    send_raw(pair.child.get(), message, sizeof message - cut, fds);
    Received received;
    const Receive result = receive_handover(pair.keeper.get(), received);
    require(result == Receive::kMessage || result == Receive::kMalformed);
    if (result == Receive::kMessage) check_accepted(received, fds);
    if (result == Receive::kMalformed) require(!received.fds[0] && received.why[0] != '\0');
    require(receive_handover(pair.keeper.get(), received) == Receive::kNothing);
  }
  require(lowest_free() == before);
  return 0;
}
