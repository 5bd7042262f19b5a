// Maps: the counters and the drop list of the XDP program, used through their descriptors.
//
// For control (which has the descriptors from the keeper: kXdpMaps) and tests. A descriptor is all
// it takes: no capability is needed on kernels from 5.19 (older ones refuse all of bpf() where
// kernel.unprivileged_bpf_disabled is set), only the system call bpf(). Every function makes system
// calls while the program counts and looks up; any thread, but one at a time for the drop list.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <vector>

#include "dns/result.h"
#include "ebpf/steer.h"

namespace bowline::ebpf {

// By STEER_COUNT_...: the names are fit to be shown, the help is a sentence's core.
struct CounterInfo {
  std::string_view name;
  std::string_view help;
};

inline constexpr CounterInfo kCounterInfo[] = {
#define COUNTER(identifier, name, help) {name, help},
#include "ebpf/counters.def"
#undef COUNTER
};

inline constexpr std::size_t kCounterCount = std::size(kCounterInfo);
static_assert(kCounterCount == STEER_COUNTERS);

using CounterTotals = std::array<std::uint64_t, kCounterCount>;

// Sums of all CPUs since the program was loaded.
dns::Result<CounterTotals> read_counters(int counters);

// A source prefix: IPv4 (address in the first four octets, 0 to 32 bits) or IPv6 (0 to 128 bits).
// Octets behind the prefix mean nothing.
struct Prefix {
  std::array<std::uint8_t, 16> address{};
  bool ipv6 = false;
  std::uint8_t length = 0;

  bool operator==(const Prefix&) const = default;
};

struct DropEntry {
  Prefix prefix;
  std::uint8_t origins = 0;  // STEER_DROP_...
};

// An IPv4 prefix and an IPv6 prefix that covers ::ffff:0:0/96 are told apart by nothing but their
// length, so ::/0 drops IPv4 as well. Each function refuses a length that is too long.
// Adding what is there already replaces its origins; removing what is not there is no error. The
// error of drop_add() names the limit (STEER_MAX_DROPS) when the list is full.
dns::Result<void> drop_add(int drop_list, const Prefix& prefix,
                           std::uint8_t origins = STEER_DROP_BY_HAND);
dns::Result<void> drop_remove(int drop_list, const Prefix& prefix);
// All of them, in the order of the map, octets behind the prefix zero.
dns::Result<std::vector<DropEntry>> drop_entries(int drop_list);

}  // namespace bowline::ebpf
