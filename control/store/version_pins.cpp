#include "control/store/version_pins.h"

#include <algorithm>

namespace bowline::control::store {

VersionPins::Pin::~Pin() {
  const std::lock_guard lock(pins_.mutex_);
  pins_.pins_.erase(this);
}

bool VersionPins::Pin::read(const std::function<void(zones::View)>& use) {
  const std::lock_guard lock(pins_.mutex_);
  if (revoked_) return false;
  use(view_);
  return true;
}

std::shared_ptr<VersionPins::Pin> VersionPins::take() {
  const std::lock_guard lock(mutex_);
  const std::uint64_t epoch = header_.line.epoch.load(std::memory_order_acquire);
  const link::Ref root = header_.line.root.load(std::memory_order_acquire);
  if (root == link::kNullRef) return nullptr;
  auto pin = std::make_shared<Pin>(*this, epoch,
                                   zones::View{base_, base_.at<zones::Root>(root)});
  pins_.insert(pin.get());
  return pin;
}

std::uint64_t VersionPins::oldest_in_use(std::uint64_t current, bool over_budget) {
  const std::lock_guard lock(mutex_);
  if (over_budget) {
    std::erase_if(pins_, [&](Pin* pin) {
      pin->revoked_ = pin->epoch_ < current;
      return pin->revoked_;
    });
  }
  std::uint64_t oldest = current;
  for (const Pin* pin : pins_) oldest = std::min(oldest, pin->epoch_);
  return oldest;
}

std::size_t VersionPins::count() const {
  const std::lock_guard lock(mutex_);
  return pins_.size();
}

}  // namespace bowline::control::store
