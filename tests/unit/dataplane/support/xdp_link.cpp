#include "support/xdp_link.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace bowline::dataplane::test {

namespace {

constexpr const char* kOurEnd = "xdp0";  // in a namespace of our own nobody else has the name
constexpr const char* kPeerEnd = "xdp1";

bool run(const char* command) { return std::system(command) == 0; }

// Every packet of a queue with a socket goes there.
std::vector<bpf_insn> redirect_program(int map) {
  const auto instruction = [](int code, int destination, int source, int offset, int value) {
    bpf_insn made{};
    made.code = static_cast<__u8>(code);
    made.dst_reg = static_cast<__u8>(destination) & 15;
    made.src_reg = static_cast<__u8>(source) & 15;
    made.off = static_cast<__s16>(offset);
    made.imm = value;
    return made;
  };
  return {instruction(BPF_LDX | BPF_MEM | BPF_W, 2, 1, offsetof(xdp_md, rx_queue_index), 0),
          instruction(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, map),
          instruction(0, 0, 0, 0, 0),
          instruction(BPF_ALU64 | BPF_MOV | BPF_K, 3, 0, 0, XDP_PASS),
          instruction(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_redirect_map),
          instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)};
}

template <typename Ring>
std::uint32_t entries(const Ring& ring) {
  return __atomic_load_n(ring.producer, __ATOMIC_ACQUIRE) -
         __atomic_load_n(ring.consumer, __ATOMIC_ACQUIRE);
}

}  // namespace

std::unique_ptr<XdpLink> XdpLink::make(const char* test, const XdpLinkOptions& options) {
  std::unique_ptr<XdpLink> made(new XdpLink(options));
  const char* const failed = made->build();
  if (failed == nullptr) return made;
  const int error = errno;
  std::printf("SKIP: %s: %s: %s\n", test, failed, std::strerror(error));
  return nullptr;
}

const char* XdpLink::build() {
  if (::geteuid() != 0) {
    errno = EPERM;
    return "needs root";
  }
  if (const char* failed = make_network()) return failed;
  if (const char* failed = make_memory()) return failed;
  if (const char* failed = make_socket()) return failed;
  return attach();
}

const char* XdpLink::make_network() {
  before_ = link::Fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (::unshare(CLONE_NEWNET) != 0) return "cannot make a network namespace";
  if (!run("ip link add xdp0 type veth peer name xdp1 && "
           "sysctl -qw net.ipv6.conf.xdp0.disable_ipv6=1 net.ipv6.conf.xdp1.disable_ipv6=1 && "
           "ip link set xdp0 up && ip link set xdp1 up")) {
    return "cannot make a veth pair";
  }
  interface_ = ::if_nametoindex(kOurEnd);
  peer_ = link::Fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL)));
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(::if_nametoindex(kPeerEnd));
  const int one = 1;
  if (::setsockopt(peer_.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) != 0 ||
      ::bind(peer_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return "cannot open a packet socket";
  }
  return nullptr;
}

