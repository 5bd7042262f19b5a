// Changing a hash index (format.h) by copy-on-write inside an Edit.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "zones/edit.h"
#include "zones/format.h"

namespace bowline::zones {

class HashWriter {
 public:
  // The hash of what an entry refers to: asked when a page is split.
  using HashOf = std::function<std::uint64_t(Ref)>;

  // `root` and `embedded` are the caller's private copies; they are changed in place.
  HashWriter(Edit& edit, HashRoot& root, Bucket& embedded, HashOf hash_of)
      : edit_(edit), root_(root), embedded_(embedded), hash_of_(std::move(hash_of)) {}

  // Sizes an empty index for `count` entries. REQUIRES: root.count == 0.
  void reserve(std::size_t count);

  void insert(std::uint64_t hash, Ref ref);
  // All entries of an empty index: entry i is refs[i] with hashes[i].
  void build(std::span<const std::uint64_t> hashes, std::span<const Ref> refs);
  // REQUIRES: `from` is an entry with this hash.
  void replace(std::uint64_t hash, Ref from, Ref to);
  void erase(std::uint64_t hash, Ref ref);

 private:
  struct Slot {
    Bucket* bucket;
    unsigned index;
    Bucket* home;
  };

  std::size_t page_size() const { return root_.page_buckets * sizeof(Bucket); }
  Ref new_page();
  void prefetch_home(std::uint64_t hash) const;
  Bucket* own_page(std::uint64_t hash);
  Ref own(Ref block, std::size_t size);
  void set_pages(std::uint64_t first, std::uint64_t count, Ref page);
  bool try_insert(Bucket* page, std::uint64_t hash, Ref ref) const;
  Slot find(std::uint64_t hash, Ref ref);
  void make_room(std::uint64_t hash);
  void widen_page();
  void split_page(std::uint64_t hash);
  void place(std::uint64_t hash, Ref ref);
  std::vector<Ref> page_refs() const;
  void write_directory(const std::vector<Ref>& pages, unsigned depth);
  void discard_directory();

  Edit& edit_;
  HashRoot& root_;
  Bucket& embedded_;
  HashOf hash_of_;
  bool all_fresh_ = false;  // made by reserve(): nothing needs to be copied
};

// Calls visit(Ref, size) for each page and directory block of an index.
void for_each_index_block(Base base, const HashRoot& root,
                          const std::function<void(Ref, std::size_t)>& visit);

}  // namespace bowline::zones
