// XdpMemory: rings and frames of one AF_XDP socket, mapped into this process.
//
// The keeper makes the socket and the memfd of its frames and keeps both, so that they outlive this
// process; here they are only mapped, which takes no privilege. The memfd holds `frames` frames of
// `frame_size` octets, then one state octet a frame:
//
//   state              set                                   the frame is
//   kWithKernel        after its entry is published          in a ring, or in the kernel's hands
//   publishing_mark()  before its entry is published to the  with the kernel if the ring's
//                      fill or send ring                     producer has moved, else with us
//   kHeld              before its entry in the receive or    with us, unless its entry is there
//                      completion ring is released
//
// A dataplane that is killed at any instruction so leaves what adopt() can tell: no frame is lost,
// none is used twice. That needs the order of instructions, not of memory: whoever reads runs after
// the death. One thread.
#pragma once

#include <xdp/xsk.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "dns/result.h"
#include "link/handover.h"

namespace bowline::dataplane {

// Frames published at once, at most. Less than the producers that a state octet tells apart.
inline constexpr std::uint32_t kXdpBatch = 32;

// A queue of an interface as the keeper told of it (kXdpQueue).
struct XdpQueue {
  link::HandoverMessage announcement;
  link::Fd socket;
  link::Fd memory;

  // "interface eth0 queue 3", for messages.
  std::string name() const;
};

class XdpMemory {
 public:
  enum State : std::uint8_t {
    kWithKernel = 0,
    kHeld = 1,
    kPublishing = 0x80,    // with two fields:
    kToSend = 0x40,        // the send ring; else the fill ring
    kProducerMask = 0x3f,  // low bits of its producer before
  };
  static_assert(kXdpBatch <= kProducerMask);

  // The error is one line. The descriptors stay the caller's.
  static dns::Result<XdpMemory> map(const XdpQueue& queue);

  XdpMemory(XdpMemory&&) = default;
  XdpMemory& operator=(XdpMemory&&) = default;

  // Brings states and rings to agree after whoever used them before, and gives the frames that are
  // free. REQUIRES: nobody else uses them any more; called once, before the rings are used.
  std::vector<std::uint32_t> adopt();

  std::uint32_t frame_count() const { return frames_; }
  std::uint32_t frame_size() const { return 1U << frame_shift_; }
  std::uint8_t* octets() const { return octets_; }
  std::uint8_t* frame(std::uint32_t index) const {
    return octets_ + (std::uint64_t{index} << frame_shift_);
  }
  std::uint64_t address(std::uint32_t index) const { return std::uint64_t{index} << frame_shift_; }
  // The frame of an address; frame_count() or more: it is in none.
  std::uint64_t index(std::uint64_t address) const { return address >> frame_shift_; }
  // Octets from `address` to the end of its frame.
  std::uint32_t room(std::uint64_t address) const {
    return frame_size() - static_cast<std::uint32_t>(address & (frame_size() - 1));
  }

  // Hands entries that are reserved and written, in the fill or the send ring, to the kernel.
  // REQUIRES: `frames` are those of the entries, all that are not published yet; at most kXdpBatch.
  void publish(xsk_ring_prod& ring, std::span<const std::uint32_t> frames) {
    const std::uint8_t mark = publishing_mark(ring);
    for (const std::uint32_t each : frames) states_[each] = mark;
    xsk_ring_prod__submit(&ring, static_cast<std::uint32_t>(frames.size()));
    std::atomic_signal_fence(std::memory_order_seq_cst);
    for (const std::uint32_t each : frames) states_[each] = kWithKernel;
  }
  // The state of frames that are about to be published to `ring`.
  std::uint8_t publishing_mark(const xsk_ring_prod& ring) const {
    return static_cast<std::uint8_t>(kPublishing | (&ring == &send ? kToSend : 0) |
                                     (*ring.producer & kProducerMask));
  }
  // Takes the frame of an address that a ring has returned. False: it was not with the kernel.
  bool take(std::uint64_t address) {
    const std::uint64_t frame = index(address);
    if (frame >= frames_ || states_[frame] != kWithKernel) [[unlikely]] return false;
    states_[frame] = kHeld;
    return true;
  }

  xsk_ring_cons received{};
  xsk_ring_cons completed{};
  xsk_ring_prod fill{};
  xsk_ring_prod send{};

 private:
  // One mmap(); unmaps itself.
  class Mapping {
   public:
    Mapping() = default;
    Mapping(void* address, std::size_t size) : address_(address), size_(size) {}
    Mapping(Mapping&& other) noexcept
        : address_(std::exchange(other.address_, nullptr)), size_(other.size_) {}
    Mapping& operator=(Mapping&& other) noexcept {
      std::swap(address_, other.address_);
      std::swap(size_, other.size_);
      return *this;
    }
    ~Mapping();
    std::uint8_t* at(std::uint64_t offset) const {
      return static_cast<std::uint8_t*>(address_) + offset;
    }

   private:
    void* address_ = nullptr;
    std::size_t size_ = 0;
  };

  XdpMemory() = default;
  dns::Result<void> map_frames(const XdpQueue& queue);
  dns::Result<void> map_rings(const XdpQueue& queue);
  bool is_published(std::uint8_t mark) const;
  template <typename Ring>
  dns::Result<void> map_ring(const XdpQueue& queue, const xdp_ring_offset& offset,
                             std::uint64_t page, std::size_t entry_size, Ring& ring);

  std::array<Mapping, 5> mappings_;
  std::size_t mapping_count_ = 0;
  std::uint8_t* octets_ = nullptr;
  std::uint8_t* states_ = nullptr;
  std::uint32_t frames_ = 0;
  unsigned frame_shift_ = 0;
};

}  // namespace bowline::dataplane
