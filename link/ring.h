// Ring: messages of variable length from one thread of one process to one thread of another.
//
// A message is a head of 8 bytes {u32 length, u32 zero}, then `length` bytes, then padding to 8. It
// may wrap around the end of the data, its head never does. Cursors count bytes since the ring was
// made.
//
//   field   writer     meaning
//   head    producer   bytes before it are complete messages
//   tail    consumer   bytes before it are free again
//   data    producer   only between head and tail + capacity
//
//   who        change                            why
//   producer   head: h -> h + n (seq_cst)        a message of n bytes is complete in data
//   consumer   tail: t -> t + n (release)        the message is copied out, its bytes may be reused
//
// Why this is safe between two honest threads: the consumer acquires head before it reads data; the
// producer acquires tail before it overwrites. (head is seq_cst for the sleep flags, see wakeup.h.)
//
// Why it is safe against a captured peer: each side keeps its own cursor in private memory and
// never reads it back. The peer's cursor and each length are loaded once into a local, checked
// against private cursors and the capacity, and only the local is used. The payload is copied out
// before the caller looks at it. A cursor or length that cannot be is kCorrupt, for good: the
// caller ends the pairing. Each pop advances by 8 bytes or more and a look covers at most one
// capacity, so a caller that bounds its pops is bounded.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "link/segment.h"

namespace bowline::link {

// Largest message: a DNS message of 65,535 bytes behind an AskHeader or ReplyHeader.
inline constexpr std::uint32_t kMaxRingMessage = 66 * 1024;
// Data of each ring: some 3,000 questions, or 16 of the largest replies.
inline constexpr std::uint32_t kRingBytes = 1 << 20;

// The shared part. Zeroed memory is an empty ring.
template <std::uint32_t kBytes = kRingBytes>
struct RingMemory {
  static_assert(kBytes >= 64 && (kBytes & (kBytes - 1)) == 0);
  static constexpr std::uint32_t kCapacity = kBytes;
  // A quarter of a small ring at most, so that a full ring always drains into room for the largest.
  static constexpr std::uint32_t kMaxMessage = std::min(kMaxRingMessage, kBytes / 4);

  alignas(kCacheLine) std::atomic<std::uint64_t> head;  // writer: producer
  alignas(kCacheLine) std::atomic<std::uint64_t> tail;  // writer: consumer
  alignas(kCacheLine) std::byte data[kBytes];           // writer: producer
};

namespace detail {

inline constexpr std::uint64_t kRingHead = 8;

constexpr std::uint64_t ring_bytes(std::uint64_t length) {
  return kRingHead + ((length + 7) & ~std::uint64_t{7});
}

}  // namespace detail

enum class Push : std::uint8_t {
  kDone,
  kFull,     // no room now: drop and count, or wait for the consumer
  kCorrupt,  // the consumer's cursor is impossible: end the pairing
};

// The producer's private part. One thread. The ring is fresh (zeroed) when it is made.
template <std::uint32_t kBytes = kRingBytes>
class RingWriter {
 public:
  using Memory = RingMemory<kBytes>;

  RingWriter() = default;
  explicit RingWriter(Memory& memory) : memory_(&memory) {}

  explicit operator bool() const { return memory_ != nullptr; }

  // Appends one message made of the given parts in order.
  // REQUIRES: their lengths together are at most Memory::kMaxMessage.
  template <typename... Parts>
  Push try_push(const Parts&... parts) {
    const std::uint64_t length = (std::uint64_t{std::as_bytes(std::span(parts)).size()} + ...);
    const Push room = make_room(detail::ring_bytes(length));
    if (room != Push::kDone) return room;
    const std::uint32_t message_head[2] = {static_cast<std::uint32_t>(length), 0};
    std::uint64_t at = head_;
    at = put(at, std::as_bytes(std::span(message_head)));
    ((at = put(at, std::as_bytes(std::span(parts)))), ...);
    head_ += detail::ring_bytes(length);
    memory_->head.store(head_, std::memory_order_seq_cst);  // pairs with pop() and the sleep flag
    return Push::kDone;
  }

