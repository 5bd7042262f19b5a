// Tap: the exception port of a DPDK device, an interface of the kernel whose other end is a
// descriptor.
//
// Opened and held by the keeper, so that addresses and connections on it outlive the dataplane. An
// interface that the operator made persistent is used as it is. The keeper's thread only.
#pragma once

#include <string>

#include "dns/result.h"
#include "link/outcome.h"

namespace bowline::control::keeper {

class Tap {
 public:
  // Makes or opens the interface and sets it up, with `mtu` if it was made here. The error says
  // what to do.
  static dns::Result<Tap> open(const std::string& name, unsigned mtu);

  const std::string& name() const { return name_; }
  int fd() const { return fd_.get(); }      // non-blocking; frames without any header before them
  unsigned index() const { return index_; }  // of the interface

 private:
  Tap() = default;

  std::string name_;
  link::Fd fd_;
  unsigned index_ = 0;
};

}  // namespace bowline::control::keeper
