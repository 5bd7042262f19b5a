#include "control/main/port_rows.h"

#include <algorithm>
#include <optional>
#include <string>

namespace bowline::control {

namespace {

const char* kind_name(link::PortKind kind) { return kind == link::PortKind::kXdp ? "xdp" : "dpdk"; }

api::Json port_row(const link::PortView& port) {
  return {{"port", port.name},
          {"kind", kind_name(port.kind)},
          {"mode", std::string(link::port_mode_name(port.mode))},
          {"queues", port.queues},
          {"link", port.link_up ? "up" : "down"},
          {"speed-mbps", port.speed_mbps == 0 ? api::Json(nullptr) : api::Json(port.speed_mbps)},
          {"mtu", port.mtu}};
}

api::Json queue_row(const link::PortView& port, std::uint32_t queue) {
  const link::PortView::Queue& counts = port.queue[queue];
  return {{"port", port.name},         {"queue", queue},
          {"received", counts.received}, {"sent", counts.sent},
          {"missed", counts.missed},     {"failed", counts.failed}};
}

}  // namespace

WorkersByKind count_workers(const link::Exchange& exchange, std::uint32_t workers) {
  WorkersByKind count;
  for (const link::PortStatus& status : exchange.ports) {
    const auto port = link::read_port(status);
    if (!port) continue;
    (port->kind == link::PortKind::kXdp ? count.xdp : count.dpdk) += port->queues;
  }
  count.sockets = workers - std::min(workers, count.xdp + count.dpdk);
  return count;
}

void write_port_rows(const link::Exchange& exchange, api::Response& response) {
  response.table("ports");
  for (const link::PortStatus& status : exchange.ports) {
    if (const auto port = link::read_port(status)) response.row("ports", port_row(*port));
  }
  response.table("queues");
  for (const link::PortStatus& status : exchange.ports) {
    const auto port = link::read_port(status);
    for (std::uint32_t i = 0; port && i < port->queues; ++i) {
      response.row("queues", queue_row(*port, i));
    }
  }
}

}  // namespace bowline::control
