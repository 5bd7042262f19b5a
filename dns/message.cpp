// DNS messages: the one-pass reader of requests and the reader of all records.
#include "dns/message.h"

#include <algorithm>

#include "dns/message_general.h"

namespace bowline::dns {
namespace {

constexpr std::uint8_t kPointerMark = 0xc0;
constexpr std::size_t kPointerMask = 0x3fff;
// An encoder that makes sense writes a label before each pointer (hardening 41).
constexpr unsigned kMaxJumps = kMaxDepth;

// Returns the offset behind the name that stands at `at` without following its pointer, or 0. The
// pointer has to lead back behind the header, to a place before the name, so no loop passes.
std::size_t skip_name(Bytes message, std::size_t at) {
  const std::uint8_t* const octets = message.data();
  const std::size_t start = at;
  while (at < message.size()) {
    const std::uint8_t length = octets[at];
    if (length == 0) return at + 1;
    if (length >= kPointerMark) {
      if (message.size() - at < 2) return 0;
      const std::size_t target = load_u16(octets + at) & kPointerMask;
      return target >= kHeaderSize && target < start ? at + 2 : 0;
    }
    if (length > kMaxLabelSize) return 0;
    at += length + 1u;
    if (at - start >= kMaxNameSize) return 0;
  }
  return 0;
}

// Reads the one question; false if it is cut, malformed or compressed.
bool read_question(Bytes message, QueryFacts& facts) {
  const std::optional<NameView> qname = NameView::parse(message.subspan(kHeaderSize));
  if (!qname) return false;
  const std::size_t end = kHeaderSize + qname->size();
  if (message.size() - end < kQuestionFixedSize) return false;
  const std::uint8_t* const fixed = message.data() + end;
  facts.qname_size = static_cast<std::uint8_t>(qname->size());
  facts.qtype = static_cast<RrType>(load_u16(fixed));
  facts.qclass = load_u16(fixed + 2);
  facts.question_end = end + kQuestionFixedSize;
  return true;
}

struct RawRecord {
  bool is_additional;
  bool owner_is_root;  // written as one octet
  RrType type;
  std::uint16_t rr_class;
  std::uint32_t ttl;
  std::size_t rdata_offset;
  std::size_t rdata_size;
};

QueryFault note_opt(Bytes message, const RawRecord& record, QueryFacts& facts) {
  if (!record.is_additional || !record.owner_is_root) return QueryFault::kMisplacedOpt;
  if (facts.has_edns) return QueryFault::kDuplicateOpt;
  facts.has_edns = true;
  const bool formed = read_opt(message, record.rr_class, record.ttl, record.rdata_offset,
                               record.rdata_size, facts.edns);
  return formed ? QueryFault::kNone : QueryFault::kMalformedOpt;
}

// RFC 2931 3: SIG(0) is a SIG record that covers type 0.
bool is_sig0(Bytes message, const RawRecord& record) {
  return record.type == RrType::kSig && record.rdata_size >= 2 &&
         load_u16(&message[record.rdata_offset]) == 0;
}

// Reads the record at `at` and moves `at` behind it.
bool read_record(Bytes message, std::size_t& at, RawRecord& record) {
  const std::size_t fixed = skip_name(message, at);
  if (fixed == 0 || message.size() - fixed < kRecordFixedSize) return false;
  const std::uint8_t* const octets = message.data() + fixed;
  record.owner_is_root = fixed - at == 1;
  record.type = static_cast<RrType>(load_u16(octets));
  record.rr_class = load_u16(octets + 2);
  record.ttl = load_u32(octets + 4);
  record.rdata_size = load_u16(octets + 8);
  record.rdata_offset = fixed + kRecordFixedSize;
  if (message.size() - record.rdata_offset < record.rdata_size) return false;
  at = record.rdata_offset + record.rdata_size;
  return true;
}

// Whether nothing follows the question, or nothing but an OPT without options, which is then read:
// what most requests are. False: read_records() has to judge.
bool read_usual_end(Bytes message, QueryFacts& facts) {
  const Header& header = facts.header;
  if ((header.ancount | header.nscount) != 0) return false;
  const std::uint8_t* const octets = message.data() + facts.question_end;
  const std::size_t size = message.size() - facts.question_end;
  if (header.arcount == 0) return size == 0;
  if (header.arcount != 1 || size != kOptFixedSize || octets[0] != 0 ||
      load_u16(octets + 1) != code_of(RrType::kOpt) || load_u16(octets + 9) != 0) {
    return false;
  }
  facts.has_edns = true;
  return read_opt(message, load_u16(octets + 3), load_u32(octets + 5), message.size(), 0,
                  facts.edns);
}

// Reads what follows the question. Each record has 11 octets or more, so the octets run out long
// before the largest counts do.
QueryFault read_records(Bytes message, QueryFacts& facts) {
  const Header& header = facts.header;
  const std::uint32_t other = std::uint32_t{header.ancount} + header.nscount;
  const std::uint32_t all = other + header.arcount;
  std::size_t at = facts.question_end;
  for (std::uint32_t i = 0; i < all; ++i) {
    RawRecord record;
    record.is_additional = i >= other;
    if (!read_record(message, at, record)) return QueryFault::kRecords;
    if (record.type == RrType::kOpt) {
      const QueryFault fault = note_opt(message, record, facts);
      if (fault != QueryFault::kNone) return fault;
    }
    const bool is_last = record.is_additional && i + 1 == all;
    if (record.type == RrType::kTsig && !is_last) return QueryFault::kRecords;
    if (is_last) facts.has_tsig = record.type == RrType::kTsig || is_sig0(message, record);
  }
  return at == message.size() ? QueryFault::kNone : QueryFault::kRecords;
}

// read_query() with or without the short cut for the usual end.
template <bool kHasShortCut>
QueryFault read(Bytes message, QueryFacts& facts) {
  // From a constant: clearing a temporary first costs some 70 cycles (rep stos).
  static constexpr QueryFacts kNothing{};
  facts = kNothing;
  const std::optional<Header> header = read_header(message);
  if (!header) return QueryFault::kTooShort;
  facts.header = *header;
  if ((header->flags & flag::kQr) != 0) return QueryFault::kResponse;
  if (message.size() > kMaxMessageSize) return QueryFault::kRecords;
  if (header->qdcount == 0) {
    read_records(message, facts);
    return QueryFault::kQuestion;
  }
  if (header->qdcount != 1 || !read_question(message, facts)) return QueryFault::kQuestion;
  if (kHasShortCut && read_usual_end(message, facts)) [[likely]] return QueryFault::kNone;
  return read_records(message, facts);
}

}  // namespace

QueryFault read_query(Bytes message, QueryFacts& facts) { return read<true>(message, facts); }

QueryFault read_query_in_general(Bytes message, QueryFacts& facts) {
  return read<false>(message, facts);
}

// A name being read: its octets so far, where it goes on, and what was found by pointers.
struct NameExpander::Walk {
  std::array<std::uint8_t, kMaxNameSize> bytes;
  std::size_t size = 0;
  std::size_t position;
  std::size_t sequence;   // where the label sequence at `position` began
  std::size_t first = 0;  // target of the first pointer, and of the last
  std::size_t last = 0;
  std::size_t first_start = 0;  // where the suffixes found there begin in `bytes`
  std::size_t last_start = 0;
  std::size_t end = 0;  // behind the name as it stands
  unsigned jumps = 0;
  bool complete = false;
};

// Takes the pointer at walk.position.
bool NameExpander::follow(Bytes message, Walk& walk) {
  if (message.size() - walk.position < 2) return false;
  const std::size_t target = load_u16(&message[walk.position]) & kPointerMask;
  if (target < kHeaderSize || target >= walk.sequence || ++walk.jumps > kMaxJumps) return false;
  if (walk.end == 0) {
    walk.end = walk.position + 2;
    walk.first = target;
    walk.first_start = walk.size;
  } else if (budget_ < 2) {
    return false;
  } else {
    budget_ -= 2;
  }
  walk.last = target;
  walk.last_start = walk.size;
  walk.position = walk.sequence = target;
  return true;
}

// Completes the name from memory if what stands at the last target is there and fits.
void NameExpander::append_known(Walk& walk) {
  const Suffix& known = suffixes_[walk.last % suffixes_.size()];
  if (known.target != walk.last || known.size > kMaxNameSize - walk.size) return;
  std::memcpy(&walk.bytes[walk.size], known.bytes.data(), known.size);
  walk.size += known.size;
  walk.complete = true;
}

void NameExpander::remember(const Walk& walk, std::size_t target, std::size_t start) {
  Suffix& slot = suffixes_[target % suffixes_.size()];
  if (target == 0 || slot.target == target) return;
  slot.target = static_cast<std::uint16_t>(target);
  slot.size = static_cast<std::uint8_t>(walk.size - start);
  std::memcpy(slot.bytes.data(), walk.bytes.data() + start, slot.size);
}

// Appends the labels at walk.position, in one piece: up to a pointer, or the root label with it,
// which makes the name complete. A whole name has an octet more than its labels, so none may end
// where the room does.
bool NameExpander::append_labels(Bytes message, Walk& walk) {
  const std::size_t start = walk.position;
  const std::size_t limit = std::min(message.size(), start + kMaxNameSize - walk.size);
  const std::uint8_t* const octets = message.data();
  std::size_t at = start;
  while (at < limit && octets[at] != 0 && octets[at] < kPointerMark) {
    if (octets[at] > kMaxLabelSize) return false;
    at += octets[at] + 1u;
  }
  if (at >= limit) return false;
  const bool has_root = octets[at] == 0;
  if (at == start && !has_root) return true;
  const std::size_t size = at - start + (has_root ? 1 : 0);
  if (walk.end != 0) {
    if (budget_ < size) return false;
    budget_ -= size;
  }
  std::memcpy(&walk.bytes[walk.size], octets + start, size);
  walk.size += size;
  walk.position = start + size;
  walk.complete = has_root;
  return true;
}

std::optional<Name> NameExpander::read(WireReader& reader) {
  const Bytes message = reader.whole();
  Walk walk;
  walk.position = walk.sequence = reader.position();
  while (!walk.complete && reader.ok()) {
    if (!append_labels(message, walk)) break;
    if (walk.complete) break;
    if (!follow(message, walk)) break;
    append_known(walk);
  }
  if (!walk.complete) {
    reader.fail();
    return std::nullopt;
  }
  remember(walk, walk.first, walk.first_start);
  remember(walk, walk.last, walk.last_start);
  reader.skip((walk.end == 0 ? walk.position : walk.end) - reader.position());
  return Name(NameView(walk.bytes.data(), walk.size));
}

MessageReader::MessageReader(Bytes message) : reader_(message, kHeaderSize) {
  const std::optional<Header> header = read_header(message);
  if (!header || message.size() > kMaxMessageSize) {
    ok_ = false;
    return;
  }
  header_ = *header;
  left_ = {header_.qdcount, header_.ancount, header_.nscount, header_.arcount};
}

bool MessageReader::next(Record& record) {
  std::size_t section = 0;
  while (section < left_.size() && left_[section] == 0) ++section;
  if (!ok_ || section == left_.size()) return false;
  --left_[section];
  const std::optional<Name> owner = names_.read(reader_);
  if (!owner) return fail();
  record.section = static_cast<Section>(section);
  record.owner = *owner;
  record.type = static_cast<RrType>(reader_.u16());
  record.rr_class = reader_.u16();
  const bool is_question = record.section == Section::kQuestion;
  record.ttl = is_question ? 0 : reader_.u32();
  record.rdata_size = is_question ? 0 : reader_.u16();
  record.rdata_offset = reader_.position();
  reader_.skip(record.rdata_size);
  return reader_.ok() || fail();
}

bool MessageReader::at_end() const {
  return ok_ && reader_.remaining() == 0 && left_ == decltype(left_){};
}

bool MessageReader::fail() {
  ok_ = false;
  return false;
}

}  // namespace bowline::dns
