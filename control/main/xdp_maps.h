// XdpMaps: what the keeper hands control of the XDP programs: counters of each interface, and the
// drop list that they share.
//
// Filled and read by control's main thread; the drop list is for any thread.
#pragma once

#include <cstdint>
#include <map>

#include "control/main/drop_list.h"
#include "ebpf/maps.h"
#include "link/handover.h"

namespace bowline::control {

class XdpMaps {
 public:
  // REQUIRES: a message kXdpMaps. Takes its descriptors; those of the same port as before replace
  // them.
  void take(link::Received& received);

  bool empty() const { return counters_.empty(); }
  // Sums over all interfaces since bowlined started.
  dns::Result<ebpf::CounterTotals> counters() const;
  DropList& drop_list() { return drop_list_; }

 private:
  std::map<std::uint16_t, link::Fd> counters_;  // by port
  DropList drop_list_;
};

}  // namespace bowline::control
