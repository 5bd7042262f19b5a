// The configuration: one parsed, checked, immutable state of a file and what it includes, or of a
// database.
//
// load_config() reads and checks everything; what it returns never changes and may be read from any
// thread. A new configuration is a new Config. Used by bowlined, bowline-control and bowlinec.
//
//   auto loaded = config::load_config("/etc/bowline/bowline.conf");
//   if (!loaded) { fputs(loaded.error().c_str(), stderr); ... }   // one line for each error
//   const config::Config& config = *loaded;
//   for (const config::Address& a : config.server().listen) ...
//   for (std::size_t i = 0; i < config.zones().size(); ++i) { config::Zone z = config.zones()[i]; }
//
// Views are computed on each call and own what they return, except where a comment says otherwise.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/value.h"
#include "dns/name.h"
#include "dns/result.h"

namespace bowline::control::config {

// A system user and group, as named and as found in the system's databases.
struct User {
  std::string user = "root";
  std::string group = "root";
  uid_t uid = 0;
  gid_t gid = 0;
};

// Section `server`: what is effective.
struct Server {
  std::vector<Address> listen;  // authoritative UDP and TCP; port filled in (default 53)
  std::string rundir;           // absolute
  std::string pidfile;          // absolute
  User user;
  // Of these three an empty one is disabled; nothing: the host's full name, which only the
  // process that needs it looks up.
  std::optional<std::string> identity;  // id.server./hostname.bind. CH TXT
  std::optional<Octets> nsid;
  std::string version;  // version.server./version.bind. CH TXT
  bool edns_client_subnet = false;
  bool answer_rotation = false;
  unsigned udp_workers = 0;
  unsigned tcp_workers = 0;
  unsigned background_workers = 0;  // threads that load zones
  bool async_start = false;
  unsigned tcp_idle_timeout_s = 0;
  unsigned tcp_io_timeout_ms = 0;  // 0: no limit
  bool tcp_reuseport = false;      // each TCP worker has its own sockets
  bool socket_affinity = false;    // a CPU's packets go to the worker that is kept on it
  unsigned tcp_max_clients = 0;    // 0: half of the file descriptor limit
  unsigned udp_max_payload_ipv4 = 0;
  unsigned udp_max_payload_ipv6 = 0;
  std::vector<AddressRange> proxy_allowlist;  // whose PROXY headers are believed
  std::vector<std::string> dbus_events;       // as the option names them, without `none`
  unsigned dbus_init_delay_s = 0;
};

enum class Poll : std::uint8_t { kAdaptive, kBusy };
enum class HugePages : std::uint8_t { kOff, kOn, kAuto };

// Section `dataplane`: ours.
struct Dataplane {
  // Ways of moving packets that are in use: named by `backend`, or by default with something to
  // serve.
  bool sockets = false;
  bool xdp = false;
  bool dpdk = false;
  unsigned workers = 0;         // of sockets; dataplane.workers, else server.udp-workers, else CPUs
  std::vector<unsigned> cores;  // of polled queues (XDP, DPDK), then of sockets; empty: not pinned
  std::vector<std::string> devices;  // for EAL: PCI addresses, virtual devices with arguments
  unsigned device_queues = 1;        // of each
  unsigned device_mtu = 1500;
  std::string exception_port;        // name of the TAP interfaces, less their number
  unsigned dpdk_memory_mib = 64;
  std::vector<AddressRange> drop;    // sources that the XDP program drops
  HugePages hugepages = HugePages::kAuto;
  Poll poll = Poll::kAdaptive;
};

// Section `xdp`: what is effective.
struct Xdp {
  std::vector<Address> listen;  // devices, or addresses on them; port filled in (default 53)
  bool udp = true;
  bool route_check = false;
  unsigned ring_size = 2048;     // as written: to be rounded up to a power of two
  unsigned busypoll_budget = 0;  // 0: no preferred busy polling
  unsigned busypoll_timeout_us = 20;
};

// Section `control`: the sockets that bowlinec speaks to.
struct Control {
  std::vector<std::string> listen;  // absolute paths of UNIX sockets
  unsigned timeout_s = 0;
  unsigned backlog = 0;
};

enum class LogLevel : std::uint8_t { kCritical, kError, kWarning, kNotice, kInfo, kDebug, kNone };

// One target of section `log`. A category that the file does not name has the level of `any`.
struct LogTarget {
  enum class Kind : std::uint8_t { kStdout, kStderr, kSyslog, kFile };

