// Which thread does what.
#include "control/keeper/thread_plan.h"

#include <catch2/catch.hpp>

namespace {

using namespace bowline;
using namespace control::keeper;

struct Row {
  const char* what;
  ThreadWishes wishes;
  std::vector<unsigned> interfaces;
  std::vector<unsigned> devices;
  unsigned first_of_sockets;
  unsigned workers;
  unsigned threads;
};

}  // namespace

TEST_CASE("queues come first, then sockets, then streams") {
  const std::vector<Row> rows{
      {"sockets", {.socket_workers = 2, .streams = 3}, {}, {}, 0, 2, 5},
      {"XDP alone", {.xdp_queues = {2, 1}, .streams = 1}, {0, 2}, {}, 3, 3, 4},
      {"all three",
       {.xdp_queues = {4}, .devices = 2, .device_queues = 3, .socket_workers = 2, .streams = 2},
       {0},
       {4, 7},
       10,
       12,
       14},
      {"sockets get what is left",
       {.xdp_queues = {60}, .socket_workers = 64, .streams = 64},
       {0},
       {},
       60,
       63,
       64},
      {"streams get what is left", {.socket_workers = 10, .streams = 100}, {}, {}, 0, 10, 64},
      {"no streams wanted", {.socket_workers = 1, .streams = 0}, {}, {}, 0, 1, 2},
      {"as many as there may be", {.xdp_queues = {63}, .streams = 1}, {0}, {}, 63, 63, 64},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    const auto plan = plan_threads(row.wishes);
    if (!plan) FAIL(plan.error());
    CHECK(plan->first_of_interface == row.interfaces);
    CHECK(plan->first_of_device == row.devices);
    CHECK(plan->first_of_sockets == row.first_of_sockets);
    CHECK(plan->workers == row.workers);
    CHECK(plan->workers == plan->first_of_sockets + plan->socket_workers);
    CHECK(plan->threads == row.threads);
  }
}

TEST_CASE("cores are given to workers in their order") {
  const auto plan =
      plan_threads({.xdp_queues = {1}, .socket_workers = 2, .streams = 1, .cores = {5, 0, 7, 9}});
  REQUIRE(plan);
  CHECK(plan->cores[0] == 5);
  CHECK(plan->cores[1] == 0);
  CHECK(plan->cores[2] == 7);
  CHECK(plan->cores[3] == link::kNoCore);  // a stream
  const auto free = plan_threads({.socket_workers = 2});
  REQUIRE(free);
  CHECK(free->cores[0] == link::kNoCore);
}

TEST_CASE("too many queues, or nothing at all, is an error that names the options") {
  const auto many = plan_threads({.xdp_queues = {32, 16},
                                  .devices = 2,
                                  .device_queues = 8,
                                  .socket_workers = 1});
  REQUIRE_FALSE(many);
  for (const char* word : {"48", "16", "64", "ethtool -L", "dataplane.device-queues"}) {
    CHECK(many.error().find(word) != std::string::npos);
  }
  CHECK_FALSE(plan_threads({.xdp_queues = {64}}));
  const auto none = plan_threads({.streams = 4});
  REQUIRE_FALSE(none);
  CHECK(none.error().find("xdp.listen") != std::string::npos);
}

TEST_CASE("with socket-affinity the threads with sockets of their own take CPUs in turn") {
  ThreadWishes wishes{.xdp_queues = {1}, .socket_workers = 3, .streams = 2, .affinity = {4, 6}};
  auto plan = plan_threads(wishes);
  REQUIRE(plan);
  CHECK(plan->cores[0] == link::kNoCore);  // a queue has its CPU by the driver
  CHECK(plan->cores[1] == 4);
  CHECK(plan->cores[2] == 6);
  CHECK(plan->cores[3] == 4);
  CHECK(plan->cores[4] == link::kNoCore);  // a stream that shares the one TCP socket
  wishes.streams_too = true;
  wishes.cores = {9, 8};
  plan = plan_threads(wishes);
  REQUIRE(plan);
  CHECK(plan->cores[0] == 9);
  CHECK(plan->cores[1] == 8);  // dataplane.cores goes first
  CHECK(plan->cores[2] == 6);
  CHECK(plan->cores[4] == 4);
  CHECK(plan->cores[5] == 6);
}
