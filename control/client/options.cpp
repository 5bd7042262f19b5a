#include "control/client/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "control/api/commands.h"
#include "control/config/option.h"

namespace bowline::control::client {

namespace {

constexpr OptionRow kRows[] = {
    {'c', "config", "<file>",
     "Use a textual configuration file (default /etc/bowline/bowline.conf).", false},
    {'C', "confdb", "<directory>",
     "Use a configuration database (default /var/lib/bowline/confdb, if it is there).", false},
    {'m', "max-conf-size", "<MiB>",
     "Size that the configuration database may reach (default 500, at most 10000).", false},
    {'s', "socket", "<path>", "Use this control socket (default: of the configuration).", false},
    {'t', "timeout", "<seconds>",
     "Wait so long for an answer (default 60, at most 86400; 0: without limit).", false},
    {'b', "blocking", "", "Wait until what was triggered is done; the default on a terminal.",
     true},
    {'e', "extended", "", "Show more: empty items, and the table of status.", true},
    {'f', "force", "", "Override some checks; show counters of value 0.", true},
    {'j', "json", "", "Print JSON.", true},
    {'x', "mono", "", "Do not colour the output.", false},
    {'X', "color", "", "Colour the output also to a pipe.", false},
    {'v', "verbose", "", "Say on standard error what is asked of whom.", false},
    {'h', "help", "", "Print this help.", false},
    {'V', "version", "", "Print the version.", false},
};

constexpr std::size_t kHelpColumn = 28;  // where the explanations of options begin
constexpr std::size_t kHelpWidth = 96;   // columns of the help

const OptionRow* find_row(std::string_view name, bool is_long) {
  const auto found = std::ranges::find_if(kRows, [&](const OptionRow& row) {
    return is_long ? row.name == name : name.size() == 1 && row.letter == name[0];
  });
  return found == std::end(kRows) ? nullptr : &*found;
}

dns::Result<unsigned> read_number(const OptionRow& row, std::string_view text, unsigned least,
                                  unsigned most) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || number < least ||
      number > most) {
    return dns::Error{
        fmt::format("--{} {}: not a number from {} to {}", row.name, text, least, most)};
  }
  return number;
}

dns::Result<void> apply(const OptionRow& row, std::string_view value, Options& options) {
  switch (row.letter) {
    case 'c':
      options.config = value;
      options.database.clear();
      break;
    case 'C':
      options.database = value;
      options.config.clear();
      break;
    case 's':
      options.socket = value;
      break;
    case 'm': {
      const auto number = read_number(row, value, 1, kMaxDatabase_mib);
      if (!number) return dns::Error{number.error()};
      options.max_database_mib = *number;
      break;
    }
    case 't': {
      const auto number = read_number(row, value, 0, kMaxTimeout_s);
      if (!number) return dns::Error{number.error()};
      options.timeout_s = *number;
      break;
    }
    case 'b':
      options.blocking = true;
      break;
    case 'e':
      options.extended = true;
      break;
    case 'f':
      options.force = true;
      break;
    case 'j':
      options.json = true;
      break;
    case 'x':
      options.colour = Colour::kNever;
      break;
    case 'X':
      options.colour = Colour::kAlways;
      break;
    case 'v':
      options.verbose = true;
      break;
    case 'h':
      options.help = true;
      break;
    default:
      options.version = true;
  }
  return {};
}

dns::Error unknown_option(std::string_view word) {
  return {fmt::format("no such option: {}; see bowlinec --help", word)};
}

// Reads the option words[at] as --name, --name=value or --name value; returns the next word's
// index.
dns::Result<std::size_t> read_long(std::span<const std::string> words, std::size_t at,
                                   Options& options) {
  const std::string_view word = std::string_view(words[at]).substr(2);
  const std::size_t equals = std::min(word.find('='), word.size());
  const OptionRow* row = find_row(word.substr(0, equals), true);
  if (row == nullptr) return unknown_option(words[at]);
  std::string_view value = word.substr(std::min(equals + 1, word.size()));
  if (row->value.empty() && equals < word.size()) {
    return dns::Error{fmt::format("--{} takes no value", row->name)};
  }
  if (!row->value.empty() && equals == word.size()) {
    if (++at == words.size()) {
      return dns::Error{fmt::format("--{} needs a value: {}", row->name, row->value)};
    }
    value = words[at];
  }
  if (auto done = apply(*row, value, options); !done) return dns::Error{done.error()};
  return at + 1;
}

