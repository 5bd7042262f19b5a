// Rdata in wire form: measures, checks and reading out of messages.
#include "dns/rdata.h"
#include "dns/rdata_walk.h"
#include "dns/text_apl.h"
#include "dns/text_base.h"
#include "dns/text_bitmap.h"
#include "dns/text_location.h"
#include "dns/text_obsolete.h"
#include "dns/text_string.h"
#include "dns/text_svcb.h"

namespace bowline::dns {
namespace {

using Size = std::optional<std::size_t>;

Size fixed(Bytes rest, std::size_t size) { return rest.size() < size ? std::nullopt : Size(size); }

Size to_end(Bytes rest, bool valid) { return valid ? Size(rest.size()) : std::nullopt; }

Size measure_name(Bytes rest) {
  const auto name = NameView::parse(rest);
  return name ? Size(name->size()) : std::nullopt;
}

Size measure_names(Bytes rest) {
  for (std::size_t at = 0; at < rest.size();) {
    const auto name = NameView::parse(rest.subspan(at));
    if (!name) return std::nullopt;
    at += name->size();
  }
  return rest.size();
}

// A length octet and at least `minimum` octets.
Size measure_string(Bytes rest, std::size_t minimum) {
  if (rest.empty() || rest[0] < minimum) return std::nullopt;
  return fixed(rest, rest[0] + std::size_t{1});
}

Size measure_strings(Bytes rest) {
  std::size_t at = 0;
  do {
    const Size size = measure_string(rest.subspan(at), 0);
    if (!size) return std::nullopt;
    at += *size;
  } while (at < rest.size());
  return at;
}

Size measure_tag(Bytes rest) {
  const Size size = measure_string(rest, 1);
  return size && is_tag(rest.subspan(1, *size - 1)) ? size : std::nullopt;
}

}  // namespace

Size measure_field(Field field, Bytes rest) {
  switch (field) {
    using enum Field;
    case kNameCompressible:
    case kNameDecompressible:
    case kNameLowered:
    case kName: return measure_name(rest);
    case kU8:
    case kAlgorithm:
    case kScheme: return fixed(rest, 1);
    case kU16:
    case kType:
    case kCertType: return fixed(rest, 2);
    case kU32:
    case kPeriod:
    case kTime:
    case kIpv4: return fixed(rest, 4);
    case kEui48: return fixed(rest, 6);
    case kU64:
    case kEui64:
    case kLocator: return fixed(rest, 8);
    case kIpv6: return fixed(rest, 16);
    case kNames: return measure_names(rest);
    case kString:
    case kSalt: return measure_string(rest, 0);
    case kHash: return measure_string(rest, 1);
    case kOptionalString: return rest.empty() ? Size(0) : measure_string(rest, 0);
    case kStrings: return measure_strings(rest);
    case kTag: return measure_tag(rest);
    case kOpaque:
    case kTextToEnd:
    case kOptionalBase64:
    case kKeyMaterial:
    case kIpsecKey:
    case kBase64OrDash: return rest.size();
    case kUriTarget:
    case kHex:
    case kNsap:
    case kBase64: return to_end(rest, !rest.empty());
    case kDigest: return to_end(rest, rest.size() >= kMinZonemdDigest);
    case kAtmAddress: return to_end(rest, rest.size() > 1);
    case kTypeBitmap: return to_end(rest, check_type_bitmap(rest));
    case kNxtBitmap: return to_end(rest, !rest.empty() && rest.size() <= kMaxNxtBitmap);
    case kServices: return to_end(rest, check_services(rest));
    case kPrefixes: return to_end(rest, check_prefixes(rest));
    case kA6: return to_end(rest, check_a6(rest));
    case kServiceParameters: return to_end(rest, check_service_parameters(rest));
    case kLocation: return measure_location(rest);
    case kIpsecGateway: return measure_ipsec_gateway(rest);
    case kAmtRelay: return measure_amt_relay(rest);
    case kHostIdentity: return measure_host_identity(rest);
  }
  return std::nullopt;
}

NamePlace name_in_field(Field field, Bytes part) {
  switch (field) {
    using enum Field;
    case kNameCompressible:
    case kNameDecompressible:
    case kNameLowered:
    case kName: return {0, part.size()};
    case kA6: return name_in_a6(part);
    case kIpsecGateway: return name_in_ipsec_gateway(part);
    case kAmtRelay: return name_in_amt_relay(part);
    default: return {};
  }
}

bool check_rdata(RrType type, Bytes rdata) {
  return rdata.size() <= kMaxRdataSize &&
         walk_fields(type, rdata, [](Field, std::size_t, Bytes) { return true; });
}

bool read_rdata(RrType type, WireReader& reader, std::size_t size, WireWriter& out) {
  if (reader.remaining() < size) reader.fail();
  if (!reader.ok()) return false;
  const std::size_t end = reader.position() + size;
  for (const Field field : fields_of(type)) {
    if (is_expanded(field)) {
      const auto name = Name::from_message(reader);
      if (!name || reader.position() > end) break;
      out.bytes(name->view().bytes());
      continue;
    }
    const std::size_t at = reader.position();
    const auto part = measure_field(field, reader.whole().subspan(at, end - at));
    if (!part) {
      reader.fail();
      break;
    }
    out.bytes(reader.bytes(*part));
  }
  if (!reader.ok() || reader.position() != end || !out.ok()) {
    reader.fail();
    return false;
  }
  return true;
}

}  // namespace bowline::dns
