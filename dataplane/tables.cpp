#include "dataplane/tables.h"

#include <algorithm>

#include "zones/layout.h"

namespace bowline::dataplane {

dns::Result<void> Tables::map(const Chunk& chunk, int fd) {
  auto found = generations_.find(chunk.generation);
  if (found == generations_.end()) {
    auto reserved = link::ChunkReader::reserve();
    if (!reserved) return dns::Error{reserved.error()};
    found = generations_.emplace(chunk.generation, Generation{std::move(*reserved)}).first;
  }
  Generation& generation = found->second;
  if (const auto failure = generation.reader.map(chunk.index, fd, chunk.size)) {
    return dns::Error{failure->message};
  }
  if (chunk.index == 0) {
    const auto failure =
        link::check_tables(generation.reader, chunk.generation, zones::kTablesLayout);
    if (failure) return dns::Error{failure->message};
    generation.checked = true;
  }
  generation.mapped_through = std::max(generation.mapped_through, chunk.serial);
  return {};
}

void Tables::unmap(std::uint64_t generation, std::uint32_t index) {
  const auto found = generations_.find(generation);
  if (found == generations_.end() || index == 0 || !found->second.reader.has(index)) return;
  found->second.reader.unmap(index);
}

std::optional<std::uint64_t> Tables::servable() const {
  for (auto each = generations_.rbegin(); each != generations_.rend(); ++each) {
    if (published(each->first)) return each->first;
  }
  return std::nullopt;
}

bool Tables::published(std::uint64_t generation) const {
  const auto found = generations_.find(generation);
  return found != generations_.end() && found->second.checked &&
         header(generation)->line.root.load(std::memory_order_acquire) != link::kNullRef;
}

bool Tables::awaits_newer_than(std::uint64_t generation) const {
  return generations_.upper_bound(generation) != generations_.end();
}

std::uint64_t Tables::mapped_through(std::uint64_t generation) const {
  const auto found = generations_.find(generation);
  return found == generations_.end() ? 0 : found->second.mapped_through;
}

const link::TablesHeader* Tables::header(std::uint64_t generation) const {
  return generations_.at(generation).reader.at<link::TablesHeader>(link::kNullRef);
}

link::TablesView Tables::view(std::uint64_t generation) const {
  return generations_.at(generation).reader.view();
}

}  // namespace bowline::dataplane