// Reads the letters of words[at], as -bf, -cFILE or -c FILE; returns the next word's index.
dns::Result<std::size_t> read_letters(std::span<const std::string> words, std::size_t at,
                                      Options& options) {
  const std::string_view word = words[at];
  for (std::size_t i = 1; i < word.size(); ++i) {
    const OptionRow* row = find_row(word.substr(i, 1), false);
    if (row == nullptr) return unknown_option(word);
    std::string_view value;
    if (!row->value.empty()) {
      value = word.substr(i + 1);
      if (value.empty()) {
        if (++at == words.size()) {
          return dns::Error{fmt::format("-{} needs a value: {}", row->letter, row->value)};
        }
        value = words[at];
      }
      i = word.size();
    }
    if (auto done = apply(*row, value, options); !done) return dns::Error{done.error()};
  }
  return at + 1;
}

void append_wrapped(std::string& out, std::string_view text, std::size_t column) {
  std::size_t at = column;
  for (std::string_view word : config::split_words(text, ' ')) {
    if (at > column && at + 1 + word.size() > kHelpWidth) {
      out += '\n';
      out.append(column, ' ');
      at = column;
    }
    if (at > column) {
      out += ' ';
      ++at;
    }
    out += word;
    at += word.size();
  }
  out += '\n';
}

void append_command(std::string& out, const api::Command& command) {
  constexpr std::size_t kTextColumn = 46;
  std::string head = fmt::format(" {:<17} {}", command.name, command.arguments);
  if (head.size() >= kTextColumn) {
    out += head + '\n';
    head.clear();
  }
  out += fmt::format("{:<{}}", head, kTextColumn);
  std::string text(command.help);
  if (command.is(api::kLocal)) text += " (*)";
  if (command.is(api::kMayBlock)) text += " (#)";
  append_wrapped(out, text, kTextColumn);
}

constexpr const char* kNotes =
    "\n"
    "Ours besides: status --watch[=<count>] refreshes each second; stats --prometheus prints the\n"
    "text format of Prometheus.\n"
    "\n"
    "Notes:\n"
    " The owner @ is the zone's own name. No zone, or --, stands for all zones.\n"
    " An item is <section>[<identifier>].<name>; quote the brackets in a shell.\n"
    " (*) needs no server, but a configuration.\n"
    " (#) waits until it is done with -b.\n"
    " -b, -e, -f and -j may also stand right after the command.\n"
    " Without a command, commands are read from standard input.\n"
    " Exit codes: 0 done, 1 refused or failed, 2 wrong use, 3 no server, 4 no answer.\n";

}  // namespace

std::span<const OptionRow> option_rows() { return kRows; }

dns::Result<Invocation> read_command_line(std::span<const std::string> words) {
  Invocation invocation;
  std::size_t at = 0;
  while (at < words.size() && words[at].size() > 1 && words[at][0] == '-') {
    if (words[at] == "--") {
      ++at;
      break;
    }
    const auto next = words[at].starts_with("--") ? read_long(words, at, invocation.options)
                                                  : read_letters(words, at, invocation.options);
    if (!next) return dns::Error{next.error()};
    at = *next;
  }
  invocation.words.assign(words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
  if (auto taken = take_options_after_command(invocation.words, invocation.options); !taken) {
    return dns::Error{taken.error()};
  }
  return invocation;
}

dns::Result<void> take_options_after_command(std::vector<std::string>& words, Options& options) {
  while (words.size() > 1 && words[1].size() > 1 && words[1][0] == '-') {
    const bool is_long = words[1].starts_with("--");
    const OptionRow* row = find_row(std::string_view(words[1]).substr(is_long ? 2 : 1), is_long);
    if (row == nullptr || !row->after_command) break;
    if (auto done = apply(*row, {}, options); !done) return done;
    words.erase(words.begin() + 1);
  }
  return {};
}

std::string help_text() {
  std::string out = "Usage: bowlinec [options] [<command> [<argument>...]]\n\nOptions:\n";
  for (const OptionRow& row : kRows) {
    std::string head = fmt::format(" -{}, --{} {}", row.letter, row.name, row.value);
    out += fmt::format("{:<{}}", head, kHelpColumn);
    append_wrapped(out, row.help, kHelpColumn);
  }
  out += "\nCommands:\n";
  auto group = api::CommandGroup::kServer;
  for (const api::Command& command : api::commands()) {
    if (command.group != group) out += '\n';
    group = command.group;
    append_command(out, command);
  }
  return out + kNotes;
}

std::string command_help(std::string_view name) {
  std::string out;
  if (const api::Command* command = api::find_command(name)) {
    append_command(out, *command);
    return out;
  }
  for (const api::Command& command : api::commands()) append_command(out, command);
  return out;
}

std::string unknown_command(std::string_view word) {
  std::vector<std::string_view> names;
  for (const api::Command& command : api::commands()) names.push_back(command.name);
  const std::string_view near = config::nearest(word, names);
  return fmt::format("invalid command '{}'{}", word,
                     near.empty() ? "; see bowlinec --help for what there is"
                                  : fmt::format("; did you mean '{}'?", near));
}

}  // namespace bowline::control::client
