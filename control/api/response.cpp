#include "control/api/response.h"

#include <sys/eventfd.h>

namespace bowline::control::api {

namespace {

Json to_json(const Failure& failure) {
  Json columns = Json::object();
  if (!failure.zone.empty()) columns["zone"] = failure.zone;
  columns["error"] = failure.error;
  if (!failure.data.empty()) columns["data"] = failure.data;
  return columns;
}

}  // namespace

Outbox::Outbox() : wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

void Outbox::put(Item item) {
  {
    const std::lock_guard lock(mutex_);
    items_.push_back(std::move(item));
  }
  (void)::eventfd_write(wake_.get(), 1);
}

std::vector<Outbox::Item> Outbox::take() {
  eventfd_t count = 0;
  (void)::eventfd_read(wake_.get(), &count);
  const std::lock_guard lock(mutex_);
  return std::move(items_);
}

void Response::failure(const Failure& failure) {
  failed_ = true;
  if (observer_) observer_(failure);
  put({{"failure", to_json(failure)}}, false);
}

void Response::end_with(const Failure& failure) {
  Json result = {{"ok", failure.error.empty() && !failed_}};
  if (!failure.error.empty()) {
    if (observer_) observer_(failure);
    result.update(to_json(failure));
  }
  put({{"end", result}}, true);
}

void Response::put(const Json& content, bool end) {
  std::string frame;
  append_frame(frame, content);
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  ended_ = end;
  outbox_->put({client_, std::move(frame), end});
}

}  // namespace bowline::control::api
