#include "zones/hash_writer.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "zones/hash_index.h"

namespace bowline::zones {

namespace {

// Entries a bucket that an index is built for: at 6.2 of 10, with three buckets to spill into, few
// pages have to be split at once, and an entry takes 10.3 octets.
constexpr double kBuiltLoad = 6.2;

// A page's lines are asked for this many entries ahead: hashes have no order.
constexpr std::size_t kPrefetchedEntries = 16;

void zero(void* block, std::size_t size) { std::memset(block, 0, size); }

std::uint64_t slots(unsigned depth) { return std::uint64_t{1} << depth; }

}  // namespace

Ref HashWriter::new_page() {
  const Ref page = all_fresh_ ? edit_.allocate_lasting(page_size()) : edit_.allocate(page_size());
  zero(edit_.at<Bucket>(page), page_size());
  return page;
}

void HashWriter::reserve(std::size_t count) {
  assert(root_.count == 0);
  zero(&embedded_, sizeof embedded_);
  root_ = {};
  root_.page_buckets = 1;
  if (count <= kBucketSlots) return;
  all_fresh_ = true;
  const double per_page = kPageBuckets * kBuiltLoad;
  while (static_cast<double>(count) > per_page * static_cast<double>(slots(root_.depth))) {
    if (root_.depth == kMaxHashDepth) throw OutOfMemory();
    ++root_.depth;
  }
  const double buckets =
      std::ceil(static_cast<double>(count) / static_cast<double>(slots(root_.depth)) / kBuiltLoad);
  root_.page_buckets = static_cast<std::uint8_t>(std::clamp(buckets, 2.0, double{kPageBuckets}));
  std::vector<Ref> pages(slots(root_.depth));
  for (Ref& page : pages) page = new_page();
  if (root_.depth == 0) {
    root_.top = pages[0];
  } else {
    write_directory(pages, root_.depth);
  }
}

void HashWriter::insert(std::uint64_t hash, Ref ref) {
  if (root_.page_buckets == 0) reserve(0);
  place(hash, ref);
  ++root_.count;
}

// Inlined by force: g++ leaves out calls of a function that does nothing but fetch.
[[gnu::always_inline]] inline void HashWriter::prefetch_home(std::uint64_t hash) const {
  if (root_.depth == 0) return;
  const Ref page = *page_slot(edit_.base(), root_, page_number(hash, root_.depth));
  __builtin_prefetch(edit_.at<Bucket>(page) + bucket_number(hash, root_.page_buckets), 1);
}

void HashWriter::build(std::span<const std::uint64_t> hashes, std::span<const Ref> refs) {
  assert(hashes.size() == refs.size());
  reserve(hashes.size());
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    if (i + kPrefetchedEntries < hashes.size()) prefetch_home(hashes[i + kPrefetchedEntries]);
    insert(hashes[i], refs[i]);
  }
}

void HashWriter::place(std::uint64_t hash, Ref ref) {
  while (!try_insert(own_page(hash), hash, ref)) make_room(hash);
}

void HashWriter::replace(std::uint64_t hash, Ref from, Ref to) {
  const Slot slot = find(hash, from);
  slot.bucket->ref[slot.index] = to;
}

void HashWriter::erase(std::uint64_t hash, Ref ref) {
  const Slot slot = find(hash, ref);
  Bucket& bucket = *slot.bucket;
  const unsigned last = --bucket.used;
  bucket.tag[slot.index] = bucket.tag[last];
  bucket.ref[slot.index] = bucket.ref[last];
  bucket.tag[last] = 0;
  bucket.ref[last] = 0;
  if (slot.bucket != slot.home) --slot.home->spilled;
  --root_.count;
}

HashWriter::Slot HashWriter::find(std::uint64_t hash, Ref ref) {
  Bucket* const page = own_page(hash);
  unsigned number = bucket_number(hash, root_.page_buckets);
  Bucket* const home = &page[number];
  for (unsigned step = 0; step <= kSpillBuckets; ++step) {
    Bucket& bucket = page[number];
    for (unsigned i = 0; i < bucket.used; ++i) {
      if (bucket.ref[i] == ref) return {&bucket, i, home};
    }
    number = (number + 1) % root_.page_buckets;
  }
  std::abort();  // an entry of the index is where its hash says
}

