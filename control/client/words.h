// Words: a command line of the interactive mode, cut as a shell would.
//
// Blanks part words; '...' and "..." keep them together; a backslash takes what follows as it is
// (between double quotes only a quote or a backslash, between single quotes nothing). A word that
// begins with # ends the line.
//
// Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::control::client {

struct Word {
  std::string text;
  std::size_t begin = 0;  // offset in the line
};

struct Line {
  std::vector<Word> words;
  bool is_open = false;  // a quote or a backslash has no end
  bool in_word = false;  // the end of the line touches the last word

  std::vector<std::string> texts() const;
};

Line cut_line(std::string_view line);

// The word as it must be written in a line.
std::string quote_word(std::string_view word);

}  // namespace bowline::control::client
