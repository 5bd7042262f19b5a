// Waiting: commands whose answer comes when the store's thread has done its work. They are posted
// there, within a bound, and the clients of blocking ones hear how far the loading is.
//
// Control's main thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "control/api/request.h"
#include "control/main/dispatch.h"
#include "control/store/load_progress.h"
#include "control/store/store_thread.h"

namespace bowline::control {

class Waiting {
 public:
  // Jobs that may wait for the store's thread: clients can ask faster than it works.
  static constexpr std::size_t kMaxJobs = 1000;

  // Both outlive it.
  Waiting(store::StoreThread& thread, const store::LoadProgress& progress)
      : thread_(thread), progress_(progress) {}

  // Has the job done. If `request` is not blocking, it is answered with success at once, and what
  // the job writes to the answer is dropped.
  void post(const api::Request& request, const Answer& answer, store::StoreThread::Job job);
  // The same for a job that answers by itself in either case.
  void post(const Answer& answer, store::StoreThread::Job job);

  // Telling wakes the loop that calls it: without a pause the loop would turn for this alone.
  static constexpr std::chrono::milliseconds kTellEvery{200};

  // Tells those who wait how far the loading is, at most each kTellEvery. Called in each turn of the
  // main loop.
  void tell_progress();

 private:
  bool has_room(const Answer& answer) const;

  store::StoreThread& thread_;
  const store::LoadProgress& progress_;
  std::vector<std::weak_ptr<api::Response>> answers_;
  std::chrono::steady_clock::time_point told_{};
};

}  // namespace bowline::control
