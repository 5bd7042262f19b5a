// Reading the hash index (format.h). Any thread that holds an epoch; no allocation.
#pragma once

#include <emmintrin.h>

#include <cstdint>

#include "zones/format.h"

namespace bowline::zones {

inline std::uint16_t tag_of(std::uint64_t hash) { return static_cast<std::uint16_t>(hash); }

inline unsigned bucket_number(std::uint64_t hash, unsigned page_buckets) {
  return static_cast<unsigned>((hash >> 16 & 0xffff) * page_buckets >> 16);
}

inline std::uint64_t page_number(std::uint64_t hash, unsigned depth) {
  return depth == 0 ? 0 : hash >> (64 - depth);
}

// The ref of page `number`. REQUIRES: root.depth > 0.
inline const Ref* page_slot(Base base, const HashRoot& root, std::uint64_t number) {
  if (root.depth <= kDirectoryBits) return base.at<Ref>(root.top) + number;
  const Ref block = base.at<Ref>(root.top)[number >> kDirectoryBits];
  return base.at<Ref>(block) + (number & (kDirectoryRefs - 1));
}

// The page that `hash` belongs to. `embedded` is the bucket in the Zone or Root of the index.
inline const Bucket* page_of(Base base, const HashRoot& root, const Bucket& embedded,
                             std::uint64_t hash) {
  if (root.depth == 0) return root.page_buckets == 1 ? &embedded : base.at<Bucket>(root.top);
  return base.at<Bucket>(*page_slot(base, root, page_number(hash, root.depth)));
}

inline const Bucket* bucket_of(Base base, const HashRoot& root, const Bucket& embedded,
                               std::uint64_t hash) {
  return page_of(base, root, embedded, hash) + bucket_number(hash, root.page_buckets);
}

// Bit i is set where slot i has this tag and is in use.
inline unsigned matching_slots(const Bucket& bucket, std::uint16_t tag) {
  // The second half holds the last two tags; what stands behind them is masked out below.
  const auto* const halves = reinterpret_cast<const __m128i*>(&bucket);
  const __m128i wanted = _mm_set1_epi16(static_cast<short>(tag));
  const __m128i low = _mm_cmpeq_epi16(_mm_load_si128(halves), wanted);
  const __m128i high = _mm_cmpeq_epi16(_mm_load_si128(halves + 1), wanted);
  const auto equal = static_cast<unsigned>(_mm_movemask_epi8(_mm_packs_epi16(low, high)));
  return equal & ((1U << bucket.used) - 1);
}

// Whether the first `size` octets are the same. Reads both up to the next multiple of a granule,
// counted from where each begins.
inline bool same_octets(const std::uint8_t* a, const std::uint8_t* b, std::size_t size) {
  for (std::size_t at = 0; at < size; at += link::kGranule) {
    const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(a + at));
    const __m128i second = _mm_loadu_si128(reinterpret_cast<const __m128i*>(b + at));
    const auto equal = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(first, second)));
    unsigned differing = equal ^ 0xffff;
    if (size - at < link::kGranule) differing &= (1U << (size - at)) - 1;
    if (differing != 0) return false;
  }
  return true;
}

// The entry for which `equal(ref)` holds among those with this hash; 0 if none.
template <typename Equal>
Ref find_in_index(Base base, const HashRoot& root, const Bucket& embedded, std::uint64_t hash,
                  Equal&& equal) {
  if (root.page_buckets == 0) return 0;
  const Bucket* page = page_of(base, root, embedded, hash);
  unsigned number = bucket_number(hash, root.page_buckets);
  const bool spilled = page[number].spilled != 0;
  for (unsigned step = 0;; ++step) {
    const Bucket& bucket = page[number];
    for (unsigned slots = matching_slots(bucket, tag_of(hash)); slots != 0; slots &= slots - 1) {
      const Ref ref = bucket.ref[__builtin_ctz(slots)];
      if (equal(ref)) return ref;
    }
    if (!spilled || step == kSpillBuckets) return 0;
    if (++number == root.page_buckets) number = 0;
  }
}

}  // namespace bowline::zones
