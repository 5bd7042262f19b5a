// Jobs of the store's thread.
#include "control/store/store_thread.h"

#include <catch2/catch.hpp>
#include <atomic>
#include <future>
#include <vector>

using bowline::control::store::StoreThread;

TEST_CASE("jobs run in order, reloads that wait already are one, upkeep goes on") {
  std::atomic<int> upkeeps{0};
  std::vector<int> ran;
  std::promise<void> gate, last, upkept;
  StoreThread thread([&] {
    if (++upkeeps == 2) upkept.set_value();
  });
  thread.post([&] { gate.get_future().wait(); });
  thread.post([&] { ran.push_back(1); });
  for (int i = 0; i < 5; ++i) thread.post_reload([&] { ran.push_back(2); });
  thread.post([&] {
    ran.push_back(3);
    last.set_value();
  });
  gate.set_value();
  last.get_future().wait();
  CHECK(ran == std::vector<int>{1, 2, 3});
  upkept.get_future().wait();
  CHECK(upkeeps >= 2);
}
