// Work that may crash, done by a forked child: LMDB believes its file, and a damaged one can end a
// process by SIGBUS, SIGSEGV or abort().
//
// For bowlined (single-threaded), bowlinec, and bowline-control before it starts threads.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "dns/result.h"

namespace bowline::control::confdb {

// What a child may write in all; a configuration without zones has some KiB.
inline constexpr std::size_t kMaxFromChild = 64 << 20;

// Gives text to the parent. False: it listens no more.
using Sink = std::function<bool(std::string_view)>;

// Runs `work` in a child, without the parent's descriptors, and returns what it wrote, or its
// error. A child that crashes, or writes too much, is an error that calls `what` damaged.
dns::Result<std::string> run_in_child(const std::string& what,
                                      const std::function<dns::Result<void>(const Sink&)>& work);

}  // namespace bowline::control::confdb
