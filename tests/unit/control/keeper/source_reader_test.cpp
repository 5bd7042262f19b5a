#include "control/keeper/source_reader.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../confdb/scratch.h"

namespace {

using namespace bowline::control;
using namespace bowline::test;
using keeper::Reading;
using keeper::read_source;

confdb::Source database_at(const std::string& path) {
  return {confdb::Source::Kind::kDatabase, path};
}

// Of the user that the test runs as.
const std::string kServer =
    ::geteuid() == 0 ? "" : std::string("    user: ") + ::getpwuid(::geteuid())->pw_name + "\n";

std::string text_with(const std::string& identity) {
  return "server:\n    identity: " + identity + "\n" + kServer +
         "zone:\n  - domain: a.test\n  - domain: b.test\n";
}

}  // namespace

TEST_CASE("the keeper gets a database without its zones") {
  const Scratch scratch;
  make_database(scratch / "db", parse(text_with("x"))).reset();
  const auto config = read_source(database_at(scratch / "db"), Reading::kStart);
  if (!config) FAIL(config.error());
  CHECK(config->server().identity == "x");
  CHECK(config->zones().empty());
  const auto file = read_source({confdb::Source::Kind::kFile, scratch.write("f", text_with("f"))},
                                Reading::kStart);
  REQUIRE(file);
  CHECK(file->server().identity == "f");
}

TEST_CASE("only a start undoes what is not confirmed") {
  const Scratch scratch;
  const auto before = parse(text_with("before"));
  {
    const auto database = make_database(scratch / "db", before);
    REQUIRE(database->commit(
        {config::compare(before, parse(text_with("after"))), "test", 1, 99, {}}));
  }
  CHECK(read_source(database_at(scratch / "db"), Reading::kAgain)->server().identity == "after");
  CHECK(read_source(database_at(scratch / "db"), Reading::kStart)->server().identity == "before");
}

TEST_CASE("errors of a database reach the keeper as errors") {
  const Scratch scratch;
  const auto missing = read_source(database_at(scratch / "none"), Reading::kStart);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().find("is not there") != std::string::npos);
  {
    std::string text = "server:\n" + kServer + "    identity: x\nzone:\n";
    for (int i = 0; i < 1000; ++i) text += "  - domain: z" + std::to_string(i) + ".test\n";
    make_database(scratch / "db", parse(text)).reset();
  }
  const std::string data = scratch / "db/data.mdb";
  std::filesystem::resize_file(data, std::filesystem::file_size(data) / 2);
  const auto damaged = read_source(database_at(scratch / "db"), Reading::kStart);
  REQUIRE_FALSE(damaged);
  CHECK(damaged.error().find("is damaged") != std::string::npos);
}

TEST_CASE("a database that belongs to another than server.user is refused") {
  if (::geteuid() != 0) {
    WARN("SKIP: keeper source_reader owner: needs root");
    return;
  }
  const Scratch scratch;
  REQUIRE(::chmod(scratch.path().c_str(), 0755) == 0);
  make_database(scratch / "db", parse(text_with("x"))).reset();
  for (const char* file : {"", "/data.mdb", "/lock.mdb"}) {
    REQUIRE(::chown((scratch / "db" + file).c_str(), 65534, 65534) == 0);
  }
  const auto refused = read_source(database_at(scratch / "db"), Reading::kStart);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().find("belongs to nobody, and its server.user is root") !=
        std::string::npos);
}
