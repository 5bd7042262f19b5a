// Our six severities in the places of spdlog's six, which lack `notice`.
//
// Private to this folder.
#pragma once

#include <spdlog/common.h>

#include "control/log/log.h"

namespace bowline::control::log {

inline spdlog::level::level_enum to_spdlog(Level level) {
  return static_cast<spdlog::level::level_enum>(spdlog::level::critical - static_cast<int>(level));
}

inline Level from_spdlog(spdlog::level::level_enum level) {
  return static_cast<Level>(spdlog::level::critical - static_cast<int>(level));
}

static_assert(spdlog::level::critical - static_cast<int>(Level::kDebug) == spdlog::level::trace);

}  // namespace bowline::control::log
