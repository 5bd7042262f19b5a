// LoadProgress: how far the loading of zones is. Written by the loading threads, read by anybody
// who tells people.
#pragma once

#include <atomic>
#include <cstddef>

namespace bowline::control::store {

struct LoadProgress {
  std::atomic<std::size_t> total{0};    // zones of the load that is under way; 0: none is
  std::atomic<std::size_t> done{0};     // of them
  std::atomic<std::size_t> running{0};  // threads that load
};

}  // namespace bowline::control::store
