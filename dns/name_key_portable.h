// The portable twin of make_name_key(), for CPUs without AES instructions and for the test that
// both agree. Others call make_name_key(). Any thread.
#pragma once

#include "dns/name_key.h"

namespace bowline::dns {

void make_name_key_portable(const HashKey& secret, NameView name, NameKey& key);

}  // namespace bowline::dns
