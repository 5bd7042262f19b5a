#include "control/keeper/xdp_port.h"

#include <fcntl.h>
#include <linux/if_xdp.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <xdp/xsk.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>

#include "control/keeper/quiet.h"
#include "control/log/log.h"

// Debian 12's headers are older than some kernels that this runs on; the numbers never change.
#ifndef SO_PREFER_BUSY_POLL
#define SO_PREFER_BUSY_POLL 69
#endif
#ifndef SO_BUSY_POLL_BUDGET
#define SO_BUSY_POLL_BUDGET 70
#endif

namespace bowline::control::keeper {

namespace {

using log::Category;

// After a kill of the keeper its dataplane needs a moment to let go of the queues.
constexpr int kBusyTries = 20;
constexpr int kBusyWait_ms = 50;
constexpr std::uint8_t kWithKernel = 0;
constexpr std::uint8_t kWithDataplane = 1;

struct DeleteSocket {
  void operator()(xsk_socket* socket) const { xsk_socket__delete(socket); }
};
struct DeleteMemory {
  void operator()(xsk_umem* memory) const { (void)xsk_umem__delete(memory); }
};

// A mapping for the time of set-up: the kernel keeps the pages of a socket by itself.
class Mapping {
 public:
  Mapping(int fd, std::size_t size)
      : size_(size), start_(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)) {}
  ~Mapping() {
    if (*this) ::munmap(start_, size_);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  explicit operator bool() const { return start_ != MAP_FAILED; }
  std::uint8_t* octets() const { return static_cast<std::uint8_t*>(start_); }

 private:
  std::size_t size_;
  void* start_;
};

struct QueueSettings {
  const std::string& interface;
  unsigned number;
  std::uint32_t ring_size;
  std::uint32_t frame_size;
  std::uint32_t frames;
  bool copy;  // the program is a generic one, which no driver's zero copy works with
};

}  // namespace

// The libraries keep pointers to the rings.
struct XdpQueue {
  link::Fd frames;
  xsk_ring_prod fill{};
  xsk_ring_cons completion{};
  xsk_ring_cons receive{};
  xsk_ring_prod send{};
  std::unique_ptr<xsk_umem, DeleteMemory> memory;
  std::unique_ptr<xsk_socket, DeleteSocket> socket;  // goes before its memory
};

namespace {

// Allocated in full, so that a lack of memory is an error here and no SIGBUS later; its size can
// never change.
link::Fd make_memory(std::size_t size, int& error) {
  link::Fd fd(::memfd_create("bowline-frames", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const auto length = static_cast<off_t>(size);
  error = 0;
  if (!fd || ::ftruncate(fd.get(), length) != 0 || ::fallocate(fd.get(), 0, 0, length) != 0 ||
      ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
    error = errno;
    fd.reset();
  }
  return fd;
}

void fill_ring(XdpQueue& queue, const QueueSettings& settings, std::uint8_t* states) {
  std::memset(states, kWithKernel, settings.ring_size);
  std::memset(states + settings.ring_size, kWithDataplane, settings.frames - settings.ring_size);
  std::uint32_t first = 0;
  [[maybe_unused]] const std::uint32_t reserved =
      xsk_ring_prod__reserve(&queue.fill, settings.ring_size, &first);
  assert(reserved == settings.ring_size);
  for (std::uint32_t i = 0; i < settings.ring_size; ++i) {
    *xsk_ring_prod__fill_addr(&queue.fill, first + i) =
        static_cast<std::uint64_t>(i) * settings.frame_size;
  }
  xsk_ring_prod__submit(&queue.fill, settings.ring_size);
}

// Returns nothing and errno through `error` if it fails.
std::unique_ptr<XdpQueue> try_queue(const QueueSettings& settings, int& error) {
  auto queue = std::make_unique<XdpQueue>();
  const std::size_t octets = static_cast<std::size_t>(settings.frames) * settings.frame_size;
  const std::size_t size = octets + settings.frames;
  queue->frames = make_memory(size, error);
  if (!queue->frames) return nullptr;
  const Mapping mapping(queue->frames.get(), size);
  if (!mapping) {
    error = errno;
    return nullptr;
  }
  const xsk_umem_config memory{settings.ring_size, settings.ring_size, settings.frame_size, 0, 0};
  xsk_umem* umem = nullptr;
  error = -xsk_umem__create(&umem, mapping.octets(), octets, &queue->fill, &queue->completion,
                            &memory);
  if (error != 0) return nullptr;
  queue->memory.reset(umem);
  fill_ring(*queue, settings, mapping.octets() + octets);
  xsk_socket_config config{};
  config.rx_size = config.tx_size = settings.ring_size;
  config.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD;
  // Without either flag the kernel tries zero copy and then copies.
  config.bind_flags =
      static_cast<std::uint16_t>(XDP_USE_NEED_WAKEUP | (settings.copy ? XDP_COPY : 0));
  xsk_socket* socket = nullptr;
  error = -xsk_socket__create(&socket, settings.interface.c_str(), settings.number, umem,
                              &queue->receive, &queue->send, &config);
  if (error != 0) return nullptr;
  queue->socket.reset(socket);
  return queue;
}

dns::Error explain(const QueueSettings& settings, int error) {
  const auto line = [&](const std::string& why) {
    return dns::Error{fmt::format("cannot open an AF_XDP socket on queue {} of {}: {}",
                                  settings.number, settings.interface, why)};
  };
  switch (error) {
    case EBUSY:
      return line("another program has that queue: stop it (ss --xdp -p shows it)");
    case EPERM:
    case EACCES:
      return line("permission denied: start bowlined as root");
    case ENOBUFS:
      return line("no permission to lock its memory: start bowlined as root, or raise the limit "
                  "(ulimit -l, LimitMEMLOCK=)");
    case ENOMEM:
    case ENOSPC:
      return line("no memory: lower xdp.ring-size or give the machine more");
    case ENETDOWN:
      return line(fmt::format("it is down: ip link set dev {} up", settings.interface));
    case ENODEV:
    case ENXIO:
      return line("the interface is gone: check xdp.listen");
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
    case ENOPROTOOPT:
      return line("the kernel has no AF_XDP: use one with CONFIG_XDP_SOCKETS or remove xdp.listen");
    case EMFILE:
    case ENFILE:
      return line("too many open files: raise the limit (ulimit -n, LimitNOFILE=)");
    default:
      return line(fmt::format("{}: the driver may not support it: remove it from xdp.listen",
                              std::strerror(error)));
  }
}

dns::Result<std::unique_ptr<XdpQueue>> open_queue(const QueueSettings& settings) {
  for (int attempt = 0;; ++attempt) {
    int error = 0;
    auto queue = try_queue(settings, error);
    if (queue) return queue;
    if (error != EBUSY || attempt == kBusyTries) return explain(settings, error);
    (void)::poll(nullptr, 0, kBusyWait_ms);
  }
}

bool copies_nothing(int socket) {
  xdp_options options{};
  socklen_t size = sizeof options;
  return ::getsockopt(socket, SOL_XDP, XDP_OPTIONS, &options, &size) == 0 &&
         (options.flags & XDP_OPTIONS_ZEROCOPY) != 0;
}

// Returns errno.
int prefer_busy_polling(int socket, const config::Xdp& settings) {
  const auto set = [socket](int name, unsigned value) {
    const int number = static_cast<int>(value);
    return ::setsockopt(socket, SOL_SOCKET, name, &number, sizeof number) == 0;
  };
  const bool done = set(SO_PREFER_BUSY_POLL, 1) &&
                    set(SO_BUSY_POLL, settings.busypoll_timeout_us) &&
                    set(SO_BUSY_POLL_BUDGET, settings.busypoll_budget);
  return done ? 0 : errno;
}

}  // namespace

XdpPort::XdpPort(XdpInterface interface, XdpProgram program)
    : interface_(std::move(interface)), program_(std::move(program)) {}
XdpPort::XdpPort(XdpPort&&) noexcept = default;
XdpPort::~XdpPort() = default;

dns::Result<XdpPort> XdpPort::open(const XdpInterface& interface, std::uint16_t number,
                                   const config::Xdp& settings, const SharedMaps& maps) {
  silence_xdp_libraries();
  const std::uint32_t frame_size = xdp_frame_size(interface.mtu);
  assert(frame_size != 0);
  const Steering steering{interface.ports, settings.udp, settings.route_check,
                          frame_size - kXdpHeadroom};
  auto program = XdpProgram::load(steering, interface.queues, maps);
  if (!program) return dns::Error{program.error()};
  XdpPort port(interface, std::move(*program));
  port.number_ = number;
  port.frame_size_ = frame_size;
  port.ring_size_ = xdp_ring_size(settings.ring_size);
  // Before the sockets: some drivers give them nothing while there is no program. Without a socket
  // in its map it passes everything.
  const auto mode = port.program_.attach(interface.index, interface.name);
  if (!mode) return dns::Error{mode.error()};
  port.mode_ = *mode;
  if (!port.program_.native_refusal().empty()) {
    log::warning(Category::kServer, "{}; generic XDP is used, which is slower",
                 port.program_.native_refusal());
  }
  if (auto opened = port.open_queues(settings); !opened) return dns::Error{opened.error()};
  return port;
}

dns::Result<void> XdpPort::open_queues(const config::Xdp& settings) {
  const bool generic = mode_ == link::PortMode::kGenericCopy;
  bool zero_copy = true;
  int refused = 0;
  for (unsigned i = 0; i < interface_.queues; ++i) {
    auto queue = open_queue({interface_.name, i, ring_size_, frame_size_,
                             2 * ring_size_ + kXdpReserve, generic});
    if (!queue) return dns::Error{queue.error()};
    queues_.push_back(std::move(*queue));
    zero_copy = zero_copy && copies_nothing(socket(i));
    if (settings.busypoll_budget != 0 && refused == 0) {
      refused = prefer_busy_polling(socket(i), settings);
    }
  }
  if (zero_copy) mode_ = link::PortMode::kZeroCopy;
  if (refused != 0) {
    log::warning(Category::kServer,
                 "no preferred busy polling on {}: {}: set xdp.busypoll-budget to 0",
                 interface_.name, std::strerror(refused));
  }
  for (unsigned i = 0; i < interface_.queues; ++i) {
    if (auto set = program_.set_socket(i, socket(i)); !set) return set;
  }
  return {};
}

link::PortFields XdpPort::fields(unsigned queue) const {
  assert(queue < queues_.size());
  link::PortFields fields;
  fields.number = number_;
  fields.mode = mode_;
  fields.interface = interface_.index;
  fields.queue = queue;
  fields.queues = interface_.queues;
  fields.mtu = interface_.mtu;
  fields.ring_size = ring_size_;
  fields.frame_size = frame_size_;
  fields.frames = 2 * ring_size_ + kXdpReserve;
  fields.mac = interface_.mac;
  return fields;
}

int XdpPort::socket(unsigned queue) const { return xsk_socket__fd(queues_[queue]->socket.get()); }

int XdpPort::memory(unsigned queue) const { return queues_[queue]->frames.get(); }

std::string XdpPort::describe() const {
  return fmt::format("{}: XDP, {}, queues {}, ring {}, MTU {}, UDP ports {}", interface_.name,
                     link::port_mode_name(mode_), interface_.queues, ring_size_, interface_.mtu,
                     fmt::join(interface_.ports, " "));
}

}  // namespace bowline::control::keeper
