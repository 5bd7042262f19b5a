// XdpLink: a veth pair in a network namespace of its own, with an AF_XDP socket at one end that is
// made as the keeper makes it, and a raw socket at the other.
//
// The namespace is the calling thread's while the object lives, and is gone with it.
#pragma once

#include <xdp/xsk.h>

#include <optional>
#include <string>
#include <vector>

#include "dataplane/io/xdp_memory.h"
#include "link/outcome.h"
#include "support/frames.h"

namespace bowline::dataplane::test {

struct XdpLinkOptions {
  std::uint32_t ring_size = 1024;
  std::uint32_t frame_size = 2048;
  bool generic = false;
};

// Where all frames are.
struct Census {
  std::uint32_t held = 0;     // by the dataplane
  std::uint32_t in_fill = 0;  // in the ring
  std::uint32_t in_receive = 0;
  std::uint32_t in_send = 0;
  std::uint32_t in_completion = 0;
  std::uint32_t elsewhere = 0;  // in the kernel, or lost
};

class XdpLink {
 public:
  // Nothing, and a line on stdout that says why, where this cannot be done.
  static std::unique_ptr<XdpLink> make(const char* test, const XdpLinkOptions& options = {});
  ~XdpLink();
  XdpLink(const XdpLink&) = delete;
  XdpLink& operator=(const XdpLink&) = delete;

  // As the keeper tells a dataplane of the queue, with descriptors of its own.
  XdpQueue queue() const;
  std::uint32_t frames() const { return 2 * options_.ring_size + 256; }
  Census census() const;
  std::uint8_t* state(std::uint32_t frame) const { return area_ + octets() + frame; }

  // The other end. receive() gives nothing if no frame came in time.
  int peer() const { return peer_.get(); }
  void send(const Octets& frame) const;
  std::optional<Octets> receive(int timeout_ms = 5000) const;
  // Turns our end of the link on and off.
  void set_up(bool up) const;

 private:
  explicit XdpLink(const XdpLinkOptions& options) : options_(options) {}
  const char* build();
  const char* make_network();
  const char* make_memory();
  const char* make_socket();
  const char* attach();
  std::uint64_t octets() const { return std::uint64_t{frames()} * options_.frame_size; }

  const XdpLinkOptions options_;
  link::Fd before_;  // the network namespace that the thread came from
  link::Fd memory_, peer_, map_, program_, link_;
  unsigned interface_ = 0;
  std::uint8_t* area_ = nullptr;
  xsk_umem* umem_ = nullptr;
  xsk_socket* socket_ = nullptr;
  xsk_ring_prod fill_{}, send_{};
  xsk_ring_cons completed_{}, received_{};
};

}  // namespace bowline::dataplane::test
