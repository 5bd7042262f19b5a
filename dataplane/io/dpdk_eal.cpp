#include "dataplane/io/dpdk_eal.h"

#include <dlfcn.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_log.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <mutex>
#include <optional>
#include <utility>

namespace bowline::dataplane {

using dns::Error;
using dns::Result;

namespace {

// Of a line that DPDK logged, as part of ours.
constexpr std::size_t kMaxLogged = 300;

constexpr const char* kPagesFolder = "/sys/kernel/mm/hugepages/";

// The first error that DPDK logged since it was asked for. Any thread logs.
class ErrorLog {
 public:
  void add(std::string_view text) {
    const std::lock_guard lock(mutex_);
    if (complete_) return;
    for (const char letter : text) {
      complete_ = letter == '\n';
      if (complete_) return;
      if (line_.size() < kMaxLogged) line_ += std::isprint(letter & 0xff) != 0 ? letter : '?';
    }
  }
  std::string take() {
    const std::lock_guard lock(mutex_);
    complete_ = false;
    return std::exchange(line_, {});
  }

 private:
  std::mutex mutex_;
  std::string line_;
  bool complete_ = false;
};

ErrorLog error_log;

ssize_t write_log(void*, const char* text, std::size_t size) {
  error_log.add({text, size});
  return static_cast<ssize_t>(size);
}

// Keeps DPDK's chatter from our standard error: what matters becomes part of our own line.
void catch_log() {
  std::FILE* const stream = ::fopencookie(nullptr, "w", {.read = nullptr,
                                                         .write = &write_log,
                                                         .seek = nullptr,
                                                         .close = nullptr});
  if (stream == nullptr) return;
  (void)std::setvbuf(stream, nullptr, _IONBF, 0);
  (void)::rte_openlog_stream(stream);
  ::rte_log_set_global_level(RTE_LOG_ERR);
}

// The same for what the driver of AF_XDP brings with it, once that is loaded.
void silence_library(const char* library, const char* setter) {
  void* const handle = ::dlopen(library, RTLD_NOW | RTLD_NOLOAD);
  if (handle == nullptr) return;
  using Print = int (*)(int, const char*, va_list);
  using SetPrint = Print (*)(Print);
  const auto set_print = reinterpret_cast<SetPrint>(::dlsym(handle, setter));
  if (set_print != nullptr) (void)set_print(nullptr);
  (void)::dlclose(handle);
}

unsigned long read_number(const std::string& path) {
  unsigned long number = 0;
  std::ifstream(path) >> number;
  return number;
}

// Huge pages of a size that nobody has taken or is promised.
unsigned long free_pages(const char* size) {
  const std::string folder = std::string(kPagesFolder) + size;
  const unsigned long free = read_number(folder + "/free_hugepages");
  return free - std::min(free, read_number(folder + "/resv_hugepages"));
}

unsigned long free_mib() {
  return free_pages("hugepages-2048kB") * 2 + free_pages("hugepages-1048576kB") * 1024;
}

Result<void> check_huge_pages(const EalOptions& options) {
  const unsigned long there = free_mib();
  if (!options.huge_pages || there >= options.memory_mib) return {};
  const unsigned long total = read_number("/proc/sys/vm/nr_hugepages");
  const unsigned long missing = (options.memory_mib - there + 1) / 2;
  return Error{"DPDK needs " + std::to_string(options.memory_mib) +
               " MiB of free huge pages, there are " + std::to_string(there) +
               ": sysctl -w vm.nr_hugepages=" +
               std::to_string(total + missing) +
               ", or set dataplane.hugepages: off or a smaller dataplane.dpdk-memory"};
}

// Domain, bus, device and function; everything else is the name of a driver's virtual device.
bool is_pci(std::string_view device) {
  return device_name(device).find(':') != std::string_view::npos;
}

// One logical core that stands for all CPUs that we may use: so nothing is pinned, and EAL starts
// no workers of its own.
std::string logical_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  (void)::sched_getaffinity(0, sizeof set, &set);
  std::string list;
  for (unsigned i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &set)) list += (list.empty() ? "" : ",") + std::to_string(i);
  }
  return "0@(" + list + ")";
}

