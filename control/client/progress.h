// Progress: how far a long command is, in the last line of a terminal.
//
// One thread.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>

#include "control/api/protocol.h"

namespace bowline::control::client {

// The line for a frame "progress": a bar with its share, or a count if the total is not known.
// REQUIRES: width > 0, in columns; the line is not longer.
std::string progress_text(const api::Json& progress, std::size_t width);

class Progress {
 public:
  // Writes to `terminal`; null: shows nothing.
  explicit Progress(std::FILE* terminal) : terminal_(terminal) {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }

  void show(const api::Json& progress);
  // Takes the line away, before something else is printed.
  void clear();

 private:
  std::FILE* const terminal_;
  std::string shown_;  // empty: nothing
};

// Columns of a terminal; 80 if it does not say.
std::size_t terminal_width(int fd);

}  // namespace bowline::control::client