const char* XdpLink::make_memory() {
  memory_ = link::Fd(::memfd_create("frames", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const std::uint64_t size = octets() + frames();
  if (::ftruncate(memory_.get(), static_cast<off_t>(size)) != 0 ||
      ::fcntl(memory_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return "cannot make a memfd";
  }
  void* const area =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory_.get(), 0);
  if (area == MAP_FAILED) return "cannot map a memfd";
  area_ = static_cast<std::uint8_t*>(area);
  return nullptr;
}

const char* XdpLink::make_socket() {
  xsk_umem_config memory{};
  memory.fill_size = memory.comp_size = options_.ring_size;
  memory.frame_size = options_.frame_size;
  if (::xsk_umem__create(&umem_, area_, octets(), &fill_, &completed_, &memory) != 0) {
    return "cannot register frames";
  }
  xsk_socket_config config{};
  config.rx_size = config.tx_size = options_.ring_size;
  config.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD;
  config.bind_flags = XDP_USE_NEED_WAKEUP | XDP_COPY;
  if (::xsk_socket__create(&socket_, kOurEnd, 0, umem_, &received_, &send_, &config) != 0) {
    return "cannot make an AF_XDP socket";
  }
  std::uint32_t at = 0;
  if (xsk_ring_prod__reserve(&fill_, options_.ring_size, &at) == 0) return "no room in fill ring";
  for (std::uint32_t i = 0; i < options_.ring_size; ++i) {
    *xsk_ring_prod__fill_addr(&fill_, at + i) = std::uint64_t{i} * options_.frame_size;
  }
  for (std::uint32_t i = 0; i < frames(); ++i) *state(i) = i >= options_.ring_size;
  xsk_ring_prod__submit(&fill_, options_.ring_size);
  return nullptr;
}

const char* XdpLink::attach() {
  map_ = link::Fd(::bpf_map_create(BPF_MAP_TYPE_XSKMAP, "sockets", 4, 4, 1, nullptr));
  if (!map_) return "cannot make an XSKMAP";
  const std::uint32_t queue = 0;
  const int socket = ::xsk_socket__fd(socket_);
  if (::bpf_map_update_elem(map_.get(), &queue, &socket, 0) != 0) return "cannot fill an XSKMAP";
  const std::vector<bpf_insn> program = redirect_program(map_.get());
  program_ = link::Fd(::bpf_prog_load(BPF_PROG_TYPE_XDP, "redirect", "Apache-2.0", program.data(),
                                      program.size(), nullptr));
  if (!program_) return "cannot load an XDP program";
  bpf_link_create_opts options{};
  options.sz = sizeof options;
  options.flags = options_.generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
  link_ = link::Fd(
      ::bpf_link_create(program_.get(), static_cast<int>(interface_), BPF_XDP, &options));
  return link_ ? nullptr : "cannot attach an XDP program";
}

XdpLink::~XdpLink() {
  link_.reset();
  if (socket_ != nullptr) ::xsk_socket__delete(socket_);
  if (umem_ != nullptr) ::xsk_umem__delete(umem_);
  if (area_ != nullptr) ::munmap(area_, octets() + frames());
  peer_.reset();
  if (before_) (void)::setns(before_.get(), CLONE_NEWNET);
}

XdpQueue XdpLink::queue() const {
  XdpQueue queue;
  link::HandoverMessage& message = queue.announcement;
  message.type = link::HandoverType::kXdpQueue;
  message.port.mode = options_.generic ? link::PortMode::kGenericCopy
                                       : link::PortMode::kNativeCopy;
  message.port.interface = interface_;
  message.port.ring_size = options_.ring_size;
  message.port.frame_size = options_.frame_size;
  message.port.frames = frames();
  message.set_text(kOurEnd);
  queue.socket = link::Fd(::fcntl(::xsk_socket__fd(socket_), F_DUPFD_CLOEXEC, 0));
  queue.memory = link::Fd(::fcntl(memory_.get(), F_DUPFD_CLOEXEC, 0));
  return queue;
}

Census XdpLink::census() const {
  Census census;
  census.in_fill = entries(fill_);
  census.in_receive = entries(received_);
  census.in_send = entries(send_);
  census.in_completion = entries(completed_);
  for (std::uint32_t i = 0; i < frames(); ++i) census.held += *state(i) != 0;
  census.elsewhere = frames() - census.held - census.in_fill - census.in_receive -
                     census.in_send - census.in_completion;
  return census;
}

void XdpLink::send(const Octets& frame) const {
  if (::send(peer_.get(), frame.data(), frame.size(), 0) < 0) {
    throw std::runtime_error(std::string("cannot send a frame: ") + std::strerror(errno));
  }
}

std::optional<Octets> XdpLink::receive(int timeout_ms) const {
  pollfd wanted{peer_.get(), POLLIN, 0};
  if (::poll(&wanted, 1, timeout_ms) != 1) return std::nullopt;
  Octets frame(4096);
  const ssize_t size = ::recv(peer_.get(), frame.data(), frame.size(), MSG_DONTWAIT);
  if (size < 0) return std::nullopt;
  frame.resize(static_cast<std::size_t>(size));
  return frame;
}

void XdpLink::set_up(bool up) const {
  if (!run(up ? "ip link set xdp0 up" : "ip link set xdp0 down")) {
    throw std::runtime_error("cannot turn the link on or off");
  }
}

}  // namespace bowline::dataplane::test
