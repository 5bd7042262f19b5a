#include "zones/record_log.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "dns/name.h"
#include "zones/tree_key.h"

namespace bowline::zones {

namespace {

// ---- Packed keys ------------------------------------------------------------------------------
//
// Eleven octets of a key in one number, so that numbers compare as the keys do: the octets of host
// names have a digit of their own each, the others share one with their neighbours. Behind a shared
// digit nothing may decide, so it is followed by zeros, and equal numbers are left to the keys.

constexpr unsigned kPackedOctets = 11;
constexpr std::uint64_t kPackedBase = 48;  // 48^11 < 2^64

struct Digits {
  std::array<std::uint8_t, 256> of{};
  std::array<bool, 256> rare{};  // shares its digit

  consteval Digits() {
    constexpr std::string_view kCommon = "*-/_";
    unsigned digit = 0;
    bool shared = false;  // whether the octet before is rare
    for (unsigned c = 0; c < 256; ++c) {
      const bool common = c <= 1 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                          kCommon.find(static_cast<char>(c)) != std::string_view::npos;
      if (c > 0 && (common || !shared)) ++digit;
      shared = !common;
      rare[c] = !common;
      of[c] = static_cast<std::uint8_t>(digit);
    }
  }
};
constexpr Digits kDigits;
static_assert(kDigits.of[255] < kPackedBase);

// ---- Radix sort -------------------------------------------------------------------------------

constexpr unsigned kRadixBits = 11;  // 2,048 counters and write positions stay in the first cache
constexpr std::size_t kRadixSlots = std::size_t{1} << kRadixBits;
constexpr unsigned kRadixPasses = (64 + kRadixBits - 1) / kRadixBits;
// Fewer are sorted by comparing: the counters alone cost as much.
constexpr std::size_t kRadixLeast = 4096;

std::size_t radix(std::uint64_t number, unsigned pass) {
  return number >> (pass * kRadixBits) & (kRadixSlots - 1);
}

// Up to here insertion is quicker than what allocates: most runs are a name and one below it.
constexpr std::ptrdiff_t kShortRun = 16;

constexpr std::size_t kFirstBlock = 2048;
constexpr std::size_t kLargestBlock = std::size_t{16} << 20;

TreeKey key_of(dns::Bytes owner, bool hashed) {
  return hashed ? TreeKey::of_hash(owner) : TreeKey::of_owner(owner);
}

std::uint64_t eight_octets(const std::uint8_t* at) {
  return std::uint64_t{dns::load_u32(at)} << 32 | dns::load_u32(at + 4);
}

}  // namespace

// In two halves, so that the processor has two chains of products to work on.
std::uint64_t RecordLog::pack(const KeyStart& start) {
  constexpr std::size_t kHalf = kPackedOctets / 2;
  constexpr std::uint64_t kShift = kPackedBase * kPackedBase * kPackedBase * kPackedBase *
                                   kPackedBase * kPackedBase;
  static_assert(kPackedOctets - kHalf == 6);
  std::uint64_t high = 0, low = 0;
  std::uint8_t keep = 0xff;  // 0 behind a rare octet
  for (std::size_t i = 0; i < kPackedOctets; ++i) {
    const std::uint8_t octet = start.octets[i];
    std::uint64_t& half = i < kHalf ? high : low;
    half = half * kPackedBase + (kDigits.of[octet] & keep);
    keep = kDigits.rare[octet] ? std::uint8_t{0} : keep;
  }
  has_rare_ |= keep == 0;
  return high * kShift + low;
}

void RecordLog::add(dns::Bytes owner, dns::RrType type, std::uint16_t rr_class, std::uint32_t ttl,
                    dns::Bytes rdata) {
  const std::size_t size = kRecordHead + rdata.size();
  if (!continues(owner, size)) start_group(owner, size);
  std::uint8_t* const head = groups_.back().at_;
  std::uint32_t count;
  std::memcpy(&count, head, sizeof count);
  ++count;
  std::memcpy(head, &count, sizeof count);
  std::uint8_t* const out = next_;
  next_ += size;
  dns::store_u16(out, 0xc00c);
  dns::store_u16(out + 2, dns::code_of(type));
  dns::store_u16(out + 4, rr_class);
  dns::store_u32(out + 6, ttl);
  dns::store_u16(out + 10, static_cast<std::uint16_t>(rdata.size()));
  if (!rdata.empty()) std::memcpy(out + kRecordHead, rdata.data(), rdata.size());
}

// Whether a record of this owner and size goes into the last group.
bool RecordLog::continues(dns::Bytes owner, std::size_t record) const {
  if (groups_.empty() || static_cast<std::size_t>(end_ - next_) < record) return false;
  const dns::Bytes last = groups_.back().owner();
  return last.size() == owner.size() &&
         (owner.empty() || std::memcmp(last.data(), owner.data(), owner.size()) == 0);
}

void RecordLog::start_group(dns::Bytes owner, std::size_t record) {
  make_room(kGroupHead + owner.size() + record);
  Group& group = groups_.emplace_back();
  group.at_ = next_;
  if (hashed_) {
    group.first_ = eight_octets(owner.data());
    group.next_ = eight_octets(owner.data() + 8);
  } else {
    const KeyStart start = KeyStart::of_owner(owner);
    group.first_ = pack(start);
    group.next_ = eight_octets(start.octets.data() + 8);
  }
  std::memset(next_, 0, sizeof(std::uint32_t));
  next_[sizeof(std::uint32_t)] = static_cast<std::uint8_t>(owner.size());
  if (!owner.empty()) std::memcpy(next_ + kGroupHead, owner.data(), owner.size());
  next_ += kGroupHead + owner.size();
}

void RecordLog::make_room(std::size_t size) {
  if (static_cast<std::size_t>(end_ - next_) >= size) return;
  const std::size_t usual =
      blocks_.empty() ? kFirstBlock : std::min(blocks_.back().size * 4, kLargestBlock);
  blocks_.emplace_back(std::max(usual, size));
  next_ = blocks_.back().octets;
  end_ = next_ + blocks_.back().size;
}

void RecordLog::clear() {
  groups_ = {};
  blocks_.clear();
  next_ = end_ = nullptr;
}

bool RecordLog::before(const Group& a, const Group& b) const {
  if (a.first_ != b.first_) return a.first_ < b.first_;
  if (!has_rare_ && a.next_ != b.next_) return a.next_ < b.next_;
  return key_of(a.owner(), hashed_).compare(key_of(b.owner(), hashed_)) < 0;
}

void RecordLog::sort() {
  const auto compare = [this](const Group& a, const Group& b) { return before(a, b); };
  if (std::is_sorted(groups_.begin(), groups_.end(), compare)) return;
  if (groups_.size() >= kRadixLeast) sort_by_first();
  for (auto at = groups_.begin(); at != groups_.end();) {
    // Runs that are left to be compared: after the radix sort those of one packed key.
    auto end = groups_.size() < kRadixLeast ? groups_.end() : at + 1;
    while (end != groups_.end() && end->first_ == at->first_) ++end;
    if (end - at > kShortRun) {
      std::stable_sort(at, end, compare);
    } else {
      for (auto next = at + 1; next < end; ++next) {
        std::rotate(std::upper_bound(at, next, *next, compare), next, next + 1);
      }
    }
    at = end;
  }
}

// Stable, from the lowest digit up; digits that all share are passed over.
void RecordLog::sort_by_first() {
  std::vector<std::array<std::uint32_t, kRadixSlots>> counts(kRadixPasses);
  for (const Group& group : groups_) {
    for (unsigned pass = 0; pass < kRadixPasses; ++pass) ++counts[pass][radix(group.first_, pass)];
  }
  Groups sorted(groups_.size());
  for (unsigned pass = 0; pass < kRadixPasses; ++pass) {
    std::array<std::uint32_t, kRadixSlots>& count = counts[pass];
    if (count[radix(groups_.front().first_, pass)] == groups_.size()) continue;
    std::uint32_t position = 0;
    for (std::uint32_t& slot : count) position += std::exchange(slot, position);
    for (const Group& group : groups_) sorted[count[radix(group.first_, pass)]++] = group;
    groups_.swap(sorted);
  }
}

}  // namespace bowline::zones
