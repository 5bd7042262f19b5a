// Dumps of counters: their text as knotd's, files replaced at once or added to, when one is due.
#include "control/main/statistics.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "control/log/log.h"

using namespace bowline;
using control::CounterValue;
using control::Statistics;
namespace fs = std::filesystem;

namespace {

std::shared_ptr<const control::config::Config> make_config(const std::string& text) {
  auto config = control::config::load_config_text(text, "<text>", {false, false});
  INFO((config ? "" : config.error()));
  REQUIRE(config);
  return std::make_shared<const control::config::Config>(std::move(*config));
}

struct Folder {
  Folder() {
    char name[] = "/tmp/bowline-statistics-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  std::string path;
};

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<CounterValue> no_counters(const control::config::Config&, std::size_t) { return {}; }

}  // namespace

TEST_CASE("statistics: the text is knotd's, without what is zero") {
  Statistics::Snapshot snapshot;
  snapshot.identity = "ns1.example.";
  snapshot.config = make_config(
      "zone:\n  - domain: a.test\n  - domain: b.test\n  - domain: \"q\\\"q.test\"\n");
  snapshot.server = {{"server.zone-count", 3},          {"dataplane.answers", 7},
                     {"dataplane.drops", 0},            {"mod-stats.request-protocol[udp4]", 4},
                     {"mod-stats.request-protocol[tcp4]", 1}, {"mod-stats.request-bytes[query]", 0},
                     {"mod-stats.plain", 2}};
  const auto read_zone = [](const control::config::Config&, std::size_t index) {
    if (index == 1) return std::vector<CounterValue>{{"zone.record-count", 0}};
    return std::vector<CounterValue>{{"zone.record-count", 10 + index},
                                     {"mod-stats.response-code[NOERROR]", 3}};
  };
  const std::string text = statistics_text(snapshot, read_zone, "2026-01-31T10:00:00+0100");
  CHECK(text == "---\n"
                "time: 2026-01-31T10:00:00+0100\n"
                "identity: \"ns1.example.\"\n"
                "server:\n"
                " zone-count: 3\n"
                "dataplane:\n"
                " answers: 7\n"
                "mod-stats:\n"
                " request-protocol:\n"
                "  udp4: 4\n"
                "  tcp4: 1\n"
                " plain: 2\n"
                "zone:\n"
                " \"a.test.\":\n"
                "  zone:\n"
                "   record-count: 10\n"
                "  mod-stats:\n"
                "   response-code:\n"
                "    NOERROR: 3\n"
                " \"q\\\\\\\"q.test.\":\n"
                "  zone:\n"
                "   record-count: 12\n"
                "  mod-stats:\n"
                "   response-code:\n"
                "    NOERROR: 3\n");
}

TEST_CASE("statistics: the file is replaced at once, or grows") {
  const Folder folder;
  const std::string path = folder.path + "/stats.yaml";
  REQUIRE(control::write_statistics({1, path, false}, "---\none\n"));
  const std::ifstream reader(path);  // has the file before
  REQUIRE(control::write_statistics({1, path, false}, "---\ntwo\n"));
  std::ostringstream former;
  former << reader.rdbuf();
  CHECK(former.str() == "---\none\n");
  CHECK(text_of(path) == "---\ntwo\n");
  REQUIRE(control::write_statistics({1, path, true}, "---\nthree\n"));
  CHECK(text_of(path) == "---\ntwo\n---\nthree\n");
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  CHECK((found.st_mode & 0137) == 0);
  CHECK(std::distance(fs::directory_iterator(folder.path), fs::directory_iterator()) == 1);
  const auto failed = control::write_statistics({1, folder.path + "/no/file", false}, "x");
  REQUIRE_FALSE(failed);
  CHECK(failed.error() == "stats, failed to write file '" + folder.path +
                              "/no/file.new' (No such file or directory), check statistics.file "
                              "and who may write there");
}

TEST_CASE("statistics: a dump is due when the timer says, also a new one") {
  const Folder folder;
  const std::string path = folder.path + "/stats.yaml";
  const auto with = [&](const std::string& timer) {
    return make_config("statistics:\n    timer: " + timer + "\n    file: " + path + "\n");
  };
  REQUIRE(control::log::setup({}));
  int taken = 0;
  const auto take = [&taken](const control::config::Statistics& settings) {
    ++taken;
    Statistics::Snapshot snapshot;
    snapshot.settings = settings;
    snapshot.server = {{"server.zone-count", static_cast<std::uint64_t>(taken)}};
    snapshot.config = make_config("");
    return snapshot;
  };
  const auto every_10 = with("10");
  {
    Statistics statistics(no_counters);
    statistics.tick(make_config(""), 1'000'000, take);
    statistics.tick(every_10, 1'000'000, take);
    statistics.tick(every_10, 1'009'999, take);
    CHECK(taken == 0);
    statistics.tick(every_10, 1'010'000, take);
    CHECK(taken == 1);
    statistics.tick(every_10, 1'010'001, take);
    CHECK(taken == 1);
  }  // ends when it is written
  CHECK(text_of(path).find(" zone-count: 1\n") != std::string::npos);
  {
    Statistics statistics(no_counters);
    statistics.tick(every_10, 2'000'000, take);
    statistics.tick(with("1s"), 2'000'100, take);
    statistics.tick(make_config(""), 2'002'000, take);
    CHECK(taken == 1);
    statistics.tick(with("1s"), 2'002'100, take);
    CHECK(taken == 1);
    statistics.tick(with("1s"), 2'003'100, take);
    CHECK(taken == 2);
  }
  CHECK(text_of(path).find(" zone-count: 2\n") != std::string::npos);
}
