// Rdata from wire form to text.
#include "dns/name_text.h"
#include "dns/rdata.h"
#include "dns/rdata_walk.h"
#include "dns/text_address.h"
#include "dns/text_apl.h"
#include "dns/text_base.h"
#include "dns/text_bitmap.h"
#include "dns/text_location.h"
#include "dns/text_number.h"
#include "dns/text_obsolete.h"
#include "dns/text_string.h"
#include "dns/text_svcb.h"

namespace bowline::dns {
namespace {

std::uint64_t number_in(Bytes part) {
  std::uint64_t value = 0;
  for (const std::uint8_t octet : part) value = value << 8 | octet;
  return value;
}

void append_strings(Bytes part, std::string& out) {
  while (!part.empty()) {
    const std::size_t size = part[0];
    append_quoted(part.subspan(1, size), out);
    part = part.subspan(1 + size);
    if (!part.empty()) out += ' ';
  }
}

void append_names(Bytes part, std::string& out) {
  while (!part.empty()) {
    const auto name = NameView::parse(part);
    if (!name) return;
    append_name_text(*name, out);
    part = part.subspan(name->size());
    if (!part.empty()) out += ' ';
  }
}

std::string_view chars(Bytes part) {
  return {reinterpret_cast<const char*>(part.data()), part.size()};
}

void append_salt(Bytes salt, std::string& out) {
  if (salt.empty()) {
    out += '-';
  } else {
    append_hex(salt, out);
  }
}

void append_base64_or_dash(Bytes part, std::string& out) {
  if (part.empty()) {
    out += '-';
  } else {
    append_base64(part, out);
  }
}

// Appends one measured field. False: it has no text form.
bool append_field(Field field, Bytes part, std::string& out) {
  switch (field) {
    using enum Field;
    case kOpaque: return false;
    case kNameCompressible:
    case kNameDecompressible:
    case kNameLowered:
    case kName: append_name_text({part.data(), part.size()}, out); return true;
    case kNames: append_names(part, out); return true;
    case kU8:
    case kU16:
    case kU32:
    case kU64:
    case kAlgorithm:
    case kPeriod: append_number(number_in(part), out); return true;
    case kTime: append_time(static_cast<std::uint32_t>(number_in(part)), out); return true;
    case kType: out += to_text(static_cast<RrType>(number_in(part))); return true;
    case kCertType: append_cert_type(load_u16(part.data()), out); return true;
    case kScheme: append_scheme(part[0], out); return true;
    case kIpv4: append_ipv4(part, out); return true;
    case kIpv6: append_ipv6(part, out); return true;
    case kEui48:
    case kEui64: append_hex_groups(part, 1, '-', out); return true;
    case kLocator: append_hex_groups(part, 2, ':', out); return true;
    case kString:
    case kOptionalString:
    case kStrings: append_strings(part, out); return true;
    case kTag: out += chars(part.subspan(1)); return true;
    case kTextToEnd:
    case kUriTarget: append_quoted(part, out); return true;
    case kHex:
    case kDigest: append_hex(part, out); return true;
    case kBase64:
    case kOptionalBase64:
    case kKeyMaterial:
    case kIpsecKey: append_base64(part, out); return true;
    case kBase64OrDash: append_base64_or_dash(part, out); return true;
    case kSalt: append_salt(part.subspan(1), out); return true;
    case kHash: append_hash(part.subspan(1), out); return true;
    case kTypeBitmap: append_type_bitmap(part, out); return true;
    case kNxtBitmap: return append_nxt_bitmap(part, out);
    case kServices: return append_services(part, out);
    case kNsap: append_nsap(part, out); return true;
    case kAtmAddress: return append_atm_address(part, out);
    case kLocation: return append_location(part, out);
    case kPrefixes: return append_prefixes(part, out);
    case kA6: return append_a6(part, out);
    case kIpsecGateway: return append_ipsec_gateway(part, out);
    case kAmtRelay: return append_amt_relay(part, out);
    case kHostIdentity: return append_host_identity(part, out);
    case kServiceParameters: return append_service_parameters(part, out);
  }
  return false;
}

// Whether the reader takes the text of this part, too.
bool has_text(Field field, Bytes rdata, Bytes part) {
  if (field == Field::kKeyMaterial) return !part.empty();
  if (field == Field::kIpsecKey) return part.empty() || may_have_ipsec_key(rdata.subspan(1));
  return true;
}

// RFC 3597 5.
std::string generic_text(Bytes rdata) {
  std::string text = "\\# ";
  append_number(rdata.size(), text);
  if (rdata.empty()) return text;
  text += ' ';
  append_hex(rdata, text);
  return text;
}

}  // namespace

std::string rdata_to_text(RrType type, Bytes rdata) {
  std::string text;
  const bool said = walk_fields(type, rdata, [&](Field field, std::size_t, Bytes part) {
    if (!has_text(field, rdata, part)) return false;
    if (!text.empty() && text.back() != ' ') text += ' ';
    return append_field(field, part, text);
  });
  if (!said) return generic_text(rdata);
  while (text.ends_with(' ')) text.pop_back();  // before a last field that is empty
  return text;
}

}  // namespace bowline::dns