 private:
  Push make_room(std::uint64_t need) {
    if (corrupt_) return Push::kCorrupt;
    if (head_ - tail_seen_ + need <= kBytes) return Push::kDone;
    const std::uint64_t tail = memory_->tail.load(std::memory_order_acquire);  // with pop()
    const std::uint64_t forward = tail - tail_seen_;
    if (forward > head_ - tail_seen_ || tail % 8 != 0) {
      corrupt_ = true;
      return Push::kCorrupt;
    }
    tail_seen_ = tail;
    return head_ - tail_seen_ + need <= kBytes ? Push::kDone : Push::kFull;
  }

  std::uint64_t put(std::uint64_t at, std::span<const std::byte> bytes) {
    if (bytes.empty()) return at;
    const std::size_t offset = at % kBytes;
    const std::size_t first = std::min<std::size_t>(bytes.size(), kBytes - offset);
    std::memcpy(memory_->data + offset, bytes.data(), first);
    std::memcpy(memory_->data, bytes.data() + first, bytes.size() - first);
    return at + bytes.size();
  }

  Memory* memory_ = nullptr;
  std::uint64_t head_ = 0;       // the truth; the shared one is only for the consumer
  std::uint64_t tail_seen_ = 0;  // last tail that passed its checks
  bool corrupt_ = false;
};

enum class Pop : std::uint8_t {
  kMessage,
  kEmpty,
  kCorrupt,  // head or length are impossible: end the pairing
};

// The consumer's private part. One thread. The ring is fresh (zeroed) when it is made.
template <std::uint32_t kBytes = kRingBytes>
class RingReader {
 public:
  using Memory = RingMemory<kBytes>;

  RingReader() = default;
  explicit RingReader(Memory& memory) : memory_(&memory) {}

  explicit operator bool() const { return memory_ != nullptr; }

  // Copies the next message into `buffer` and sets `length`; both untouched unless kMessage.
  // REQUIRES: buffer.size() >= Memory::kMaxMessage.
  Pop pop(std::span<std::byte> buffer, std::uint32_t& length) {
    const Pop state = look();
    if (state != Pop::kMessage) return state;
    const std::size_t offset = tail_ % kBytes;
    std::uint32_t claimed = 0;  // one load by an atomic: the producer may change it meanwhile
    __atomic_load(reinterpret_cast<const std::uint32_t*>(memory_->data + offset), &claimed,
                  __ATOMIC_RELAXED);
    const std::uint64_t bytes = detail::ring_bytes(claimed);
    if (claimed > Memory::kMaxMessage || claimed > buffer.size() || bytes > head_seen_ - tail_) {
      corrupt_ = true;
      return Pop::kCorrupt;
    }
    take(tail_ + detail::kRingHead, buffer.first(claimed));
    length = claimed;
    tail_ += bytes;
    memory_->tail.store(tail_, std::memory_order_release);  // pairs with make_room()
    return Pop::kMessage;
  }

  // Tells whether there is nothing to pop; the sleeper's second look (wakeup.h). A corrupt ring is
  // not empty, so that its reader comes back and sees it.
  bool empty() { return look() == Pop::kEmpty; }

 private:
  Pop look() {
    if (corrupt_) return Pop::kCorrupt;
    if (head_seen_ != tail_) return Pop::kMessage;
    const std::uint64_t head = memory_->head.load(std::memory_order_seq_cst);  // with try_push()
    const std::uint64_t used = head - tail_;
    if (used > kBytes || used % 8 != 0) {
      corrupt_ = true;
      return Pop::kCorrupt;
    }
    head_seen_ = head;
    return used == 0 ? Pop::kEmpty : Pop::kMessage;
  }

  void take(std::uint64_t from, std::span<std::byte> buffer) {
    if (buffer.empty()) return;
    const std::size_t offset = from % kBytes;
    const std::size_t first = std::min<std::size_t>(buffer.size(), kBytes - offset);
    std::memcpy(buffer.data(), memory_->data + offset, first);
    std::memcpy(buffer.data() + first, memory_->data, buffer.size() - first);
  }

  Memory* memory_ = nullptr;
  std::uint64_t tail_ = 0;       // the truth; the shared one is only for the producer
  std::uint64_t head_seen_ = 0;  // last head that passed its checks
  bool corrupt_ = false;
};

}  // namespace bowline::link
