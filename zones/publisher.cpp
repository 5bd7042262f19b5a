#include "zones/publisher.h"

#include <cassert>
#include <cstring>

#include "zones/hash_index.h"
#include "zones/hash_writer.h"
#include "zones/zone_block.h"

namespace bowline::zones {

namespace {

Ref find_apex(Base base, const Root& root, std::uint64_t hash, dns::NameView apex) {
  return find_in_index(base, root.directory, root.bucket, hash, [&](Ref candidate) {
    return zones::apex(*base.at<Zone>(candidate)).equals(apex);
  });
}

}  // namespace

Publisher::Publisher(Heap& heap, link::TablesHeader& header, const link::Settings& settings,
                     Settle settle)
    : heap_(heap),
      header_(header),
      settle_(std::move(settle)),
      arena_(heap),
      settings_(settings) {
  std::memcpy(secret_.bytes.data(), header.hash_secret, secret_.bytes.size());
}

dns::Result<std::uint64_t> Publisher::publish(std::vector<ZoneDraft> drafts) {
  const std::lock_guard lock(mutex_);
  return publish_locked(drafts, nullptr);
}

dns::Result<std::uint64_t> Publisher::publish_settings(const link::Settings& settings) {
  const std::lock_guard lock(mutex_);
  std::vector<ZoneDraft> none;
  return publish_locked(none, &settings);
}

// Puts the draft's zone into the directory; what only the old version used goes to `retired`.
void Publisher::apply(Edit& edit, Root& root, const ZoneDraft& draft, std::vector<Block>& retired) {
  const Base base = heap_.base();
  const std::uint64_t hash = dns::hash_name(secret_, draft.apex());
  const Ref old = find_apex(base, root, hash, draft.apex());
  HashWriter directory(edit, root.directory, root.bucket, [&](Ref zone) {
    return dns::hash_name(secret_, apex(*base.at<Zone>(zone)));
  });
  if (old == 0) {
    if (draft.zone() == 0) return;
    directory.insert(hash, draft.zone());
  } else if (draft.zone() == 0) {
    directory.erase(hash, old);
  } else {
    directory.replace(hash, old, draft.zone());
  }
  if (old != 0 && draft.replaces_all()) {
    for_each_zone_block(base, old, [&](Ref block, std::size_t size) {
      retired.push_back({block, static_cast<std::uint32_t>(size)});
    });
  }
}

dns::Result<std::uint64_t> Publisher::publish_locked(std::vector<ZoneDraft>& drafts,
                                                     const link::Settings* settings) {
  const Base base = heap_.base();
  Edit edit(arena_);
  std::vector<Block> retired;
  try {
    Root root{};
    if (root_ != 0) {
      root = *base.at<Root>(root_);
      edit.discard(root_, sizeof(Root));
    }
    if (root_ == 0 && drafts.size() > kBucketSlots) {
      HashWriter(edit, root.directory, root.bucket, nullptr).reserve(drafts.size());
    }
    for (const ZoneDraft& draft : drafts) apply(edit, root, draft, retired);
    if (settings != nullptr || root.settings == 0) {
      if (root.settings != 0) edit.discard(root.settings, sizeof(link::Settings));
      root.settings = edit.allocate(sizeof(link::Settings));
      *heap_.at<link::Settings>(root.settings) = settings != nullptr ? *settings : settings_;
    }
    std::array<std::uint32_t, dns::kMaxDepth + 1> apexes_at = apexes_at_;
    for (const ZoneDraft& draft : drafts) {
      const unsigned depth = draft.apex().view().depth();
      const std::uint64_t hash = dns::hash_name(secret_, draft.apex());
      const bool before =
          root_ != 0 && find_apex(base, *base.at<Root>(root_), hash, draft.apex()) != 0;
      const bool after = draft.zone() != 0;
      apexes_at[depth] += static_cast<std::uint32_t>(after) - static_cast<std::uint32_t>(before);
    }
    for (unsigned depth = 0; depth < apexes_at.size(); ++depth) {
      const std::uint64_t bit = std::uint64_t{1} << depth % 64;
      if (apexes_at[depth] != 0) {
        root.apex_depths[depth / 64] |= bit;
      } else {
        root.apex_depths[depth / 64] &= ~bit;
      }
    }
    ++root.version;
    const Ref fresh = edit.allocate(sizeof(Root));
    *heap_.at<Root>(fresh) = root;
    if (settle_ && !settle_()) {
      return dns::Error{"the dataplane does not take new table memory; it is being restarted, try "
                        "again"};
    }
    epoch_ = link::publish(header_, fresh);
    root_ = fresh;
    apexes_at_ = apexes_at;
    if (settings != nullptr) settings_ = *settings;
  } catch (const OutOfMemory&) {
    return dns::Error{"the zone tables are full or the machine has no memory left; free memory or "
                      "serve fewer zones"};
  }
  Edit::Outcome outcome = edit.commit();
  retired.insert(retired.end(), outcome.stale.begin(), outcome.stale.end());
  for (ZoneDraft& draft : drafts) {
    const std::vector<Block> stale = draft.published();
    retired.insert(retired.end(), stale.begin(), stale.end());
  }
  for (const Block& block : retired) retired_octets_ += block.size;
  retired_.push_back({epoch_, std::move(retired)});
  return epoch_;
}

void Publisher::reclaim(std::uint64_t oldest_in_use) {
  const std::lock_guard lock(mutex_);
  while (!retired_.empty() && retired_.front().epoch <= oldest_in_use) {
    for (const Block& block : retired_.front().blocks) {
      arena_.free(block.ref, block.size);
      retired_octets_ -= block.size;
    }
    retired_.pop_front();
  }
}

View Publisher::current() const {
  const std::lock_guard lock(mutex_);
  return {heap_.base(), root_ == 0 ? nullptr : heap_.at<Root>(root_)};
}

std::uint64_t Publisher::epoch() const {
  const std::lock_guard lock(mutex_);
  return epoch_;
}

std::size_t Publisher::zone_count() const {
  const std::lock_guard lock(mutex_);
  return root_ == 0 ? 0 : heap_.at<Root>(root_)->directory.count;
}

std::size_t Publisher::retired_blocks() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const Retired& retired : retired_) count += retired.blocks.size();
  return count;
}

std::size_t Publisher::retired_octets() const {
  const std::lock_guard lock(mutex_);
  return retired_octets_;
}

}  // namespace bowline::zones
