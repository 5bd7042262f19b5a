#include "control/confdb/local.h"

#include <sys/stat.h>
#include <unistd.h>

#include "control/confdb/database.h"
#include "scratch.h"

namespace {

using namespace bowline::control::confdb;
using namespace bowline::test;
namespace config = bowline::control::config;

const char* const kFile =
    "server:\n    identity: \"one \\\" two\"\nremote:\n  - id: r\n    address: 192.0.2.1\n"
    "zone:\n  - domain: a.test\n    master: r\n";

std::string exported(const std::string& path) {
  std::string text;
  auto done = export_text({Source::Kind::kDatabase, path},
                          [&](std::string_view part) { text += part; });
  if (!done) FAIL(done.error());
  return text;
}

bool has(const bowline::dns::Result<void>& result, const std::string& part) {
  if (result) return false;
  INFO(result.error());
  CHECK(result.error().find(part) != std::string::npos);
  return result.error().find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("conf-init makes an empty database, once") {
  const Scratch scratch;
  const std::string path = scratch / "db";
  REQUIRE(init(path, {}));
  CHECK(exported(path) == config::export_text(parse("")));
  CHECK(has(init(path, {}), "use force"));
  REQUIRE(import(path, scratch.write("a.conf", kFile), Purge::kYes, {}));
  REQUIRE(init(path, {.map_mib = 0, .force = true}));
  CHECK(exported(path) == config::export_text(parse("")));
  CHECK(has(init(scratch / "other", {.map_mib = kMaxMap_MiB + 1}), "at most 10000 MiB"));
}

TEST_CASE("import, export, import, export: the same text") {
  const Scratch scratch;
  const std::string path = scratch / "db";
  REQUIRE(import(path, scratch.write("a.conf", kFile), Purge::kYes, {}));
  const std::string first = exported(path);
  CHECK(first == config::export_text(parse(kFile)));
  REQUIRE(import(scratch / "db2", scratch.write("b.conf", first), Purge::kYes, {}));
  CHECK(exported(scratch / "db2") == first);
}

TEST_CASE("an import overwrites with force only, or adds") {
  const Scratch scratch;
  const std::string path = scratch / "db";
  const std::string more = scratch.write("more.conf", "zone:\n  - domain: b.test\n    master: r\n");
  REQUIRE(import(path, scratch.write("a.conf", kFile), Purge::kYes, {}));
  CHECK(has(import(path, scratch / "a.conf", Purge::kYes, {}), "use force"));
  // Alone it refers to a remote that is not there.
  CHECK(has(import(path, more, Purge::kYes, {.map_mib = 0, .force = true}), "master"));
  REQUIRE(import(path, more, Purge::kNo, {}));
  CHECK(exported(path) ==
        config::export_text(parse(std::string(kFile) + "  - domain: b.test\n    master: r\n")));
  CHECK_FALSE(import(path, more, Purge::kNo, {}));  // it is there now
  const std::string other = scratch.write("other.conf", "server:\n    identity: other\n");
  REQUIRE(import(path, other, Purge::kYes, {.map_mib = 0, .force = true}));
  CHECK(exported(path) == config::export_text(parse("server:\n    identity: other\n")));
  // Each is a commit that can be undone.
  auto database = Database::open(path, {});
  REQUIRE(database);
  const auto commits = (*database)->commits();
  REQUIRE(commits);
  CHECK(commits->size() == 3);
  CHECK(commits->back().summary.starts_with("conf-import "));
  CHECK(undo(**database, 1));
}

TEST_CASE("a mistake in the file makes no database and changes none") {
  const Scratch scratch;
  const std::string bad = scratch.write("bad.conf", "server:\n    identiti: x\n");
  CHECK(has(import(scratch / "db", bad, Purge::kYes, {}), "identity"));
  CHECK_FALSE(Database::exists(scratch / "db"));
  REQUIRE(import(scratch / "db", scratch.write("a.conf", kFile), Purge::kYes, {}));
  CHECK_FALSE(import(scratch / "db", bad, Purge::kYes, {.map_mib = 0, .force = true}));
  CHECK_FALSE(import(scratch / "db", bad, Purge::kNo, {}));
  CHECK(exported(scratch / "db") == config::export_text(parse(kFile)));
}

TEST_CASE("what a server uses is not written to, by force neither") {
  const Scratch scratch;
  const std::string path = scratch / "db";
  const std::string file = scratch.write("a.conf", kFile);
  REQUIRE(import(path, file, Purge::kYes, {}));
  const auto lock = ServerLock::take(path);
  REQUIRE(lock);
  const LocalOptions force{.map_mib = 0, .force = true};
  CHECK(has(import(path, file, Purge::kYes, force), "used by a running server"));
  CHECK(has(import(path, file, Purge::kNo, force), "used by a running server"));
  CHECK(has(init(path, force), "used by a running server"));
  CHECK(exported(path) == config::export_text(parse(kFile)));
}

TEST_CASE("a database that root imports belongs to server.user") {
  if (::geteuid() != 0) {
    WARN("SKIP: confdb owner: needs root");
    return;
  }
  const Scratch scratch;
  const std::string file = scratch.write("a.conf", "server:\n    user: nobody:nogroup\n");
  REQUIRE(import(scratch / "db", file, Purge::kYes, {}));
  for (const char* name : {"", "/data.mdb", "/lock.mdb"}) {
    struct stat status {};
    REQUIRE(::stat((scratch / "db" + name).c_str(), &status) == 0);
    CHECK(status.st_uid == 65534);
  }
}
