#include "control/api/response.h"

#include <sys/eventfd.h>

namespace bowline::control::api {

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

void Response::end(const std::string& error) {
  Json result = {{"ok", error.empty()}};
  if (!error.empty()) result["error"] = error;
  put({{"end", result}}, true);
}

void Response::put(const Json& content, bool end) {
  std::string frame;
  append_frame(frame, content);
  outbox_->put({client_, std::move(frame), end});
}

}  // namespace bowline::control::api
