// What the kernel says of addresses and VLANs: recorded replies, laid out octet by octet, whole and
// cut off.
#include "control/keeper/netlink.h"

#include <catch2/catch.hpp>
#include <string_view>

namespace {

using namespace bowline::control::keeper;
using Octets = std::vector<std::byte>;
using Kind = NetworkEvent::Kind;

unsigned digit(char letter) {
  return static_cast<unsigned>(letter <= '9' ? letter - '0' : letter - 'a' + 10);
}

Octets hex(std::string_view text) {
  Octets octets;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    octets.push_back(static_cast<std::byte>(digit(text[i]) << 4 | digit(text[i + 1])));
  }
  return octets;
}

Octets operator+(Octets a, const Octets& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Octets number(std::uint64_t value, unsigned size) {
  Octets octets;
  for (unsigned i = 0; i < size; ++i, value >>= 8) octets.push_back(static_cast<std::byte>(value));
  return octets;
}

Octets text(std::string_view letters) {
  Octets octets;
  for (const char letter : letters) octets.push_back(static_cast<std::byte>(letter));
  return octets + number(0, 1);
}

// An attribute with its padding.
Octets attribute(unsigned type, const Octets& payload) {
  Octets whole = number(payload.size() + 4, 2) + number(type, 2) + payload;
  while (whole.size() % 4 != 0) whole.push_back(std::byte{0});
  return whole;
}

Octets message(unsigned type, unsigned flags, const Octets& payload) {
  return number(payload.size() + 16, 4) + number(type, 2) + number(flags, 2) + number(1, 4) +
         number(0, 4) + payload;
}

constexpr unsigned kNewLink = 16;
constexpr unsigned kDelLink = 17;
constexpr unsigned kMulti = 2;

// struct ifinfomsg of an Ethernet interface.
Octets link_head(unsigned family, unsigned index) {
  return number(family, 1) + number(0, 1) + number(1, 2) + number(index, 4) + number(0x11043, 4) +
         number(0, 4);
}

struct VlanShape {
  unsigned index = 7;
  std::uint32_t lower = 3;
  std::string_view kind = "vlan";
  bool with_id = true;
  bool elsewhere = false;
  Octets protocol = hex("8100");
  unsigned nested = 0;  // 0x8000: newer kernels mark nested attributes
};

// A VLAN interface as vlan_fill_info() and rtnl_fill_ifinfo() of the kernel write it.
Octets vlan_link(const VlanShape& shape) {
  Octets data = attribute(5, shape.protocol);
  if (shape.with_id) data = data + attribute(1, number(100, 2));
  data = data + attribute(2, number(1, 4) + number(0xffffffff, 4));
  Octets payload = link_head(0, shape.index) + attribute(3, text("eth0.100")) +
                   attribute(13, number(1000, 4)) + attribute(16, number(6, 1)) +
                   attribute(4, number(1500, 4)) + attribute(1, hex("02fc00000001")) +
                   attribute(5, number(shape.lower, 4));
  if (shape.elsewhere) payload = payload + attribute(37, number(0, 4));
  return message(kNewLink, kMulti,
                 payload + attribute(18 | shape.nested, attribute(1, text(shape.kind)) +
                                                            attribute(2 | shape.nested, data)));
}

const Octets kDone = message(3, kMulti, number(0, 4));

// Recorded from Linux 6.18.
const Octets kLoopback4 = hex(
    "4c0000001400020001000000a0390000020880fe01000000080001007f000001080002007f00000107000300"
    "6c6f0000080008008000000014000600ffffffffffffffffb62d1600b62d1600");
const Octets kPlain4 = hex(
    "540000001400020001000000a0390000021880000300000008000100c000020108000200c000020108000400"
    "c00002ff0700030076300000080008008000000014000600ffffffffffffffffb62d1600b62d1600");
const Octets kPeer4 = hex(
    "4c0000001400020001000000a0390000022080000300000008000100c633640108000200c000020907000300"
    "76300000080008008000000014000600ffffffffffffffffb62d1600b62d1600");
const Octets kLoopback6 = hex(
    "500000001400020001000000a03900000a8080fe0100000014000100000000000000000000000000000000011"
    "4000600ffffffffffffffffb62d1600b62d1600080008008000000005000b0001000000");
const Octets kTentative6 = hex(
    "480000001400020001000000a03900000a40c000030000001400010020010db8000000000000000000000054"
    "14000600ffffffffffffffffb62d1600b62d160008000800c0000000");
const Octets kPlain6 = hex(
    "480000001400020001000000a03900000a408200030000001400010020010db8000000000000000000000053"
    "14000600ffffffffffffffffb62d1600b62d16000800080082000000");

MappedAddress mapped(std::string_view octets) {
  const Octets raw = hex(octets);
  MappedAddress address{};
  for (std::size_t i = 0; i < raw.size(); ++i) {
    address[16 - raw.size() + i] = std::to_integer<std::uint8_t>(raw[i]);
  }
  if (raw.size() == 4) address[10] = address[11] = 0xff;
  return address;
}

const MappedAddress kFirst = mapped("c0000201");
const MappedAddress kNinth = mapped("c0000209");
const MappedAddress kSixth = mapped("20010db8000000000000000000000053");
const MappedAddress kUnsure = mapped("20010db8000000000000000000000054");

}  // namespace

TEST_CASE("a recorded list of addresses") {
  const NetlinkBatch batch = parse_netlink(kLoopback4 + kPlain4 + kPeer4 + kLoopback6 +
                                           kTentative6 + kPlain6);
  CHECK(batch.complete);
  CHECK_FALSE(batch.done);
  const std::vector<NetworkEvent> expected{
      {Kind::kAddress, 3, kFirst, {}},
      {Kind::kAddress, 3, kNinth, {}},  // ours, not the peer's
      {Kind::kAddressGone, 3, kUnsure, {}},
      {Kind::kAddress, 3, kSixth, {}},
  };
  CHECK(batch.events == expected);
}

