// What tests need of the kernel: a network namespace of their own, an AF_XDP socket, and one frame
// after the other through the XDP program.
//
// One thread. Needs root.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/keeper/xdp_program.h"
#include "ebpf/maps.h"
#include "link/outcome.h"
#include "support/packet.h"

namespace bowline::ebpf::support {

// A network namespace without a name, which this thread is in for as long as the object lives.
class Namespace {
 public:
  // Nothing if this user may not make one.
  static std::unique_ptr<Namespace> enter();
  ~Namespace();
  Namespace(const Namespace&) = delete;
  Namespace& operator=(const Namespace&) = delete;

 private:
  explicit Namespace(link::Fd previous) : previous_(std::move(previous)) {}

  link::Fd previous_;
};

// Runs a shell command, whose output is not shown. Whether it ended with 0.
bool run(const std::string& command);

// A bound AF_XDP socket with small rings, whose frames are with the kernel.
class XdpSocket {
 public:
  // Copy mode. Nothing, and errno, if a system call failed.
  static std::unique_ptr<XdpSocket> open(unsigned interface, unsigned queue);
  XdpSocket(const XdpSocket&) = delete;
  XdpSocket& operator=(const XdpSocket&) = delete;
  ~XdpSocket();

  int get() const { return socket_.get(); }
  // Waits up to `timeout_ms` for the next frame; empty if there is none.
  Octets receive(int timeout_ms);

 private:
  XdpSocket() = default;
  bool set_up(unsigned interface, unsigned queue);

  link::Fd socket_;
  std::uint8_t* frames_ = nullptr;
  std::uint8_t* fill_ = nullptr;
  std::uint8_t* rx_ = nullptr;
  std::size_t fill_size_ = 0;
  std::size_t rx_size_ = 0;
  std::size_t rx_producer_ = 0;  // offsets
  std::size_t rx_consumer_ = 0;
  std::size_t rx_descriptors_ = 0;
};

// What became of a frame.
struct Outcome {
  int error = 0;       // of the system call; the rest means nothing
  int verdict = -1;    // XDP_...
  int counter = -1;    // STEER_COUNT_...; -1: not exactly one count was added to
  Octets frame;        // afterwards
  std::uint32_t nanoseconds = 0;  // the mean of all repetitions
};

struct Arrival {
  unsigned interface = 0;
  unsigned queue = 0;
};

// Passes `frame` through the program (BPF_PROG_TEST_RUN). The kernel takes 14 to some 3500 octets.
Outcome pass(const control::keeper::XdpProgram& program, const Octets& frame,
             const Arrival& arrival, unsigned repeat = 1);

// The interface `v0` of a veth pair with two queues, the program attached to it in native mode, and
// an AF_XDP socket on queue 0 only. 192.0.2.1 and 2001:db8::1 are addresses of this machine.
class Bench {
 public:
  // Nothing, with a line "SKIP: `name`: why" on stdout, where there can be no such interface. What
  // fails after that is thrown (std::runtime_error).
  static std::unique_ptr<Bench> make(const std::string& name,
                                     const control::keeper::Steering& steering);

  // Replaces the program by one loaded with `steering`.
  void load(const control::keeper::Steering& steering);
  Outcome pass(const Octets& frame, unsigned queue = 0, unsigned repeat = 1) const {
    return support::pass(*program_, frame, {interface_, queue}, repeat);
  }
  unsigned interface() const { return interface_; }
  control::keeper::SharedMaps& maps() { return *maps_; }
  control::keeper::XdpProgram& program() { return *program_; }

 private:
  Bench() = default;
  const char* set_up();

  std::unique_ptr<Namespace> namespace_;
  std::optional<control::keeper::SharedMaps> maps_;
  std::optional<control::keeper::XdpProgram> program_;
  std::unique_ptr<XdpSocket> socket_;
  unsigned interface_ = 0;
};

}  // namespace bowline::ebpf::support
