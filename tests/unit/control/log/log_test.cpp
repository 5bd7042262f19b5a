// Logging to files: levels, categories, escapes, rotation, owners.
#include "control/log/log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <thread>

#include "control/log/system_log.h"

using namespace bowline;
using namespace bowline::control;

namespace {

config::LogTarget file_target(const std::string& path, config::LogLevel level) {
  config::LogTarget target;
  target.kind = config::LogTarget::Kind::kFile;
  target.path = path;
  target.server = target.control = target.zone = level;
  return target;
}

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// Without the time, whose form is checked.
std::vector<std::string> messages_of(const std::string& path) {
  static const std::regex form(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} )");
  constexpr std::size_t kTime = 25;  // octets; std::regex takes stack for each of a line
  std::vector<std::string> messages;
  for (const std::string& line : lines_of(path)) {
    INFO(line);
    REQUIRE(std::regex_match(line.substr(0, kTime), form));
    messages.push_back(line.substr(kTime));
  }
  return messages;
}

std::string temporary_folder() {
  char name[] = "/tmp/bowline-log-XXXXXX";
  REQUIRE(mkdtemp(name) != nullptr);
  return name;
}

}  // namespace

TEST_CASE("log: levels, categories and the form of lines") {
  const std::string folder = temporary_folder();
  config::LogTarget most = file_target(folder + "/most", config::LogLevel::kInfo);
  config::LogTarget zones = file_target(folder + "/zones", config::LogLevel::kNone);
  zones.zone = config::LogLevel::kDebug;
  config::LogTarget mild = file_target(folder + "/mild", config::LogLevel::kInfo);
  mild.most_severe = config::LogLevel::kNotice;
  REQUIRE(log::setup({most, zones, mild}).ok());
  const dns::Name zone = *dns::Name::from_text("example.com.");
  log::info(log::Category::kServer, "binding to interface {}@{}", "::1", 53);
  log::debug(log::Category::kServer, "unseen");
  log::notice(log::Category::kControl, "reload");
  log::critical(log::Category::kServer, "out of memory");
  log::warning(log::Category::kControl, "slow");
  log::zone_info(zone, "loaded, serial {}", 7);
  log::zone_debug(zone, "detail");
  log::error(log::Category::kZone, "line\none\x1b[31m");
  log::error(log::Category::kQuic, "nobody takes this");
  log::flush();
  CHECK(messages_of(folder + "/most") ==
        std::vector<std::string>{"info: binding to interface ::1@53", "notice: reload",
                                 "critical: out of memory", "warning: slow",
                                 "info: [example.com.] loaded, serial 7",
                                 "error: line\\010one\\027[31m"});
  CHECK(messages_of(folder + "/zones") ==
        std::vector<std::string>{"info: [example.com.] loaded, serial 7",
                                 "debug: [example.com.] detail", "error: line\\010one\\027[31m"});
  CHECK(messages_of(folder + "/mild") ==
        std::vector<std::string>{"info: binding to interface ::1@53", "notice: reload",
                                 "info: [example.com.] loaded, serial 7"});
  CHECK(log::enabled(log::Category::kZone, log::Level::kDebug));
  CHECK_FALSE(log::enabled(log::Category::kServer, log::Level::kDebug));
  CHECK_FALSE(log::enabled(log::Category::kQuic, log::Level::kCritical));
  std::filesystem::remove_all(folder);
}

TEST_CASE("log: verbose adds debug messages on stdout, once") {
  using Level = config::LogLevel;
  struct Case {
    const char* what;
    std::vector<config::LogTarget> targets;
    std::vector<std::string> seen;
  };
  config::LogTarget stdout_mild = file_target("", Level::kInfo);
  stdout_mild.kind = config::LogTarget::Kind::kStdout;
  stdout_mild.most_severe = Level::kNotice;
  const std::vector<std::string> details{"debug: detail", "debug: [a.] detail"};
  const Case cases[] = {
      {"no target", {}, details},
      {"only another one", {file_target("/dev/null", Level::kDebug)}, details},
      {"stdout with more", {stdout_mild}, {"info: usual", "debug: detail", "debug: [a.] detail"}},
  };
  const std::string folder = temporary_folder();
  for (const Case& each : cases) {
    INFO(each.what);
    const std::string path = folder + "/stdout";
    std::fflush(stdout);
    const int former = ::dup(STDOUT_FILENO);
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ::dup2(file, STDOUT_FILENO);
    log::set_options({true, {}});
    const bool opened = log::setup(each.targets).ok();
    log::error(log::Category::kServer, "severe");
    log::info(log::Category::kServer, "usual");
    log::debug(log::Category::kServer, "detail");
    log::zone_debug(*dns::Name::from_text("a."), "detail");
    log::flush();
    ::dup2(former, STDOUT_FILENO);
    ::close(former);
    ::close(file);
    log::set_options({});
    CHECK(opened);
    CHECK(messages_of(path) == each.seen);
  }
  std::filesystem::remove_all(folder);
}

