#include "dataplane/ports.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "dataplane/io/xdp.h"
#include "dataplane/worker.h"

namespace bowline::dataplane {

using link::HandoverMessage;
using link::HandoverType;

namespace {

dns::Error other_build(const std::string& what) {
  return dns::Error{what + ": bowlined and bowline-dataplane must be of one build"};
}

// Asks the kernel about an interface. False: it does not say.
bool ask_interface(int socket, unsigned long request, const std::string& name, ifreq& answer) {
  std::memcpy(answer.ifr_name, name.data(), std::min<std::size_t>(name.size(), IFNAMSIZ - 1));
  return ::ioctl(socket, request, &answer) == 0;
}

}  // namespace

// All of one worker that polls a queue of an interface. Link first: the port counts there.
struct Ports::XdpWorker {
  XdpWorker(unsigned index, PairingBoard& board) : link(index, board) {}

  ThreadLink link;
  std::unique_ptr<XdpIo> io;
  std::unique_ptr<Worker<XdpIo>> worker;
};

Ports::Ports(DpdkPorts* dpdk)
    : dpdk_(dpdk), interfaces_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}

Ports::~Ports() = default;

dns::Result<void> Ports::take(link::Received& received) {
  HandoverMessage& message = received.message;
  switch (message.type) {
    case HandoverType::kXdpQueue:
      queues_.push_back(
          {{message, std::move(received.fds[0]), std::move(received.fds[1])}, nullptr});
      return {};
    case HandoverType::kDpdkDevice:
      orders_.push_back({message, std::move(received.fds[0]), {}});
      return {};
    default:
      listeners_.push_back({message.port.number, to_frame_listener(message)});
      return {};
  }
}

dns::Result<bool> Ports::open(const HandoverMessage& hello) {
  for (DpdkPorts::Order& order : orders_) {
    const unsigned first = order.announcement.worker;
    device_workers_.push_back({first, first + order.announcement.port.queues});
    auto listeners = listeners_of(order.announcement);
    if (!listeners) return dns::Error{listeners.error()};
    order.listeners = std::move(*listeners);
  }
  if (auto checked = check_workers(hello.workers); !checked) return dns::Error{checked.error()};
  const bool drop = (hello.flags & link::kDropPrivileges) != 0;
  if (orders_.empty() && !drop) return false;
  if (dpdk_ == nullptr) return dns::Error{"this program was built without DPDK: remove 'devices'"};
  DpdkPorts::Settings settings;
  settings.memory_mib = hello.memory_mib;
  settings.huge_pages = (hello.flags & link::kNoHugePages) == 0;
  settings.drop_privileges = drop;
  settings.uid = hello.uid;
  settings.gid = hello.gid;
  if (auto opened = dpdk_->open(std::move(orders_), settings); !opened) {
    return dns::Error{opened.error()};
  }
  return true;
}

// Each worker has one thing to do.
dns::Result<void> Ports::check_workers(unsigned workers) const {
  std::array<bool, link::kMaxThreads> taken{};
  std::vector<Range> ranges = device_workers_;
  for (const Queue& each : queues_) {
    const unsigned worker = each.queue.announcement.worker;
    ranges.push_back({worker, worker + 1});
  }
  for (const Range& range : ranges) {
    for (unsigned worker = range.begin; worker < range.end; ++worker) {
      if (worker >= workers || taken[worker]) {
        return other_build("the keeper's ports do not fit its greeting's workers");
      }
      taken[worker] = true;
    }
  }
  return {};
}

dns::Result<std::vector<FrameListener>> Ports::listeners_of(const HandoverMessage& port) const {
  std::vector<FrameListener> listeners;
  for (const Listening& each : listeners_) {
    if (each.port == port.port.number) listeners.push_back(each.listener);
  }
  if (listeners.size() > net::kMaxListeners) {
    return dns::Error{std::string(port.text_view()) + " has " + std::to_string(listeners.size()) +
                      " addresses to listen on, a port can have " +
                      std::to_string(net::kMaxListeners) +
                      ": name fewer, or 0.0.0.0 and ::, in the configuration's listen"};
  }
  return listeners;
}

