// Neighbours: who has which address, by ARP (RFC 826) and neighbour discovery (RFC 4861).
//
// Answers for the source addresses, which no kernel knows, and asks for the server's MAC. It writes
// frames and sends none. Constant after construction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "dns/wire.h"
#include "perf/pktgen/frames.h"

namespace bowline::perf::pktgen {

inline constexpr std::size_t kMaxNeighbourFrame = 86;  // a solicitation with its option

class Neighbours {
 public:
  explicit Neighbours(const Ends& ends) : ends_(ends) {}

  // If `frame` asks for one of our sources, writes the answer to at[0..kMaxNeighbourFrame).
  // Returns its size, or 0.
  std::size_t reply(dns::Bytes frame, std::uint8_t* at) const;

  // Writes the question who has the server's address. Returns its size.
  std::size_t ask(std::uint8_t* at) const;
  // The MAC in an answer to it.
  std::optional<Mac> heard(dns::Bytes frame) const;

 private:
  const Ends ends_;
};

}  // namespace bowline::perf::pktgen
