// Commands: the one table of what bowlinec can do (commands.def). Help, completion, the manual page
// and the server's dispatch all walk it, so a further command is one further row and its function.
//
// Constant data; any process, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::control::api {

enum class CommandGroup : std::uint8_t { kServer, kZone, kConfiguration };

// What a command is like; joined by |.
enum CommandFlags : std::uint16_t {
  kNone = 0,
  kLocal = 1 << 0,         // done without the server; needs a configuration
  kMayBlock = 1 << 1,      // answers at once, or with `blocking` when it is done
  kTakesZones = 1 << 2,    // the first argument is a zone or `--`; without kTakesRecord and
                           // kTakesCounter all are
  kTakesItems = 1 << 3,    // the first argument is section[id].item
  kTakesFilters = 1 << 4,  // words with a plus sign, anywhere among the arguments
  kNeedsForce = 1 << 5,    // refused without force
  kTakesRecord = 1 << 6,   // after the zone: owner, type
  kTakesCounter = 1 << 7,  // the last argument is module[.counter]
};

inline constexpr std::size_t kAny = SIZE_MAX;  // arguments without a bound but the request's size

struct Command {
  std::string_view name;
  CommandGroup group;
  std::string_view arguments;  // "<zone> [<owner> [<type>]]"; <x> stands for a value
  std::size_t least;           // number of arguments, filters included
  std::size_t most;
  std::uint16_t flags;
  std::string_view words;  // what a detail may be, or filters without their plus sign, split by |
  std::string_view help;   // one sentence

  bool is(CommandFlags flag) const { return (flags & flag) != 0; }
};

// In the order of the help.
std::span<const Command> commands();
// Null: there is none of that name. Lives as long as the program.
const Command* find_command(std::string_view name);
// The words of a command, split.
std::vector<std::string_view> words_of(const Command& command);
// What is wrong with these arguments of the command, in one line; empty: nothing that could be seen
// without looking at values. Checks number, details and filters.
std::string check_arguments(const Command& command, std::span<const std::string> arguments);

}  // namespace bowline::control::api
