// Generator: sends questions over a DPDK device and takes the answers, one thread for all queues.
//
// A program has one; its main thread runs it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

#include "perf/eal.h"
#include "perf/pktgen/check.h"
#include "perf/pktgen/neighbours.h"
#include "perf/pktgen/outcome.h"
#include "perf/pktgen/pacer.h"
#include "perf/pktgen/plan.h"
#include "perf/pktgen/tracker.h"

namespace bowline::perf::pktgen {

// Called after each second of sending, with what was counted up to then.
using Progress = std::function<void(const Outcome&)>;

class Generator {
 public:
  // All live longer than the generator. `stop`: ends a run early, as if its time were up.
  Generator(const Device& device, const Ends& ends, const QuestionSet& questions, const Plan& plan,
            const ZoneSource* zone, const std::atomic<bool>& stop)
      : device_(device), ends_(ends), writer_(ends), neighbours_(ends), questions_(questions),
        plan_(plan), checker_(ends_, questions, zone), stop_(stop) {}

  // Sends for load.seconds, then waits until all is answered or given up. Ends earlier if nobody
  // answers at all.
  Outcome run(const Load& load, const Progress& progress);

 private:
  struct Run;

  void receive(Run& run, std::uint16_t queue);
  void take(Run& run, dns::Bytes frame, std::uint64_t now_ns);
  void take_other(Run& run, dns::Bytes frame);
  void check(Run& run, dns::Bytes frame, const Arrival& arrival, const Answered& answered);
  void send(Run& run);
  void prefetch(std::size_t count) const;
  void send_for(Run& run, const Progress& progress);

  const Device device_;
  const Ends ends_;
  const FrameWriter writer_;
  const Neighbours neighbours_;
  const QuestionSet& questions_;
  const Plan& plan_;
  const Checker checker_;
  const std::atomic<bool>& stop_;
  std::size_t at_ = 0;       // in the plan: a run goes on where the last one ended
  std::uint64_t first_ = 0;  // sequence number of the next run's first question
  std::uint16_t queue_ = 0;  // the next to send on
};

// Asks who has the server's address. Nothing: nobody said so within a second.
std::optional<Mac> find_server(const Device& device, const Ends& ends,
                               const std::atomic<bool>& stop);

}  // namespace bowline::perf::pktgen
