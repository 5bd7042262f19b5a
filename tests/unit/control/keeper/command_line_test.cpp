// bowlined's command line: what knotd's options mean, and what is refused.
#include "control/keeper/command_line.h"

#include <getopt.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

using namespace bowline::control;
using keeper::CommandLine;
using Kind = confdb::Source::Kind;

namespace {

// What is said goes to /dev/null: only the exit code matters here.
CommandLine parse(std::vector<std::string> words) {
  words.insert(words.begin(), "bowlined");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::fflush(nullptr);
  const int out = ::dup(STDOUT_FILENO);
  const int err = ::dup(STDERR_FILENO);
  std::FILE* const null = std::fopen("/dev/null", "w");
  ::dup2(::fileno(null), STDOUT_FILENO);
  ::dup2(::fileno(null), STDERR_FILENO);
  ::optind = 0;  // from the beginning
  const CommandLine line =
      keeper::parse_command_line(static_cast<int>(words.size()), arguments.data());
  std::fflush(nullptr);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  ::close(out);
  ::close(err);
  std::fclose(null);
  return line;
}

}  // namespace

TEST_CASE("command line: sources, and paths from the working directory") {
  const std::string here = std::filesystem::current_path().string();
  struct Case {
    std::vector<std::string> words;
    Kind kind;
    std::string path;
  };
  const Case cases[] = {
      {{"-c", "/a/b.conf"}, Kind::kFile, "/a/b.conf"},
      {{"--config=b.conf"}, Kind::kFile, here + "/b.conf"},
      {{"-c", "./x/../b.conf"}, Kind::kFile, here + "/b.conf"},
      {{"-C", "/a/db"}, Kind::kDatabase, "/a/db"},
      {{"--confdb", "db"}, Kind::kDatabase, here + "/db"},
  };
  for (const Case& each : cases) {
    INFO(each.words.front());
    const CommandLine line = parse(each.words);
    CHECK(line.exit_code == -1);
    CHECK(line.source == confdb::Source{each.kind, each.path});
  }
  CHECK(parse({}).source == confdb::default_source());
}

TEST_CASE("command line: everything at once, and nothing") {
  const std::string here = std::filesystem::current_path().string();
  const CommandLine all = parse({"-v", "-m", "10000", "-s", "run/a.sock", "-d/srv", "-c", "/x"});
  CHECK(all.exit_code == -1);
  CHECK(all.verbose);
  CHECK(all.max_conf_size_mib == 10'000);
  CHECK(all.control_socket == here + "/run/a.sock");
  CHECK(all.daemon_folder == "/srv");
  const CommandLine none = parse({});
  CHECK(none.exit_code == -1);
  CHECK_FALSE(none.verbose);
  CHECK(none.max_conf_size_mib == 0);
  CHECK(none.control_socket.empty());
  CHECK_FALSE(none.daemon_folder);
  CHECK(parse({"-d"}).daemon_folder == "/");
  CHECK(parse({"--daemonize"}).daemon_folder == "/");
  CHECK(parse({"--daemonize=/srv"}).daemon_folder == "/srv");
}

TEST_CASE("command line: exit codes") {
  struct Case {
    std::vector<std::string> words;
    int code;
  };
  const Case cases[] = {
      {{"-h"}, 0},       {{"--help"}, 0},          {{"-V"}, 0},
      {{"--version"}, 0}, {{"-c", "a", "-C", "b"}, 2}, {{"-m", "0"}, 2},
      {{"-m", "10001"}, 2}, {{"-m", "ten"}, 2},    {{"-m", "10M"}, 2},
      {{"-m", "-1"}, 2}, {{"--bogus"}, 2},         {{"-x"}, 2},
      {{"-c"}, 2},       {{"stray"}, 2},           {{"-d", "/srv"}, 2},
      {{"-m", "1", "-v"}, -1},
  };
  for (const Case& each : cases) {
    INFO(each.words.front() << " " << each.words.back());
    CHECK(parse(each.words).exit_code == each.code);
  }
}