bool HashWriter::try_insert(Bucket* page, std::uint64_t hash, Ref ref) const {
  unsigned number = bucket_number(hash, root_.page_buckets);
  Bucket& home = page[number];
  const unsigned reach = std::min<unsigned>(kSpillBuckets, root_.page_buckets - 1U);
  for (unsigned step = 0; step <= reach; ++step) {
    Bucket& bucket = page[number];
    if (bucket.used < kBucketSlots) {
      bucket.tag[bucket.used] = tag_of(hash);
      bucket.ref[bucket.used] = ref;
      ++bucket.used;
      if (step != 0) ++home.spilled;
      return true;
    }
    number = (number + 1) % root_.page_buckets;
  }
  return false;
}

Ref HashWriter::own(Ref block, std::size_t size) {
  if (all_fresh_ || edit_.is_fresh(block)) return block;
  const Ref copy = edit_.allocate(size);
  std::memcpy(edit_.at<std::byte>(copy), edit_.at<std::byte>(block), size);
  edit_.discard(block, size);
  return copy;
}

// Refers `count` directory slots from `first` on to `page`.
void HashWriter::set_pages(std::uint64_t first, std::uint64_t count, Ref page) {
  if (root_.depth <= kDirectoryBits) {
    root_.top = own(root_.top, slots(root_.depth) * sizeof(Ref));
    std::fill_n(edit_.at<Ref>(root_.top) + first, count, page);
    return;
  }
  root_.top = own(root_.top, slots(root_.depth - kDirectoryBits) * sizeof(Ref));
  for (std::uint64_t i = first; i < first + count; ++i) {
    Ref& block = edit_.at<Ref>(root_.top)[i >> kDirectoryBits];
    block = own(block, kDirectoryRefs * sizeof(Ref));
    edit_.at<Ref>(block)[i & (kDirectoryRefs - 1)] = page;
  }
}

// The page of `hash`, writable.
Bucket* HashWriter::own_page(std::uint64_t hash) {
  if (root_.depth == 0) {
    if (root_.page_buckets == 1) return &embedded_;
    root_.top = own(root_.top, page_size());
    return edit_.at<Bucket>(root_.top);
  }
  const std::uint64_t number = page_number(hash, root_.depth);
  const Ref page = *page_slot(edit_.base(), root_, number);
  const Ref owned = own(page, page_size());
  if (owned != page) {
    // All slots that share the page stand together.
    std::uint64_t first = number, end = number + 1;
    while (first > 0 && *page_slot(edit_.base(), root_, first - 1) == page) --first;
    while (end < slots(root_.depth) && *page_slot(edit_.base(), root_, end) == page) ++end;
    set_pages(first, end - first, owned);
  }
  return edit_.at<Bucket>(owned);
}

void HashWriter::make_room(std::uint64_t hash) {
  if (root_.depth == 0 && root_.page_buckets < kPageBuckets) return widen_page();
  split_page(hash);
}

// Moves the only page of a small index into a larger one.
void HashWriter::widen_page() {
  const Ref old_top = root_.top;
  const std::size_t old_size = page_size();
  const unsigned old_buckets = root_.page_buckets;
  std::vector<Bucket> old(old_buckets);
  std::copy_n(old_buckets == 1 ? &embedded_ : edit_.at<Bucket>(old_top), old_buckets, old.begin());
  if (old_buckets == 1) {
    zero(&embedded_, sizeof embedded_);
  } else {
    edit_.discard(old_top, old_size);
  }
  root_.page_buckets =
      static_cast<std::uint8_t>(std::min(kPageBuckets, old_buckets + old_buckets / 2 + 1));
  root_.top = new_page();
  for (const Bucket& bucket : old) {
    for (unsigned i = 0; i < bucket.used; ++i) place(hash_of_(bucket.ref[i]), bucket.ref[i]);
  }
}

