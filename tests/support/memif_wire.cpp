// memif_wire: the far end of a memif link, as a program for tests/packets. Frames come on standard
// input and leave on standard output, each behind its size (four octets, network order).
//
//   memif_wire SOCKET
//
// The client of the memif socket that a device `net_memif,role=server` of DPDK opened. Takes no
// hugepages. Ends with its input. One thread besides those of DPDK; tests start it and talk to it.
#include <poll.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "dns/wire.h"

namespace bowline::tests {
namespace {

constexpr std::size_t kSizeOctets = 4;      // before each frame
constexpr std::size_t kFrameMax = 65'536;   // more is not Ethernet: the input is out of step
// One buffer of the link. Of what takes several, DPDK 22.11's driver leaves marks in the ring that
// the receiver takes for parts of later frames, so that it reads the ring again and again.
constexpr std::size_t kCarriedMax = 2048;
constexpr std::size_t kReadSize = 64 * 1024;
constexpr unsigned kBuffers = 1023;
constexpr std::uint16_t kRing = 256;
constexpr std::uint16_t kBurst = 32;
constexpr std::uint16_t kPort = 0;
constexpr int kIdle_ms = 1;                 // how long an idle link sleeps: tests wait for replies

int fail(const std::string& why) {
  std::fprintf(stderr, "memif_wire: %s\n", why.c_str());
  return 1;
}

// Starts DPDK and its only device. False: `why` says what failed.
bool open_device(const std::string& socket, rte_mempool*& pool, std::string& why) {
  std::string device = "--vdev=net_memif0,role=client,socket-abstract=no,socket=" + socket +
                       ",mac=02:00:00:00:00:01";
  std::array<std::string, 8> words = {"memif_wire", "--no-shconf", "--no-huge", "-m64", "--no-pci",
                                      "--no-telemetry", "--log-level=4", device};
  std::array<char*, 8> arguments;
  for (std::size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
  if (rte_eal_init(static_cast<int>(arguments.size()), arguments.data()) < 0) {
    why = std::string("rte_eal_init: ") + rte_strerror(rte_errno);
    return false;
  }
  pool = rte_pktmbuf_pool_create("frames", kBuffers, 0, 0, RTE_PKTMBUF_HEADROOM + kCarriedMax,
                                 SOCKET_ID_ANY);
  const rte_eth_conf configuration = {};
  if (pool == nullptr || rte_eth_dev_configure(kPort, 1, 1, &configuration) != 0 ||
      rte_eth_rx_queue_setup(kPort, 0, kRing, SOCKET_ID_ANY, nullptr, pool) != 0 ||
      rte_eth_tx_queue_setup(kPort, 0, kRing, SOCKET_ID_ANY, nullptr) != 0 ||
      rte_eth_dev_start(kPort) != 0) {
    why = std::string("the device does not start: ") + rte_strerror(rte_errno);
    return false;
  }
  return true;
}

class Wire {
 public:
  explicit Wire(rte_mempool* pool) : pool_(pool) {}

  // Until the input ends. False: the output is closed, or the input nonsense.
  bool run() {
    bool busy = true;
    while (true) {
      pollfd input = {STDIN_FILENO, POLLIN, 0};
      if (::poll(&input, 1, busy ? 0 : kIdle_ms) > 0) {
        if (!read_more()) return true;
        if (!send_all()) return false;
      }
      const int received = receive();
      if (received < 0) return false;
      busy = received > 0;
    }
  }

 private:
  bool read_more() {
    const std::size_t before = pending_.size();
    pending_.resize(before + kReadSize);
    const ssize_t size = ::read(STDIN_FILENO, pending_.data() + before, kReadSize);
    pending_.resize(before + static_cast<std::size_t>(size > 0 ? size : 0));
    return size > 0;
  }

  bool send_all() {
    std::size_t at = 0;
    while (pending_.size() - at >= kSizeOctets) {
      const std::size_t size = dns::load_u32(&pending_[at]);
      if (size > kFrameMax) return false;
      if (pending_.size() - at - kSizeOctets < size) break;
      send({&pending_[at + kSizeOctets], size});
      at += kSizeOctets + size;
    }
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(at));
    return true;
  }

  // Lost, as on any wire, while nobody is at the other end; and what is too long for this one.
  void send(dns::Bytes frame) {
    if (frame.size() > kCarriedMax) return;
    rte_mbuf* packet = rte_pktmbuf_alloc(pool_);
    if (packet == nullptr) return;
    char* const data = rte_pktmbuf_append(packet, static_cast<std::uint16_t>(frame.size()));
    std::copy(frame.begin(), frame.end(), reinterpret_cast<std::uint8_t*>(data));
    if (rte_eth_tx_burst(kPort, 0, &packet, 1) != 1) rte_pktmbuf_free(packet);
  }

  // How many frames came; less than 0: the output is closed.
  int receive() {
    std::array<rte_mbuf*, kBurst> packets;
    const std::uint16_t count = rte_eth_rx_burst(kPort, 0, packets.data(), kBurst);
    bool written = true;
    for (std::uint16_t i = 0; i < count; ++i) {
      written = written && write(packets[i]);
      rte_pktmbuf_free(packets[i]);
    }
    return written && std::fflush(stdout) == 0 ? count : -1;
  }

  static bool write(const rte_mbuf* packet) {
    std::array<std::uint8_t, kSizeOctets> size;
    dns::store_u32(size.data(), packet->pkt_len);
    if (std::fwrite(size.data(), size.size(), 1, stdout) != 1) return false;
    for (const rte_mbuf* part = packet; part != nullptr; part = part->next) {
      if (std::fwrite(rte_pktmbuf_mtod(part, const void*), part->data_len, 1, stdout) != 1) {
        return false;
      }
    }
    return true;
  }

  rte_mempool* const pool_;
  std::vector<std::uint8_t> pending_;
};

int run(int count, char** arguments) {
  if (count != 2) return fail("usage: memif_wire SOCKET");
  rte_mempool* pool = nullptr;
  std::string why;
  if (!open_device(arguments[1], pool, why)) return fail(why);
  Wire wire(pool);
  if (!wire.run()) return fail("the other end is gone or out of step");
  rte_eth_dev_stop(kPort);
  rte_eth_dev_close(kPort);
  rte_eal_cleanup();
  return 0;
}

}  // namespace
}  // namespace bowline::tests

int main(int count, char** arguments) { return bowline::tests::run(count, arguments); }
