// Rdata from text to wire form.
#include "dns/rdata.h"
#include "dns/rdata_walk.h"
#include "dns/text_address.h"
#include "dns/text_apl.h"
#include "dns/text_base.h"
#include "dns/text_bitmap.h"
#include "dns/text_cursor.h"
#include "dns/text_gateway.h"
#include "dns/text_location.h"
#include "dns/text_number.h"
#include "dns/text_obsolete.h"
#include "dns/text_string.h"
#include "dns/text_svcb.h"

namespace bowline::dns {
namespace {

constexpr std::string_view kGenericMark = "\\#";

bool parse_names(TextCursor& in, WireWriter& out) {
  while (!in.at_end()) {
    if (!parse_name(in, out)) return false;
  }
  return true;
}

bool refuse_opaque(TextCursor& in) {
  constexpr std::string_view kExpected = "generic rdata: \\# length hex";
  const Token* token = in.next(kExpected);
  return token != nullptr && in.fail(*token, kExpected);
}

bool parse_field(Field field, TextCursor& in, WireWriter& out) {
  switch (field) {
    using enum Field;
    case kOpaque: return refuse_opaque(in);
    case kNameCompressible:
    case kNameDecompressible:
    case kNameLowered:
    case kName: return parse_name(in, out);
    case kNames: return parse_names(in, out);
    case kU8: return parse_u8(in, out);
    case kU16: return parse_u16(in, out);
    case kU32: return parse_u32(in, out);
    case kU64: return parse_u64(in, out);
    case kPeriod: return parse_period(in, out);
    case kTime: return parse_time(in, out);
    case kType: return parse_type(in, out);
    case kAlgorithm: return parse_algorithm(in, out);
    case kCertType: return parse_cert_type(in, out);
    case kScheme: return parse_scheme(in, out);
    case kIpv4: return parse_ipv4(in, out);
    case kIpv6: return parse_ipv6(in, out);
    case kEui48: return parse_eui48(in, out);
    case kEui64: return parse_eui64(in, out);
    case kLocator: return parse_locator(in, out);
    case kString: return parse_string(in, out);
    case kOptionalString: return parse_optional_string(in, out);
    case kStrings: return parse_strings(in, out);
    case kTag: return parse_tag(in, out);
    case kTextToEnd: return parse_text_to_end(in, out);
    case kUriTarget: return parse_uri_target(in, out);
    case kHex: return parse_hex(in, out);
    case kDigest: return parse_digest(in, out);
    case kKeyMaterial:
    case kBase64: return parse_base64(in, out);
    case kIpsecKey:
    case kOptionalBase64: return parse_optional_base64(in, out);
    case kBase64OrDash: return parse_base64_or_dash(in, out);
    case kSalt: return parse_salt(in, out);
    case kHash: return parse_hash(in, out);
    case kTypeBitmap: return parse_type_bitmap(in, out);
    case kNxtBitmap: return parse_nxt_bitmap(in, out);
    case kServices: return parse_services(in, out);
    case kNsap: return parse_nsap(in, out);
    case kAtmAddress: return parse_atm_address(in, out);
    case kLocation: return parse_location(in, out);
    case kPrefixes: return parse_prefixes(in, out);
    case kA6: return parse_a6(in, out);
    case kIpsecGateway: return parse_ipsec_gateway(in, out);
    case kAmtRelay: return parse_amt_relay(in, out);
    case kHostIdentity: return parse_host_identity(in, out);
    case kServiceParameters: return parse_service_parameters(in, out);
  }
  return false;
}

bool parse_fields(RrType type, TextCursor& in, WireWriter& out) {
  for (const Field field : fields_of(type)) {
    if (!parse_field(field, in, out)) return false;
  }
  return in.at_end() || in.fail(in.peek(), "the end of the record");
}

// RFC 3597 5: \# length hex, where the hex may be cut anywhere by blanks.
bool parse_generic(RrType type, TextCursor& in, WireWriter& out) {
  constexpr std::string_view kExpectedLength = "the number of octets, from 0 to 65535";
  const std::size_t start = out.size();
  const Token* mark = in.next_word(kGenericMark);
  const Token* length = in.next_word(kExpectedLength);
  if (mark == nullptr || length == nullptr) return false;
  const auto size = number_from_text(length->text, kMaxRdataSize);
  if (!size) return in.fail(*length, kExpectedLength);
  if ((*size != 0 || !in.at_end()) && !parse_hex(in, out)) return false;
  if (!out.ok()) return true;  // reported by the caller
  if (out.size() - start != *size) return in.fail(*length, "the number of octets that follow");
  const Bytes rdata = out.written().subspan(start);
  return check_rdata(type, rdata) ||
         in.fail(*mark, "octets that are valid rdata of " + to_text(type));
}

}  // namespace

bool rdata_from_text(RrType type, std::span<const Token> tokens, NameView origin, WireWriter& out,
                     TextError& error) {
  const std::size_t start = out.size();
  TextCursor in(tokens, origin, error);
  const bool generic = !tokens.empty() && !tokens[0].quoted && tokens[0].text == kGenericMark;
  if (!(generic ? parse_generic(type, in, out) : parse_fields(type, in, out))) return false;
  if (out.ok() && out.size() - start <= kMaxRdataSize) return true;
  constexpr std::string_view kExpected = "rdata of at most 65535 octets";
  return tokens.empty() ? in.fail_missing(kExpected) : in.fail(tokens[0], kExpected);
}

}  // namespace bowline::dns
