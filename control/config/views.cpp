// Typed views of the sections that are effective.
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <climits>

#include "control/config/config.h"
#include "control/config/resolve.h"
#include "control/config/store.h"
#include "control/config/system_user.h"

namespace bowline::control::config {
namespace {

constexpr std::uint16_t kDnsPort = 53;
constexpr unsigned kLeastTcpWorkers = 10;        // the manual's default for tcp-workers
constexpr unsigned kMostBackgroundWorkers = 10;  // the manual's default for background-workers

// One section without entries, read item by item.
class Reader {
 public:
  Reader(const Store& store, std::string_view section, Entry entry)
      : store_(store), section_(*find_section(section)), entry_(entry) {}
  Reader(const Store& store, std::string_view section)
      : Reader(store, section, store.find(section, {})) {}

  std::vector<Value> all(std::string_view item) const {
    return effective_values(store_, section_, entry_, *find_option(section_.name, item));
  }
  std::optional<Value> one(std::string_view item) const {
    auto values = all(item);
    return values.empty() ? std::nullopt : std::optional(std::move(values.front()));
  }
  std::string text(std::string_view item, const std::string& otherwise = {}) const {
    const auto value = one(item);
    return value ? value->text() : otherwise;
  }
  unsigned number(std::string_view item, unsigned otherwise = 0) const {
    const auto value = one(item);
    return value ? static_cast<unsigned>(value->number()) : otherwise;
  }
  bool flag(std::string_view item) const {
    const auto value = one(item);
    return value && value->flag();
  }

 private:
  const Store& store_;
  const Section& section_;
  Entry entry_;
};

// CPUs that this process may use: a container's share, not the machine.
unsigned cpu_count() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
}

unsigned half_of_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return INT_MAX;
  return static_cast<unsigned>(std::min<rlim_t>(limit.rlim_cur / 2, INT_MAX));
}

std::string rundir_of(const Store& store) {
  return absolute_path(store.start_directory, Reader(store, "server").text("rundir"));
}

std::vector<Address> listen_of(const Reader& reader, const std::string& rundir) {
  std::vector<Address> result;
  for (const Value& value : reader.all("listen")) {
    Address address = value.address();
    if (!address.is_ip()) {
      address.path = absolute_path(rundir, address.path);
    } else if (!address.has_port) {
      address.has_port = true;
      address.port = kDnsPort;
    }
    result.push_back(std::move(address));
  }
  return result;
}

User user_of(const Store& store, const Reader& reader) {
  if (!store.resolve_system) return {};
  auto user = find_system_user(reader.text("user"));
  // Checked at loading; an account that vanished since must not silently become root.
  if (!user) return {reader.text("user"), {}, static_cast<uid_t>(-1), static_cast<gid_t>(-1)};
  return std::move(*user);
}

LogLevel level_of(const Reader& reader, std::string_view item, LogLevel otherwise) {
  constexpr std::string_view kNames[] = {"critical", "error", "warning", "notice", "info", "debug"};
  const std::string text = reader.text(item);
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (text == kNames[i]) return static_cast<LogLevel>(i);
  }
  return otherwise;
}

LogTarget default_target(LogTarget::Kind kind, LogLevel least, LogLevel most) {
  LogTarget target;
  target.kind = kind;
  target.server = target.control = target.zone = least;
  target.most_severe = most;
  return target;
}

LogTarget target_of(const Store& store, Entry entry) {
  const Reader reader(store, "log", entry);
  LogTarget target;
  if (entry.id() == "stdout") {
    target.kind = LogTarget::Kind::kStdout;
  } else if (entry.id() == "stderr") {
    target.kind = LogTarget::Kind::kStderr;
  } else if (entry.id() == "syslog") {
    target.kind = LogTarget::Kind::kSyslog;
  } else {
    target.kind = LogTarget::Kind::kFile;
    target.path = absolute_path(store.start_directory, std::string(entry.id()));
  }
  const LogLevel any = level_of(reader, "any", LogLevel::kNone);
  target.server = level_of(reader, "server", any);
  target.control = level_of(reader, "control", any);
  target.zone = level_of(reader, "zone", any);
  target.quic = level_of(reader, "quic", LogLevel::kNone);
  return target;
}

}  // namespace

