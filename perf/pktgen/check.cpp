#include "perf/pktgen/check.h"

#include <algorithm>
#include <vector>

#include "dns/message.h"
#include "dns/rdata.h"
#include "perf/pktgen/digest.h"

namespace bowline::perf::pktgen {
namespace {

using dns::RrType;
using dns::Section;

// The question of a whole message or of a made one: name, type, class.
dns::Bytes question_octets(const Question& question) {
  const dns::Bytes octets = question.from_name();
  const auto name = dns::NameView::parse(octets);
  return octets.first(name ? name->size() + dns::kQuestionFixedSize : 0);
}

bool repeats(dns::Bytes message, dns::Bytes question) {
  return message.size() >= dns::kHeaderSize + question.size() && dns::load_u16(&message[4]) == 1 &&
         std::equal(question.begin(), question.end(), message.begin() + dns::kHeaderSize);
}

// Where the records stand that an answer of a kind must have, and of which type they are.
struct Wanted {
  Section section;
  RrType type;
};

// The digest of those records of `message`; sections with other records of the type do not occur.
// False: `message` is no DNS message.
bool digest_of(dns::Bytes message, const Wanted& wanted, std::uint64_t& digest) {
  thread_local std::vector<std::uint8_t> rdata(dns::kMaxRdataSize);
  dns::MessageReader reader(message);
  dns::MessageReader::Record record;
  digest = 0;
  while (reader.next(record)) {
    if (record.section != wanted.section || record.type != wanted.type) continue;
    dns::WireReader at(message, record.rdata_offset);
    dns::WireWriter writer(rdata);
    if (!dns::read_rdata(record.type, at, record.rdata_size, writer)) return false;
    digest += digest_record(digest_key(record.owner, record.type), record.type, writer.written());
  }
  return reader.ok() && reader.at_end();
}

}  // namespace

const char* Checker::check(dns::Bytes frame, const Arrival& arrival, std::uint32_t entry,
                           const Flow& flow) const {
  if (!addresses_match(ends_, flow, frame)) return "it came from or went to another address";
  if (!checksums_hold(ends_, frame)) return "a checksum is wrong";
  return check_message(arrival, entry & ~kDnssecOk);
}

const char* Checker::check_message(const Arrival& arrival, std::uint32_t number) const {
  if (!repeats(arrival.message, question_octets(questions_[number]))) {
    return "it does not repeat its question";
  }
  return zone_ == nullptr ? nullptr : check_zone(arrival, number);
}

const char* Checker::check_zone(const Arrival& arrival, std::uint32_t number) const {
  const Kind kind = zone_->kind_of(number);
  const unsigned rcode = arrival.flags & dns::flag::kRcodeMask;
  const auto expected = kind == Kind::kNxdomain ? dns::Rcode::kNxDomain : dns::Rcode::kNoError;
  if (rcode != static_cast<unsigned>(expected)) return "its RCODE is not what the zone says";
  const bool authoritative = (arrival.flags & dns::flag::kAa) != 0;
  if (authoritative != (kind != Kind::kDelegation)) return "its AA is not what the zone says";
  if ((arrival.flags & dns::flag::kTc) != 0) return nullptr;
  const dns::Bytes question = question_octets(questions_[number]);
  const auto asked = static_cast<RrType>(dns::load_u16(&question[question.size() - 4]));
  const Wanted wanted = kind == Kind::kExisting     ? Wanted{Section::kAnswer, asked}
                        : kind == Kind::kDelegation ? Wanted{Section::kAuthority, RrType::kNs}
                                                    : Wanted{Section::kAuthority, RrType::kSoa};
  if (wanted.section == Section::kAuthority && dns::load_u16(&arrival.message[6]) != 0) {
    return "it answers what the zone has no answer for";
  }
  std::uint64_t digest = 0;
  if (!digest_of(arrival.message, wanted, digest)) return "it is no DNS message";
  return digest == zone_->digests[number] ? nullptr : "its records are not those of the zone";
}

}  // namespace bowline::perf::pktgen
