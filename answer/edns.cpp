#include "answer/edns.h"

#include <algorithm>

namespace bowline::answer {

namespace {

constexpr std::uint32_t kPlainUdpSize = 512;  // RFC 1035 4.2.1, and the least RFC 6891 6.2.3 allows
constexpr std::size_t kSoaExpireFromEnd = 8;  // EXPIRE and MINIMUM are the last fields of SOA
constexpr std::uint32_t kKeepaliveUnit_ms = 100;  // RFC 7828 3.1

// What the options of a fixed form take at most: client subnet, EXPIRE, keepalive, zone version and
// an extended error. With the longest question and OPT they fit into the smallest reply, so only
// the NSID needs to be asked whether it fits.
constexpr std::size_t kFixedOptions = (4 + 4 + 16) + (4 + 4) + (4 + 2) + (4 + 6) + (4 + 2);
constexpr std::size_t kLongestQuestion =
    dns::kHeaderSize + dns::kMaxNameSize + dns::kQuestionFixedSize;
static_assert(kLongestQuestion + dns::kOptFixedSize + kFixedOptions <= kMinReplyCapacity);
static_assert(kFixedOptions + dns::kOptionHeaderSize + link::kMaxSettingText <= kMaxReplyOptions);

// The zone that answers the question, if it has content.
const zones::Zone* zone_of_question(const Query& query) {
  const zones::Zone* const zone = query.zone;
  return zone == nullptr || (zone->flags & zones::kZoneAbsent) != 0 ? nullptr : zone;
}

// RFC 7314 4: a primary gives the SOA's own field. Only with the answer of a query for SOA, for
// there the client takes the zone's state from; Knot gives it with every answer, BIND as here.
void put_expire(const Query& query, const Sources& sources, dns::WireWriter& out) {
  const zones::Zone* const zone = zone_of_question(query);
  if (zone == nullptr || query.facts.qtype != dns::RrType::kSoa ||
      query.key.depth != zone->apex_depth) {
    return;
  }
  const auto& soa = *sources.view.base.at<zones::FarBody>(zone->negative_soa);
  dns::write_expire(out, dns::load_u32(soa.octets() + soa.size - kSoaExpireFromEnd));
}

// RFC 7828 3.2.2, 3.3.2: over a stream only, and whatever value the client wrote: that it must not
// write one is no reason to refuse it an answer.
void put_keepalive(const Query& query, const link::Settings& settings, dns::WireWriter& out) {
  if (!query.stream) return;
  const std::uint32_t units = settings.tcp_idle_timeout_ms / kKeepaliveUnit_ms;
  dns::write_keepalive(out, static_cast<std::uint16_t>(std::min<std::uint32_t>(units, 0xffff)));
}

// RFC 9660 3.2: the version of the zone that encloses the question's name, not of a zone that an
// alias leads to.
void put_zone_version(const Query& query, dns::WireWriter& out) {
  const zones::Zone* const zone = zone_of_question(query);
  if (zone != nullptr) dns::write_zone_serial(out, zone->apex_depth, zone->serial);
}

// RFC 5001 2.1: only when asked. A long one that leaves no room beside a long question stays out.
void put_nsid(const Query& query, const link::SettingText& nsid, dns::WireWriter& out) {
  if (nsid.length == 0) return;
  const std::size_t size = out.size() + dns::kOptionHeaderSize + nsid.length;
  if (query.facts.question_end + dns::kOptFixedSize + size > query.limit) return;
  dns::write_nsid(out, {nsid.bytes, nsid.length});
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

void encode_options(const Query& query, const Sources& sources, ReplyOptions& options) {
  const dns::Edns& edns = query.facts.edns;
  const link::Settings& settings = *sources.settings;
  // RFC 6891 6.1.3: options of another version may mean something else.
  if (edns.version > kEdnsVersion) return;
  dns::WireWriter out(options.octets);
  if (settings.edns_client_subnet && edns.client_subnet_valid) {
    // RFC 7871 7.2.1: the answer holds for every address.
    dns::write_client_subnet(out, edns.client_subnet, 0);
  }
  if (edns.has_expire) put_expire(query, sources, out);
  if (edns.has_keepalive) put_keepalive(query, settings, out);
  if (edns.has_zone_version) put_zone_version(query, out);
  if (edns.has_nsid) put_nsid(query, settings.nsid, out);
  options.size = static_cast<std::uint32_t>(out.size());
}

void write_opt(const Query& query, const link::Settings& settings, dns::Rcode rcode,
               ReplyOptions& options, dns::MessageBuilder& builder) {
  constexpr std::size_t kExtendedErrorSize = dns::kOptionHeaderSize + 2;
  if (query.extended_error != dns::ExtendedErrorCode::kOther &&
      builder.reserve_more(kExtendedErrorSize)) {
    dns::WireWriter out(dns::MutableBytes(options.octets).subspan(options.size));
    dns::write_extended_error(out, query.extended_error);
    options.size += kExtendedErrorSize;
  }
  const auto extended = static_cast<std::uint8_t>(static_cast<std::uint16_t>(rcode) >> 4);
  builder.write_opt(udp_payload(query, settings), extended, kEdnsVersion,
                    opt_flags(query), dns::Bytes(options.octets).first(options.size));
}

}  // namespace bowline::answer
