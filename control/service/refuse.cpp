#include "control/service/refuse.h"

#include "dns/edns.h"

namespace bowline::control::service {

namespace {

// RFC 9715 3.1: the size that is not fragmented anywhere.
constexpr std::uint16_t kOwnPayload = 1232;
constexpr std::uint32_t kDnssecOk = 0x8000;     // RFC 3225 3, in the TTL of OPT
constexpr std::uint16_t kBadKey = 17;           // RFC 8945 3
constexpr std::size_t kTsigTimes = 8;           // time signed (48 bits) and fudge

dns::Rcode choose_rcode(const dns::QueryFacts& facts, link::AskKind kind,
                        const RefusalFacts& zone) {
  if (facts.has_tsig) return dns::Rcode::kNotAuth;  // RFC 8945 5.2.1
  switch (kind) {
    case link::AskKind::kTransfer:
    case link::AskKind::kUpdate:
      return zone.zone_served ? dns::Rcode::kRefused : dns::Rcode::kNotAuth;
    default:
      return dns::Rcode::kNotAuth;
  }
}

void write_opt(dns::WireWriter& writer, const dns::QueryFacts& facts) {
  writer.u8(0);
  writer.u16(dns::code_of(dns::RrType::kOpt));
  writer.u16(kOwnPayload);
  writer.u32(facts.edns.dnssec_ok ? kDnssecOk : 0);
  writer.u16(0);
}

// RFC 8945 5.3.2: an unsigned TSIG that carries the error. False: the request's own is malformed,
// or it is a SIG(0).
bool write_bad_key(dns::Bytes request, dns::WireWriter& writer) {
  dns::MessageReader reader(request);
  dns::MessageReader::Record record{};
  dns::MessageReader::Record last{};
  while (reader.next(record)) last = record;
  if (!reader.ok() || last.type != dns::RrType::kTsig) return false;
  const dns::Bytes rdata = request.subspan(last.rdata_offset, last.rdata_size);
  const auto algorithm = dns::NameView::parse(rdata);  // RFC 8945 4.2: uncompressed
  if (!algorithm) return false;
  dns::WireReader fields(rdata, algorithm->size());
  const dns::Bytes times = fields.bytes(kTsigTimes);
  fields.skip(fields.u16());  // the MAC
  const std::uint16_t original_id = fields.u16();
  if (!fields.ok()) return false;
  writer.bytes(last.owner.view().bytes());
  writer.u16(dns::code_of(dns::RrType::kTsig));
  writer.u16(static_cast<std::uint16_t>(dns::RrClass::kAny));
  writer.u32(0);
  writer.u16(static_cast<std::uint16_t>(algorithm->size() + kTsigTimes + 8));
  writer.bytes(algorithm->bytes());
  writer.bytes(times);
  writer.u16(0);  // no MAC
  writer.u16(original_id);
  writer.u16(kBadKey);
  writer.u16(0);  // no other data
  return writer.ok();
}

}  // namespace

std::size_t write_refusal(dns::Bytes request, const dns::QueryFacts& facts, link::AskKind kind,
                          const RefusalFacts& zone, dns::MutableBytes out) {
  if (request.size() < dns::kHeaderSize) return 0;
  constexpr std::uint16_t kKept = dns::flag::kOpcodeMask | dns::flag::kRd;
  const auto flags = static_cast<std::uint16_t>(
      dns::flag::kQr | (facts.header.flags & kKept) |
      static_cast<std::uint16_t>(choose_rcode(facts, kind, zone)));
  const bool has_question = facts.qname_size != 0;
  dns::WireWriter writer(out);
  writer.u16(facts.header.id);
  writer.u16(flags);
  writer.u16(has_question ? 1 : 0);
  writer.u16(0);
  writer.u16(0);
  writer.u16(0);
  std::uint16_t additional = 0;
  if (has_question) {
    writer.bytes(request.subspan(dns::kHeaderSize, facts.question_end - dns::kHeaderSize));
  }
  if (facts.has_edns) {
    write_opt(writer, facts);
    ++additional;
  }
  const std::size_t before_tsig = writer.size();
  if (facts.has_tsig) {
    if (write_bad_key(request, writer)) {
      ++additional;
    } else {
      writer.rewind(before_tsig);
    }
  }
  if (!writer.ok()) return 0;
  writer.patch_u16(10, additional);
  return writer.size();
}

}  // namespace bowline::control::service
