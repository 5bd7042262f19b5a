#include "link/handover.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "random.h"

using namespace bowline::link;
using test::Random;

namespace {

HandoverPair make_pair() {
  auto pair = make_handover_pair();
  REQUIRE(pair);
  return std::move(*pair);
}

HandoverMessage chunk_message() {
  HandoverMessage message;
  message.type = HandoverType::kChunk;
  message.generation = 2;
  message.index = 1023;
  message.size = kHugePage;
  message.serial = 9;
  return message;
}

// Sends bytes as a captured child could: any size, any descriptors.
void send_raw(int socket, const void* bytes, std::size_t size, std::vector<int> fds = {}) {
  iovec part{const_cast<void*>(bytes), size};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 32)] = {};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (!fds.empty()) {
    header.msg_control = control;
    header.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
    auto* rights = reinterpret_cast<cmsghdr*>(control);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
    std::memcpy(CMSG_DATA(rights), fds.data(), sizeof(int) * fds.size());
  }
  REQUIRE(::sendmsg(socket, &header, MSG_NOSIGNAL) == static_cast<ssize_t>(size));
}

std::ptrdiff_t open_fds() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return std::distance(begin(all), end(all));
}

}  // namespace

TEST_CASE("a message arrives with its fields, text and descriptor", "[link][handover]") {
  const HandoverPair pair = make_pair();
  const Fd memfd(::memfd_create("test", MFD_CLOEXEC));
  REQUIRE(::pwrite(memfd.get(), "hello", 5, 0) == 5);
  HandoverMessage message = chunk_message();
  message.set_text("why\nnot");
  const int fds[] = {memfd.get()};
  REQUIRE(send_handover(pair.child.get(), message, fds) == Send::kSent);

  Received received;
  REQUIRE(receive_handover(pair.keeper.get(), received) == Receive::kMessage);
  CHECK(received.message.type == HandoverType::kChunk);
  CHECK(received.message.generation == 2);
  CHECK(received.message.index == 1023);
  CHECK(received.message.size == kHugePage);
  CHECK(received.message.serial == 9);
  CHECK(received.message.text_view() == "why?not");
  REQUIRE(received.message.fd_count == 1);
  char bytes[5] = {};
  CHECK(::pread(received.fds[0].get(), bytes, 5, 0) == 5);
  CHECK(std::memcmp(bytes, "hello", 5) == 0);
  CHECK((::fcntl(received.fds[0].get(), F_GETFD) & FD_CLOEXEC) != 0);

  // The next receive closes what was not taken.
  const int old = received.fds[0].get();
  CHECK(receive_handover(pair.keeper.get(), received) == Receive::kNothing);
  CHECK(::fcntl(old, F_GETFD) == -1);
}

TEST_CASE("text is cut to what fits", "[link][handover]") {
  HandoverMessage message;
  message.set_text(std::string(5000, 'x'));
  CHECK(message.text_view() == std::string(kMaxHandoverText, 'x'));
  message.set_text("");
  CHECK(message.text_view().empty());
}

TEST_CASE("a full or closed channel is told apart", "[link][handover]") {
  HandoverPair pair = make_pair();
  HandoverMessage stop;
  stop.type = HandoverType::kStop;
  int sent = 0;
  while (send_handover(pair.keeper.get(), stop) == Send::kSent) ++sent;
  CHECK(sent > 10);
  CHECK(send_handover(pair.keeper.get(), stop) == Send::kFull);
  Received received;
  REQUIRE(receive_handover(pair.child.get(), received) == Receive::kMessage);
  CHECK(send_handover(pair.keeper.get(), stop) == Send::kSent);
  pair.child.reset();
  CHECK(send_handover(pair.keeper.get(), stop) == Send::kClosed);

  HandoverPair other = make_pair();
  REQUIRE(send_handover(other.child.get(), stop) == Send::kSent);
  other.child.reset();
  CHECK(receive_handover(other.keeper.get(), received) == Receive::kMessage);  // the last words
  CHECK(receive_handover(other.keeper.get(), received) == Receive::kClosed);
}