void HashWriter::split_page(std::uint64_t hash) {
  std::vector<Ref> pages = page_refs();
  std::uint64_t number = page_number(hash, root_.depth);
  const Ref page = pages[number];
  const auto shares = static_cast<std::uint64_t>(std::count(pages.begin(), pages.end(), page));
  if (shares == 1) {
    if (root_.depth == kMaxHashDepth) throw OutOfMemory();
    std::vector<Ref> doubled(pages.size() * 2);
    for (std::size_t i = 0; i < doubled.size(); ++i) doubled[i] = pages[i / 2];
    if (root_.depth != 0) discard_directory();
    ++root_.depth;
    write_directory(doubled, root_.depth);
    return split_page(hash);
  }
  const std::uint64_t first = number & ~(shares - 1);
  std::vector<Bucket> old(root_.page_buckets);
  std::copy_n(edit_.at<Bucket>(page), root_.page_buckets, old.begin());
  edit_.discard(page, page_size());
  set_pages(first, shares / 2, new_page());
  set_pages(first + shares / 2, shares / 2, new_page());
  for (const Bucket& bucket : old) {
    for (unsigned i = 0; i < bucket.used; ++i) place(hash_of_(bucket.ref[i]), bucket.ref[i]);
  }
}

std::vector<Ref> HashWriter::page_refs() const {
  if (root_.depth == 0) return {root_.top};
  std::vector<Ref> pages(slots(root_.depth));
  for (std::size_t i = 0; i < pages.size(); ++i) pages[i] = *page_slot(edit_.base(), root_, i);
  return pages;
}

void HashWriter::write_directory(const std::vector<Ref>& pages, unsigned depth) {
  const auto write = [this](const Ref* refs, std::size_t count) {
    const std::size_t size = count * sizeof(Ref);
    const Ref block = all_fresh_ ? edit_.allocate_lasting(size) : edit_.allocate(size);
    std::memcpy(edit_.at<Ref>(block), refs, size);
    return block;
  };
  if (depth <= kDirectoryBits) {
    root_.top = write(pages.data(), pages.size());
    return;
  }
  std::vector<Ref> blocks(slots(depth - kDirectoryBits));
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    blocks[i] = write(pages.data() + i * kDirectoryRefs, kDirectoryRefs);
  }
  root_.top = write(blocks.data(), blocks.size());
}

void HashWriter::discard_directory() {
  const std::uint64_t top_slots =
      slots(root_.depth <= kDirectoryBits ? root_.depth : root_.depth - kDirectoryBits);
  if (root_.depth > kDirectoryBits) {
    for (std::uint64_t i = 0; i < top_slots; ++i) {
      edit_.discard(edit_.at<Ref>(root_.top)[i], kDirectoryRefs * sizeof(Ref));
    }
  }
  edit_.discard(root_.top, top_slots * sizeof(Ref));
}

void for_each_index_block(Base base, const HashRoot& root,
                          const std::function<void(Ref, std::size_t)>& visit) {
  const std::size_t page_size = root.page_buckets * sizeof(Bucket);
  if (root.depth == 0) {
    if (root.page_buckets > 1) visit(root.top, page_size);
    return;
  }
  Ref previous = 0;
  for (std::uint64_t i = 0; i < slots(root.depth); ++i) {
    const Ref page = *page_slot(base, root, i);
    if (page != previous) visit(page, page_size);
    previous = page;
  }
  if (root.depth <= kDirectoryBits) return visit(root.top, slots(root.depth) * sizeof(Ref));
  const std::uint64_t top_slots = slots(root.depth - kDirectoryBits);
  for (std::uint64_t i = 0; i < top_slots; ++i) {
    visit(base.at<Ref>(root.top)[i], kDirectoryRefs * sizeof(Ref));
  }
  visit(root.top, top_slots * sizeof(Ref));
}

}  // namespace bowline::zones
