// The command line of bowlinec.
#include "control/client/options.h"

#include <catch2/catch.hpp>

#include "control/api/commands.h"

using namespace bowline::control;
using client::Colour;
using client::Invocation;
using Words = std::vector<std::string>;

namespace {

Invocation read(const Words& words) {
  auto read = client::read_command_line(words);
  REQUIRE(read);
  return *read;
}

}  // namespace

TEST_CASE("options: short, long, joined, with values") {
  for (const Words& words : {Words{"-c", "f", "-t", "5", "-bf", "zone-reload", "a."},
                             Words{"-cf", "-t5", "-b", "-f", "zone-reload", "a."},
                             Words{"--config=f", "--timeout", "5", "--blocking", "--force", "--",
                                   "zone-reload", "a."}}) {
    const Invocation got = read(words);
    CHECK(got.options.config == "f");
    CHECK(got.options.timeout_s == 5);
    CHECK(got.options.blocking);
    CHECK(got.options.force);
    CHECK(got.words == Words{"zone-reload", "a."});
  }
}

TEST_CASE("options: what knotc takes, and the last of two that contradict") {
  const Invocation got =
      read({"-c", "f", "-C", "d", "-m", "700", "-s", "s", "-e", "-X", "-x", "-v", "status"});
  CHECK(got.options.config.empty());
  CHECK(got.options.database == "d");
  CHECK(got.options.max_database_mib == 700);
  CHECK(got.options.socket == "s");
  CHECK(got.options.extended);
  CHECK(got.options.verbose);
  CHECK(got.options.colour == Colour::kNever);
  CHECK(read({"-x", "-X"}).options.colour == Colour::kAlways);
  CHECK_FALSE(read({"status"}).options.timeout_s.has_value());
  CHECK(read({"-t", "0", "status"}).options.timeout_s == 0);
  CHECK(read({}).words.empty());
}

TEST_CASE("options: right after the command, and what looks like one there") {
  const Invocation got = read({"zone-reload", "-b", "--force", "a.", "-b"});
  CHECK(got.options.blocking);
  CHECK(got.options.force);
  CHECK(got.words == Words{"zone-reload", "a.", "-b"});
  CHECK(read({"zone-read", "--", "@", "SOA"}).words == Words{"zone-read", "--", "@", "SOA"});
  CHECK(read({"status", "--watch"}).words == Words{"status", "--watch"});
  CHECK_FALSE(read({"status", "-x"}).options.colour == Colour::kNever);
}

TEST_CASE("options: errors say what is allowed") {
  const struct {
    Words words;
    const char* part;
  } cases[] = {
      {{"-Z"}, "no such option: -Z"},
      {{"--socke", "x"}, "no such option: --socke"},
      {{"-c"}, "-c needs a value: <file>"},
      {{"--config"}, "--config needs a value: <file>"},
      {{"--json=1"}, "--json takes no value"},
      {{"-t", "x"}, "from 0 to 86400"},
      {{"-t", "86401"}, "from 0 to 86400"},
      {{"-t", "-1"}, "from 0 to 86400"},
      {{"-t", ""}, "from 0 to 86400"},
      {{"-t", "5s"}, "from 0 to 86400"},
      {{"-m", "0"}, "from 1 to 10000"},
      {{"-m", "10001"}, "from 1 to 10000"},
      {{"-m", "99999999999999999999"}, "from 1 to 10000"},
  };
  for (const auto& each : cases) {
    const auto got = client::read_command_line(each.words);
    REQUIRE_FALSE(got);
    CHECK_THAT(got.error(), Catch::Contains(each.part));
  }
}

TEST_CASE("options: the help has every option and command in lines of at most 100 columns") {
  const std::string help = client::help_text();
  for (const client::OptionRow& row : client::option_rows()) {
    CHECK_THAT(help,
               Catch::Contains(" -" + std::string(1, row.letter) + ", --" + std::string(row.name)));
  }
  for (const api::Command& command : api::commands()) {
    CHECK_THAT(help, Catch::Contains("\n " + std::string(command.name)));
  }
  for (std::size_t at = 0; at < help.size();) {
    const std::size_t end = help.find('\n', at);
    REQUIRE(end != std::string::npos);
    CHECK(end - at <= 100);
    at = end + 1;
  }
  CHECK_THAT(client::command_help("zone-reload"), Catch::StartsWith(" zone-reload"));
  CHECK_THAT(client::command_help(""), Catch::Contains("conf-check"));
}

TEST_CASE("options: a wrong command names the nearest") {
  CHECK_THAT(client::unknown_command("zone-stauts"), Catch::Contains("'zone-status'"));
  CHECK_THAT(client::unknown_command("frobnicate"), Catch::Contains("--help"));
}
