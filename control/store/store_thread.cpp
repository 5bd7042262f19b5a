#include "control/store/store_thread.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>

namespace bowline::control::store {

namespace {

constexpr std::chrono::milliseconds kUpkeepEvery{100};

}  // namespace

StoreThread::StoreThread(Job upkeep) : upkeep_(std::move(upkeep)), thread_([this] { run(); }) {
  (void)::pthread_setname_np(thread_.native_handle(), "store");
}

StoreThread::~StoreThread() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void StoreThread::post(Job job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back({std::move(job), false});
  }
  wake_.notify_one();
}

void StoreThread::post_reload(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (std::ranges::any_of(jobs_, &Item::is_reload)) return;
    jobs_.push_back({std::move(job), true});
  }
  wake_.notify_one();
}

std::size_t StoreThread::waiting() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

bool StoreThread::busy() const {
  const std::lock_guard lock(mutex_);
  return busy_;
}

void StoreThread::run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    if (jobs_.empty()) {
      wake_.wait_for(lock, kUpkeepEvery, [this] { return stop_ || !jobs_.empty(); });
    }
    if (stop_) return;
    Job job = upkeep_;
    if (!jobs_.empty()) {
      job = std::move(jobs_.front().job);
      jobs_.pop_front();
      busy_ = true;
    }
    lock.unlock();
    job();
    job = {};  // with what it holds
    lock.lock();
    busy_ = false;
  }
}

}  // namespace bowline::control::store
