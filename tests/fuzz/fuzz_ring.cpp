// Fuzzer of the ring's two private sides against a captured peer. Needs link_dep (headers only).
//
// The input is a program for the attacker: each step overwrites a cursor, a length or bytes of the
// data from the input, then both sides work. Properties: no access outside (ASan), a bounded number
// of pops, a message is never longer than allowed, corrupt stays corrupt.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "link/context.h"
#include "link/ring.h"

using namespace bowline::link;

namespace {

constexpr std::uint32_t kBytes = 1024;
using Memory = RingMemory<kBytes>;

void require(bool holds) {
  if (!holds) std::abort();
}

// Takes values off the front of the input; zeros after its end.
class Input {
 public:
  Input(const std::uint8_t* bytes, std::size_t size) : rest_(bytes, size) {}

  bool empty() const { return rest_.empty(); }

  template <typename T>
  T take() {
    T value{};
    const std::size_t size = std::min(sizeof value, rest_.size());
    if (size > 0) std::memcpy(&value, rest_.data(), size);
    rest_ = rest_.subspan(size);
    return value;
  }

  void take_into(std::span<std::byte> target) {
    const std::size_t size = std::min(target.size(), rest_.size());
    if (size > 0) std::memcpy(target.data(), rest_.data(), size);
    rest_ = rest_.subspan(size);
  }

 private:
  std::span<const std::uint8_t> rest_;
};

void attack(Memory& memory, Input& input) {
  switch (input.take<std::uint8_t>() % 6) {
    case 0:
      memory.head = input.take<std::uint64_t>();
      break;
    case 1:
      memory.head += input.take<std::uint16_t>();
      break;
    case 2:
      memory.tail = input.take<std::uint64_t>();
      break;
    case 3:
      memory.tail += input.take<std::uint16_t>();
      break;
    case 4: {
      const auto place = input.take<std::uint8_t>() % (kBytes / 8) * 8;
      input.take_into(std::span(memory.data + place, 4));
      break;
    }
    default: {
      const auto place = input.take<std::uint16_t>() % kBytes;
      const std::size_t size = input.take<std::uint8_t>();
      input.take_into(std::span(memory.data + place, std::min<std::size_t>(size, kBytes - place)));
    }
  }
}

void drain(RingReader<kBytes>& reader, std::span<std::byte> buffer) {
  for (std::uint32_t pops = 0;; ++pops) {
    require(pops <= kBytes / 8);
    std::uint32_t length = 0;
    const Pop result = reader.pop(buffer, length);
    if (result == Pop::kCorrupt) require(reader.pop(buffer, length) == Pop::kCorrupt);
    if (result != Pop::kMessage) return;
    require(length <= Memory::kMaxMessage);
    const auto message = buffer.first(length);
    if (const auto ask = read_ask(message)) {
      require(ask->payload.size() + sizeof(AskHeader) == length);
    }
    if (const auto reply = read_reply(message)) {
      require(reply->payload.size() + sizeof(ReplyHeader) == length);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto memory = std::make_unique<Memory>();
  RingWriter<kBytes> writer(*memory);
  RingReader<kBytes> reader(*memory);
  const std::vector<std::byte> message(Memory::kMaxMessage);
  std::vector<std::byte> buffer(Memory::kMaxMessage);  // exact, so that ASan sees a byte too many
  Input input(bytes, size);
  bool writer_corrupt = false;
  while (!input.empty()) {
    const std::size_t length = input.take<std::uint8_t>() % (Memory::kMaxMessage + 1);
    const Push pushed = writer.try_push(std::span(message).first(length));
    require(!writer_corrupt || pushed == Push::kCorrupt);
    writer_corrupt = pushed == Push::kCorrupt;
    attack(*memory, input);
    drain(reader, buffer);
  }
  return 0;
}
