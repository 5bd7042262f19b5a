// Pairing: the exchange that control shares with the dataplane now, if there is one.
//
// The main thread sets it as the keeper says; any thread takes a reference, which keeps the mapping
// alive.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>

#include "link/exchange.h"

namespace bowline::control::store {

class Pairing {
 public:
  struct Current {
    std::shared_ptr<link::ExchangeMapping> exchange;  // null: unpaired
    std::uint64_t number = 0;
    std::uint32_t threads = 0;
  };

  void set(link::ExchangeMapping exchange, std::uint64_t number, std::uint32_t threads) {
    auto shared = std::make_shared<link::ExchangeMapping>(std::move(exchange));
    const std::lock_guard lock(mutex_);
    last_ = current_ = {std::move(shared), number, threads};
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    current_ = {};
  }
  Current get() const {
    const std::lock_guard lock(mutex_);
    return current_;
  }
  // The same, or the one before it ended: for what is displayed.
  Current last() const {
    const std::lock_guard lock(mutex_);
    return last_;
  }

 private:
  mutable std::mutex mutex_;
  Current current_;
  Current last_;
};

}  // namespace bowline::control::store
