// The slower twins of make_name_keys(), for CPUs without AVX-512 or without AES and for the test
// that all agree. Others call make_name_keys(). Any thread.
#pragma once

#include "dns/name_key.h"

namespace bowline::dns {

void make_name_keys_portable(const HashKey& secret, std::span<const KeyJob> jobs);

// REQUIRES: the CPU has AES instructions.
void make_name_keys_aes(const HashKey& secret, std::span<const KeyJob> jobs);

}  // namespace bowline::dns
