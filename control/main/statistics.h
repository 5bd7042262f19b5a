// Statistics: the section `statistics`: all counters written to a file, again and again.
//
// Counters are read on control's main thread, as `stats` reads them; the counters of zones, which
// may be many, and the file, whose disk may be slow, are the business of a thread of its own. A
// dump that takes longer than the timer has makes the next one late, not two at once.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "control/config/config.h"
#include "control/main/counters.h"

namespace bowline::control {

class Statistics {
 public:
  // What a dump is made from: the main thread makes it, the other one writes it.
  struct Snapshot {
    config::Statistics settings;
    std::string identity;  // of the server
    std::vector<CounterValue> server;
    std::shared_ptr<const config::Config> config;  // whose zones are counted
  };
  using ReadZone = std::function<std::vector<CounterValue>(const config::Config&, std::size_t)>;

  // `read_zone`: the counters of the zone at this place; called on the other thread.
  explicit Statistics(ReadZone read_zone);
  // Finishes the dump at hand.
  ~Statistics();

  // Calls `take` and writes what it gives, if a dump is due at `now_ms` and none is under way.
  void tick(const std::shared_ptr<const config::Config>& config, std::uint64_t now_ms,
            const std::function<Snapshot(const config::Statistics&)>& take);

 private:
  void run();

  const ReadZone read_zone_;
  std::shared_ptr<const config::Config> config_;  // whose settings are below; the main thread's
  config::Statistics settings_;
  std::uint64_t due_ms_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<Snapshot> next_;
  bool busy_ = false;
  bool stop_ = false;
  std::thread thread_;  // last: it uses the others
};

// The text of one dump, as knotd writes it: a YAML document of modules and their counters, without
// those that are zero.
std::string statistics_text(const Statistics::Snapshot& snapshot,
                            const Statistics::ReadZone& read_zone, std::string_view time);

// Replaces the file at once, or with `append` adds to it.
dns::Result<void> write_statistics(const config::Statistics& settings, std::string_view text);

}  // namespace bowline::control
