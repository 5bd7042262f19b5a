#include "control/main/waiting.h"

namespace bowline::control {

bool Waiting::has_room(const Answer& answer) const {
  if (thread_.waiting() < kMaxJobs) return true;
  answer->fail({{}, "resource is busy", "too many commands wait already: try again later"});
  return false;
}

void Waiting::post(const api::Request& request, const Answer& answer,
                   store::StoreThread::Job job) {
  if (!request.blocking) {
    if (!has_room(answer)) return;
    answer->end();  // before another thread may write to it
    return thread_.post(std::move(job));
  }
  post(answer, std::move(job));
}

void Waiting::post(const Answer& answer, store::StoreThread::Job job) {
  if (!has_room(answer)) return;
  answers_.push_back(answer);
  thread_.post(std::move(job));
}

void Waiting::tell_progress() {
  std::erase_if(answers_, [](const auto& each) { return each.expired(); });
  const std::size_t total = progress_.total;
  const auto now = std::chrono::steady_clock::now();
  if (total == 0 || now - told_ < kTellEvery) return;
  told_ = now;
  const std::size_t done = progress_.done;
  for (const auto& each : answers_) {
    if (const auto answer = each.lock()) answer->progress(done, total, "zones");
  }
}

}  // namespace bowline::control
