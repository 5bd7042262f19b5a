// ZoneDraft: a version of one zone that is complete but not published.
//
// Made by ZoneBuilder or ZoneWriter, taken by Publisher. Dropping one frees what it holds. Control;
// may be handed from thread to thread.
#pragma once

#include <utility>
#include <vector>

#include "dns/name.h"
#include "zones/edit.h"
#include "zones/format.h"

namespace bowline::zones {

class ZoneDraft {
 public:
  // A draft that takes the zone out of service.
  static ZoneDraft removal(Heap& heap, dns::NameView apex) {
    return ZoneDraft(heap, apex, 0, {}, true);
  }
  // `replaces_all`: no block of the version before is used in this one.
  ZoneDraft(Heap& heap, dns::NameView apex, Ref zone, Edit::Outcome blocks, bool replaces_all)
      : heap_(&heap),
        apex_(dns::Name(apex).lower()),
        zone_(zone),
        blocks_(std::move(blocks)),
        replaces_all_(replaces_all) {}
  ZoneDraft(ZoneDraft&& other) noexcept
      : heap_(std::exchange(other.heap_, nullptr)),
        apex_(other.apex_),
        zone_(other.zone_),
        blocks_(std::move(other.blocks_)),
        replaces_all_(other.replaces_all_) {}
  ZoneDraft& operator=(ZoneDraft&&) = delete;
  ~ZoneDraft() {
    if (heap_ == nullptr) return;
    for (const Block& block : blocks_.made) heap_->free(block.ref, block.size);
  }

  const dns::Name& apex() const { return apex_; }
  Ref zone() const { return zone_; }  // 0: the zone goes away
  bool replaces_all() const { return replaces_all_; }

  // Says that the version is published; returns what it no longer uses of the one before.
  std::vector<Block> published() {
    heap_ = nullptr;
    return std::move(blocks_.stale);
  }

 private:
  Heap* heap_;
  dns::Name apex_;
  Ref zone_;
  Edit::Outcome blocks_;
  bool replaces_all_;
};

}  // namespace bowline::zones
