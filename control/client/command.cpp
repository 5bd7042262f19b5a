#include "control/client/command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <optional>
#include <span>
#include <string_view>

#include "control/api/commands.h"
#include "control/client/local.h"
#include "control/client/printer.h"
#include "control/client/remote.h"
#include "control/client/watch.h"

namespace bowline::control::client {

namespace {

constexpr std::string_view kWatch = "--watch";
constexpr std::string_view kPrometheus = "--prometheus";
constexpr unsigned kMostLooks = 1'000'000;  // of --watch=N: more is a slip

// What a command can do besides, only in this client.
struct Extras {
  bool prometheus = false;
  bool watch = false;
  std::optional<unsigned> looks;
};

// Takes the extras of `status` and `stats` off the words; false: --watch=... is no number.
bool take_extras(std::vector<std::string>& words, Extras& extras) {
  for (auto word = words.begin() + 1; word != words.end();) {
    if (words[0] == "stats" && *word == kPrometheus) {
      extras.prometheus = true;
    } else if (words[0] == "status" && (*word == kWatch || word->starts_with("--watch="))) {
      extras.watch = true;
      const std::string_view text = std::string_view(*word).substr(kWatch.size());
      unsigned looks = 0;
      if (!text.empty()) {
        const auto [end, error] = std::from_chars(text.begin() + 1, text.end(), looks);
        if (error != std::errc() || end != text.end() || looks == 0 || looks > kMostLooks) {
          return false;
        }
        extras.looks = looks;
      }
    } else {
      ++word;
      continue;
    }
    word = words.erase(word);
  }
  return true;
}

Look look_of(const Options& options, const Extras& extras, bool is_remote) {
  const bool on_terminal = ::isatty(STDOUT_FILENO) == 1;
  Look look;
  look.extended = options.extended;
  look.is_remote = is_remote;
  look.colour =
      options.colour == Colour::kAlways || (options.colour == Colour::kOfTerminal && on_terminal);
  look.style = extras.prometheus ? Style::kPrometheus
               : options.json    ? Style::kJson
               : on_terminal     ? Style::kRich
                                 : Style::kPlain;
  return look;
}

int run_remote(const Options& options, const std::vector<std::string>& words, bool may_block,
               Printer& printer) {
  auto remote = Remote::find(options);
  if (!remote) return complain(remote.error(), kWrongUse);
  const bool on_terminal = ::isatty(STDOUT_FILENO) == 1;
  Ask ask{words, options.force, options.blocking || on_terminal, options.extended};
  if (may_block && ask.blocking && !options.timeout_s) remote->set_timeout(0);
  if (options.verbose) {
    std::fprintf(stderr, "bowlinec: asking %s at %s%s\n", words[0].c_str(),
                 remote->socket().c_str(), ask.blocking && may_block ? ", blocking" : "");
  }
  bool is_done = false;
  const auto failure = remote->ask(ask, [&](const api::Json& frame) {
    const auto end = frame.find("end");
    if (end == frame.end()) {
      printer.take(frame);
    } else {
      is_done = printer.end(*end);
    }
    return true;
  });
  if (failure.code == kDone) return is_done ? kDone : kFailed;
  printer.abandon(failure.error);
  return failure.code;
}

}  // namespace

int complain(const std::string& what, int code) {
  std::fflush(stdout);
  for (std::size_t at = 0; at < what.size();) {
    const std::size_t end = std::min(what.find('\n', at), what.size());
    std::fprintf(stderr, "bowlinec: %s\n", printable(what.substr(at, end - at)).c_str());
    at = end + 1;
  }
  return code;
}

int run_command(const Options& options, std::vector<std::string> words) {
  const api::Command* const command = api::find_command(words.front());
  if (command == nullptr) return complain(unknown_command(words.front()), kWrongUse);
  Extras extras;
  if (!take_extras(words, extras)) {
    return complain(fmt::format("--watch=<count> needs a number from 1 to {}", kMostLooks),
                    kWrongUse);
  }
  const auto arguments = std::span<const std::string>(words).subspan(1);
  if (const std::string wrong = api::check_arguments(*command, arguments); !wrong.empty()) {
    return complain(wrong, kWrongUse);
  }
  if (command->is(api::kNeedsForce) && !options.force) {
    return complain(fmt::format("{} needs force: bowlinec -f {}", command->name, command->name),
                    kWrongUse);
  }
  Options wanted = options;
  wanted.force |= extras.prometheus;  // a series that is 0 is there, too
  const Look look = look_of(wanted, extras, !command->is(api::kLocal));
  if (extras.watch) {
    const auto remote = Remote::find(options);
    return remote ? watch(*remote, extras.looks, look.colour) : complain(remote.error(), kWrongUse);
  }
  Printer printer(words, look, {stdout, stderr, ::isatty(STDERR_FILENO) == 1 ? stderr : nullptr});
  return command->is(api::kLocal) ? run_local(wanted, words, printer)
                                  : run_remote(wanted, words, command->is(api::kMayBlock), printer);
}

}  // namespace bowline::control::client
