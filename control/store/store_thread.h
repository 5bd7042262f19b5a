// StoreThread: the one thread that changes what is served. Jobs run one after the other, and
// between them the upkeep of the tables, each 100 ms.
//
// post() from any thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace bowline::control::store {

class StoreThread {
 public:
  using Job = std::function<void()>;

  explicit StoreThread(Job upkeep);
  // Finishes the job at hand and forgets the others.
  ~StoreThread();

  void post(Job job);
  // Runs a job of this kind unless one is waiting already: many signals make one reload.
  void post_reload(Job job);

  // Jobs that wait; and whether one is being done.
  std::size_t waiting() const;
  bool busy() const;

 private:
  struct Item {
    Job job;
    bool is_reload;
  };

  void run();

  Job upkeep_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Item> jobs_;
  bool stop_ = false;
  bool busy_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace bowline::control::store
