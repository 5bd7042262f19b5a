// Complete: what may stand at the end of a command line.
//
// Pure, but for what the source asks; one thread. Commands, options, sections, items and words come
// from the tables, names from the source.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::control::client {

// Names that only the running server knows; each begins with `prefix`, some if they are many.
class NameSource {
 public:
  virtual ~NameSource() = default;
  virtual std::vector<std::string> zones(std::string_view prefix) = 0;
  virtual std::vector<std::string> ids(std::string_view section, std::string_view prefix) = 0;
  virtual std::vector<std::string> counters(std::string_view prefix) = 0;
};

struct Completion {
  std::size_t begin = 0;                // offset of the word in the line
  std::vector<std::string> candidates;  // sorted, each once; whole words, not quoted
  bool is_whole = true;                 // a blank may follow the only candidate
};

// `line`: up to the cursor.
Completion complete(std::string_view line, NameSource& names);

// The longest beginning that all have in common. REQUIRES: !words.empty().
std::string common_prefix(const std::vector<std::string>& words);

// Commands of the interactive mode alone.
inline constexpr std::string_view kHelpCommand = "help";
inline constexpr std::string_view kExitCommand = "exit";
inline constexpr std::string_view kQuitCommand = "quit";

}  // namespace bowline::control::client
