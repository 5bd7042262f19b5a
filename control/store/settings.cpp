// make_settings(): what the dataplane has to know of the configuration.
#include <netdb.h>
#include <nss.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <climits>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "control/config/prefix.h"
#include "control/store/zone_store.h"

namespace bowline::control::store {

namespace {

std::string find_host_name() {
  char name[HOST_NAME_MAX + 1] = {};
  ::gethostname(name, sizeof name - 1);
  const std::string own = name;
  if (own.find('.') != std::string::npos) return own;
  // /etc/hosts only: this host's own resolver may be the server that is starting, and a start must
  // not wait for the time-outs of one that is gone.
  ::__nss_configure_lookup("hosts", "files");
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_CANONNAME;
  addrinfo* found = nullptr;
  if (::getaddrinfo(own.c_str(), nullptr, &hints, &found) != 0) return own;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  return found->ai_canonname != nullptr ? found->ai_canonname : own;
}

// The host's full name, as it was when it was first asked for.
const std::string& host_name() {
  static const std::string name = find_host_name();
  return name;
}

using Family = config::Address::Family;

link::SettingRange range_of(const config::AddressRange& range) {
  link::SettingRange result;
  if (range.family == Family::kIpv6) {
    std::copy(range.first.begin(), range.first.end(), result.first);
    std::copy(range.last.begin(), range.last.end(), result.last);
    return result;
  }
  for (const auto& [from, to] : {std::pair{&range.first, result.first}, {&range.last, result.last}}) {
    to[10] = to[11] = 0xff;
    std::copy_n(from->begin(), 4, to + 12);
  }
  return result;
}

bool ends_before(const std::uint8_t* one, const std::uint8_t* other) {
  return std::memcmp(one, other, sizeof(link::SettingRange::first)) < 0;
}

// Appends the ranges of one family in order, those that overlap joined. Returns the new count.
std::size_t add_family(const std::vector<config::AddressRange>& all, Family family,
                       std::size_t count, link::SettingRange* to) {
  std::vector<link::SettingRange> ranges;
  for (const config::AddressRange& each : all) {
    if (each.family == family) ranges.push_back(range_of(each));
  }
  std::ranges::sort(ranges, [](const link::SettingRange& a, const link::SettingRange& b) {
    return ends_before(a.first, b.first);
  });
  const std::size_t begin = count;
  for (const link::SettingRange& each : ranges) {
    link::SettingRange* const last = count > begin ? &to[count - 1] : nullptr;
    if (last == nullptr || ends_before(last->last, each.first)) {
      to[count++] = each;
    } else if (ends_before(last->last, each.last)) {
      std::copy(std::begin(each.last), std::end(each.last), last->last);
    }
  }
  return count;
}

void set_proxies(const std::vector<config::AddressRange>& all, link::Settings& settings) {
  static_assert(config::kMaxProxyRanges == link::kMaxProxyRanges);
  assert(all.size() <= link::kMaxProxyRanges);
  link::SettingRange* const table = settings.proxy_allowlist;
  const std::size_t ipv4 = add_family(all, Family::kIpv4, 0, table);
  settings.proxy_ipv4_ranges = static_cast<std::uint16_t>(ipv4);
  settings.proxy_ranges =
      static_cast<std::uint16_t>(add_family(all, Family::kIpv6, ipv4, table));
}

template <typename Octets>
void copy_text(const Octets& from, link::SettingText& to) {
  to.length = static_cast<std::uint8_t>(std::min(from.size(), link::kMaxSettingText));
  std::copy_n(from.begin(), to.length, to.bytes);
}

}  // namespace

link::Settings make_settings(const config::Config& config) {
  const config::Server server = config.server();
  link::Settings settings;
  settings.udp_max_payload_ipv4 = static_cast<std::uint16_t>(server.udp_max_payload_ipv4);
  settings.udp_max_payload_ipv6 = static_cast<std::uint16_t>(server.udp_max_payload_ipv6);
  settings.tcp_idle_timeout_ms = server.tcp_idle_timeout_s * 1000;
  settings.tcp_io_timeout_ms = server.tcp_io_timeout_ms;
  settings.tcp_max_clients = server.tcp_max_clients;
  rlimit files{};
  if (settings.tcp_max_clients == 0 && ::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    settings.tcp_max_clients =
        static_cast<std::uint32_t>(std::min<rlim_t>(files.rlim_cur / 2, 1U << 30));
  }
  settings.edns_client_subnet = server.edns_client_subnet;
  settings.answer_rotation = server.answer_rotation;
  copy_text(server.identity ? *server.identity : host_name(), settings.identity);
  copy_text(server.version, settings.version);
  if (server.nsid) {
    copy_text(*server.nsid, settings.nsid);
  } else {
    copy_text(host_name(), settings.nsid);
  }
  set_proxies(server.proxy_allowlist, settings);
  return settings;
}

}  // namespace bowline::control::store
