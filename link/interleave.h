// Interleaved: memory for all memory nodes (NUMA) alike.
//
// While it lives, what the calling thread has the kernel allocate is spread page by page over the
// nodes that the process may use. Not where there is but one node, and not where somebody chose a
// policy for the process (numactl, systemd's NUMAPolicy): that stays in force. Used on one thread,
// any process.
#pragma once

namespace bowline::link {

class Interleaved {
 public:
  // `least_nodes`: with fewer nodes nothing is changed.
  explicit Interleaved(unsigned least_nodes = 2);
  ~Interleaved();
  Interleaved(const Interleaved&) = delete;
  Interleaved& operator=(const Interleaved&) = delete;

  // Whether the policy is in force.
  bool active() const { return active_; }

 private:
  bool active_ = false;
};

}  // namespace bowline::link