TEST_CASE("an IPv6 address counts once it is known to be unique, and not when it is not") {
  struct Row {
    const char* flags;  // of the attribute, little endian
    Kind kind;
  };
  for (const Row& row : {Row{"80000000", Kind::kAddress}, Row{"c0000000", Kind::kAddressGone},
                         Row{"c4000000", Kind::kAddress}, Row{"88000000", Kind::kAddressGone},
                         Row{"00030000", Kind::kAddress}}) {
    Octets octets = kPlain6;
    const Octets flags = hex(row.flags);
    std::copy(flags.begin(), flags.end(), octets.end() - 4);
    const NetlinkBatch batch = parse_netlink(octets);
    INFO(row.flags);
    REQUIRE(batch.events.size() == 1);
    CHECK(batch.events[0].kind == row.kind);
    CHECK(batch.events[0].address == kSixth);
  }
}

TEST_CASE("an address that goes, an end, and a refusal") {
  Octets gone = kPlain4;
  gone[4] = std::byte{21};  // RTM_DELADDR
  const NetlinkBatch batch = parse_netlink(gone + kDone);
  REQUIRE(batch.events.size() == 1);
  CHECK(batch.events[0] == NetworkEvent{Kind::kAddressGone, 3, kFirst, {}});
  CHECK(batch.done);
  CHECK(batch.error == 0);

  const NetlinkBatch refused = parse_netlink(message(2, 0, number(0xffffffff, 4) + number(0, 16)));
  CHECK(refused.done);
  CHECK(refused.error == 1);  // EPERM

  Octets interrupted = kPlain4;
  interrupted[6] |= std::byte{0x10};  // NLM_F_DUMP_INTR
  CHECK_FALSE(parse_netlink(interrupted).complete);
}

TEST_CASE("a VLAN is known by its lower interface, identifier and protocol") {
  const NetworkEvent plain{Kind::kVlan, 7, {}, {3, 100, 0x8100}};
  struct Row {
    const char* what;
    VlanShape shape;
    std::vector<NetworkEvent> events;
  };
  const std::vector<Row> rows{
      {"802.1Q", {}, {plain}},
      {"nested bits", {.nested = 0x8000}, {plain}},
      {"802.1ad", {.protocol = hex("88a8")}, {{Kind::kVlan, 7, {}, {3, 100, 0x88a8}}}},
      {"another kind", {.kind = "vlanx"}, {}},
      {"veth", {.kind = "veth"}, {}},
      {"no identifier", {.with_id = false}, {}},
      {"lower interface in another namespace", {.elsewhere = true}, {}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    const NetlinkBatch batch = parse_netlink(vlan_link(row.shape));
    CHECK(batch.complete);
    CHECK(batch.events == row.events);
  }
}

TEST_CASE("an interface that goes takes VLAN and addresses along; a port of a bridge does not") {
  Network network;
  for (const NetworkEvent& event : parse_netlink(vlan_link({}) + kPlain4 + kPlain6).events) {
    network.apply(event);
  }
  network.apply({Kind::kAddress, 7, kFirst, {}});  // on two interfaces
  CHECK(network.vlans().at(7) == Vlan{3, 100, 0x8100});
  CHECK(network.addresses() == std::set<MappedAddress>{kFirst, kSixth});
  const auto apply = [&network](const Octets& octets) {
    for (const NetworkEvent& event : parse_netlink(octets).events) network.apply(event);
  };
  constexpr unsigned kBridgeFamily = 7;
  apply(message(kDelLink, 0, link_head(kBridgeFamily, 7)));
  CHECK(network.vlans().size() == 1);
  apply(message(kDelLink, 0, link_head(0, 7)));
  CHECK(network.vlans().empty());
  CHECK(network.addresses().contains(kFirst));  // still on the other one
  apply(message(kDelLink, 0, link_head(0, 3)));
  CHECK(network.addresses().empty());
}

TEST_CASE("replies cut off at every octet are read up to there and said to be incomplete") {
  const Octets whole = kPlain4 + vlan_link({}) + kPlain6 + kDone;
  const std::size_t all = parse_netlink(whole).events.size();
  REQUIRE(all == 3);
  const std::set<std::size_t> ends{0, kPlain4.size(), kPlain4.size() + vlan_link({}).size(),
                                   whole.size() - kDone.size(), whole.size()};
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    // A copy of just that size: a sanitizer sees the first octet read beyond.
    const Octets cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const NetlinkBatch batch = parse_netlink(cut);
    INFO(size);
    CHECK(batch.complete == ends.contains(size));
    CHECK(batch.done == (size == whole.size()));
    CHECK(batch.events.size() <= all);
  }
}

TEST_CASE("lying lengths within a message") {
  // Each message, with each of its octets changed to each of some values, must not be read beyond
  // its end; what comes out is of no concern.
  const Octets whole = vlan_link({}) + kPlain6;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const unsigned value : {0U, 1U, 3U, 4U, 5U, 0x7fU, 0x80U, 0xffU}) {
      Octets changed = whole;
      changed[i] = static_cast<std::byte>(value);
      const NetlinkBatch batch = parse_netlink(changed);
      CHECK(batch.events.size() <= 3);
    }
  }
}

TEST_CASE("the kernel's own list can be had") {
  auto watch = NetworkWatch::open();
  if (!watch) FAIL(watch.error());
  CHECK(watch->fd() >= 0);
  CHECK(watch->update());
  for (const MappedAddress& address : watch->network().addresses()) {
    CHECK(address != mapped("7f000001"));
  }
}
