// EDNS(0) (RFC 6891): the OPT record of a message as facts, the value of every option of the IANA
// registry as a struct, and writers for the options that a server sends.
//
// Pure functions over bytes: both processes, any thread, no allocation. Readers of option values
// give nothing when the value is not formed as its document says.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "dns/name.h"
#include "dns/wire.h"

namespace bowline::dns {

inline constexpr std::size_t kMaxEdnsOptions = 32;  // hardening 44: option floods; peers allow 100
inline constexpr std::size_t kOptFixedSize = 11;    // root owner, type, class, TTL, RDLENGTH
inline constexpr std::size_t kOptionHeaderSize = 4;
inline constexpr std::size_t kClientCookieSize = 8;       // RFC 7873 4.1
inline constexpr std::size_t kMinServerCookieSize = 8;    // RFC 7873 4.2
inline constexpr std::size_t kMaxServerCookieSize = 32;   // RFC 7873 4.2

enum class EdnsOption : std::uint16_t {
  kLlq = 1, kUpdateLease = 2, kNsid = 3, kDau = 5, kDhu = 6, kN3u = 7, kClientSubnet = 8,
  kExpire = 9, kCookie = 10, kTcpKeepalive = 11, kPadding = 12, kChain = 13, kKeyTag = 14,
  kExtendedError = 15, kClientTag = 16, kServerTag = 17, kReportChannel = 18, kZoneVersion = 19,
  kUmbrellaIdent = 20292, kDeviceId = 26946,
};

// INFO-CODE of an extended error (RFC 8914 5.2 and the registry it made).
enum class ExtendedErrorCode : std::uint16_t {
  kOther = 0, kUnsupportedDnskeyAlgorithm = 1, kUnsupportedDsDigestType = 2, kStaleAnswer = 3,
  kForgedAnswer = 4, kDnssecIndeterminate = 5, kDnssecBogus = 6, kSignatureExpired = 7,
  kSignatureNotYetValid = 8, kDnskeyMissing = 9, kRrsigsMissing = 10, kNoZoneKeyBitSet = 11,
  kNsecMissing = 12, kCachedError = 13, kNotReady = 14, kBlocked = 15, kCensored = 16,
  kFiltered = 17, kProhibited = 18, kStaleNxdomainAnswer = 19, kNotAuthoritative = 20,
  kNotSupported = 21, kNoReachableAuthority = 22, kNetworkError = 23, kInvalidData = 24,
  kSignatureExpiredBeforeValid = 25, kTooEarly = 26, kUnsupportedNsec3Iterations = 27,
  kUnableToConformToPolicy = 28, kSynthesized = 29, kInvalidQueryType = 30,
};

struct ClientSubnet {  // RFC 7871 6
  std::uint16_t family = 0;
  std::uint8_t source_prefix = 0, scope_prefix = 0;
  std::array<std::uint8_t, 16> address{};
};

// Offsets are into the message that was read. The first of a repeated option wins.
struct Edns {
  std::uint16_t udp_size = 0;
  std::uint8_t version = 0;
  std::uint8_t extended_rcode = 0;
  bool dnssec_ok = false;       // DO
  std::uint16_t flags = 0;      // all 16 bits
  std::uint16_t options_offset = 0, options_size = 0;
  std::uint8_t option_count = 0;