  Kind kind = Kind::kStderr;
  std::string path;  // kFile: absolute
  LogLevel server = LogLevel::kNone;
  LogLevel control = LogLevel::kNone;
  LogLevel zone = LogLevel::kNone;
  LogLevel quic = LogLevel::kNone;
  LogLevel most_severe = LogLevel::kCritical;  // above it another target takes the message
};

// Section `statistics`: regular dumps of the counters.
struct Statistics {
  unsigned timer_s = 0;  // 0: none
  std::string file;      // absolute
  bool append = false;
};

enum class SemanticChecks : std::uint8_t { kOff, kOn, kSoft };

// One zone with everything resolved: own setting, else its template's, else the default's.
struct Zone {
  dns::Name name;       // lower case
  std::string file;     // absolute
  std::string storage;  // absolute
  std::uint32_t default_ttl = 3600;  // of records of the file before any other says one
  SemanticChecks semantic_checks = SemanticChecks::kOff;
};

struct Store;  // the entries, see store.h; private to this folder

// The configured zones in the order of their names as text. Elements are made on access: 10^6 zones
// cost what their text costs. Valid as long as the Config that gave it.
class ZoneList {
 public:
  explicit ZoneList(const Store& store) : store_(&store) {}

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  // REQUIRES: index < size().
  Zone operator[](std::size_t index) const;
  // Only the name. REQUIRES: index < size().
  dns::Name name(std::size_t index) const;
  // The index of the zone of exactly that name.
  std::optional<std::size_t> find(dns::NameView name) const;

 private:
  const Store* store_;
};

class Config {
 public:
  explicit Config(std::shared_ptr<const Store> store) : store_(std::move(store)) {}

  Server server() const;
  Dataplane dataplane() const;
  Xdp xdp() const;
  Control control() const;
  // Without a section `log`: warning and above to stderr and syslog, info and notice to stdout.
  std::vector<LogTarget> log() const;
  Statistics statistics() const;
  std::string storage() const;         // database.storage, absolute
  ZoneList zones() const { return ZoneList(*store_); }

  // Generic access to any item of the option table. `id` is the item's identifier; empty for a
  // section without any. Values set in the file, else (in `zone`) those of its template, else the
  // default; empty if there is none. An unknown id gives the defaults.
  // REQUIRES: section and item are in the option table.
  std::vector<Value> get(std::string_view section, std::string_view id,
                         std::string_view item) const;
  // Identifiers of a section in their order as text; views live as long as the Config.
  std::vector<std::string_view> ids(std::string_view section) const;
  // Whether anything of the section is set.
  bool has_section(std::string_view section) const;

  // Items of former versions that the files set, which have no effect: a line for each, as errors
  // have it, without a final line end. Empty: none.
  const std::string& notices() const;
  // Names (section.item) of what the file sets and this version does not act upon, each once.
  std::vector<std::string> not_yet_effective() const;

  // The file that was loaded, absolute; of a database what RowLoader was told; empty for text.
  const std::string& path() const;

  // For this folder.
  const std::shared_ptr<const Store>& store() const { return store_; }

 private:
  std::shared_ptr<const Store> store_;
};

struct LoadOptions {
  bool allow_include = true;   // false: `include` is an error (fuzzing, untrusted text)
  bool resolve_system = true;  // false: users are not looked up (tests)
};

// Reads, parses and checks a file with all that it includes. The error has one line for each of the
// first 20 problems of a file: "file:line:column: section.item: what was found, what is allowed".
dns::Result<Config> load_config(const std::string& path, const LoadOptions& options = {});

// The same for text; `name` stands for the file in messages and relative includes.
dns::Result<Config> load_config_text(std::string_view text, const std::string& name = "<text>",
                                     const LoadOptions& options = {});

}  // namespace bowline::control::config
