// make_settings(): what the dataplane has to know of the configuration.
#include <netdb.h>
#include <nss.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <memory>
#include <string>

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
  return settings;
}

}  // namespace bowline::control::store
