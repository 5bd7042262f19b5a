// The compiled XDP program: the octets of the ELF object that clang made of steer.bpf.c.
//
// Part of the library, so that no file has to be found at run time. The keeper (to load it) and
// tests; any thread.
#pragma once

#include <cstdint>
#include <span>

namespace bowline::ebpf {

// Lives as long as the process.
std::span<const std::uint8_t> steer_object();

}  // namespace bowline::ebpf
