// Tables: the generations of tables that are mapped, and which of them can be served.
//
// At most a few at a time: the one that is served, and the one that a new control is filling. Main
// thread of the dataplane only; the serving threads read what is mapped through a Pairing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "dns/result.h"
#include "link/chunks.h"
#include "link/publish.h"

namespace bowline::dataplane {

class Tables {
 public:
  struct Chunk {
    std::uint64_t generation = 0;
    std::uint32_t index = 0;
    std::uint64_t size = 0;
    std::uint64_t serial = 0;
  };

  // Maps a chunk. The error says why it cannot be.
  dns::Result<void> map(const Chunk& chunk, int fd);
  // REQUIRES: no root in use leads to the chunk.
  void unmap(std::uint64_t generation, std::uint32_t index);
  // REQUIRES: no thread uses the generation.
  void drop(std::uint64_t generation) { generations_.erase(generation); }
  void drop_older_than(std::uint64_t generation) {
    generations_.erase(generations_.begin(), generations_.lower_bound(generation));
  }

  // The newest generation with a published root.
  std::optional<std::uint64_t> servable() const;
  bool published(std::uint64_t generation) const;
  // Whether one that is newer than `generation` waits for its first root.
  bool awaits_newer_than(std::uint64_t generation) const;

  // Serial of the newest chunk; 0: none.
  std::uint64_t mapped_through(std::uint64_t generation) const;
  // REQUIRES for both: published(generation).
  const link::TablesHeader* header(std::uint64_t generation) const;
  link::TablesView view(std::uint64_t generation) const;

 private:
  struct Generation {
    link::ChunkReader reader;
    std::uint64_t mapped_through = 0;
    bool checked = false;  // its header is one that this build understands
  };

  std::map<std::uint64_t, Generation> generations_;
};

}  // namespace bowline::dataplane
