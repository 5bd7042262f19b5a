// What xdp.listen means on a machine, and the sizes that follow from an interface.
#include "control/keeper/xdp_interface.h"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <functional>

#include "link/outcome.h"

namespace {

using namespace bowline;
using namespace control::keeper;
using control::config::Address;

Address device(const std::string& name, std::uint16_t port = 53) {
  Address address;
  address.family = Address::Family::kDevice;
  address.has_port = true;
  address.port = port;
  address.path = name;
  return address;
}

Address loopback(std::uint16_t port = 53) {
  Address address;
  address.has_port = true;
  address.port = port;
  address.bytes = {127, 0, 0, 1};
  return address;
}

bool set_up_lo(int mtu) {
  const link::Fd any(::socket(AF_INET, SOCK_DGRAM, 0));
  ifreq request{};
  request.ifr_name[0] = 'l';
  request.ifr_name[1] = 'o';
  request.ifr_mtu = mtu;
  if (::ioctl(any.get(), SIOCSIFMTU, &request) != 0) return false;
  request.ifr_flags = IFF_UP | IFF_LOOPBACK;
  return ::ioctl(any.get(), SIOCSIFFLAGS, &request) == 0;
}

// Runs `check` in a child process with a network namespace of its own, whose lo has that MTU.
// Returns what the child returned; -1 if there can be no namespace.
int in_namespace(int mtu, const std::function<int()>& check) {
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) ::_exit(::unshare(CLONE_NEWNET) == 0 && set_up_lo(mtu) ? check() : 99);
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status) == 99 ? -1 : WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("a frame has room for the MTU, Ethernet, two VLAN tags and what the kernel needs") {
  CHECK(xdp_frame_size(576) == 2048);
  CHECK(xdp_frame_size(1500) == 2048);
  CHECK(xdp_frame_size(2048 - 256 - 14 - 8) == 2048);
  CHECK(xdp_frame_size(2048 - 256 - 14 - 8 + 1) == 4096);
  CHECK(xdp_frame_size(1790) == 4096);
  CHECK(xdp_frame_size(1791) == 0);
  CHECK(xdp_frame_size(65536) == 0);
}

TEST_CASE("rings are powers of two") {
  CHECK(xdp_ring_size(4) == 4);
  CHECK(xdp_ring_size(5) == 8);
  CHECK(xdp_ring_size(2048) == 2048);
  CHECK(xdp_ring_size(2049) == 4096);
  CHECK(xdp_ring_size(32'768) == 32'768);
}

TEST_CASE("a queue is served if it can receive and send") {
  CHECK(served_queues({.combined = 8}) == 8);
  CHECK(served_queues({.receive = 4, .send = 4}) == 4);
  CHECK(served_queues({.receive = 4, .send = 2}) == 2);
  CHECK(served_queues({.combined = 2, .receive = 1, .send = 0}) == 2);
  CHECK(served_queues({}) == 1);
}

TEST_CASE("an interface that is not there, or an address on none, is named with what to do") {
  const auto unknown = find_xdp_interfaces({device("no-such-dev0")});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error() ==
        "cannot serve no-such-dev0 by XDP: no such interface: change xdp.listen (ip link shows "
        "what there is)");
  Address elsewhere = loopback();
  elsewhere.bytes = {198, 51, 100, 77};
  const auto missing = find_xdp_interfaces({elsewhere});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().find("198.51.100.77") != std::string::npos);
  CHECK(missing.error().find("ip addr add") != std::string::npos);
}

TEST_CASE("items of one interface become one, with each port once") {
  const int result = in_namespace(1500, [] {
    const auto found =
        find_xdp_interfaces({device("lo"), loopback(5353), device("lo", 5353), loopback(853)});
    if (!found || found->size() != 1) return 1;
    const XdpInterface& lo = found->front();
    const bool right = lo.name == "lo" && lo.index == 1 && lo.mtu == 1500 && lo.queues == 1 &&
                       lo.ports == std::vector<std::uint16_t>{53, 5353, 853};
    return right ? 0 : 2;
  });
  if (result < 0) {
    std::puts("SKIP: XDP interfaces: no permission to make a network namespace");
    return;
  }
  CHECK(result == 0);
}

TEST_CASE("an MTU beyond the limit is an error with the command that mends it") {
  const int result = in_namespace(9000, [] {
    const auto found = find_xdp_interfaces({device("lo")});
    const bool right = !found && found.error().find("MTU 9000 is more than 1790: ip link set dev "
                                                    "lo mtu 1500") != std::string::npos;
    return right ? 0 : 1;
  });
  if (result < 0) {
    std::puts("SKIP: XDP MTU: no permission to make a network namespace");
    return;
  }
  CHECK(result == 0);
}
