#include "control/keeper/xdp_program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <net/if.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>

#include "ebpf/object.h"

namespace bowline::control::keeper {
namespace {

using dns::Error;
using dns::Result;

constexpr const char* kPrivileges =
    "run bowlined as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON";

// While it lives, libbpf prints nothing, and its first complaint is kept for our own error line.
class QuietLibbpf {
 public:
  QuietLibbpf() : previous_(libbpf_set_print(&QuietLibbpf::keep)) { first_.clear(); }
  ~QuietLibbpf() { libbpf_set_print(previous_); }
  QuietLibbpf(const QuietLibbpf&) = delete;
  QuietLibbpf& operator=(const QuietLibbpf&) = delete;

  // One line without an end, or empty.
  static const std::string& complaint() { return first_; }

 private:
  [[gnu::format(printf, 2, 0)]] static int keep(libbpf_print_level level, const char* format,
                                                va_list arguments) {
    if (level != LIBBPF_WARN || !first_.empty()) return 0;
    char line[256];
    std::vsnprintf(line, sizeof line, format, arguments);
    first_ = line;
    first_.resize(std::min(first_.find('\n'), first_.size()));
    return 0;
  }

  inline static std::string first_;
  libbpf_print_fn_t previous_;
};

Error failed(const std::string& what, int error) {
  std::string message = "cannot " + what + ": " + std::strerror(error);
  if (error == EPERM) message += std::string("; ") + kPrivileges;
  return {std::move(message)};
}

link::Fd duplicate(int descriptor) { return link::Fd(fcntl(descriptor, F_DUPFD_CLOEXEC, 3)); }

Result<link::Fd> create_map(bpf_map_type type, const char* name, std::uint32_t key_size,
                            std::uint32_t value_size, std::uint32_t entries) {
  bpf_map_create_opts options{};
  options.sz = sizeof options;
  if (type == BPF_MAP_TYPE_LPM_TRIE) options.map_flags = BPF_F_NO_PREALLOC;
  link::Fd map(bpf_map_create(type, name, key_size, value_size, entries, &options));
  if (!map) return failed(std::string("create the XDP map '") + name + "'", errno);
  return map;
}

struct CloseObject {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};
using Object = std::unique_ptr<bpf_object, CloseObject>;

// The object is our own: what it does not have, the build forgot.
bpf_map* find_map(const Object& object, const char* name) {
  bpf_map* const map = bpf_object__find_map_by_name(object.get(), name);
  assert(map != nullptr);
  return map;
}

void set_config(const Object& object, const Steering& steering) {
  steer_config config{};
  std::copy(steering.ports.begin(), steering.ports.end(), config.ports);
  config.port_count = static_cast<std::uint32_t>(steering.ports.size());
  config.longest_frame = steering.longest_frame;
  config.udp = steering.udp;
  config.route_check = steering.route_check;
  std::size_t size = 0;
  void* const place = const_cast<void*>(
      bpf_map__initial_value(find_map(object, ".rodata"), &size));
  assert(place != nullptr && size == sizeof config);
  std::memcpy(place, &config, sizeof config);
}

// libbpf's words help where the kernel is too old or refuses the program (EACCES too), not where
// privileges are missing.
Error explain_load(int error) {
  Error line = failed("load the XDP program", error);
  if (error != EPERM && !QuietLibbpf::complaint().empty()) {
    line.message += " (" + QuietLibbpf::complaint() + ")";
  }
  return line;
}

// What a refused attachment means to a person.
std::string explain_attach(const std::string& name, unsigned interface, int error) {
  switch (error) {
    case EBUSY:
    case EEXIST:
      return name + ": an XDP program is attached already; remove it with \"ip link set dev " +
             name + " xdp off\", or end the program that holds it (\"bpftool link\" shows it)";
    case EPERM:
    case EACCES:
      return name + ": no permission to attach the XDP program; " + kPrivileges;
    case ENODEV:
      return name + ": there is no interface of index " + std::to_string(interface) +
             " any more; correct xdp.listen";
    case EOPNOTSUPP:
      return name + ": the driver does not support XDP";
    case ERANGE:
    case EINVAL:
      return name + ": the driver does not take an XDP program with these settings (" +
             std::strerror(error) + "); lower the MTU, for a veth that of its peer (\"ip link " +
             "set dev " + name + " mtu 1500\"), and switch LRO off (\"ethtool -K " + name +
             " lro off\")";
    case ENOSPC:
      return name + ": too few receive queues for XDP; a veth wants no fewer than its peer has "
             "transmit queues (\"ethtool -L " + name + " rx N\")";
    default:
      return name + ": cannot attach the XDP program: " + std::strerror(error);
  }
}

// A link in one mode, or nothing and errno.
link::Fd link_in_mode(int program, unsigned interface, std::uint32_t mode) {
  bpf_link_create_opts options{};
  options.sz = sizeof options;
  options.flags = mode;
  const int descriptor =
      bpf_link_create(program, static_cast<int>(interface), BPF_XDP, &options);
  if (descriptor < 0) errno = -descriptor;
  return link::Fd(descriptor < 0 ? -1 : descriptor);
}

// Generic mode would be refused for the same reason.
bool is_final(int error) {
  return error == EBUSY || error == EEXIST || error == EPERM || error == EACCES || error == ENODEV;
}

}  // namespace

Result<SharedMaps> SharedMaps::create() {
  SharedMaps maps;
  auto addresses = create_map(BPF_MAP_TYPE_HASH, "addresses", sizeof(steer_address),
                              sizeof(std::uint32_t), STEER_MAX_ADDRESSES);
  if (!addresses) return Error{addresses.error()};
  auto vlans = create_map(BPF_MAP_TYPE_HASH, "vlans", sizeof(std::uint32_t), sizeof(steer_vlan),
                          STEER_MAX_VLANS);
  if (!vlans) return Error{vlans.error()};
  auto drops = create_map(BPF_MAP_TYPE_LPM_TRIE, "drop_list", sizeof(steer_prefix),
                          sizeof(std::uint8_t), STEER_MAX_DROPS);
  if (!drops) return Error{drops.error()};
  maps.addresses_ = std::move(*addresses);
  maps.vlans_ = std::move(*vlans);
  maps.drop_list_ = std::move(*drops);
  return maps;
}

Result<void> SharedMaps::set_address(const std::array<std::uint8_t, 16>& mapped, bool present) {
  const std::uint32_t one = 1;
  const int status = present
                         ? bpf_map_update_elem(addresses_.get(), mapped.data(), &one, BPF_ANY)
                         : bpf_map_delete_elem(addresses_.get(), mapped.data());
  if (status == 0 || (!present && errno == ENOENT)) return {};
  if (errno == E2BIG) {
    return Error{"XDP serves at most " + std::to_string(STEER_MAX_ADDRESSES) +
                 " addresses of this machine; the others are served by sockets"};
  }
  return failed("change the addresses that XDP serves", errno);
}

Result<void> SharedMaps::set_vlan(std::uint32_t vlan_interface, std::uint32_t lower,
                                  std::uint16_t tci) {
  const steer_vlan vlan{.lower = lower, .tci = tci, .tpid = ETH_P_8021Q};
  if (bpf_map_update_elem(vlans_.get(), &vlan_interface, &vlan, BPF_ANY) == 0) return {};
  return failed("tell XDP of a VLAN", errno);
}

Result<void> SharedMaps::remove_vlan(std::uint32_t vlan_interface) {
  if (bpf_map_delete_elem(vlans_.get(), &vlan_interface) == 0 || errno == ENOENT) return {};
  return failed("remove a VLAN from XDP", errno);
}

Result<XdpProgram> XdpProgram::load(const Steering& steering, unsigned queues,
                                    const SharedMaps& maps) {
  if (steering.ports.size() > STEER_MAX_PORTS) {
    return Error{"xdp.listen has " + std::to_string(steering.ports.size()) +
                 " ports on one interface; at most " + std::to_string(STEER_MAX_PORTS)};
  }
  assert(queues > 0 && steering.longest_frame >= ETH_ZLEN);
  const QuietLibbpf quiet;
  const auto octets = ebpf::steer_object();
  bpf_object_open_opts options{};
  options.sz = sizeof options;
  options.object_name = "bowline";
  const Object object(bpf_object__open_mem(octets.data(), octets.size(), &options));
  if (!object) return explain_load(errno);
  set_config(object, steering);
  if (bpf_map__set_max_entries(find_map(object, "sockets"), queues) != 0 ||
      bpf_map__reuse_fd(find_map(object, "addresses"), maps.addresses_.get()) != 0 ||
      bpf_map__reuse_fd(find_map(object, "vlans"), maps.vlans_.get()) != 0 ||
      bpf_map__reuse_fd(find_map(object, "drop_list"), maps.drop_list_.get()) != 0) {
    return explain_load(errno);
  }
  if (const int error = bpf_object__load(object.get()); error != 0) return explain_load(-error);
  XdpProgram program;
  program.program_ =
      duplicate(bpf_program__fd(bpf_object__find_program_by_name(object.get(), "steer")));
  program.sockets_ = duplicate(bpf_map__fd(find_map(object, "sockets")));
  program.counters_ = duplicate(bpf_map__fd(find_map(object, "counters")));
  if (!program.program_ || !program.sockets_ || !program.counters_) return explain_load(errno);
  return program;
}

Result<link::PortMode> XdpProgram::attach(unsigned interface, const std::string& name,
                                          AttachMode mode) {
  assert(!attached());
  native_refusal_.clear();
  char known[IF_NAMESIZE];
  if (if_indextoname(interface, known) == nullptr) {
    return Error{explain_attach(name, interface, ENODEV)};
  }
  if (mode == AttachMode::kBest) {
    link_ = link_in_mode(program_.get(), interface, XDP_FLAGS_DRV_MODE);
    if (link_) return link::PortMode::kNativeCopy;
    const int error = errno;
    if (is_final(error)) return Error{explain_attach(name, interface, error)};
    native_refusal_ = explain_attach(name, interface, error);
  }
  link_ = link_in_mode(program_.get(), interface, XDP_FLAGS_SKB_MODE);
  if (!link_) return Error{explain_attach(name, interface, errno)};
  return link::PortMode::kGenericCopy;
}

Result<void> XdpProgram::set_socket(unsigned queue, int socket) {
  if (bpf_map_update_elem(sockets_.get(), &queue, &socket, BPF_ANY) == 0) return {};
  return failed("steer receive queue " + std::to_string(queue) + " to its AF_XDP socket", errno);
}

}  // namespace bowline::control::keeper
