#include "answer/edns.h"

#include <algorithm>
#include <array>

#include "answer/limits.h"

namespace bowline::answer {

namespace {

constexpr std::uint32_t kPlainUdpSize = 512;  // RFC 1035 4.2.1, and the least RFC 6891 6.2.3 allows
constexpr std::size_t kOptSize = 11;          // root, type, class, TTL, RDLENGTH
constexpr std::size_t kOptionHeaderSize = 4;
constexpr std::uint16_t kDnssecOk = 0x8000;
constexpr std::uint8_t kEdnsVersion = 0;

std::uint16_t udp_payload(const Query& query, const link::Settings& settings) {
  return query.ipv6 ? settings.udp_max_payload_ipv6 : settings.udp_max_payload_ipv4;
}

// RFC 5001 2.1: only when asked. A long one that leaves no room beside a long question stays out.
std::size_t nsid_size(const Query& query, const link::Settings& settings) {
  if (!query.facts.edns.has_nsid || settings.nsid.length == 0) return 0;
  const std::size_t size = kOptionHeaderSize + settings.nsid.length;
  return query.facts.question_end + kOptSize + size <= query.limit ? size : 0;
}

}  // namespace

std::uint32_t reply_limit(const Query& query, const link::Settings& settings) {
  const std::uint32_t carried = std::min(query.size_max, query.capacity);
  if (query.stream) return std::min<std::uint32_t>(carried, dns::kMaxMessageSize);
  if (!query.facts.has_edns) return std::min(carried, kPlainUdpSize);
  const std::uint32_t wanted =
      std::min<std::uint32_t>(query.facts.edns.udp_size, udp_payload(query, settings));
  return std::min(carried, std::max(wanted, kPlainUdpSize));
}

std::size_t opt_size(const Query& query, const link::Settings& settings) {
  return query.facts.has_edns ? kOptSize + nsid_size(query, settings) : 0;
}

void write_opt(const Query& query, const link::Settings& settings, dns::Rcode rcode,
               dns::MessageBuilder& builder) {
  // RFC 3225 3: DO comes back as it was sent; the other flags are zero.
  const std::uint16_t flags = query.facts.edns.dnssec_ok ? kDnssecOk : 0;
  const auto extended = static_cast<std::uint8_t>(static_cast<std::uint16_t>(rcode) >> 4);
  const std::uint16_t payload = udp_payload(query, settings);
  if (nsid_size(query, settings) == 0) {
    builder.write_opt(payload, extended, kEdnsVersion, flags, {});
    return;
  }
  std::array<std::uint8_t, kOptionHeaderSize + link::kMaxSettingText> octets;
  dns::WireWriter options(octets);
  options.u16(static_cast<std::uint16_t>(dns::EdnsOption::kNsid));
  options.u16(settings.nsid.length);
  options.bytes({settings.nsid.bytes, settings.nsid.length});
  builder.write_opt(payload, extended, kEdnsVersion, flags, options.written());
}

}  // namespace bowline::answer