Server Config::server() const {
  const Reader reader(*store_, "server");
  Server server;
  server.rundir = rundir_of(*store_);
  server.listen = listen_of(reader, server.rundir);
  server.pidfile = absolute_path(server.rundir, reader.text("pidfile", "bowline.pid"));
  server.user = user_of(*store_, reader);
  if (const auto identity = reader.one("identity")) server.identity = identity->text();
  server.version = reader.text("version", "Bowline " BOWLINE_VERSION);
  if (const auto nsid = reader.one("nsid")) server.nsid = nsid->octets();
  server.edns_client_subnet = reader.flag("edns-client-subnet");
  server.answer_rotation = reader.flag("answer-rotation");
  server.udp_workers = reader.number("udp-workers", cpu_count());
  server.tcp_workers = reader.number("tcp-workers", std::max(cpu_count(), kLeastTcpWorkers));
  server.background_workers =
      reader.number("background-workers", std::min(cpu_count(), kMostBackgroundWorkers));
  server.async_start = reader.flag("async-start");
  server.tcp_idle_timeout_s = reader.number("tcp-idle-timeout");
  server.tcp_io_timeout_ms = reader.number("tcp-io-timeout");
  server.tcp_max_clients = reader.number("tcp-max-clients", half_of_file_limit());
  server.tcp_reuseport = reader.flag("tcp-reuseport");
  server.socket_affinity = reader.flag("socket-affinity");
  const unsigned payload = reader.number("udp-max-payload");
  server.udp_max_payload_ipv4 = reader.number("udp-max-payload-ipv4", payload);
  server.udp_max_payload_ipv6 = reader.number("udp-max-payload-ipv6", payload);
  for (const Value& each : reader.all("proxy-allowlist")) {
    server.proxy_allowlist.push_back(each.range());
  }
  for (const Value& each : reader.all("dbus-event")) {
    if (each.text() != "none") server.dbus_events.push_back(each.text());
  }
  server.dbus_init_delay_s = reader.number("dbus-init-delay");
  return server;
}

Dataplane Config::dataplane() const {
  const Reader reader(*store_, "dataplane");
  Dataplane dataplane;
  for (const Value& device : reader.all("devices")) dataplane.devices.push_back(device.text());
  const std::vector<Value> backends = reader.all("backend");
  const auto uses = [&](std::string_view name, bool by_default) {
    const auto is_named = [name](const Value& each) { return each.text() == name; };
    return backends.empty() ? by_default
                            : std::any_of(backends.begin(), backends.end(), is_named);
  };
  dataplane.sockets = uses("sockets", true);
  dataplane.xdp = uses("xdp", !xdp().listen.empty());
  dataplane.dpdk = uses("dpdk", !dataplane.devices.empty());
  dataplane.workers =
      reader.number("workers", Reader(*store_, "server").number("udp-workers", cpu_count()));
  for (const Value& core : reader.all("cores")) {
    dataplane.cores.push_back(static_cast<unsigned>(core.number()));
  }
  const std::string hugepages = reader.text("hugepages");
  if (hugepages == "on") dataplane.hugepages = HugePages::kOn;
  if (hugepages == "off") dataplane.hugepages = HugePages::kOff;
  if (reader.text("poll") == "busy") dataplane.poll = Poll::kBusy;
  dataplane.device_queues = reader.number("device-queues");
  dataplane.device_mtu = reader.number("device-mtu");
  dataplane.exception_port = reader.text("exception-port");
  dataplane.dpdk_memory_mib = reader.number("dpdk-memory");
  for (const Value& range : reader.all("drop")) dataplane.drop.push_back(range.range());
  return dataplane;
}

Xdp Config::xdp() const {
  const Reader reader(*store_, "xdp");
  Xdp xdp;
  for (const Value& each : reader.all("listen")) {
    Address address = each.address();
    if (!address.has_port) address.port = kDnsPort;
    address.has_port = true;
    xdp.listen.push_back(std::move(address));
  }
  xdp.udp = reader.flag("udp");
  xdp.route_check = reader.flag("route-check");
  xdp.ring_size = reader.number("ring-size");
  xdp.busypoll_budget = reader.number("busypoll-budget");
  xdp.busypoll_timeout_us = reader.number("busypoll-timeout");
  return xdp;
}

Control Config::control() const {
  const Reader reader(*store_, "control");
  Control control;
  control.listen.push_back(
      absolute_path(rundir_of(*store_), reader.text("listen", "bowline.sock")));
  control.timeout_s = reader.number("timeout");
  control.backlog = reader.number("backlog");
  return control;
}

std::vector<LogTarget> Config::log() const {
  using Output = LogTarget::Kind;
  std::vector<LogTarget> targets;
  const EntryList& entries = store_->list("log");
  for (std::size_t i = 0; i < entries.size(); ++i) {
    targets.push_back(target_of(*store_, entries[i]));
  }
  if (!has_section("log")) {
    constexpr auto kMost = LogLevel::kCritical;
    targets.push_back(default_target(Output::kStderr, LogLevel::kWarning, kMost));
    targets.push_back(default_target(Output::kSyslog, LogLevel::kWarning, kMost));
    targets.push_back(default_target(Output::kStdout, LogLevel::kInfo, LogLevel::kNotice));
  }
  return targets;
}

Statistics Config::statistics() const {
  const Reader reader(*store_, "statistics");
  Statistics statistics;
  statistics.timer_s = reader.number("timer");
  statistics.file = absolute_path(rundir_of(*store_), reader.text("file", "stats.yaml"));
  statistics.append = reader.flag("append");
  return statistics;
}

std::string Config::storage() const {
  return absolute_path(store_->start_directory, Reader(*store_, "database").text("storage"));
}

}  // namespace bowline::control::config