std::vector<std::string> arguments_of(const EalOptions& options) {
  std::vector<std::string> arguments = {
      "bowline-dataplane", "--no-telemetry", "--log-level=error", "--lcores", logical_cores(),
      "-m", std::to_string(options.memory_mib)};
  const auto add = [&](std::initializer_list<std::string> more) {
    arguments.insert(arguments.end(), more);
  };
  // Without huge pages --in-memory is refused; the first part of it will do.
  if (options.huge_pages) add({"--in-memory", "--single-file-segments"});
  if (!options.huge_pages) add({"--no-huge", "--no-shconf"});
  bool uses_pci = false;
  for (const std::string& device : options.devices) {
    if (!is_pci(device)) continue;
    uses_pci = true;
    add({"-a", device});
  }
  // Only real devices need to know where memory lies, which a driver's bus decides.
  if (!uses_pci) add({"--no-pci", "--iova-mode=va"});
  return arguments;
}

std::optional<std::string> argument_of(std::string_view device, std::string_view key) {
  const std::string wanted = "," + std::string(key) + "=";
  const std::size_t at = device.find(wanted);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view value = device.substr(at + wanted.size());
  return std::string(value.substr(0, value.find(',')));
}

// The socket of a memif server that was killed: the driver would not take its place.
void remove_dead_socket(std::string_view device) {
  const auto path = argument_of(device, "socket");
  if (!path || argument_of(device, "socket-abstract") != "no" ||
      argument_of(device, "role") == "client") {
    return;
  }
  struct stat found = {};
  if (::lstat(path->c_str(), &found) != 0 || !S_ISSOCK(found.st_mode)) return;
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path->size() >= sizeof address.sun_path) return;
  std::copy(path->begin(), path->end(), address.sun_path);
  const int probe = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const bool dead = ::connect(probe, reinterpret_cast<const sockaddr*>(&address),
                              sizeof address) != 0 && errno == ECONNREFUSED;
  (void)::close(probe);
  if (dead) (void)::unlink(path->c_str());
}

std::string advice_for(const std::string& device, int error) {
  if (is_pci(device)) {
    return "bind it to vfio-pci (dpdk-devbind.py -b vfio-pci ADDRESS) or change dataplane.devices";
  }
  switch (std::abs(error)) {
    case EFAULT:  // so says EAL when no driver can read the name
      return "install the driver's package (apt-cache search librte-net) or change "
             "dataplane.devices";
    case ENOMEM:
      return "raise dataplane.dpdk-memory";
    default:
      return ::geteuid() != 0 ? "start bowlined as root"
                              : "check the interface and the arguments in dataplane.devices";
  }
}

}  // namespace

std::string_view device_name(std::string_view device) {
  return device.substr(0, device.find(','));
}

std::string explain_eal_error(std::string_view what, int error) {
  std::string text(what);
  if (error != 0) text += std::string(": ") + std::strerror(std::abs(error));
  const std::string logged = error_log.take();
  return logged.empty() ? text : text + ": " + logged;
}

void forget_eal_errors() { (void)error_log.take(); }

Result<void> start_eal(const EalOptions& options) {
  catch_log();
  if (auto enough = check_huge_pages(options); !enough) return enough;
  cpu_set_t affinity;
  const bool known = ::sched_getaffinity(0, sizeof affinity, &affinity) == 0;
  std::vector<std::string> arguments = arguments_of(options);
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const int result = ::rte_eal_init(static_cast<int>(arguments.size()), pointers.data());
  const int error = rte_errno;
  if (known) (void)::sched_setaffinity(0, sizeof affinity, &affinity);
  silence_library("libbpf.so.1", "libbpf_set_print");
  silence_library("libxdp.so.1", "libxdp_set_print");
  if (result >= 0) return {};
  return Error{explain_eal_error("cannot start DPDK", error) +
               ": check dataplane.devices, dataplane.dpdk-memory and dataplane.hugepages"};
}

Result<std::uint16_t> open_eal_device(const std::string& device) {
  forget_eal_errors();
  std::string name(device_name(device));
  int result = 0;
  if (is_pci(device)) {
    if (std::count(name.begin(), name.end(), ':') == 1) name.insert(0, "0000:");
  } else {
    remove_dead_socket(device);
    result = ::rte_dev_probe(device.c_str());
  }
  std::uint16_t port = 0;
  if (result >= 0) result = ::rte_eth_dev_get_port_by_name(name.c_str(), &port);
  if (result >= 0) return port;
  const std::string what = "cannot open device " + name;
  const std::string advice = ": " + advice_for(device, result);
  if (result == -EFAULT) return Error{what + ": no driver has that name" + advice};
  // -1 is no errno but what drivers say when they have logged why.
  return Error{explain_eal_error(what, result == -1 ? 0 : result) + advice};
}

void stop_eal() { (void)::rte_eal_cleanup(); }

}  // namespace bowline::dataplane
