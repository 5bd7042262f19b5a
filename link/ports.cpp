#include "link/ports.h"

#include <algorithm>

namespace bowline::link {

std::string_view port_mode_name(PortMode mode) {
  switch (mode) {
    case PortMode::kUnknown:
      return "unknown";
    case PortMode::kZeroCopy:
      return "zero copy";
    case PortMode::kNativeCopy:
      return "native copy";
    case PortMode::kGenericCopy:
      return "generic copy";
    case PortMode::kPolled:
      return "polled";
  }
  return "unknown";
}

std::optional<PortView> read_port(const PortStatus& status) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  PortView view;
  const std::uint32_t kind = status.kind.load(std::memory_order_acquire);
  const std::uint32_t mode = status.mode.load(kRelaxed);
  view.queues = status.queues.load(kRelaxed);
  if (kind == 0 || kind > static_cast<std::uint32_t>(PortKind::kDpdk)) return std::nullopt;
  if (mode > static_cast<std::uint32_t>(kLastPortMode) || view.queues > kMaxPortQueues) {
    return std::nullopt;
  }
  view.kind = static_cast<PortKind>(kind);
  view.mode = static_cast<PortMode>(mode);
  view.mtu = status.mtu.load(kRelaxed);
  view.link_up = status.link_up.load(kRelaxed) == 1;
  view.speed_mbps = status.speed_mbps.load(kRelaxed);
  for (const char letter : status.name) {
    if (letter == '\0') break;
    view.name.push_back(letter > ' ' && letter < 0x7f ? letter : '?');
  }
  for (std::uint32_t i = 0; i < view.queues; ++i) {
    const PortQueueStatus& queue = status.queue[i];
    view.queue[i] = {queue.received.load(kRelaxed), queue.sent.load(kRelaxed),
                     queue.missed.load(kRelaxed), queue.failed.load(kRelaxed)};
  }
  return view;
}

void announce_port(PortStatus& status, PortKind kind, PortMode mode, std::string_view name,
                   std::uint32_t queues, std::uint32_t mtu) {
  status.name.fill('\0');
  std::copy_n(name.data(), std::min(name.size(), kMaxPortName), status.name.begin());
  status.mode.store(static_cast<std::uint32_t>(mode), std::memory_order_relaxed);
  status.queues.store(std::min(queues, kMaxPortQueues), std::memory_order_relaxed);
  status.mtu.store(mtu, std::memory_order_relaxed);
  status.kind.store(static_cast<std::uint32_t>(kind), std::memory_order_release);
}

}  // namespace bowline::link
