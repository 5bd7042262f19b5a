#include "dataplane/io/xdp_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

namespace bowline::dataplane {

namespace {

constexpr const char* kOtherBuild = ": bowlined and bowline-dataplane must be of one build";

dns::Error fail(const XdpQueue& queue, const std::string& why) {
  return dns::Error{queue.name() + ": " + why};
}

dns::Error fail_errno(const XdpQueue& queue, const std::string& what) {
  return fail(queue, what + ": " + std::strerror(errno));
}

// Entries between the two ends of a ring, as far as they can be true.
template <typename Ring>
std::uint32_t entries(const Ring& ring) {
  return std::min(ring.cached_prod - ring.cached_cons, ring.size);
}

}  // namespace

std::string XdpQueue::name() const {
  return "interface " + std::string(announcement.text_view()) + " queue " +
         std::to_string(announcement.port.queue);
}

XdpMemory::Mapping::~Mapping() {
  if (address_ != nullptr) ::munmap(address_, size_);
}

dns::Result<XdpMemory> XdpMemory::map(const XdpQueue& queue) {
  XdpMemory memory;
  if (auto done = memory.map_frames(queue); !done) return dns::Error{done.error()};
  if (auto done = memory.map_rings(queue); !done) return dns::Error{done.error()};
  return memory;
}

// A memfd that somebody could still shrink would end us by SIGBUS.
dns::Result<void> XdpMemory::map_frames(const XdpQueue& queue) {
  const link::PortFields& port = queue.announcement.port;
  const std::uint64_t octets = std::uint64_t{port.frames} * port.frame_size;
  const int fd = queue.memory.get();
  struct stat status {};
  if (::fstat(fd, &status) != 0) return fail_errno(queue, "cannot look at its frames");
  const int seals = ::fcntl(fd, F_GET_SEALS);
  if (seals < 0) return fail(queue, std::string("its frames are not in a memfd") + kOtherBuild);
  if ((seals & F_SEAL_SHRINK) == 0) {
    return fail(queue, std::string("the memfd of its frames is not sealed") + kOtherBuild);
  }
  const std::uint64_t size = octets + port.frames;
  if (static_cast<std::uint64_t>(status.st_size) < size) {
    return fail(queue, "the memfd of its frames has " + std::to_string(status.st_size) +
                           " octets instead of " + std::to_string(size) + kOtherBuild);
  }
  void* const address =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (address == MAP_FAILED) return fail_errno(queue, "cannot map its frames");
  (void)::madvise(address, size, MADV_DONTDUMP);
  mappings_[mapping_count_++] = Mapping(address, size);
  octets_ = static_cast<std::uint8_t*>(address);
  states_ = octets_ + octets;
  frames_ = port.frames;
  frame_shift_ = static_cast<unsigned>(std::countr_zero(port.frame_size));
  return {};
}

dns::Result<void> XdpMemory::map_rings(const XdpQueue& queue) {
  xdp_mmap_offsets offsets{};
  socklen_t size = sizeof offsets;
  if (::getsockopt(queue.socket.get(), SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &size) != 0) {
    return fail_errno(queue, "its socket is not one of AF_XDP");
  }
  constexpr std::size_t kDescriptor = sizeof(xdp_desc), kAddress = sizeof(std::uint64_t);
  auto done = map_ring(queue, offsets.rx, XDP_PGOFF_RX_RING, kDescriptor, received);
  if (done) done = map_ring(queue, offsets.tx, XDP_PGOFF_TX_RING, kDescriptor, send);
  if (done) done = map_ring(queue, offsets.fr, XDP_UMEM_PGOFF_FILL_RING, kAddress, fill);
  if (done) done = map_ring(queue, offsets.cr, XDP_UMEM_PGOFF_COMPLETION_RING, kAddress, completed);
  return done;
}

template <typename Ring>
dns::Result<void> XdpMemory::map_ring(const XdpQueue& queue, const xdp_ring_offset& offset,
                                      std::uint64_t page, std::size_t entry_size, Ring& ring) {
  const std::uint32_t entry_count = queue.announcement.port.ring_size;
  const std::size_t size = offset.desc + entry_count * entry_size;
  void* const address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                               queue.socket.get(), static_cast<off_t>(page));
  if (address == MAP_FAILED) {
    return fail_errno(queue, errno == EBUSY
                                 ? "cannot map a ring of its socket (Linux 6.4 or newer is needed)"
                                 : "cannot map a ring of its socket");
  }
  Mapping& mapping = mappings_[mapping_count_++];
  mapping = Mapping(address, size);
  ring.producer = reinterpret_cast<std::uint32_t*>(mapping.at(offset.producer));
  ring.consumer = reinterpret_cast<std::uint32_t*>(mapping.at(offset.consumer));
  ring.flags = reinterpret_cast<std::uint32_t*>(mapping.at(offset.flags));
  ring.ring = mapping.at(offset.desc);
  ring.size = entry_count;
  ring.mask = entry_count - 1;
  ring.cached_prod = __atomic_load_n(ring.producer, __ATOMIC_ACQUIRE);
  ring.cached_cons = __atomic_load_n(ring.consumer, __ATOMIC_ACQUIRE);
  return {};
}

bool XdpMemory::is_published(std::uint8_t mark) const {
  return mark != publishing_mark((mark & kToSend) != 0 ? send : fill);
}

std::vector<std::uint32_t> XdpMemory::adopt() {
  const auto mark = [&](std::uint64_t address) {
    if (index(address) < frames_) states_[index(address)] = kWithKernel;
  };
  // What is to be consumed is taken when it is consumed; what is to be sent or filled is not ours.
  for (std::uint32_t i = entries(received); i-- > 0;) {
    mark(xsk_ring_cons__rx_desc(&received, received.cached_cons + i)->addr);
  }
  for (std::uint32_t i = entries(completed); i-- > 0;) {
    mark(*xsk_ring_cons__comp_addr(&completed, completed.cached_cons + i));
  }
  for (std::uint32_t i = entries(fill); i-- > 0;) {
    mark(*xsk_ring_prod__fill_addr(&fill, fill.cached_cons + i));
  }
  for (std::uint32_t i = entries(send); i-- > 0;) {
    mark(xsk_ring_prod__tx_desc(&send, send.cached_cons + i)->addr);
  }
  fill.cached_cons += fill.size;  // as libxdp's functions for producers want it
  send.cached_cons += send.size;
  std::vector<std::uint32_t> free;
  free.reserve(frames_);
  for (std::uint32_t i = 0; i < frames_; ++i) {
    const bool published = (states_[i] & kPublishing) != 0 && is_published(states_[i]);
    states_[i] = published || states_[i] == kWithKernel ? kWithKernel : kHeld;
    if (states_[i] == kHeld) free.push_back(i);
  }
  return free;
}

}  // namespace bowline::dataplane
