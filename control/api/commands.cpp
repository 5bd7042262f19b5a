#include "control/api/commands.h"

#include <algorithm>

#include <fmt/format.h>

namespace bowline::control::api {

namespace {

constexpr CommandGroup kServer = CommandGroup::kServer;
constexpr CommandGroup kZone = CommandGroup::kZone;
constexpr CommandGroup kConfiguration = CommandGroup::kConfiguration;

constexpr Command kCommands[] = {
#define COMMAND(name, group, arguments, least, most, flags, words, help) \
  {name, group, arguments, least, most, flags, words, help},
#include "control/api/commands.def"
#undef COMMAND
};

std::string join_words(const Command& command, const char* before) {
  std::string text;
  for (const std::string_view word : words_of(command)) {
    text += fmt::format("{}{}{}", text.empty() ? "" : ", ", before, word);
  }
  return text;
}

bool has_word(const Command& command, std::string_view word) {
  return std::ranges::count(words_of(command), word) != 0;
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

const Command* find_command(std::string_view name) {
  const auto found = std::ranges::find(kCommands, name, &Command::name);
  return found == std::end(kCommands) ? nullptr : &*found;
}

std::vector<std::string_view> words_of(const Command& command) {
  std::vector<std::string_view> words;
  for (std::string_view rest = command.words; !rest.empty();) {
    const std::size_t end = std::min(rest.find('|'), rest.size());
    words.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return words;
}

std::string check_arguments(const Command& command, std::span<const std::string> arguments) {
  if (arguments.size() < command.least) {
    return fmt::format("{} needs more arguments: {} {}", command.name, command.name,
                       command.arguments);
  }
  if (command.most == 0 && !arguments.empty()) {
    return fmt::format("{} takes no arguments", command.name);
  }
  if (arguments.size() > command.most) {
    return fmt::format("{} takes fewer arguments: {} {}", command.name, command.name,
                       command.arguments);
  }
  for (const std::string& argument : arguments) {
    if (command.is(kTakesFilters) && argument.starts_with('+')) {
      if (has_word(command, std::string_view(argument).substr(1))) continue;
      return fmt::format("{} has no filter {}; there are: {}", command.name, argument,
                         join_words(command, "+"));
    }
    if (!command.is(kTakesFilters) && !command.words.empty() && !has_word(command, argument)) {
      return fmt::format("{} has no detail {}; there are: {}", command.name, argument,
                         join_words(command, ""));
    }
  }
  return {};
}

}  // namespace bowline::control::api
