// control/keeper/xdp_program.h: loading, attaching and what is said when that is refused.
#include <linux/if_packet.h>
#include <net/if.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "control/keeper/xdp_program.h"
#include "support/kernel.h"
#include "support/packet.h"

namespace bowline::ebpf {
namespace {

using namespace support;
using control::keeper::AttachMode;
using control::keeper::SharedMaps;
using control::keeper::Steering;
using control::keeper::XdpProgram;
using link::PortMode;

const Steering kSteering = {.ports = {53}};

bool says(const std::string& text, const char* words) {
  return text.find(words) != std::string::npos && text.find('\n') == std::string::npos;
}

XdpProgram load(const SharedMaps& maps, const Steering& steering = kSteering) {
  auto program = XdpProgram::load(steering, 1, maps);
  if (!program) FAIL(program.error());
  return std::move(*program);
}

// Sends the frame out of the interface.
bool send_frame(unsigned interface, const Octets& frame) {
  const link::Fd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = static_cast<int>(interface);
  return sendto(socket.get(), frame.data(), frame.size(), 0, reinterpret_cast<sockaddr*>(&to),
                sizeof to) == static_cast<ssize_t>(frame.size());
}

TEST_CASE("frames on a veth reach the socket in native and in generic mode") {
  const auto bench = Bench::make("ebpf/xdp_program veth", kSteering);
  if (bench == nullptr) return;
  REQUIRE(run("ip link add a0 address 02:00:00:00:00:01 type veth peer name a1 && "
              "ip link set a1 addrgenmode none up && ip link set a0 addrgenmode none up"));
  const unsigned interface = if_nametoindex("a0");
  for (const AttachMode mode : {AttachMode::kBest, AttachMode::kGeneric}) {
    XdpProgram loaded = load(bench->maps());
    const auto attached = loaded.attach(interface, "a0", mode);
    if (!attached) FAIL(attached.error());
    CHECK(*attached ==
          (mode == AttachMode::kBest ? PortMode::kNativeCopy : PortMode::kGenericCopy));
    CHECK(loaded.native_refusal().empty());
    XdpProgram program = std::move(loaded);  // stays attached
    CHECK(program.attached());
    const auto socket = XdpSocket::open(interface, 0);
    REQUIRE(socket != nullptr);
    REQUIRE(program.set_socket(0, socket->get()).ok());
    const Packet packets[] = {
        {}, {.ipv6 = true}, {.tags = {{10}}}, {.tags = {{20, 0x88a8}, {10}}, .ipv6 = true}};
    for (const Packet& packet : packets) {
      REQUIRE(send_frame(if_nametoindex("a1"), make({.port = 54})));
      REQUIRE(send_frame(if_nametoindex("a1"), make(packet)));
      CHECK(hex(socket->receive(5000)) == hex(make(packet)));
    }
    const auto totals = read_counters(program.counters());
    REQUIRE(totals.ok());
    CHECK((*totals)[STEER_COUNT_steered] == std::size(packets));
    CHECK((*totals)[STEER_COUNT_passed_other_port] == std::size(packets));
  }
  // Both are gone from the interface.
  XdpProgram last = load(bench->maps());
  CHECK(last.attach(interface, "a0").ok());
}

TEST_CASE("with route-check the frame reaches the socket with the link layer of the reply") {
  const auto bench = Bench::make("ebpf/xdp_program route-check", kSteering);
  if (bench == nullptr) return;
  // w0 stands for VLAN 10 on a0.
  REQUIRE(run("echo 1 > /proc/sys/net/ipv4/conf/lo/forwarding && "
              "ip link add a0 address 02:00:00:00:00:01 type veth peer name a1 && "
              "ip link set a1 addrgenmode none up && ip link set a0 addrgenmode none up && "
              "ip link add w0 address 02:00:00:00:00:10 type veth peer name w1 && "
              "ip link set w1 addrgenmode none up && ip link set w0 addrgenmode none up && "
              "ip addr add 10.9.0.1/24 dev w0 && "
              "ip neigh add 10.9.0.9 lladdr 02:00:00:00:00:88 dev w0 nud permanent"));
  const unsigned interface = if_nametoindex("a0");
  REQUIRE(bench->maps().set_vlan(if_nametoindex("w0"), interface, 10).ok());
  Packet packet{.source = "10.9.0.9"};
  Packet expected = packet;
  expected.to = {0x02, 0, 0, 0, 0, 0x10};
  expected.from = {0x02, 0, 0, 0, 0, 0x88};
  expected.tags = {{10}};
  for (const AttachMode mode : {AttachMode::kBest, AttachMode::kGeneric}) {
    XdpProgram program = load(bench->maps(), {.ports = {53}, .route_check = true});
    REQUIRE(program.attach(interface, "a0", mode).ok());
    const auto socket = XdpSocket::open(interface, 0);
    REQUIRE(socket != nullptr);
    REQUIRE(program.set_socket(0, socket->get()).ok());
    const std::vector<Tag> taggings[] = {{}, {{10}}, {{20, 0x88a8}, {10}}};
    for (const auto& tags : taggings) {
      packet.tags = tags;
      REQUIRE(send_frame(if_nametoindex("a1"), make(packet)));
      CHECK(hex(socket->receive(5000)) == hex(make(expected)));
    }
  }
}

TEST_CASE("an interface with another program is left alone, and the error says how to free it") {
  const auto bench = Bench::make("ebpf/xdp_program busy", kSteering);
  if (bench == nullptr) return;
  for (const AttachMode mode : {AttachMode::kBest, AttachMode::kGeneric}) {
    XdpProgram second = load(bench->maps());
    const auto attached = second.attach(bench->interface(), "v0", mode);
    REQUIRE_FALSE(attached.ok());
    CHECK(says(attached.error(), "v0: an XDP program is attached already"));
    CHECK(says(attached.error(), "ip link set dev v0 xdp off"));
    CHECK_FALSE(second.attached());
  }
  CHECK(bench->pass(make({})).counter == STEER_COUNT_steered);
}

TEST_CASE("where the driver refuses, generic mode is taken and the reason kept") {
  const auto bench = Bench::make("ebpf/xdp_program refusals", kSteering);
  if (bench == nullptr) return;
  XdpProgram program = load(bench->maps());
  auto attached = program.attach(if_nametoindex("lo"), "lo");
  REQUIRE(attached.ok());
  CHECK(*attached == PortMode::kGenericCopy);
  CHECK(says(program.native_refusal(), "lo: the driver does not support XDP"));

  REQUIRE(run("ip link add b0 type veth peer name b1 && ip link set b1 mtu 9000 up && "
              "ip link set b0 mtu 9000 up"));
  XdpProgram jumbo = load(bench->maps());
  attached = jumbo.attach(if_nametoindex("b0"), "b0");
  REQUIRE(attached.ok());
  CHECK(*attached == PortMode::kGenericCopy);
  CHECK(says(jumbo.native_refusal(), "ip link set dev b0 mtu"));

  XdpProgram lost = load(bench->maps());
  attached = lost.attach(999'999, "gone0");
  REQUIRE_FALSE(attached.ok());
  CHECK(says(attached.error(), "gone0: there is no interface"));
}

TEST_CASE("what cannot be loaded or set is said in one line") {
  const auto bench = Bench::make("ebpf/xdp_program errors", kSteering);
  if (bench == nullptr) return;
  Steering steering;
  steering.ports.assign(STEER_MAX_PORTS + 1, 53);
  const auto program = XdpProgram::load(steering, 1, bench->maps());
  REQUIRE_FALSE(program.ok());
  CHECK(says(program.error(), "17 ports on one interface; at most 16"));
  const auto no_socket = bench->program().set_socket(1, STDIN_FILENO);
  REQUIRE_FALSE(no_socket.ok());
  CHECK(says(no_socket.error(), "receive queue 1"));
  CHECK_FALSE(bench->program().set_socket(2, 0).ok());  // there are two queues
}

TEST_CASE("addresses beyond the limit are refused in words") {
  const auto bench = Bench::make("ebpf/xdp_program addresses", kSteering);
  if (bench == nullptr) return;
  dns::Result<void> result;
  unsigned taken = 0;
  for (unsigned i = 0; i <= STEER_MAX_ADDRESSES && result; ++i) {
    auto address = mapped("10.0.0.0");
    address[14] = static_cast<std::uint8_t>(i >> 8);
    address[15] = static_cast<std::uint8_t>(i);
    result = bench->maps().set_address(address, true);
    taken += result.ok();
  }
  REQUIRE_FALSE(result.ok());
  CHECK(taken == STEER_MAX_ADDRESSES - 2);  // the bench has two
  CHECK(says(result.error(), "at most 4096 addresses"));
}

// In a child: 0 if both are refused in words and nothing was printed.
int try_without_privileges(const SharedMaps& maps) {
  std::FILE* const output = std::tmpfile();
  if (output == nullptr || dup2(fileno(output), STDERR_FILENO) < 0) return 1;
  const passwd* const nobody = getpwnam("nobody");
  if (nobody == nullptr || setgid(nobody->pw_gid) != 0 || setuid(nobody->pw_uid) != 0) return 2;
  const auto created = SharedMaps::create();
  if (created || !says(created.error(), "CAP_BPF")) return 3;
  const auto program = XdpProgram::load(kSteering, 1, maps);
  if (program || !says(program.error(), "CAP_BPF")) return 4;
  struct stat status {};
  if (fstat(STDERR_FILENO, &status) != 0 || status.st_size != 0) return 5;
  return 0;
}

TEST_CASE("without privileges the error says what would help, and nothing is printed") {
  const auto bench = Bench::make("ebpf/xdp_program nobody", kSteering);
  if (bench == nullptr) return;
  const pid_t child = fork();
  if (child == 0) _exit(try_without_privileges(bench->maps()));
  REQUIRE(child > 0);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace bowline::ebpf
