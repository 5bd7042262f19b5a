#include "control/store/parallel_load.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "control/log/log.h"

namespace bowline::control::store {

namespace {

using log::Category;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kProgressEvery{1};

// Says yes once a second, whoever asks.
class Pace {
 public:
  bool due() {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock || Clock::now() - last_ < kProgressEvery) return false;
    last_ = Clock::now();
    return true;
  }

 private:
  std::mutex mutex_;
  Clock::time_point last_ = Clock::now();
};

class Load {
 public:
  Load(const config::Config& config, const std::vector<std::size_t>& indices, Tables& tables,
       LoadProgress& progress)
      : zones_(config.zones()),
        indices_(indices),
        tables_(tables),
        results_(indices.size()),
        told_(progress) {
    told_.done = 0;
    told_.total = indices.size();
  }
  ~Load() { told_.total = 0; }

  // One loading thread.
  void work() {
    zones::Arena arena(tables_.heap());
    ++told_.running;
    for (std::size_t i = 0; (i = next_.fetch_add(1)) < indices_.size();) {
      const config::Zone zone = zones_[indices_[i]];
      Pace pace;
      const auto progress = [&](std::uint64_t done, std::uint64_t size) {
        if (size != 0 && pace.due()) {
          log::zone_info(zone.name, "loading, {} %", done * 100 / size);
        }
      };
      load_zone(zone, arena, tables_.secret(), progress, results_[i]);
      const std::size_t done = told_.done.fetch_add(1) + 1;
      if (pace_.due()) {
        log::info(Category::kServer, "loading zones, {} of {} ({} %)", done, indices_.size(),
                  done * 100 / indices_.size());
      }
    }
    --told_.running;
  }

  std::vector<LoadedZone> take() { return std::move(results_); }

 private:
  const config::ZoneList zones_;
  const std::vector<std::size_t>& indices_;
  Tables& tables_;
  std::vector<LoadedZone> results_;
  std::atomic<std::size_t> next_{0};
  LoadProgress& told_;
  Pace pace_;
};

}  // namespace

std::vector<LoadedZone> parallel_load(const config::Config& config,
                                      const std::vector<std::size_t>& indices, unsigned threads,
                                      Tables& tables, LoadProgress& progress) {
  if (indices.empty()) return {};
  Load load(config, indices, tables, progress);
  const auto count = std::clamp<std::size_t>(threads, 1, indices.size());
  if (indices.size() > 1) {
    log::info(Category::kServer, "loading {} zones, {} threads", indices.size(), count);
  }
  std::vector<std::thread> workers;
  for (std::size_t i = 0; i < count; ++i) {
    workers.emplace_back([&load] { load.work(); });
    (void)::pthread_setname_np(workers.back().native_handle(), "load");
  }
  for (std::thread& worker : workers) worker.join();
  return load.take();
}

}  // namespace bowline::control::store