TEST_CASE("log: a stream is the journal if the service manager says so") {
  const std::string folder = temporary_folder();
  const int file = ::open((folder + "/file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  struct stat found {};
  REQUIRE(::fstat(file, &found) == 0);
  const std::string own = fmt::format("{}:{}", found.st_dev, found.st_ino);
  ::unsetenv("JOURNAL_STREAM");
  CHECK_FALSE(log::leads_to_journal(file));
  ::setenv("JOURNAL_STREAM", own.c_str(), 1);
  CHECK(log::leads_to_journal(file));
  CHECK_FALSE(log::leads_to_journal(-1));
  ::setenv("JOURNAL_STREAM", (own + "1").c_str(), 1);
  CHECK_FALSE(log::leads_to_journal(file));
  ::unsetenv("JOURNAL_STREAM");
  ::close(file);
  std::filesystem::remove_all(folder);
}

TEST_CASE("log: files are given to whom the processes run as, links are not followed") {
  if (::geteuid() != 0) {
    std::puts("SKIP: log: files are given away: it takes root");
    return;
  }
  const std::string folder = temporary_folder();
  const std::string path = folder + "/log";
  const auto owner_of = [](const std::string& name) {
    struct stat found {};
    return ::lstat(name.c_str(), &found) == 0 ? static_cast<long>(found.st_uid) : -1;
  };
  log::set_options({false, {65534, 65534}});
  REQUIRE(log::setup({file_target(path, config::LogLevel::kInfo)}).ok());
  CHECK(owner_of(path) == 65534);
  std::filesystem::rename(path, path + ".1");
  REQUIRE(log::reopen().ok());
  CHECK(owner_of(path) == 65534);

  std::ofstream(folder + "/secret") << "keep";
  std::filesystem::create_symlink(folder + "/secret", folder + "/link");
  CHECK_FALSE(log::setup({file_target(folder + "/link", config::LogLevel::kInfo)}).ok());
  std::filesystem::create_hard_link(folder + "/secret", folder + "/hard");
  CHECK(log::setup({file_target(folder + "/hard", config::LogLevel::kInfo)}).ok());
  CHECK(owner_of(folder + "/secret") == 0);
  log::set_options({});
  REQUIRE(log::setup({}).ok());
  std::filesystem::remove_all(folder);
}

TEST_CASE("log: where a user chose the paths, root goes with that user's rights") {
  if (::geteuid() != 0) {
    std::puts("SKIP: log: root goes with a user's rights: it takes root");
    return;
  }
  const std::string folder = temporary_folder();
  const std::string open_to_all = folder + "/open";
  std::filesystem::create_directory(open_to_all);
  ::chmod(folder.c_str(), 0755);
  ::chmod(open_to_all.c_str(), 0777);
  std::ofstream(folder + "/secret") << "keep";
  const auto owner_of = [](const std::string& name) {
    struct stat found {};
    return ::lstat(name.c_str(), &found) == 0 ? static_cast<long>(found.st_uid) : -1;
  };
  log::set_options({false, {65534, 65534, true}});
  CHECK_FALSE(log::setup({file_target(folder + "/secret", config::LogLevel::kInfo)}).ok());
  CHECK_FALSE(log::setup({file_target(folder + "/new", config::LogLevel::kInfo)}).ok());
  CHECK(owner_of(folder + "/secret") == 0);
  CHECK(owner_of(folder + "/new") == -1);
  CHECK(log::setup({file_target(open_to_all + "/log", config::LogLevel::kInfo)}).ok());
  CHECK(owner_of(open_to_all + "/log") == 65534);
  std::ofstream(folder + "/after");
  CHECK(owner_of(folder + "/after") == 0);  // root is itself again
  log::set_options({});
  REQUIRE(log::setup({}).ok());
  std::filesystem::remove_all(folder);
}

TEST_CASE("log: a line has a limit") {
  const std::string folder = temporary_folder();
  REQUIRE(log::setup({file_target(folder + "/log", config::LogLevel::kInfo)}).ok());
  log::info(log::Category::kServer, "{}", std::string(100'000, 'x'));
  log::info(log::Category::kServer, "{}", std::string(8192, 'y'));
  log::flush();
  CHECK(messages_of(folder + "/log") ==
        std::vector<std::string>{"info: " + std::string(8192, 'x') + "...",
                                 "info: " + std::string(8192, 'y')});
  std::filesystem::remove_all(folder);
}

TEST_CASE("log: rotation and failed targets") {
  const std::string folder = temporary_folder();
  const std::string path = folder + "/log";
  REQUIRE(log::setup({file_target(path, config::LogLevel::kInfo)}).ok());
  log::info(log::Category::kServer, "one");
  std::filesystem::rename(path, path + ".1");
  log::info(log::Category::kServer, "two");
  REQUIRE(log::reopen().ok());
  log::info(log::Category::kServer, "three");
  CHECK(messages_of(path + ".1") == std::vector<std::string>{"info: one", "info: two"});
  CHECK(messages_of(path) == std::vector<std::string>{"info: three"});

  const auto failed = log::setup({file_target(folder + "/no/log", config::LogLevel::kInfo)});
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error() == "cannot open the log file " + folder + "/no/log: No such file or "
                          "directory; check the directory and its owner");
  log::info(log::Category::kServer, "four");
  CHECK(messages_of(path).size() == 2);
  std::filesystem::remove_all(folder);
  CHECK_FALSE(log::reopen().ok());
}

TEST_CASE("log: threads write whole lines while targets change") {
  const std::string folder = temporary_folder();
  constexpr int kThreads = 4;
  constexpr int kLines = 500;
  REQUIRE(log::setup({file_target(folder + "/log", config::LogLevel::kInfo)}).ok());
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([thread] {
      for (int i = 0; i < kLines; ++i) {
        log::info(log::Category::kServer, "thread {} line {}", thread, i);
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    REQUIRE(log::reopen().ok());
    REQUIRE(log::setup({file_target(folder + "/log", config::LogLevel::kInfo)}).ok());
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(messages_of(folder + "/log").size() == kThreads * kLines);
  std::filesystem::remove_all(folder);
}
