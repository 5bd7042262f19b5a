#include "perf/pktgen/capture.h"

#include <pcap/pcap.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "dns/message.h"

namespace bowline::perf::pktgen {
namespace {

constexpr std::uint16_t kDnsPort = 53;
constexpr std::uint16_t kTypeIpv4 = 0x0800, kTypeIpv6 = 0x86dd, kTypeVlan = 0x8100,
                        kTypeServiceVlan = 0x88a8;
constexpr std::uint8_t kUdp = 17;
constexpr unsigned kMaxTags = 2;
constexpr std::uint16_t kMoreFragments = 0x3fff;  // the flag, and the offset of a later one

// The UDP datagram of an IP packet without fragments and IPv6 extensions; empty: none.
dns::Bytes udp_in(std::uint16_t type, dns::Bytes ip) {
  if (type == kTypeIpv4 && ip.size() >= 20 && ip[0] >> 4 == 4) {
    const std::size_t header = 4U * (ip[0] & 15), total = dns::load_u16(&ip[2]);
    const bool whole = (dns::load_u16(&ip[6]) & kMoreFragments) == 0;
    if (header < 20 || total < header || total > ip.size() || !whole || ip[9] != kUdp) return {};
    return ip.first(total).subspan(header);
  }
  if (type == kTypeIpv6 && ip.size() >= 40 && ip[0] >> 4 == 6 && ip[6] == kUdp) {
    const std::size_t payload = dns::load_u16(&ip[4]);
    if (payload <= ip.size() - 40) return ip.subspan(40, payload);
  }
  return {};
}

}  // namespace

dns::Bytes question_in(dns::Bytes frame) {
  std::size_t at = 12;
  std::uint16_t type = kTypeVlan;
  for (unsigned tags = 0; type == kTypeVlan || type == kTypeServiceVlan; ++tags, at += 4) {
    if (tags > kMaxTags || frame.size() < at + 2) return {};
    type = dns::load_u16(&frame[at]);
  }
  if (frame.size() < at - 2) return {};
  const dns::Bytes udp = udp_in(type, frame.subspan(at - 2));
  if (udp.size() < 8 || dns::load_u16(&udp[2]) != kDnsPort) return {};
  const std::size_t size = dns::load_u16(&udp[4]);
  if (size < 8 || size > udp.size() || size - 8 > kMaxMessage) return {};
  const dns::Bytes message = udp.subspan(8, size - 8);
  dns::QueryFacts facts;
  return dns::read_query(message, facts) == dns::QueryFault::kNone ? message : dns::Bytes{};
}

dns::Result<void> read_capture_stream(std::FILE* stream, const std::string& name,
                                      QuestionSet& out) {
  char why[PCAP_ERRBUF_SIZE] = "";
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> capture(
      pcap_fopen_offline(stream, why), &pcap_close);
  if (!capture) {
    std::fclose(stream);
    return dns::Error{name + ": no capture: " + why};
  }
  if (pcap_datalink(capture.get()) != DLT_EN10MB) {
    return dns::Error{name + ": not captured from Ethernet; only such captures can be read"};
  }
  const std::size_t before = out.size();
  pcap_pkthdr* header = nullptr;
  const std::uint8_t* octets = nullptr;
  int got = 0;
  while ((got = pcap_next_ex(capture.get(), &header, &octets)) == 1) {
    const dns::Bytes message = question_in({octets, header->caplen});
    if (!message.empty() && !out.add_message(message)) {
      return dns::Error{name + ": more questions than there is room for"};
    }
  }
  if (got == PCAP_ERROR) return dns::Error{name + ": " + pcap_geterr(capture.get())};
  if (out.size() == before) {
    return dns::Error{name + ": no DNS question to UDP port 53 in it"};
  }
  return {};
}

dns::Result<void> read_capture(const std::string& path, QuestionSet& out) {
  std::FILE* const stream = std::fopen(path.c_str(), "rb");
  if (stream == nullptr) return dns::Error{"cannot read " + path + ": " + std::strerror(errno)};
  return read_capture_stream(stream, path, out);
}

}  // namespace bowline::perf::pktgen
