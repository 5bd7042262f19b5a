// DpdkPorts: what the main thread (process.h) needs of DPDK, so that it and its tests link none.
//
// main.cpp passes the real one (io/dpdk*) to Process. Life: open() once, before the first packet
// and before any other thread; prepare_worker() for each queue; announce() for each new exchange,
// report() at each beat; destroyed after all workers ended. Main thread; the tasks run in theirs.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "dataplane/io/frame_listener.h"
#include "dataplane/pairing.h"
#include "dns/result.h"
#include "link/exchange.h"
#include "link/handover.h"

namespace bowline::dataplane {

// A thread that is ready to run.
struct ThreadTask {
  std::function<void()> serve;  // until the board's stop is requested; rung by its doorbell
  const char* kind = "";        // of the thread's name: a literal, at most 10 letters
  unsigned number = 0;          // the same
  int core = link::kNoCore;
};

class DpdkPorts {
 public:
  // A device to open.
  struct Order {
    link::HandoverMessage announcement;  // kDpdkDevice: port, first worker, EAL device
    link::Fd tap;                        // exception port, non-blocking
    std::vector<FrameListener> listeners;  // at most net::kMaxListeners
  };
  struct Settings {
    unsigned memory_mib = 0;  // of EAL
    bool huge_pages = true;   // false: ordinary memory is to do
    bool drop_privileges = false;  // become uid and gid, without any capability
    unsigned uid = 0;
    unsigned gid = 0;
  };

  DpdkPorts() = default;
  DpdkPorts(const DpdkPorts&) = delete;
  DpdkPorts& operator=(const DpdkPorts&) = delete;
  virtual ~DpdkPorts() = default;

  // Starts EAL and all devices, then gives up the privileges of all threads of the process if told
  // so (also without any order). The error is one line that says what to do.
  virtual dns::Result<void> open(std::vector<Order> orders, const Settings& settings) = 0;

  // The worker of one queue: `thread` stands for queue thread - announcement.worker of the order
  // that covers it. REQUIRES: open() succeeded; board.wanted() is not null.
  virtual dns::Result<ThreadTask> prepare_worker(unsigned thread, PairingBoard& board,
                                                 int doorbell, bool poll_busy) = 0;

  // Puts the ports on display in an exchange that is new; then, at least once a second, the
  // numbers. REQUIRES: open() succeeded.
  virtual void announce(link::Exchange& exchange) = 0;
  virtual void report(link::Exchange& exchange) = 0;
};

}  // namespace bowline::dataplane
