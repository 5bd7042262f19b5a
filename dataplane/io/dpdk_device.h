// DpdkDevice: one network device of DPDK, configured and running.
//
// Opened by the main thread while the process has its privileges, closed by it after all workers of
// the device have ended. Between, each worker uses its own queue through port() and takes buffers
// from pool(); the main thread reads the status.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "dns/result.h"
#include "link/context.h"
#include "link/ports.h"

struct rte_mempool;

namespace bowline::dataplane {

struct DeviceOptions {
  std::string device;   // EAL's name with arguments
  unsigned number = 0;  // of the port: tells the names of the devices' memory apart
  unsigned queues = 1;  // pairs of receive and send queues
  unsigned mtu = 1500;  // octets of an IP packet; less if the device cannot
};

class DpdkDevice {
 public:
  // The error is one line that says what to do. REQUIRES: start_eal() was well.
  static dns::Result<std::unique_ptr<DpdkDevice>> open(const DeviceOptions& options);
  ~DpdkDevice();
  DpdkDevice(const DpdkDevice&) = delete;
  DpdkDevice& operator=(const DpdkDevice&) = delete;

  std::uint16_t port() const { return port_; }
  rte_mempool* pool() const { return pool_; }
  unsigned queues() const { return options_.queues; }
  unsigned mtu() const { return mtu_; }
  const std::string& name() const { return name_; }
  link::MacAddress mac() const;

  // What it does of checksums: bits of net::Datagram::device that hold for all frames (kIpFilled,
  // kUdpFilled), and whether the flags of received frames mean anything.
  std::uint8_t fills() const { return fills_; }
  bool checks() const { return checks_; }

  // Puts link state and counts on display. Main thread.
  void report(link::PortStatus& status) const;

 private:
  explicit DpdkDevice(const DeviceOptions& options);
  dns::Result<void> configure();
  dns::Result<void> make_queues();
  dns::Result<void> start();
  dns::Error fail(const char* what, int error) const;

  const DeviceOptions options_;
  const std::string name_;
  std::uint16_t port_ = 0;
  bool probed_ = false;
  rte_mempool* pool_ = nullptr;
  unsigned mtu_ = 0;
  std::uint8_t fills_ = 0;
  bool checks_ = false;
  std::uint64_t send_offloads_ = 0;
};

}  // namespace bowline::dataplane
