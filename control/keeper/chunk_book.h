// ChunkBook: the descriptors of all table chunks, by generation of control and index.
//
// The keeper holds them so that the tables outlive control and the dataplane. The keeper's thread
// only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "link/handover.h"
#include "link/outcome.h"

namespace bowline::control::keeper {

class ChunkBook {
 public:
  struct Chunk {
    link::HandoverMessage announcement;  // as it came, to be sent on
    link::Fd fd;
  };

  // Takes what a kChunk message brought. False: that chunk is already there, or the message is
  // wrong.
  bool add(const link::HandoverMessage& announcement, link::Fd fd);
  // False: there is no such chunk.
  bool withdraw(std::uint64_t generation, std::uint32_t index);
  void drop_generation(std::uint64_t generation);
  void drop_older_than(std::uint64_t generation);

  // Whether the tables of this generation have a published root: read from their header.
  bool published(std::uint64_t generation) const;
  bool has_generation(std::uint64_t generation) const { return books_.contains(generation); }

  // Visits everything, oldest generation first and each in the order of its serials.
  void for_each(const std::function<void(const Chunk&)>& visit) const;
  // The generations held, oldest first.
  void for_each_generation(const std::function<void(std::uint64_t)>& visit) const;

 private:
  struct Generation {
    std::map<std::uint64_t, Chunk> by_serial;
    std::map<std::uint32_t, std::uint64_t> serial_of_index;
  };
  std::map<std::uint64_t, Generation> books_;
};

}  // namespace bowline::control::keeper
