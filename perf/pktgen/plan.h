// Plan: the order in which questions are asked, drawn before the run so that sending costs no dice.
//
// Pure functions of a seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace bowline::perf::pktgen {

enum class Mix : std::uint8_t {
  kInOrder,  // each question once, as they stand in the file
  kUniform,  // all alike
  kHot,      // only kHotNames of a kind, all alike
  kZipf,     // the k-th most popular one with a share of 1/k (what resolvers see is near to it)
};

inline constexpr std::size_t kHotNames = 1'000;
// A plan that is repeated must not be learned by the server's caches: at least 2^20 draws (two MiB
// of names at the least), two for each question, and at most 64 MiB.
inline constexpr std::size_t kMinDraws = std::size_t{1} << 20, kMaxDraws = std::size_t{1} << 24;

// An entry is the number of a question, and whether DO is set.
inline constexpr std::uint32_t kDnssecOk = 0x8000'0000;
using Plan = std::vector<std::uint32_t>;

// Questions [begin, end) get `weight` of all draws.
struct Pool {
  std::uint32_t begin = 0, end = 0;
  double weight = 1;
};

// kInOrder: the pools one after another, whatever their weights. `dnssec_ok`: share of entries with
// DO, 0 to 1. REQUIRES: no pool with a weight is empty, and there is one.
Plan make_plan(Mix mix, std::span<const Pool> pools, double dnssec_ok, std::uint64_t seed);

}  // namespace bowline::perf::pktgen
