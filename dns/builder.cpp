// MessageBuilder: sections, blocks of records, and the compression of their names.
#include "dns/builder.h"

#include <algorithm>
#include <cassert>

namespace bowline::dns {
namespace {

constexpr std::uint16_t kPointerMark = 0xc000;
constexpr std::size_t kMaxPointer = 0x3fff;  // RFC 1035 4.1.4: 14 bits
constexpr std::uint16_t kQuestionPointer = kPointerMark | kHeaderSize;
constexpr std::size_t kPointerSize = 2;
constexpr std::size_t kRootQuestionEnd = kHeaderSize + 1 + kQuestionFixedSize;
constexpr std::size_t kBlockHeadSize = kPointerSize + kRecordFixedSize;

// Where the compressible names of a type stand in its rdata: `count` of them, one after the other,
// behind `skip` octets.
struct NamePlan {
  std::uint8_t skip = 0;
  std::uint8_t count = 0;
};
constexpr std::size_t kPlannedTypes = 64;

consteval NamePlan make_plan(std::initializer_list<Field> fields) {
  NamePlan plan;
  for (const Field field : fields) {
    if (field == Field::kNameCompressible) {
      ++plan.count;
    } else if (plan.count == 0 && field == Field::kU16) {
      plan.skip = static_cast<std::uint8_t>(plan.skip + 2);
    } else if (plan.count == 0) {
      return {};  // a type of later documents: none of its names may be compressed
    }
  }
  return plan.count == 0 ? NamePlan{} : plan;
}

// The types of RFC 1035 alone compress names (RFC 3597 4), and all have small codes.
consteval std::array<NamePlan, kPlannedTypes> make_plans() {
  using enum Field;
  std::array<NamePlan, kPlannedTypes> plans{};
#define RR_TYPE(enumerator, mnemonic, code, ...) \
  if (code < kPlannedTypes) plans.at(code % kPlannedTypes) = make_plan({__VA_ARGS__});
#include "dns/rr_type.def"
#undef RR_TYPE
  return plans;
}

constexpr std::array<NamePlan, kPlannedTypes> kPlans = make_plans();
static_assert(kPlans[code_of(RrType::kMx)].skip == 2 && kPlans[code_of(RrType::kMx)].count == 1);
static_assert(kPlans[code_of(RrType::kSoa)].skip == 0 && kPlans[code_of(RrType::kSoa)].count == 2);

NamePlan plan_of(RrType type) {
  const std::uint16_t code = code_of(type);
  return code < kPlannedTypes ? kPlans[code] : NamePlan{};
}

// The size of the name at the start of rdata that has been checked.
std::size_t checked_name_size(Bytes rdata) {
  std::size_t size = 0;
  while (rdata[size] != 0) size += rdata[size] + 1U;
  return size + 1;
}

std::uint64_t load_u64(const std::uint8_t* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// A tag from the size of `suffix` and its first octets, those that differ most among names that
// stand in one message. Letters of either case give the same tag.
std::uint16_t tag_of(Bytes suffix) {
  constexpr std::uint64_t kLowerCase = 0x2020202020202020;
  constexpr std::uint64_t kSpread = 0x9e3779b97f4a7c15;  // odd, bits well mixed
  std::uint64_t word = 0;
  if (suffix.size() >= sizeof word) {
    word = load_u64(suffix.data());
  } else {
    for (const std::uint8_t octet : suffix) word = word << 8 | octet;
  }
  const std::uint64_t mixed = ((word | kLowerCase) + suffix.size()) * kSpread;
  return static_cast<std::uint16_t>(mixed >> 48);
}

bool equal_octets(const std::uint8_t* a, const std::uint8_t* b, std::size_t size, bool keep_case) {
  if (std::memcmp(a, b, size) == 0) return true;  // zones and clients mostly agree on the case
  if (keep_case) return false;
  for (std::size_t i = 0; i < size; ++i) {
    if (fold(a[i]) != fold(b[i])) return false;
  }
  return true;
}

// How many octets `a` and `b` have in common at their ends.
std::size_t common_tail(NameView a, NameView b, bool keep_case) {
  const std::size_t limit = std::min(a.size(), b.size());
  const std::uint8_t* const a_end = a.data() + a.size();
  const std::uint8_t* const b_end = b.data() + b.size();
  std::size_t size = 0;
  while (size < limit) {
    if (limit - size >= sizeof(std::uint64_t)) {
      const std::size_t next = size + sizeof(std::uint64_t);
      const std::uint64_t differing = load_u64(a_end - next) ^ load_u64(b_end - next);
      if (differing == 0) {
        size = next;
        continue;
      }
      size += static_cast<std::size_t>(__builtin_clzll(differing)) / 8;
    }
    const std::uint8_t x = *(a_end - size - 1);
    const std::uint8_t y = *(b_end - size - 1);
    if (x != y && (keep_case || fold(x) != fold(y))) break;
    ++size;
  }
  return size;
}

// The size of the longest suffix, in whole labels of both, within the last `tail` octets that the
// two names have in common.
std::size_t common_suffix(NameView a, NameView b, std::size_t tail) {
  const std::uint8_t* at_a = a.data();
  const std::uint8_t* at_b = b.data();
  std::size_t left_a = a.size();
  std::size_t left_b = b.size();
  while (left_a != left_b || left_a > tail) {
    const bool move_a = left_a >= left_b;
    const bool move_b = left_b >= left_a;
    if (move_a) {
      left_a -= *at_a + 1u;
      at_a += *at_a + 1u;
    }
    if (move_b) {
      left_b -= *at_b + 1u;
      at_b += *at_b + 1u;
    }
  }
  return left_a;
}

}  // namespace

bool MessageBuilder::is_plain(RrType type) { return plan_of(type).count == 0; }

bool MessageBuilder::add(NameView owner, RrType type, std::uint16_t rr_class, std::uint32_t ttl,
                         Bytes rdata) {
  assert(section_ != Section::kQuestion && rdata.size() <= kMaxRdataSize);
  std::array<std::uint8_t, kRecordFixedSize> fixed;
  store_u16(&fixed[0], code_of(type));
  store_u16(&fixed[2], rr_class);
  store_u32(&fixed[4], ttl);
  store_u16(&fixed[8], static_cast<std::uint16_t>(rdata.size()));
  const Mark start = mark();
  std::uint16_t pointer = 0;
  if (!write_owner(owner, pointer) || !write_body(fixed, rdata)) {
    rollback(start);
    return false;
  }
  ++counts_[static_cast<unsigned>(section_)];
  return true;
}

bool MessageBuilder::add_block(NameView owner, bool owner_is_qname, Bytes records, unsigned count) {
  assert(section_ != Section::kQuestion);
  if (count == 0) return true;
  assert(records.size() >= count * kBlockHeadSize);
  const bool has_plain_rdata = is_plain(static_cast<RrType>(load_u16(&records[kPointerSize])));
  // The root is shorter than a pointer to it.
  if (question_end_ == kRootQuestionEnd) [[unlikely]] owner_is_qname = false;
  if (owner_is_qname && has_plain_rdata) return add_plain(records, count);

  const Mark start = mark();
  std::uint16_t pointer = owner_is_qname ? kQuestionPointer : 0;
  for (unsigned left = count; left > 0; --left) {
    if (pointer != 0 && has_plain_rdata) {
      const std::size_t from = size_;
      if (!add_plain(records, left)) break;
      point_owners(from, records, pointer);
      return true;
    }
    const std::size_t rdata_size = load_u16(&records[kBlockHeadSize - 2]);
    if (!write_owner(owner, pointer) ||
        !write_body(records.subspan(kPointerSize, kRecordFixedSize),
                    records.subspan(kBlockHeadSize, rdata_size))) {
      break;
    }
    ++counts_[static_cast<unsigned>(section_)];
    records = records.subspan(kBlockHeadSize + rdata_size);
    if (left == 1) return true;
  }
  rollback(start);
  return false;
}

bool MessageBuilder::add_block_below(NameView owner, std::size_t suffix_at, Bytes records,
                                     unsigned count) {
  assert(section_ != Section::kQuestion && records.size() >= count * kBlockHeadSize);
  const std::size_t question_size = question_end_ - kQuestionFixedSize;
  const std::size_t labels_size = owner.size() - (question_size - suffix_at);
  const std::uint16_t tag = tag_of(owner.bytes());
  if (!stands_alone(owner, labels_size, suffix_at, tag)) {
    return add_block(owner, false, records, count);
  }
  const Bytes rest = records.subspan(kPointerSize);
  if (labels_size + kPointerSize + rest.size() > space()) return false;
  --searches_left_;
  const auto suffix_pointer = static_cast<std::uint16_t>(kPointerMark | suffix_at);
  const std::size_t offset = size_;
  put(owner.bytes().first(labels_size));
  store_u16(buffer_.data() + size_, suffix_pointer);
  size_ += kPointerSize;
  std::uint16_t pointer = suffix_pointer;
  if (labels_size != 0) {
    targets_[target_count_] = static_cast<std::uint16_t>(offset);
    tags_[target_count_++] = tag;
    pointer = static_cast<std::uint16_t>(kPointerMark | offset);
  }
  const std::size_t head = kRecordFixedSize + load_u16(rest.data() + kRecordFixedSize - 2);
  const std::size_t from = size_ + head;
  put(rest);
  point_owners(from, rest.subspan(head), pointer);
  std::uint16_t& records_here = counts_[static_cast<unsigned>(section_)];
  records_here = static_cast<std::uint16_t>(records_here + count);
  return true;
}

// Whether the first `labels_size` octets of `owner`, one label or none, stand nowhere in the message
// before the name at `suffix_at` of the question; in doubt false.
bool MessageBuilder::stands_alone(NameView owner, std::size_t labels_size, std::size_t suffix_at,
                                  std::uint16_t tag) const {
  constexpr std::size_t kFarthest = kMaxPointer - kMaxNameSize;
  if (searches_left_ == 0 || size_ > kFarthest || target_count_ == kMaxCompressionTargets) {
    return false;
  }
  if (labels_size != 0 && labels_size != owner.data()[0] + 1u) return false;
  for (std::size_t i = 0; i < target_count_; ++i) {
    if (tags_[i] == tag) return false;
  }
  if (labels_size == 0 || suffix_at == kHeaderSize) return true;
  // The question's label there is `labels_size` octets before, if it is as long.
  if (suffix_at < kHeaderSize + labels_size) return true;
  const std::uint8_t* const label = buffer_.data() + suffix_at - labels_size;
  return label[0] != owner.data()[0] || fold(label[1]) != fold(owner.data()[1]) ||
         fold(label[labels_size - 1]) != fold(owner.data()[labels_size - 1]);
}

MessageBuilder::Mark MessageBuilder::mark() const {
  return {size_, counts_[static_cast<unsigned>(section_)], target_count_};
}

void MessageBuilder::rollback(Mark mark) {
  size_ = mark.size;
  counts_[static_cast<unsigned>(section_)] = static_cast<std::uint16_t>(mark.count);
  target_count_ = static_cast<std::uint8_t>(mark.targets);
}

// Makes the records that were copied to `from` all point to `pointer`, whose owners are pointers.
// Their sizes are read where they came from: the copy is still being written.
void MessageBuilder::point_owners(std::size_t from, Bytes records, std::uint16_t pointer) {
  std::uint8_t* const copy = buffer_.data() + from;
  for (std::size_t at = 0; at < records.size();) {
    store_u16(copy + at, pointer);
    at += kBlockHeadSize + load_u16(records.data() + at + kBlockHeadSize - 2);
  }
}

// Writes `pointer`, or the whole owner if that is 0; then `pointer` becomes what leads to it.
bool MessageBuilder::write_owner(NameView owner, std::uint16_t& pointer) {
  if (pointer == 0) return write_name(owner, Case::kIgnored, pointer);
  if (space() < kPointerSize) return false;
  store_u16(buffer_.data() + size_, pointer);
  size_ += kPointerSize;
  return true;
}

// Writes what follows an owner: `fixed` with the length that `rdata` will have, and `rdata`.
bool MessageBuilder::write_body(Bytes fixed, Bytes rdata) {
  if (space() < kRecordFixedSize) return false;
  put(fixed);
  const std::size_t start = size_;
  if (!write_rdata(static_cast<RrType>(load_u16(fixed.data())), rdata)) return false;
  store_u16(buffer_.data() + start - 2, static_cast<std::uint16_t>(size_ - start));
  return true;
}

bool MessageBuilder::write_rdata(RrType type, Bytes rdata) {
  NamePlan plan = plan_of(type);
  if (!rdata.empty() && plan.count > 0) {
    if (space() < plan.skip) return false;
    put(rdata.first(plan.skip));
    rdata = rdata.subspan(plan.skip);
    for (; plan.count > 0; --plan.count) {
      const NameView name(rdata.data(), checked_name_size(rdata));
      std::uint16_t pointer = 0;
      if (!write_name(name, Case::kKept, pointer)) return false;
      rdata = rdata.subspan(name.size());
    }
  }
  if (space() < rdata.size()) return false;
  put(rdata);
  return true;
}

// `pointer` becomes what leads to the name, or 0 where no pointer can or need be.
bool MessageBuilder::write_name(NameView name, Case letters, std::uint16_t& pointer) {
  const Match match = find_suffix(name, letters);
  const std::size_t offset = size_;
  if (space() < match.labels_size + (match.pointer != 0 ? kPointerSize : 0)) return false;
  put(name.bytes().first(match.labels_size));
  if (match.pointer != 0) {
    store_u16(buffer_.data() + size_, static_cast<std::uint16_t>(match.pointer));
    size_ += kPointerSize;
  }
  add_targets(name, match.labels_size, offset);
  if (match.labels_size == 0) {
    pointer = static_cast<std::uint16_t>(match.pointer);
  } else {
    const bool can_point = offset <= kMaxPointer && !name.is_root();
    pointer = can_point ? static_cast<std::uint16_t>(kPointerMark | offset) : 0;
  }
  return true;
}

// Makes targets of the labels in the first `labels_size` octets of `name`, written at `offset`.
void MessageBuilder::add_targets(NameView name, std::size_t labels_size, std::size_t offset) {
  if (searches_left_ == 0) return;
  std::size_t at = 0;
  while (at < labels_size && name.data()[at] != 0 && offset + at <= kMaxPointer &&
         target_count_ < kMaxCompressionTargets) {
    targets_[target_count_] = static_cast<std::uint16_t>(offset + at);
    tags_[target_count_] = tag_of(name.bytes().subspan(at));
    ++target_count_;
    at += name.data()[at] + 1u;
  }
}

// Finds the longest suffix of `name` that stands in the message: the whole name among the targets
// first, for owners of addresses are names that were written into rdata before.
MessageBuilder::Match MessageBuilder::find_suffix(NameView name, Case letters) {
  const Match nowhere{name.size(), 0};
  if (name.is_root() || searches_left_ == 0) return nowhere;
  const std::uint16_t whole = find_target(name.bytes(), letters);
  if (whole != 0) return {0, whole};
  const std::size_t in_question = match_question(name, letters);
  std::size_t at = name.data()[0] + 1u;
  while (name.size() - at > in_question) {
    const std::uint16_t pointer = find_target(name.bytes().subspan(at), letters);
    if (pointer != 0) return {at, pointer};
    at += name.data()[at] + 1u;
  }
  if (in_question == 1) return nowhere;
  const std::size_t offset = question_end_ - kQuestionFixedSize - in_question;
  return {name.size() - in_question, static_cast<std::uint16_t>(kPointerMark | offset)};
}

// Returns the size of the longest suffix of `name` that the question's name ends in; 1: the root.
std::size_t MessageBuilder::match_question(NameView name, Case letters) {
  if (question_end_ == kHeaderSize || searches_left_ == 0) return 1;
  const NameView qname(buffer_.data() + kHeaderSize,
                       question_end_ - kHeaderSize - kQuestionFixedSize);
  if (qname.is_root()) return 1;
  // Names of another top-level domain mostly differ in its last letter: no comparison is needed.
  const std::uint8_t last = name.data()[name.size() - 2];
  if (fold(last) != fold(qname.data()[qname.size() - 2])) return 1;
  --searches_left_;
  return common_suffix(name, qname, common_tail(name, qname, letters == Case::kKept));
}

// Returns the pointer to `suffix`, not the root, or 0.
std::uint16_t MessageBuilder::find_target(Bytes suffix, Case letters) {
  const std::uint16_t tag = tag_of(suffix);
  for (std::size_t i = 0; i < target_count_; ++i) {
    if (tags_[i] != tag) continue;
    if (searches_left_ == 0) return 0;
    --searches_left_;
    if (is_at(targets_[i], suffix.data(), letters)) {
      return static_cast<std::uint16_t>(kPointerMark | targets_[i]);
    }
  }
  return 0;
}

// Whether the name at `offset`, which this builder wrote, equals `suffix`.
bool MessageBuilder::is_at(std::size_t offset, const std::uint8_t* suffix, Case letters) const {
  const std::uint8_t* const octets = buffer_.data();
  while (true) {
    const std::uint8_t length = octets[offset];
    if (length >= kPointerMark >> 8) {
      offset = load_u16(octets + offset) & kMaxPointer;
      continue;
    }
    if (length != *suffix) return false;
    if (length == 0) return true;
    if (!equal_octets(octets + offset + 1, suffix + 1, length, letters == Case::kKept)) {
      return false;
    }
    offset += length + 1u;
    suffix += length + 1u;
  }
}

}  // namespace bowline::dns
