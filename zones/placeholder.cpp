#include "zones/placeholder.h"

#include <span>

#include "zones/hash_writer.h"
#include "zones/node_encoder.h"
#include "zones/node_name.h"
#include "zones/tree_writer.h"
#include "zones/zone_block.h"

namespace bowline::zones {

dns::Result<ZoneDraft> make_placeholder(Arena& arena, const dns::HashKey& secret,
                                        dns::NameView apex, std::uint16_t rr_class) {
  Edit edit(arena);
  try {
    Zone zone{};
    zone.rr_class = rr_class;
    zone.version = 1;
    zone.flags = kZoneAbsent;
    zone.apex_node = NodeEncoder().encode(edit, {{}, 0, 0}, true);
    const Base base = edit.base();
    const dns::Name name(apex);
    HashWriter index(edit, zone.names, zone.bucket, [&](Ref node) {
      return node_hash(*base.at<Node>(node), name, secret);
    });
    index.reserve(1);
    index.insert(node_hash(*base.at<Node>(zone.apex_node), name, secret), zone.apex_node);
    const KeyStart apex_key{};
    TreeWriter(edit, zone.order).build(std::span(&zone.apex_node, 1), std::span(&apex_key, 1));
    const Ref ref = finish_zone(edit, zone, apex, {});
    return ZoneDraft(arena.heap(), apex, ref, edit.commit(), true);
  } catch (const OutOfMemory&) {
    return dns::Error{"zone " + dns::Name(apex).to_text() +
                      " cannot even be kept a place for: the zone tables are full or the machine "
                      "has no memory left; free memory or serve fewer zones"};
  }
}

}  // namespace bowline::zones
