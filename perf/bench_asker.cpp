#include "bench_asker.h"

#include <algorithm>
#include <cstring>

#include "dataplane/net/checksum.h"

namespace bowline::perf {

using dns::store_u16;

BenchAsker::BenchAsker(const BenchTables& tables, bool dnssec_ok, std::uint64_t seed)
    : tables_(tables), dnssec_ok_(dnssec_ok), names_(tables.asked_names()), random_(seed) {
  const std::uint8_t ethernet[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};
  std::memcpy(start_, ethernet, sizeof ethernet);
  const std::uint8_t ipv4[] = {0x45, 0,  0, 0, 0, 0, 0x40, 0, 64, 17,
                               0,    0,  192, 0, 2, 1, 192, 0, 2, 53};
  std::memcpy(start_ + dataplane::net::kEthernetSize, ipv4, sizeof ipv4);
  store_u16(start_ + kUdpAt + 2, kBenchPort);
  const std::uint8_t header[] = {0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  std::memcpy(start_ + kMessageAt, header, sizeof header);
  if (dnssec_ok) start_[kMessageAt + 11] = 1;
}

std::size_t BenchAsker::ask(std::uint8_t* frame, std::uint64_t& number) {
  using namespace dataplane::net;
  const std::uint64_t bits = random_.next();
  number = random_.below(names_);
  std::memcpy(frame, start_, sizeof start_);
  std::uint8_t* const message = frame + kMessageAt;
  store_u16(message, static_cast<std::uint16_t>(bits));
  std::uint8_t* at = message + dns::kHeaderSize;
  at += tables_.write_question(number, bits >> 16, at);
  store_u16(at, 1);
  store_u16(at + 2, 1);
  at += 4;
  if (dnssec_ok_) {
    static constexpr std::uint8_t kOpt[] = {0, 0, 41, 4, 208, 0, 0, 0x80, 0, 0, 0};
    std::memcpy(at, kOpt, sizeof kOpt);
    at += sizeof kOpt;
  }
  const auto udp_size = static_cast<std::uint16_t>(at - frame - kUdpAt);
  store_u16(frame + kEthernetSize + kIpv4LengthOffset,
            static_cast<std::uint16_t>(udp_size + kIpv4Size));
  const std::uint16_t ip_checksum =
      finish_checksum(add_octets(0, frame + kEthernetSize, kIpv4Size));
  std::memcpy(frame + kEthernetSize + kIpv4ChecksumOffset, &ip_checksum, 2);
  std::uint8_t* udp = frame + kUdpAt;
  store_u16(udp, static_cast<std::uint16_t>(1024 + (bits >> 48) % 60000));
  store_u16(udp + kUdpLengthOffset, udp_size);
  std::uint64_t sum = pseudo_header_sum(kProtocolUdp, udp_size);
  sum = add_octets(sum, frame + kEthernetSize + kIpv4SourceOffset, 8);
  const std::uint16_t checksum = finish_checksum(add_octets(sum, udp, udp_size));
  std::memcpy(udp + kUdpChecksumOffset, &checksum, 2);
  return static_cast<std::size_t>(at - frame);
}

}  // namespace bowline::perf
