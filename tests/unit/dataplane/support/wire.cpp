#include "wire.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace bowline::dataplane::test {

namespace {

constexpr std::size_t kRoom = 65'536;
constexpr int kSocketBuffer = 8 << 20;  // a whole test's frames

// The kernel has taken the outermost tag out of the frame.
void put_back_tag(msghdr& header, Octets& frame) {
  for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr;
       control = CMSG_NXTHDR(&header, control)) {
    if (control->cmsg_level != SOL_PACKET || control->cmsg_type != PACKET_AUXDATA) continue;
    tpacket_auxdata data;
    std::memcpy(&data, CMSG_DATA(control), sizeof data);
    if ((data.tp_status & TP_STATUS_VLAN_VALID) == 0) continue;
    const Octets tag = {static_cast<std::uint8_t>(data.tp_vlan_tpid >> 8),
                        static_cast<std::uint8_t>(data.tp_vlan_tpid),
                        static_cast<std::uint8_t>(data.tp_vlan_tci >> 8),
                        static_cast<std::uint8_t>(data.tp_vlan_tci)};
    frame.insert(frame.begin() + 12, tag.begin(), tag.end());
  }
}

}  // namespace

bool enter_own_network() { return ::unshare(CLONE_NEWNET) == 0; }

bool run_command(const std::string& command) {
  return std::system((command + " 2>&1").c_str()) == 0;  // NOLINT: tests only
}

link::Fd make_tap(const std::string& name) {
  link::Fd tap(::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
  ifreq request = {};
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  std::memcpy(request.ifr_name, name.data(), std::min<std::size_t>(name.size(), IFNAMSIZ - 1));
  if (::ioctl(tap.get(), TUNSETIFF, &request) != 0) return {};
  if (!run_command("ip link set " + name + " up")) return {};
  return tap;
}

Wire::Wire(const std::string& interface)
    : socket_(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL))) {
  sockaddr_ll address = {};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
  const int on = 1;
  const bool ready =
      ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::setsockopt(socket_.get(), SOL_PACKET, PACKET_AUXDATA, &on, sizeof on) == 0;
  if (!ready) throw std::runtime_error("cannot watch " + interface);
  (void)::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kSocketBuffer,
                     sizeof kSocketBuffer);
}

bool Wire::send(const Octets& frame) {
  return ::send(socket_.get(), frame.data(), frame.size(), 0) ==
         static_cast<ssize_t>(frame.size());
}

std::optional<Octets> Wire::receive(int timeout_ms) {
  pollfd wanted{socket_.get(), POLLIN, 0};
  while (::poll(&wanted, 1, timeout_ms) > 0) {
    Octets frame(kRoom);
    sockaddr_ll from = {};
    iovec vector{frame.data(), frame.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(tpacket_auxdata))];
    msghdr header = {};
    header.msg_name = &from;
    header.msg_namelen = sizeof from;
    header.msg_iov = &vector;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    const ssize_t size = ::recvmsg(socket_.get(), &header, MSG_DONTWAIT);
    if (size < 0 || from.sll_pkttype == PACKET_OUTGOING) continue;
    frame.resize(static_cast<std::size_t>(size));
    put_back_tag(header, frame);
    return frame;
  }
  return std::nullopt;
}

}  // namespace bowline::dataplane::test
