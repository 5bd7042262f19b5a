// The layout of everything in the tables as one number: a dataplane of another build refuses them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "link/publish.h"
#include "zones/format.h"

namespace bowline::zones {

inline constexpr std::uint64_t kTablesLayout = link::layout_hash(
    {link::kTablesLayout, sizeof(Bucket), offsetof(Bucket, ref), sizeof(HashRoot),
     sizeof(TreeBlock), sizeof(TreeEntry), kPrefixOctets, sizeof(Node), offsetof(Node, size),
     sizeof(RrsetEntry), sizeof(FarBody), sizeof(Zone), offsetof(Zone, negative_soa),
     offsetof(Zone, flags), sizeof(Root), offsetof(Root, settings), offsetof(Root, apex_depths)});

}  // namespace bowline::zones
