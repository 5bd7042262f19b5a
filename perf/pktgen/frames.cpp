#include "perf/pktgen/frames.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "perf/pktgen/sums.h"

namespace bowline::perf::pktgen {
namespace {

using dns::load_u16;
using dns::store_u16;

constexpr std::size_t kIp = kEthernetSize;
constexpr std::size_t kDnsSize = 12;
constexpr std::uint16_t kTypeIpv4 = 0x0800, kTypeIpv6 = 0x86dd;
constexpr std::uint8_t kUdp = 17, kHops = 64;
// RFC 6891 6.1.2: root, type 41, payload size, extended RCODE and version 0, DO, no options.
constexpr std::array<std::uint8_t, kOptSize> kOpt = {
    0, 0, 41, kEdnsSize >> 8, kEdnsSize & 0xff, 0, 0, 0x80, 0, 0, 0};

constexpr std::size_t ip_size(bool v6) { return v6 ? 40 : 20; }

void write_ip(const Ends& ends, std::uint8_t* ip) {
  const dns::Bytes from = ends.sources.first.bytes(), to = ends.server.address.bytes();
  if (ends.server.address.v6) {
    ip[0] = 0x60;
    ip[6] = kUdp;
    ip[7] = kHops;
  } else {
    ip[0] = 0x45;
    ip[8] = kHops;
    ip[9] = kUdp;
  }
  std::uint8_t* const addresses = ip + ip_size(ends.server.address.v6) - 2 * from.size();
  std::copy(from.begin(), from.end(), addresses);
  std::copy(to.begin(), to.end(), addresses + from.size());
  store_u16(addresses + from.size() - 2, 0);
}

}  // namespace

FrameWriter::FrameWriter(const Ends& ends)
    : ends_(ends),
      udp_(kIp + ip_size(ends.server.address.v6)),
      opt_sum_(fold(add_words(kOpt))) {
  assert(ends.sources.first.v6 == ends.server.address.v6);
  const bool v6 = ends.server.address.v6;
  std::copy(ends.server_mac.begin(), ends.server_mac.end(), head_.begin());
  std::copy(ends.client_mac.begin(), ends.client_mac.end(), head_.begin() + 6);
  store_u16(&head_[12], v6 ? kTypeIpv6 : kTypeIpv4);
  write_ip(ends, &head_[kIp]);
  store_u16(&head_[udp_ + 2], ends.server.port);
  store_u16(&head_[udp_ + kUdpSize + 4], 1);  // QDCOUNT
  const std::size_t addresses = 2 * ends.server.address.bytes().size();
  ip_sum_ = static_cast<std::uint32_t>(add_words({&head_[kIp], ip_size(v6)}));
  udp_sum_ = static_cast<std::uint32_t>(
      add_words({&head_[udp_ - addresses], addresses}, std::uint64_t{kUdp} + ends.server.port));
}

std::size_t FrameWriter::write(const Question& question, bool dnssec_ok, const Flow& flow,
                               std::uint8_t* at) const {
  assert(!(question.whole && dnssec_ok));
  const std::size_t message = udp_ + kUdpSize;
  const std::size_t start = message + (question.whole ? 2 : kDnsSize);
  const std::size_t end = start + question.octets.size();
  const std::size_t size = end + (dnssec_ok ? kOptSize : 0);
  std::memcpy(at, head_.data(), kHeadRoom);
  std::memcpy(at + start, question.octets.data(), question.octets.size());
  std::uint32_t sum = udp_sum_ + flow.port + flow.id + question.sum + (question.whole ? 0 : 1);
  if (dnssec_ok) {
    std::memcpy(at + end, kOpt.data(), kOptSize);
    at[message + 11] = 1;  // ARCOUNT
    sum += 1U + ((end - message) % 2 == 0 ? opt_sum_ : swapped(opt_sum_));
  }
  const auto udp_size = static_cast<std::uint16_t>(size - udp_);
  const std::uint16_t source = ends_.sources.low(flow.source);
  sum += 2U * udp_size + source;
  if (ends_.server.address.v6) {
    store_u16(at + kIp + 4, udp_size);
    store_u16(at + kIp + 8 + 14, source);
  } else {
    const auto ip_length = static_cast<std::uint16_t>(size - kIp);
    store_u16(at + kIp + 2, ip_length);
    store_u16(at + kIp + 14, source);
    store_u16(at + kIp + 10, static_cast<std::uint16_t>(~fold(ip_sum_ + ip_length + source)));
  }
  store_u16(at + udp_, flow.port);
  store_u16(at + udp_ + 4, udp_size);
  const auto checksum = static_cast<std::uint16_t>(~fold(sum));
  store_u16(at + udp_ + 6, checksum == 0 ? 0xffff : checksum);  // RFC 768: 0 would mean none
  store_u16(at + message, flow.id);
  return size;
}

// Fields are written one by one where the caller reads them: put together on the stack and copied
// as one vector they would wait for each other's stores, 15 ns for each answer.
std::optional<Arrival> read_arrival(const Ends& ends, dns::Bytes frame) {
  std::optional<Arrival> out;
  const bool v6 = ends.server.address.v6;
  const std::size_t udp = kIp + ip_size(v6), message = udp + kUdpSize;
  if (frame.size() < message + kDnsSize) return out;
  const std::uint8_t* const at = frame.data();
  const bool ours = v6 ? load_u16(at + 12) == kTypeIpv6 && at[kIp] >> 4 == 6 && at[kIp + 6] == kUdp
                       : load_u16(at + 12) == kTypeIpv4 && at[kIp] == 0x45 &&
                             at[kIp + 9] == kUdp &&
                             (load_u16(at + kIp + 6) & 0x3fff) == 0;  // no fragment
  if (!ours || load_u16(at + udp) != ends.server.port) return out;
  const std::size_t udp_size = load_u16(at + udp + 4);
  if (udp_size < kUdpSize + kDnsSize || udp + udp_size > frame.size()) return out;
  if ((at[message + 2] & 0x80) == 0) return out;
  out.emplace();
  out->port = load_u16(at + udp + 2);
  out->id = load_u16(at + message);
  out->flags = load_u16(at + message + 2);
  out->message = dns::Bytes(at + message, udp_size - kUdpSize);
  return out;
}

bool addresses_match(const Ends& ends, const Flow& flow, dns::Bytes frame) {
  const dns::Bytes server = ends.server.address.bytes(), client = ends.sources.first.bytes();
  const std::size_t size = server.size();
  const std::uint8_t* const from =
      frame.data() + kIp + ip_size(ends.server.address.v6) - 2 * size;
  const std::uint8_t* const to = from + size;
  return std::equal(server.begin(), server.end(), from) &&
         std::equal(client.begin(), client.end() - 2, to) &&
         load_u16(to + size - 2) == ends.sources.low(flow.source);
}

bool checksums_hold(const Ends& ends, dns::Bytes frame) {
  const bool v6 = ends.server.address.v6;
  const std::size_t udp = kIp + ip_size(v6), addresses = v6 ? 32 : 8;
  if (!v6 && fold(add_words(frame.subspan(kIp, 20))) != 0xffff) return false;
  // RFC 768: IPv4 may go without; RFC 8200 8.1: IPv6 may not.
  if (load_u16(&frame[udp + 6]) == 0) return !v6;
  const std::uint16_t size = load_u16(&frame[udp + 4]);
  const std::uint64_t pseudo = add_words(frame.subspan(udp - addresses, addresses), kUdp + size);
  return fold(add_words(frame.subspan(udp, size), pseudo)) == 0xffff;
}

}  // namespace bowline::perf::pktgen
