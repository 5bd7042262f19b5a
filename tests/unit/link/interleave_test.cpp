// Interleaved: which policy is in force within and after, also where somebody chose one.
#include "link/interleave.h"

#include <catch2/catch.hpp>
#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "link/chunks.h"

namespace bowline::link::test {
namespace {

// The policy of this thread; below 0: it cannot be asked.
int policy() {
  int mode = -1;
  std::array<unsigned long, 16> nodes{};
  const long done = ::syscall(SYS_get_mempolicy, &mode, nodes.data(), 1024UL, nullptr, 0);
  return done == 0 ? mode : -1;
}

bool can_be_set() {
  if (policy() == MPOL_DEFAULT) {
    const unsigned long first_node = 1;
    const bool set = ::syscall(SYS_set_mempolicy, MPOL_BIND, &first_node, 64UL) == 0;
    (void)::syscall(SYS_set_mempolicy, MPOL_DEFAULT, nullptr, 0UL);
    if (set) return true;
  }
  std::puts("SKIP: interleave: the kernel lets us set no memory policy, or another one is set");
  return false;
}

TEST_CASE("interleave: in force while it lives, and for a chunk made meanwhile") {
  if (!can_be_set()) return;
  {
    const Interleaved interleaved(1);  // one node is enough
    CHECK(interleaved.active());
    CHECK(policy() == MPOL_INTERLEAVE);
    auto chunks = ChunkWriter::reserve(false);
    REQUIRE(chunks);
    CHECK(chunks->create(0, kMinChunkSize));
  }
  CHECK(policy() == MPOL_DEFAULT);
}

TEST_CASE("interleave: not with too few nodes") {
  if (!can_be_set()) return;
  const Interleaved interleaved(1025);
  CHECK(!interleaved.active());
  CHECK(policy() == MPOL_DEFAULT);
}

TEST_CASE("interleave: a policy that somebody chose stays") {
  if (!can_be_set()) return;
  const unsigned long first_node = 1;
  REQUIRE(::syscall(SYS_set_mempolicy, MPOL_BIND, &first_node, 64UL) == 0);
  {
    const Interleaved interleaved(1);
    CHECK(!interleaved.active());
    CHECK(policy() == MPOL_BIND);
  }
  CHECK(policy() == MPOL_BIND);
  REQUIRE(::syscall(SYS_set_mempolicy, MPOL_DEFAULT, nullptr, 0UL) == 0);
}

}  // namespace
}  // namespace bowline::link::test
