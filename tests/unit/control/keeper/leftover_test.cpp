// Which devices leave an XDP program behind, and where.
#include "control/keeper/leftover.h"

#include <catch2/catch.hpp>

using namespace bowline::control::keeper;

TEST_CASE("the interface of a device of net_af_xdp, and of no other") {
  struct Row {
    const char* device;
    const char* interface;
  };
  const Row rows[] = {
      {"net_af_xdp0,iface=eth0", "eth0"},
      {"net_af_xdp,start_queue=0,iface=ens786f0,queue_count=4", "ens786f0"},
      {"net_af_xdp1,iface=", ""},
      {"net_af_xdp1", ""},
      {"net_af_packet0,iface=eth0", ""},
      {"0000:03:00.0", ""},
      {"", ""},
  };
  for (const Row& row : rows) {
    INFO(row.device);
    CHECK(af_xdp_interface(row.device) == row.interface);
  }
}

TEST_CASE("devices without an interface leave nothing to do") {
  detach_leftovers({"0000:03:00.0", "net_af_xdp0,iface=no-such-dev0"});
}