Ports::Queue* Ports::find_queue(unsigned worker) {
  const auto found = std::find_if(queues_.begin(), queues_.end(), [&](const Queue& each) {
    return each.queue.announcement.worker == worker;
  });
  return found == queues_.end() ? nullptr : &*found;
}

bool Ports::serves(unsigned worker) const {
  const auto polls = [&](const Queue& each) { return each.queue.announcement.worker == worker; };
  const auto covers = [&](const Range& range) {
    return worker >= range.begin && worker < range.end;
  };
  return std::any_of(queues_.begin(), queues_.end(), polls) ||
         std::any_of(device_workers_.begin(), device_workers_.end(), covers);
}

dns::Result<ThreadTask> Ports::prepare_worker(unsigned worker, PairingBoard& board, int doorbell,
                                              bool poll_busy) {
  Queue* const found = find_queue(worker);
  if (found == nullptr) return dpdk_->prepare_worker(worker, board, doorbell, poll_busy);
  const XdpQueue& queue = found->queue;
  auto listeners = listeners_of(queue.announcement);
  if (!listeners) return dns::Error{listeners.error()};
  auto serving = std::make_shared<XdpWorker>(worker, board);
  const WorkerOptions options{.poll_busy = poll_busy,
                              .listeners = addresses_of(*listeners),
                              .mtu = queue.announcement.port.mtu};
  auto io = XdpIo::open(queue, std::move(*listeners), doorbell, serving->link.counters);
  if (!io) return dns::Error{io.error()};
  serving->io = std::move(*io);
  serving->worker = std::make_unique<Worker<XdpIo>>(*serving->io, serving->link, options);
  found->worker = serving;
  return ThreadTask{[serving] { serving->worker->run(); }, "xdp", worker, link::kNoCore};
}

// ---- On display ---------------------------------------------------------------------------------

void Ports::show(link::Exchange& exchange, std::uint64_t pairing) {
  const bool fresh = pairing != shown_;
  shown_ = pairing;
  for (const Queue& each : queues_) {
    const HandoverMessage& told = each.queue.announcement;
    link::PortStatus& status = exchange.ports[told.port.number];
    const std::string interface(told.text_view());
    if (fresh) {
      link::announce_port(status, link::PortKind::kXdp, told.port.mode, interface,
                          told.port.queues, told.port.mtu);
    }
    if (told.port.queue == 0) show_link(status, interface);
    if (each.worker && told.port.queue < link::kMaxPortQueues) {
      each.worker->io->report(status.queue[told.port.queue]);
    }
  }
  if (device_workers_.empty()) return;
  if (fresh) dpdk_->announce(exchange);
  dpdk_->report(exchange);
}

void Ports::show_link(link::PortStatus& status, const std::string& interface) const {
  ifreq answer{};
  if (!ask_interface(interfaces_.get(), SIOCGIFFLAGS, interface, answer)) {
    return status.link_up.store(0, std::memory_order_relaxed);  // it is gone
  }
  constexpr unsigned kCarrying = IFF_UP | IFF_RUNNING;
  const bool up = (static_cast<unsigned>(answer.ifr_flags) & kCarrying) == kCarrying;
  status.link_up.store(up ? 1 : 0, std::memory_order_relaxed);
  ethtool_cmd settings{};
  settings.cmd = ETHTOOL_GSET;
  answer = {};
  answer.ifr_data = reinterpret_cast<char*>(&settings);
  std::uint32_t speed = 0;
  if (ask_interface(interfaces_.get(), SIOCETHTOOL, interface, answer)) {
    speed = ethtool_cmd_speed(&settings);
  }
  constexpr auto kUnknownSpeed = static_cast<std::uint32_t>(SPEED_UNKNOWN);
  status.speed_mbps.store(speed == kUnknownSpeed ? 0 : speed, std::memory_order_relaxed);
}

}  // namespace bowline::dataplane
