#include "link/interleave.h"

#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <climits>

namespace bowline::link {

namespace {

// What a kernel can be built for at most (CONFIG_NODES_SHIFT); a shorter mask is refused.
constexpr unsigned long kMaxNodes = 1024;
constexpr std::size_t kBitsOfWord = sizeof(unsigned long) * CHAR_BIT;

using NodeMask = std::array<unsigned long, kMaxNodes / kBitsOfWord>;

unsigned count(const NodeMask& mask) {
  unsigned nodes = 0;
  for (const unsigned long word : mask) nodes += static_cast<unsigned>(std::popcount(word));
  return nodes;
}

}  // namespace

// A kernel or a sandbox without these calls has the usual policy: the node of the CPU.
Interleaved::Interleaved(unsigned least_nodes) {
  NodeMask unused{}, allowed{};
  int mode = MPOL_DEFAULT;
  if (::syscall(SYS_get_mempolicy, &mode, unused.data(), kMaxNodes, nullptr, 0) != 0) return;
  if (mode != MPOL_DEFAULT) return;
  if (::syscall(SYS_get_mempolicy, nullptr, allowed.data(), kMaxNodes, nullptr,
                MPOL_F_MEMS_ALLOWED) != 0) {
    return;
  }
  if (count(allowed) < least_nodes) return;
  // One more than there are bits: the kernel takes the last one for the end.
  active_ = ::syscall(SYS_set_mempolicy, MPOL_INTERLEAVE, allowed.data(), kMaxNodes + 1) == 0;
}

Interleaved::~Interleaved() {
  if (active_) (void)::syscall(SYS_set_mempolicy, MPOL_DEFAULT, nullptr, 0);
}

}  // namespace bowline::link