  bool has_nsid = false, has_expire = false, has_keepalive = false, has_padding = false;
  bool has_zone_version = false;
  bool has_cookie = false;
  std::uint16_t cookie_offset = 0;
  std::uint8_t cookie_size = 0;  // 8, or 16 to 40; anything else is a fault (RFC 7873 5.2.2)
  bool has_client_subnet = false;
  bool client_subnet_valid = false;  // RFC 7871 7.1.2: otherwise FORMERR
  ClientSubnet client_subnet;        // valid if client_subnet_valid
};

// Reads an OPT record whose rdata are `size` octets at `offset` of `message`. False: the options do
// not fill the rdata exactly, are too many, or a cookie has a forbidden size; then only what stands
// in `rr_class` and `ttl` is in `edns`.
// REQUIRES: offset + size <= message.size() <= 65535.
bool read_opt(Bytes message, std::uint16_t rr_class, std::uint32_t ttl, std::size_t offset,
              std::size_t size, Edns& edns);

// Walks the options of `edns`: calls `visit(EdnsOption, Bytes)` for each in order.
template <typename Visit>
void for_each_option(Bytes message, const Edns& edns, Visit&& visit) {
  WireReader reader(message.subspan(edns.options_offset, edns.options_size));
  while (reader.remaining() >= kOptionHeaderSize) {
    const auto code = static_cast<EdnsOption>(reader.u16());
    const Bytes value = reader.bytes(reader.u16());
    if (!reader.ok()) return;
    visit(code, value);
  }
}

// Option values as read. Views live as long as the value they were read from.

struct Llq {  // RFC 8764 3.2
  std::uint16_t version, opcode, error;
  std::uint64_t id;
  std::uint32_t lease_s;
};
struct UpdateLease {  // RFC 9664 4
  std::uint32_t lease_s;
  std::optional<std::uint32_t> key_lease_s;
};
struct ExtendedError {  // RFC 8914 2
  ExtendedErrorCode code;
  std::string_view text;  // UTF-8 of a stranger: not checked, maybe empty, never for a log as is
};
struct Cookie {  // RFC 7873 4
  Bytes client;  // 8 octets
  Bytes server;  // none, or 8 to 32
};
struct ZoneVersion {  // RFC 9660 2
  std::uint8_t label_count;
  std::uint8_t type;  // 0: SOA serial, 4 octets
  Bytes version;
};

std::optional<Llq> read_llq(Bytes value);
std::optional<UpdateLease> read_update_lease(Bytes value);
// Any octets are an NSID (RFC 5001), DAU, DHU, N3U list (RFC 6975: one octet each) or padding.
// An address may be shorter than the family's; scope is not judged, for it differs by direction.
std::optional<ClientSubnet> read_client_subnet(Bytes value);
std::optional<Cookie> read_cookie(Bytes value);
// Without a value in a query; seconds in a response (RFC 7314 2).
std::optional<std::uint32_t> read_expire(Bytes value);
// Without a value in a query; units of 100 ms in a response (RFC 7828 3.1).
std::optional<std::uint16_t> read_keepalive(Bytes value);
std::optional<NameView> read_chain(Bytes value);           // RFC 7901 4: closest trust point
std::optional<NameView> read_report_channel(Bytes value);  // RFC 9567 5: agent domain
// RFC 8145 4.1: one or more 16-bit key tags. Gives their number; tag i is load_u16(&value[2 * i]).
std::optional<std::size_t> read_key_tags(Bytes value);
std::optional<ExtendedError> read_extended_error(Bytes value);
std::optional<std::uint16_t> read_tag(Bytes value);  // client and server tag: one 16-bit number
std::optional<ZoneVersion> read_zone_version(Bytes value);

// Writers: each appends one whole option, or makes `out` fail and writes nothing.

void write_option(WireWriter& out, EdnsOption code, Bytes value);
void write_nsid(WireWriter& out, Bytes nsid);
void write_expire(WireWriter& out, std::uint32_t seconds);
void write_keepalive(WireWriter& out, std::uint16_t units_of_100_ms);
void write_extended_error(WireWriter& out, ExtendedErrorCode code, std::string_view text = {});
// Echoes family, source prefix and address of a valid `subnet` with its own `scope` (RFC 7871
// 7.2.1). REQUIRES: subnet came from read_client_subnet().
void write_client_subnet(WireWriter& out, const ClientSubnet& subnet, std::uint8_t scope);
// REQUIRES: client has 8 octets; server has none or 8 to 32.
void write_cookie(WireWriter& out, Bytes client, Bytes server);
void write_padding(WireWriter& out, std::size_t size);  // zeros (RFC 7830 3)
void write_report_channel(WireWriter& out, NameView agent);
void write_zone_serial(WireWriter& out, std::uint8_t label_count, std::uint32_t serial);

}  // namespace bowline::dns
