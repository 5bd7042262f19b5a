#include "perf/pktgen/neighbours.h"

#include <algorithm>

#include "perf/pktgen/sums.h"

namespace bowline::perf::pktgen {
namespace {

using dns::Bytes;
using dns::load_u16;
using dns::store_u16;

constexpr std::uint16_t kTypeArp = 0x0806, kTypeIpv6 = 0x86dd;
constexpr std::uint16_t kArpRequest = 1, kArpReply = 2;
constexpr std::size_t kArpFrame = 42;
constexpr std::size_t kIp = 14, kIcmp = kIp + 40, kTarget = kIcmp + 8, kOption = kTarget + 16;
constexpr std::uint8_t kIcmpv6 = 58, kHopLimit = 255;  // RFC 4861 7.1: 255, so from this link
constexpr std::uint8_t kSolicitation = 135, kAdvertisement = 136;
constexpr std::uint8_t kSolicitedOverride = 0x60;
constexpr std::uint8_t kSourceOption = 1, kTargetOption = 2;

std::uint8_t* put(std::uint8_t* at, Bytes octets) {
  return std::copy(octets.begin(), octets.end(), at);
}

// Ethernet and IPv4 over it (RFC 826), both known sizes.
bool is_arp(Bytes frame, std::uint16_t operation) {
  return frame.size() >= kArpFrame && load_u16(&frame[12]) == kTypeArp &&
         load_u16(&frame[14]) == 1 && load_u16(&frame[16]) == 0x0800 && frame[18] == 6 &&
         frame[19] == 4 && load_u16(&frame[20]) == operation;
}

bool is_discovery(Bytes frame, std::uint8_t type) {
  return frame.size() >= kOption && load_u16(&frame[12]) == kTypeIpv6 &&
         frame[kIp + 6] == kIcmpv6 && frame[kIp + 7] == kHopLimit && frame[kIcmp] == type;
}

std::size_t write_arp(const Mac& to, const Mac& our_mac, std::uint16_t operation, Bytes ours,
                      Bytes theirs, std::uint8_t* at) {
  constexpr std::uint8_t kFixed[] = {0, 1, 8, 0, 6, 4};
  const bool asks = operation == kArpRequest;
  std::uint8_t* end = put(put(at, to), our_mac);
  store_u16(end, kTypeArp);
  end = put(end + 2, kFixed);
  store_u16(end, operation);
  end = put(put(end + 2, our_mac), ours);
  put(put(end, asks ? Mac{} : to), theirs);
  return kArpFrame;
}

// Both messages: a word of flags, the target, an option with our MAC.
std::size_t write_discovery(const Mac& to, const Mac& our_mac, Bytes from, Bytes destination,
                            std::uint8_t type, Bytes target, std::uint8_t* at) {
  std::fill(at, at + kMaxNeighbourFrame, std::uint8_t{0});
  store_u16(put(put(at, to), our_mac), kTypeIpv6);
  at[kIp] = 0x60;
  store_u16(at + kIp + 4, kMaxNeighbourFrame - kIcmp);
  at[kIp + 6] = kIcmpv6;
  at[kIp + 7] = kHopLimit;
  put(put(at + kIp + 8, from), destination);
  at[kIcmp] = type;
  at[kIcmp + 4] = type == kAdvertisement ? kSolicitedOverride : 0;
  put(at + kTarget, target);
  at[kOption] = type == kAdvertisement ? kTargetOption : kSourceOption;
  at[kOption + 1] = 1;  // of eight octets
  put(at + kOption + 2, our_mac);
  // RFC 4443 2.3: with a pseudo header of addresses, length and protocol.
  const std::uint64_t pseudo =
      add_words({at + kIp + 8, 32}, kMaxNeighbourFrame - kIcmp + kIcmpv6);
  const std::uint16_t sum = fold(add_words({at + kIcmp, kMaxNeighbourFrame - kIcmp}, pseudo));
  store_u16(at + kIcmp + 2, static_cast<std::uint16_t>(~sum));
  return kMaxNeighbourFrame;
}

Mac sender_of(Bytes frame) {
  Mac out;
  std::copy_n(frame.begin() + 6, out.size(), out.begin());
  return out;
}

}  // namespace

std::size_t Neighbours::reply(Bytes frame, std::uint8_t* at) const {
  if (!ends_.server.address.v6) {
    if (!is_arp(frame, kArpRequest) || !ends_.sources.contains(frame.subspan(38, 4))) return 0;
    return write_arp(sender_of(frame), ends_.client_mac, kArpReply, frame.subspan(38, 4),
                     frame.subspan(28, 4), at);
  }
  if (!is_discovery(frame, kSolicitation)) return 0;
  const Bytes target = frame.subspan(kTarget, 16), asker = frame.subspan(kIp + 8, 16);
  const bool probe = std::all_of(asker.begin(), asker.end(), [](auto c) { return c == 0; });
  // RFC 4862 5.4: who probes whether an address is free must not hear that a source has it.
  if (probe || !ends_.sources.contains(target)) return 0;
  return write_discovery(sender_of(frame), ends_.client_mac, target, asker, kAdvertisement, target,
                         at);
}

std::size_t Neighbours::ask(std::uint8_t* at) const {
  const Bytes server = ends_.server.address.bytes(), ours = ends_.sources.first.bytes();
  if (!ends_.server.address.v6) {
    const Mac all = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    return write_arp(all, ends_.client_mac, kArpRequest, ours, server, at);
  }
  // RFC 4291 2.7.1: the solicited-node group of the address, and its Ethernet group (RFC 2464 7).
  const Mac group_mac = {0x33, 0x33, 0xff, server[13], server[14], server[15]};
  const std::array<std::uint8_t, 16> group = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
                                              0xff, server[13], server[14], server[15]};
  return write_discovery(group_mac, ends_.client_mac, ours, group, kSolicitation, server, at);
}

std::optional<Mac> Neighbours::heard(Bytes frame) const {
  const Bytes server = ends_.server.address.bytes();
  const auto is_server = [&](Bytes address) {
    return std::equal(server.begin(), server.end(), address.begin());
  };
  Mac out;
  if (!ends_.server.address.v6) {
    if (!is_arp(frame, kArpReply) || !is_server(frame.subspan(28, 4))) return std::nullopt;
    std::copy_n(frame.begin() + 22, out.size(), out.begin());
    return out;
  }
  if (!is_discovery(frame, kAdvertisement) || !is_server(frame.subspan(kTarget, 16))) {
    return std::nullopt;
  }
  const bool says = frame.size() >= kOption + 8 && frame[kOption] == kTargetOption;
  std::copy_n(frame.begin() + (says ? kOption + 2 : 6), out.size(), out.begin());
  return out;
}

}  // namespace bowline::perf::pktgen
