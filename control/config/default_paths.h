// Where things are unless the command line or the configuration says otherwise: meson's options.
//
// Any process, any thread.
#pragma once

namespace bowline::control::config {

inline constexpr const char* kDefaultFile = BOWLINE_CONFDIR "/bowline.conf";
inline constexpr const char* kDefaultDatabase = BOWLINE_STORAGE "/confdb";
inline constexpr const char* kDefaultStorage = BOWLINE_STORAGE;
inline constexpr const char* kDefaultRundir = BOWLINE_RUNDIR;
inline constexpr const char* kDefaultSocket = BOWLINE_RUNDIR "/bowline.sock";

}  // namespace bowline::control::config
