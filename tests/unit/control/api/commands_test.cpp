// The table of commands, and requests.
#include "control/api/commands.h"

#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <set>

#include "control/api/request.h"
#include "link/outcome.h"

using namespace bowline;
using namespace bowline::control::api;

TEST_CASE("each command has one row that makes sense") {
  std::set<std::string_view> names;
  for (const Command& command : commands()) {
    CAPTURE(command.name);
    CHECK(names.insert(command.name).second);
    CHECK(find_command(command.name) == &command);
    CHECK(command.least <= command.most);
    CHECK(command.help.ends_with('.'));
    CHECK((command.most == 0) == command.arguments.empty());
    CHECK((command.is(kTakesFilters) ? !command.words.empty() : true));
    CHECK((command.is(kTakesRecord) ? command.is(kTakesZones) : true));
    for (const std::string_view word : words_of(command)) CHECK(!word.empty());
  }
  CHECK(find_command("no-such") == nullptr);
  CHECK(find_command("") == nullptr);
}

TEST_CASE("arguments are checked as their row says") {
  struct Case {
    const char* command;
    std::vector<std::string> arguments;
    const char* error;  // part of it; empty: none
  };
  const Case cases[] = {
      {"status", {}, ""},
      {"status", {"workers"}, ""},
      {"status", {"foo"}, "has no detail foo; there are: version, workers, configure, cert-key"},
      {"status", {"version", "workers"}, "takes fewer arguments"},
      {"stop", {"now"}, "takes no arguments"},
      {"zone-read", {}, "needs more arguments: zone-read <zone> [<owner> [<type>]]"},
      {"zone-read", {"a", "b", "c", "d"}, "takes fewer arguments"},
      {"zone-status", {}, ""},
      {"zone-status", {"--"}, ""},
      {"zone-status", {"example.com", "+serial", "example.net", "+role"}, ""},
      {"zone-status", {"+foo"}, "has no filter +foo; there are: +role, +serial"},
      {"zone-reload", std::vector<std::string>(1000, "example.com"), ""},
      {"drop-add", {}, "needs more arguments"},
  };
  for (const Case& each : cases) {
    const Command* const command = find_command(each.command);
    REQUIRE(command != nullptr);
    const std::string error = check_arguments(*command, each.arguments);
    CAPTURE(error, each.error);
    CHECK(error.empty() == (*each.error == '\0'));
    CHECK(error.find(each.error) != std::string::npos);
  }
}

TEST_CASE("a request is read with its flags, or not at all") {
  struct Case {
    const char* text;
    bool sound;
  };
  const Case cases[] = {
      {R"({"verb":"stats"})", true},
      {R"({"verb":"stats","args":[],"force":true,"blocking":false,"extended":true})", true},
      {R"({"verb":"stats","of-a-later-version":1})", true},
      {R"({"verb":"stats","force":1})", false},
      {R"({"verb":"stats","blocking":"yes"})", false},
      {R"({"verb":"stats","args":null})", false},
      {R"({"verb":"stats","args":["a",1]})", false},
      {R"({"verb":null})", false},
      {R"({"args":[]})", false},
      {R"(["verb"])", false},
      {R"("verb")", false},
  };
  for (const Case& each : cases) {
    CAPTURE(each.text);
    CHECK(read_request(Json::parse(each.text)).has_value() == each.sound);
  }
  const auto request = read_request(Json::parse(
      R"({"verb":"zone-read","args":["a","b"],"force":true,"blocking":true,"extended":true})"));
  REQUIRE(request);
  CHECK(request->verb == "zone-read");
  CHECK(request->arguments == std::vector<std::string>{"a", "b"});
  CHECK((request->force && request->blocking && request->extended));
}

TEST_CASE("the kernel says who asks") {
  int pair[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
  const link::Fd one(pair[0]), two(pair[1]);
  const Peer peer = find_peer(one.get());
  CHECK(peer.uid == ::getuid());
  CHECK(peer.pid == ::getpid());
  if (::getuid() == 0) CHECK(peer.user == "root");
  const Peer nobody = find_peer(-1);
  CHECK(nobody.uid == static_cast<uid_t>(-1));
  CHECK(nobody.user == std::to_string(static_cast<uid_t>(-1)));
}
