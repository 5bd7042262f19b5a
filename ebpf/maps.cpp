#include "ebpf/maps.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>

namespace bowline::ebpf {
namespace {

using dns::Error;
using dns::Result;

// CONFIG_NR_CPUS of the largest kernels.
constexpr unsigned kMostCpus = 8192;

int call_bpf(bpf_cmd command, bpf_attr& attributes) {
  return static_cast<int>(syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

std::uint64_t address_of(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

// One system call on one element of a map.
int call_map(bpf_cmd command, int map, const void* key, void* value) {
  bpf_attr attributes{};
  attributes.map_fd = static_cast<std::uint32_t>(map);
  attributes.key = address_of(key);
  attributes.value = address_of(value);  // also next_key
  return call_bpf(command, attributes);
}

Error failed(const char* what) {
  const int error = errno;
  std::string message = std::string("cannot ") + what + ": " + std::strerror(error);
  if (error == EPERM) {
    message += "; kernels before 5.19 want kernel.unprivileged_bpf_disabled=0 for this";
  }
  return {std::move(message)};
}

// How many CPUs the kernel keeps a value for: those that could be plugged in, in the kernel's words
// "0-3" or "0,2-7". The most there can be, if that cannot be read.
unsigned count_possible_cpus() {
  std::ifstream file("/sys/devices/system/cpu/possible");
  std::string text;
  if (!std::getline(file, text)) return kMostCpus;
  const std::size_t last = text.find_last_of("-,");
  unsigned highest = 0;
  if (std::sscanf(text.c_str() + (last == text.npos ? 0 : last + 1), "%u", &highest) != 1) {
    return kMostCpus;
  }
  return std::clamp(highest + 1, 1U, kMostCpus);
}

unsigned possible_cpus() {
  static const unsigned count = count_possible_cpus();
  return count;
}

void clear_behind(steer_address& address, unsigned length) {
  for (unsigned i = 0; i < sizeof address.octets; ++i) {
    const unsigned kept = std::min(length - std::min(length, 8 * i), 8U);
    address.octets[i] &= static_cast<std::uint8_t>(0xff00U >> kept);
  }
}

// As the map has it; nothing if the length is too long.
Result<steer_prefix> make_key(const Prefix& prefix) {
  const unsigned most = prefix.ipv6 ? 128 : 32;
  if (prefix.length > most) {
    return Error{"a prefix of " + std::to_string(prefix.length) + " bits is too long: at most " +
                 std::to_string(most)};
  }
  steer_prefix key{};
  key.length = prefix.length;
  if (prefix.ipv6) {
    std::memcpy(key.address.octets, prefix.address.data(), 16);
  } else {
    key.length += STEER_MAPPED_BITS;
    std::memset(&key.address.octets[10], 0xff, 2);
    std::memcpy(&key.address.octets[12], prefix.address.data(), 4);
  }
  clear_behind(key.address, key.length);
  return key;
}

Prefix make_prefix(const steer_prefix& key) {
  static constexpr std::uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  Prefix prefix;
  prefix.ipv6 = key.length < STEER_MAPPED_BITS ||
                std::memcmp(key.address.octets, kMapped, sizeof kMapped) != 0;
  if (prefix.ipv6) {
    std::memcpy(prefix.address.data(), key.address.octets, 16);
    prefix.length = static_cast<std::uint8_t>(key.length);
  } else {
    std::memcpy(prefix.address.data(), &key.address.octets[12], 4);
    prefix.length = static_cast<std::uint8_t>(key.length - STEER_MAPPED_BITS);
  }
  return prefix;
}

}  // namespace

Result<CounterTotals> read_counters(int counters) {
  const unsigned cpus = possible_cpus();
  const auto values = std::make_unique<steer_counters[]>(cpus);
  const std::uint32_t key = 0;
  if (call_map(BPF_MAP_LOOKUP_ELEM, counters, &key, values.get()) != 0) {
    return failed("read the counters of XDP");
  }
  CounterTotals totals{};
  for (unsigned cpu = 0; cpu < cpus; ++cpu) {
    for (std::size_t i = 0; i < totals.size(); ++i) totals[i] += values[cpu].count[i];
  }
  return totals;
}

Result<void> drop_add(int drop_list, const Prefix& prefix, std::uint8_t origins) {
  const auto key = make_key(prefix);
  if (!key) return Error{key.error()};
  if (call_map(BPF_MAP_UPDATE_ELEM, drop_list, &key.value(), &origins) == 0) return {};
  if (errno == ENOSPC) {
    return Error{"the drop list is full: it holds " + std::to_string(STEER_MAX_DROPS) +
                 " prefixes; remove some, or join them to shorter ones"};
  }
  return failed("add to the drop list");
}

Result<void> drop_remove(int drop_list, const Prefix& prefix) {
  const auto key = make_key(prefix);
  if (!key) return Error{key.error()};
  if (call_map(BPF_MAP_DELETE_ELEM, drop_list, &key.value(), nullptr) == 0) return {};
  if (errno == ENOENT) return {};
  return failed("remove from the drop list");
}

Result<std::vector<DropEntry>> drop_entries(int drop_list) {
  std::vector<DropEntry> entries;
  steer_prefix key{};
  const steer_prefix* before = nullptr;
  while (entries.size() < STEER_MAX_DROPS) {
    steer_prefix next{};
    std::uint8_t origins = 0;
    if (call_map(BPF_MAP_GET_NEXT_KEY, drop_list, before, &next) != 0) {
      if (errno == ENOENT) break;
      return failed("read the drop list");
    }
    if (call_map(BPF_MAP_LOOKUP_ELEM, drop_list, &next, &origins) != 0) {
      return failed("read the drop list");
    }
    entries.push_back({make_prefix(next), origins});
    key = next;
    before = &key;
  }
  return entries;
}

}  // namespace bowline::ebpf