TEST_CASE("malformed messages are refused and their descriptors closed", "[link][handover]") {
  struct Row {
    const char* description;
    void (*spoil)(HandoverMessage&);
    unsigned fds;
    const char* says;
  };
  const Row rows[] = {
      {"magic", [](HandoverMessage& m) { m.magic = 1; }, 1, "another build"},
      {"abi", [](HandoverMessage& m) { m.abi = 99; }, 1, "another build"},
      {"type 0", [](HandoverMessage& m) { m.type = HandoverType{0}; }, 1, "unknown type"},
      {"type past the last",
       [](HandoverMessage& m) { m.type = HandoverType(unsigned(kLastHandoverType) + 1); }, 1,
       "unknown type"},
      {"transport", [](HandoverMessage& m) { m.transport = Transport{9}; }, 1, "unknown type"},
      {"role", [](HandoverMessage& m) { m.role = Role{4}; }, 1, "unknown type"},
      {"text length", [](HandoverMessage& m) { m.text_length = 1025; }, 1, "text length"},
      {"chunk index", [](HandoverMessage& m) { m.index = kMaxChunks; }, 1, "out of range"},
      {"chunk size", [](HandoverMessage& m) { m.size = 12345; }, 1, "out of range"},
      {"chunk serial", [](HandoverMessage& m) { m.serial = 0; }, 1, "out of range"},
      {"no descriptor", [](HandoverMessage&) {}, 0, "descriptors"},
      {"two descriptors", [](HandoverMessage& m) { m.fd_count = 2; }, 2, "descriptors"},
      {"four, but one announced", [](HandoverMessage&) {}, 4, "descriptors"},
      {"more than fit", [](HandoverMessage& m) { m.fd_count = 20; }, 20, "cut off"},
      {"stop with one", [](HandoverMessage& m) { m.type = HandoverType::kStop; }, 1, "descriptors"},
      {"no threads", [](HandoverMessage& m) { m.type = HandoverType::kExchange; }, 1, "range"},
      {"threads past the last",
       [](HandoverMessage& m) {
         m.type = HandoverType::kExchange;
         m.threads = kMaxThreads + 1;
       },
       1, "range"},
      {"more workers than threads",
       [](HandoverMessage& m) {
         m.type = HandoverType::kExchange;
         m.threads = 2;
         m.workers = 3;
       },
       1, "range"},
      {"listener's worker",
       [](HandoverMessage& m) {
         m.type = HandoverType::kListener;
         m.worker = kMaxThreads;
       },
       1, "range"},
      {"doorbell",
       [](HandoverMessage& m) {
         m.type = HandoverType::kDoorbell;
         m.index = kServiceBell + 1;
       },
       1, "range"},
  };
  const HandoverPair pair = make_pair();
  const Fd memfd(::memfd_create("test", MFD_CLOEXEC));
  const std::ptrdiff_t before = open_fds();
  for (const Row& row : rows) {
    INFO(row.description);
    HandoverMessage message = chunk_message();
    message.fd_count = 1;
    row.spoil(message);
    send_raw(pair.child.get(), &message, sizeof message, std::vector<int>(row.fds, memfd.get()));
    Received received;
    REQUIRE(receive_handover(pair.keeper.get(), received) == Receive::kMalformed);
    CHECK_THAT(std::string(received.why), Catch::Contains(row.says));
    CHECK_FALSE(received.fds[0]);
    CHECK(open_fds() == before);
  }
  std::vector<char> bytes(sizeof(HandoverMessage) + 1);
  for (const std::size_t size : {std::size_t{1}, sizeof(HandoverMessage) - 1, bytes.size()}) {
    send_raw(pair.child.get(), bytes.data(), size, {memfd.get()});
    Received received;
    CHECK(receive_handover(pair.keeper.get(), received) == Receive::kMalformed);
    CHECK(open_fds() == before);
  }
  const int one[] = {memfd.get()};
  REQUIRE(send_handover(pair.child.get(), chunk_message(), one) == Send::kSent);
  Received received;
  CHECK(receive_handover(pair.keeper.get(), received) == Receive::kMessage);  // still in step
}

TEST_CASE("random bytes in a message never get past the checks", "[link][handover][hostile]") {
  const HandoverPair pair = make_pair();
  const Fd memfd(::memfd_create("test", MFD_CLOEXEC));
  const std::ptrdiff_t before = open_fds();
  std::uint64_t accepted = 0;
  for (std::uint64_t round = 0; round < 20'000; ++round) {
    const std::uint64_t seed = test::base_seed() + round;
    INFO("BOWLINE_SEED=" << seed);
    Random random(seed);
    HandoverMessage message = chunk_message();
    message.type = HandoverType(1 + random.below(unsigned(kLastHandoverType)));
    message.fd_count = static_cast<std::uint32_t>(random.below(2));
    message.threads = static_cast<std::uint32_t>(random.below(70));
    const auto bytes = std::span(reinterpret_cast<std::uint8_t*>(&message),
                                 offsetof(HandoverMessage, cores));
    for (std::uint64_t i = random.below(3); i > 0; --i) {
      bytes[random.below(bytes.size())] = static_cast<std::uint8_t>(random.next());
    }
    send_raw(pair.child.get(), &message, sizeof message,
             std::vector<int>(message.fd_count & 3, memfd.get()));
    Received received;
    const Receive result = receive_handover(pair.keeper.get(), received);
    if (result != Receive::kMessage) {
      REQUIRE(result == Receive::kMalformed);
      continue;
    }
    ++accepted;
    const HandoverMessage& got = received.message;
    bool good = got.text_length <= kMaxHandoverText && got.fd_count <= 1;
    if (got.type == HandoverType::kChunk) good = good && got.index < kMaxChunks;
    if (got.type == HandoverType::kExchange) good = good && got.threads <= kMaxThreads;
    REQUIRE(good);
  }
  CHECK(accepted > 100);
  CHECK(open_fds() == before);
}
