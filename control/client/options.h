// Command line of bowlinec: options, command, arguments.
//
// Values and plain functions; bowlinec and the program that writes the shell completions. One
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dns/result.h"

namespace bowline::control::client {

// Exit codes. knotc's manual promises 0, and something else for a failure.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;      // refused, or failed; a configuration or zone has errors
inline constexpr int kWrongUse = 2;    // the command line is wrong
inline constexpr int kNotReached = 3;  // there is no server, or it may not be used
inline constexpr int kNoAnswer = 4;    // no answer in time, or the connection ended before it

inline constexpr unsigned kDefaultTimeout_s = 60;     // as knotc; most zones are loaded by then
inline constexpr unsigned kMaxTimeout_s = 86'400;     // as knotc: a day
inline constexpr unsigned kMaxDatabase_mib = 10'000;  // as knotc

struct OptionRow {
  char letter;
  std::string_view name;
  std::string_view value;  // "<file>"; empty: the option takes none
  std::string_view help;
  bool after_command;  // also right after the command's name
};

// In the order of the help.
std::span<const OptionRow> option_rows();

enum class Colour : std::uint8_t { kOfTerminal, kNever, kAlways };

struct Options {
  std::string config;                 // -c; empty: not given
  std::string database;               // -C
  std::string socket;                 // -s
  unsigned max_database_mib = 0;      // 0: as the database says, or the default of a new one
  std::optional<unsigned> timeout_s;  // 0: no limit
  bool blocking = false;
  bool force = false;
  bool extended = false;
  bool json = false;
  bool verbose = false;
  Colour colour = Colour::kOfTerminal;
  bool help = false;
  bool version = false;
};

// A command with its arguments and what may stand right after its name.
struct Invocation {
  Options options;
  std::vector<std::string> words;  // command and arguments; empty: interactive
};

// Reads the options before the command, and those right after it. The error is one line.
dns::Result<Invocation> read_command_line(std::span<const std::string> words);

// Takes options off the front of a command's arguments, words[1] on, into `options`. Words that are
// none stay. The error is one line.
dns::Result<void> take_options_after_command(std::vector<std::string>& words, Options& options);

// The text of --help: options, commands, notes.
std::string help_text();
// What one command does, or all commands in a line each.
std::string command_help(std::string_view name);

// The command that `word` is most likely a slip of, as "; did you mean 'x'?"; else what to do.
std::string unknown_command(std::string_view word);

}  // namespace bowline::control::client
