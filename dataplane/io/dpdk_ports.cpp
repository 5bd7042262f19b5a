#include "dataplane/io/dpdk_ports.h"

#include <rte_lcore.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cassert>
#include <deque>
#include <string>

#include "dataplane/io/dpdk.h"
#include "dataplane/io/dpdk_device.h"
#include "dataplane/io/dpdk_eal.h"
#include "dataplane/io/dpdk_exception.h"
#include "dataplane/privileges.h"
#include "dataplane/thread_link.h"
#include "dataplane/worker.h"

namespace bowline::dataplane {

using dns::Error;
using dns::Result;

namespace {

// The kernel's usual slack of 50 us would more than double a worker's short sleeps.
constexpr unsigned long kTimerSlack_ns = 1'000;

// All of one worker that polls a queue of a device.
struct DpdkWorker {
  DpdkWorker(unsigned index, PairingBoard& board, const DpdkDevice& device, DpdkIo::Options options,
             bool poll_busy)
      : link(index, board),
        io(device, options, link.counters),
        worker(io, link,
               {.poll_busy = poll_busy,
                .listeners = addresses_of(options.listeners),
                .mtu = device.mtu()}) {}

  void serve() {
    // Gives the thread a cache of buffers; without one it is only slower.
    (void)::rte_thread_register();
    (void)::prctl(PR_SET_TIMERSLACK, kTimerSlack_ns, 0, 0, 0);
    worker.run();
    ::rte_thread_unregister();
  }

  ThreadLink link;
  DpdkIo io;
  Worker<DpdkIo> worker;
};

class EalPorts final : public DpdkPorts {
 public:
  EalPorts() = default;
  ~EalPorts() override {
    ports_.clear();
    if (eal_runs_) stop_eal();
  }

  Result<void> open(std::vector<Order> orders, const Settings& settings) override;
  Result<ThreadTask> prepare_worker(unsigned thread, PairingBoard& board, int doorbell,
                                    bool poll_busy) override;
  void announce(link::Exchange& exchange) override;
  void report(link::Exchange& exchange) override;

 private:
  // The device stands first: it is closed last.
  struct Port {
    link::HandoverMessage announcement;
    std::vector<FrameListener> listeners;
    std::unique_ptr<DpdkDevice> device;
    std::unique_ptr<ExceptionPort> exception;
  };

  Result<void> open_devices(std::vector<Order>& orders, const Settings& settings);
  Result<void> open_device(Order& order);

  std::deque<Port> ports_;
  bool eal_runs_ = false;
};

Result<void> EalPorts::open(std::vector<Order> orders, const Settings& settings) {
  if (!orders.empty()) {
    if (auto opened = open_devices(orders, settings); !opened) return opened;
  }
  if (settings.drop_privileges) {
    auto dropped = give_up_privileges_everywhere({settings.uid, settings.gid});
    if (!dropped) return dropped;
  }
  // Only now, so that no frame is read by anybody with a privilege.
  for (const Port& port : ports_) {
    if (port.exception) port.exception->start();
  }
  return {};
}

Result<void> EalPorts::open_devices(std::vector<Order>& orders, const Settings& settings) {
  EalOptions options;
  options.memory_mib = settings.memory_mib;
  options.huge_pages = settings.huge_pages;
  for (const Order& order : orders) options.devices.emplace_back(order.announcement.text_view());
  if (auto started = start_eal(options); !started) return started;
  eal_runs_ = true;
  for (Order& order : orders) {
    if (auto opened = open_device(order); !opened) return opened;
  }
  return {};
}

Result<void> EalPorts::open_device(Order& order) {
  const link::PortFields& fields = order.announcement.port;
  auto device = DpdkDevice::open({.device = std::string(order.announcement.text_view()),
                                  .number = fields.number,
                                  .queues = fields.queues,
                                  .mtu = fields.mtu});
  if (!device) return Error{device.error()};
  Port& port = ports_.emplace_back();
  port.announcement = order.announcement;
  port.listeners = std::move(order.listeners);
  port.device = std::move(*device);
  if (!order.tap) return {};
  auto exception = ExceptionPort::make(std::move(order.tap), *port.device, fields.number);
  if (!exception) return Error{exception.error()};
  port.exception = std::move(*exception);
  return {};
}

Result<ThreadTask> EalPorts::prepare_worker(unsigned thread, PairingBoard& board, int doorbell,
                                            bool poll_busy) {
  const auto port = std::find_if(ports_.begin(), ports_.end(), [&](const Port& each) {
    const unsigned first = each.announcement.worker;
    return thread >= first && thread < first + each.announcement.port.queues;
  });
  assert(port != ports_.end());
  DpdkIo::Options options;
  options.queue = thread - port->announcement.worker;
  options.listeners = port->listeners;
  options.doorbell = doorbell;
  options.exception = port->exception.get();
  auto serving = std::make_shared<DpdkWorker>(thread, board, *port->device, std::move(options),
                                              poll_busy);
  return ThreadTask{[serving] { serving->serve(); }, "dpdk", thread, link::kNoCore};
}

void EalPorts::announce(link::Exchange& exchange) {
  for (const Port& port : ports_) {
    link::announce_port(exchange.ports[port.announcement.port.number], link::PortKind::kDpdk,
                        link::PortMode::kPolled, port.device->name(), port.device->queues(),
                        port.device->mtu());
  }
}

void EalPorts::report(link::Exchange& exchange) {
  for (const Port& port : ports_) {
    port.device->report(exchange.ports[port.announcement.port.number]);
  }
}

}  // namespace

std::unique_ptr<DpdkPorts> make_dpdk_ports() { return std::make_unique<EalPorts>(); }

}  // namespace bowline::dataplane
