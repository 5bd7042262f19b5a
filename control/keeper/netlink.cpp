#include "control/keeper/netlink.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

#include <fmt/format.h>

namespace bowline::control::keeper {

namespace {

using Bytes = std::span<const std::byte>;
using Kind = NetworkEvent::Kind;

// The kernel fills datagrams of a dump up to 32 KiB; one interface with all its attributes needs
// less.
constexpr std::size_t kDatagram = 64 << 10;
// Changes that wait while the keeper starts a process: some 10,000 addresses.
constexpr int kReceiveBuffer = 4 << 20;
// A dump that others' changes spoil is made again: so often, then it is an error.
constexpr int kDumpTries = 10;
constexpr std::int32_t kMostErrno = 4096;
// Datagrams of one dump, and of news taken in one go: a million addresses.
constexpr int kMostDatagrams = 10'000;

template <typename T>
std::optional<T> read(Bytes bytes) {
  if (bytes.size() < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

constexpr std::size_t aligned(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

// Visits the attributes of a message or of a nested attribute. Returns false if they are cut off.
template <typename Visit>
bool for_each_attribute(Bytes bytes, Visit visit) {
  while (bytes.size() >= sizeof(rtattr)) {
    const auto header = *read<rtattr>(bytes);
    if (header.rta_len < sizeof header || header.rta_len > bytes.size()) return false;
    visit(header.rta_type & NLA_TYPE_MASK, bytes.subspan(sizeof header,
                                                         header.rta_len - sizeof header));
    bytes = bytes.subspan(std::min(aligned(header.rta_len), bytes.size()));
  }
  return bytes.empty();
}

std::optional<MappedAddress> to_mapped(unsigned family, Bytes octets) {
  MappedAddress address{};
  if (family == AF_INET && octets.size() == 4) {
    address[10] = address[11] = 0xff;
    std::memcpy(&address[12], octets.data(), 4);
    return address;
  }
  if (family != AF_INET6 || octets.size() != 16) return std::nullopt;
  std::memcpy(address.data(), octets.data(), 16);
  return address;
}

// 127.0.0.0/8 and ::1 never come in from outside.
bool is_loopback(const MappedAddress& address) {
  constexpr MappedAddress kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127};
  constexpr MappedAddress kIpv6{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return std::equal(kMapped.begin(), kMapped.begin() + 13, address.begin()) || address == kIpv6;
}

bool read_address(Bytes payload, bool gone, NetlinkBatch& batch) {
  const auto header = read<ifaddrmsg>(payload);
  if (!header) return false;
  std::optional<MappedAddress> local;
  std::optional<MappedAddress> address;
  std::uint32_t flags = header->ifa_flags;
  const bool whole = for_each_attribute(
      payload.subspan(sizeof *header), [&](unsigned type, Bytes octets) {
        // With a peer, IFA_ADDRESS is the other end.
        if (type == IFA_LOCAL) local = to_mapped(header->ifa_family, octets);
        if (type == IFA_ADDRESS) address = to_mapped(header->ifa_family, octets);
        if (type == IFA_FLAGS) flags = read<std::uint32_t>(octets).value_or(flags);
      });
  if (!whole) return false;
  const std::optional<MappedAddress> ours = local ? local : address;
  if (!ours || is_loopback(*ours)) return true;
  const bool tentative = (flags & IFA_F_TENTATIVE) != 0 && (flags & IFA_F_OPTIMISTIC) == 0;
  const bool usable = !gone && !tentative && (flags & IFA_F_DADFAILED) == 0;
  batch.events.push_back(
      {usable ? Kind::kAddress : Kind::kAddressGone, header->ifa_index, *ours, {}});
  return true;
}

struct LinkInfo {
  bool is_vlan = false;
  std::optional<std::uint16_t> id;
  std::uint16_t protocol = ETH_P_8021Q;  // kernels before 3.10 do not say
};

bool read_link_info(Bytes nested, LinkInfo& info) {
  constexpr std::string_view kVlan("vlan", 5);  // with its end
  Bytes data;
  const bool whole = for_each_attribute(nested, [&](unsigned type, Bytes octets) {
    if (type == IFLA_INFO_KIND) {
      info.is_vlan = octets.size() == kVlan.size() &&
                     std::memcmp(octets.data(), kVlan.data(), kVlan.size()) == 0;
    }
    if (type == IFLA_INFO_DATA) data = octets;
  });
  // What stands in the data depends on the kind.
  if (!whole || !info.is_vlan) return whole;
  return for_each_attribute(data, [&](unsigned type, Bytes octets) {
    if (type == IFLA_VLAN_ID) info.id = read<std::uint16_t>(octets);
    if (type == IFLA_VLAN_PROTOCOL) {
      info.protocol = ntohs(read<std::uint16_t>(octets).value_or(htons(ETH_P_8021Q)));
    }
  });
}

bool read_link(Bytes payload, bool gone, NetlinkBatch& batch) {
  const auto header = read<ifinfomsg>(payload);
  if (!header) return false;
  if (header->ifi_family != AF_UNSPEC) return true;  // a port of a bridge, which is no interface
  const auto index = static_cast<std::uint32_t>(header->ifi_index);
  if (gone) {
    batch.events.push_back({Kind::kInterfaceGone, index, {}, {}});
    return true;
  }
  std::optional<std::uint32_t> lower;
  bool elsewhere = false;
  LinkInfo info;
  bool sound = true;
  const bool whole = for_each_attribute(
      payload.subspan(sizeof *header), [&](unsigned type, Bytes octets) {
        if (type == IFLA_LINK) lower = read<std::uint32_t>(octets);
        // The index is one of another namespace, where no frame of ours goes.
        if (type == IFLA_LINK_NETNSID) elsewhere = true;
        if (type == IFLA_LINKINFO) sound = read_link_info(octets, info) && sound;
      });
  if (!whole || !sound) return false;
  if (!info.is_vlan || !info.id || !lower || elsewhere) return true;
  batch.events.push_back({Kind::kVlan, index, {}, {*lower, *info.id, info.protocol}});
  return true;
}

// The same in an error, and at the end of a dump.
bool read_error(Bytes payload, NetlinkBatch& batch) {
  const auto negative = read<std::int32_t>(payload);
  if (!negative) return false;
  batch.error = *negative < 0 && *negative > -kMostErrno ? -*negative : 0;
  batch.done = true;
  return true;
}

// Returns false if the message is malformed.
bool read_message(const nlmsghdr& header, Bytes payload, NetlinkBatch& batch) {
  if ((header.nlmsg_flags & NLM_F_DUMP_INTR) != 0) batch.complete = false;
  switch (header.nlmsg_type) {
    case NLMSG_ERROR:
      return read_error(payload, batch);
    case NLMSG_DONE:
      batch.done = true;
      return read_error(payload, batch);
    case NLMSG_OVERRUN:
      return false;
    case RTM_NEWADDR:
    case RTM_DELADDR:
      return read_address(payload, header.nlmsg_type == RTM_DELADDR, batch);
    case RTM_NEWLINK:
    case RTM_DELLINK:
      return read_link(payload, header.nlmsg_type == RTM_DELLINK, batch);
    default:
      return true;
  }
}

dns::Error fault(const char* what) {
  return {fmt::format("cannot {}: {}: the kernel needs rtnetlink (CONFIG_NET)", what,
                      std::strerror(errno))};
}

dns::Result<link::Fd> open_socket(std::uint32_t groups, int flags) {
  link::Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_ROUTE));
  if (!socket) return fault("open a netlink socket");
  const int size = kReceiveBuffer;
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0) {
    (void)::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  }
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fault("bind a netlink socket");
  }
  return socket;
}

// Receives one datagram of the kernel. Returns its octets, or -1 with errno.
ssize_t receive(int socket, std::span<std::byte> into) {
  while (true) {
    sockaddr_nl from{};
    socklen_t length = sizeof from;
    const ssize_t got = ::recvfrom(socket, into.data(), into.size(), MSG_TRUNC,
                                   reinterpret_cast<sockaddr*>(&from), &length);
    if (got < 0 && errno == EINTR) continue;
    if (got >= 0 && from.nl_pid != 0) continue;  // another process wrote to us
    if (got > static_cast<ssize_t>(into.size())) {
      errno = ENOBUFS;  // cut off: as if it had been lost
      return -1;
    }
    return got;
  }
}

enum class Dump : std::uint8_t { kTaken, kAgain };

// Asks for everything of one kind and adds it to `network`.
dns::Result<Dump> dump(int socket, std::uint16_t type, Network& network) {
  struct {
    nlmsghdr header;
    ifinfomsg body;  // also long enough for an ifaddrmsg: both start with the family
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = type;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  if (::send(socket, &request, sizeof request, 0) < 0) return fault("ask for the addresses");
  std::vector<std::byte> buffer(kDatagram);
  bool consistent = true;
  for (int i = 0; i < kMostDatagrams; ++i) {
    const ssize_t got = receive(socket, buffer);
    if (got < 0) return fault("list the addresses");
    const NetlinkBatch batch = parse_netlink(Bytes(buffer).first(static_cast<std::size_t>(got)));
    errno = batch.error;
    if (batch.error != 0) return fault("list the addresses");
    consistent = consistent && batch.complete;
    for (const NetworkEvent& event : batch.events) network.apply(event);
    if (batch.done) return consistent ? Dump::kTaken : Dump::kAgain;
  }
  return dns::Error{"cannot list the addresses: the kernel's list has no end"};
}

}  // namespace

NetlinkBatch parse_netlink(Bytes datagram) {
  NetlinkBatch batch;
  while (!datagram.empty()) {
    const auto header = read<nlmsghdr>(datagram);
    if (!header || header->nlmsg_len < sizeof *header || header->nlmsg_len > datagram.size()) {
      batch.complete = false;
      return batch;
    }
    const Bytes payload =
        datagram.subspan(sizeof *header, header->nlmsg_len - sizeof *header);
    if (!read_message(*header, payload, batch)) batch.complete = false;
    datagram = datagram.subspan(std::min(aligned(header->nlmsg_len), datagram.size()));
  }
  return batch;
}

// ---- Network ------------------------------------------------------------------------------------

void Network::apply(const NetworkEvent& event) {
  switch (event.kind) {
    case Kind::kAddress:
      addresses_.emplace(event.interface, event.address);
      return;
    case Kind::kAddressGone:
      addresses_.erase({event.interface, event.address});
      return;
    case Kind::kVlan:
      vlans_[event.interface] = event.vlan;
      return;
    case Kind::kInterfaceGone:
      vlans_.erase(event.interface);
      std::erase_if(addresses_, [&](const auto& each) { return each.first == event.interface; });
      return;
  }
}

std::set<MappedAddress> Network::addresses() const {
  std::set<MappedAddress> all;
  for (const auto& [interface, address] : addresses_) all.insert(address);
  return all;
}

// ---- NetworkWatch -------------------------------------------------------------------------------

dns::Result<NetworkWatch> NetworkWatch::open() {
  NetworkWatch watch;
  auto events = open_socket(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR, SOCK_NONBLOCK);
  if (!events) return dns::Error{events.error()};
  watch.events_ = std::move(*events);
  if (auto taken = watch.take_stock(); !taken) return dns::Error{taken.error()};
  return watch;
}

// News that came since open() or before is applied later, in its order: the end is the same.
dns::Result<void> NetworkWatch::take_stock() {
  for (int i = 0; i < kDumpTries; ++i) {
    const auto socket = open_socket(0, 0);
    if (!socket) return dns::Error{socket.error()};
    Network fresh;
    bool again = false;
    for (const std::uint16_t type : {RTM_GETLINK, RTM_GETADDR}) {
      const auto dumped = dump(socket->get(), type, fresh);
      if (!dumped) return dns::Error{dumped.error()};
      again = again || *dumped == Dump::kAgain;
    }
    if (again && i + 1 < kDumpTries) continue;
    network_ = std::move(fresh);
    return {};
  }
  return {};
}

dns::Result<void> NetworkWatch::update() {
  std::vector<std::byte> buffer(kDatagram);
  bool lost = false;
  for (int i = 0; i < kMostDatagrams; ++i) {
    const ssize_t got = receive(events_.get(), buffer);
    if (got < 0 && errno == EAGAIN) break;
    if (got < 0 && errno != ENOBUFS) return fault("follow the addresses");
    if (got < 0) {
      lost = true;
      continue;
    }
    const NetlinkBatch batch = parse_netlink(Bytes(buffer).first(static_cast<std::size_t>(got)));
    lost = lost || !batch.complete;
    for (const NetworkEvent& event : batch.events) network_.apply(event);
  }
  return lost ? take_stock() : dns::Result<void>{};
}

}  // namespace bowline::control::keeper
