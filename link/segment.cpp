#include "link/segment.h"

namespace bowline::link {

std::optional<Failure> check_segment(const SegmentHeader& header, SegmentKind kind,
                                     std::uint64_t layout, std::uint64_t size,
                                     std::uint64_t generation) {
  const std::string what = kind == SegmentKind::kTables ? "tables: " : "exchange: ";
  if (header.magic != kMagic) return Failure{what + "not a Bowline segment (wrong magic)"};
  if (header.abi != kAbi) {
    return Failure{what + "ABI " + std::to_string(header.abi) + ", this program has " +
                   std::to_string(kAbi) + ": restart all of Bowline after an upgrade"};
  }
  if (header.kind != static_cast<std::uint32_t>(kind)) {
    return Failure{what + "segment of another kind (" + std::to_string(header.kind) + ")"};
  }
  if (header.layout_hash != layout) {
    return Failure{what + "made by another build (layout differs): restart all of Bowline"};
  }
  if (header.size != size) {
    return Failure{what + "header says " + std::to_string(header.size) + " bytes, there are " +
                   std::to_string(size)};
  }
  if (header.generation != generation) {
    return Failure{what + "generation " + std::to_string(header.generation) + " instead of " +
                   std::to_string(generation)};
  }
  return std::nullopt;
}

}  // namespace bowline::link
