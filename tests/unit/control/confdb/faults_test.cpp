// Every call with which LMDB writes a commit fails once, or ends the process: the database opens,
// and holds the commit whole or not at all.
#include "faults.h"

#include <sys/wait.h>
#include <unistd.h>

#include "scratch.h"
#include "trial.h"

namespace {

using namespace bowline::test;
using bowline::control::confdb::Database;
using bowline::control::config::Config;
namespace config = bowline::control::config;

constexpr int kOk = 10;             // exit codes of the child: the commit succeeded,
constexpr int kFailed = 11;         // failed, and succeeded when it was tried again,
constexpr int kNeverAgain = 12;     // failed, and failed again without a fault,
constexpr int kNoFault = 13;        // succeeded, the fault did not come any more.

std::string zones(int from, int to) {
  std::string text = "zone:\n";
  for (int i = from; i < to; ++i) {
    text += "  - domain: z" + std::to_string(i) + ".test\n    comment: " + std::string(99, 'c') +
            "\n";
  }
  return text;
}

int commit_with_fault(const std::string& path, const Config& before, const Config& after, int nth,
                      Fault fault, bool tries_again) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    auto database = Database::open(path, {});
    if (!database) ::_exit(1);
    const auto loaded = (*database)->load();
    if (!loaded) ::_exit(2);
    const auto changes = config::compare(before, after);
    arm(nth, fault);
    const bool done = (*database)->commit({changes, "test", 1, 0, {}}).ok();
    const bool happened = disarm();
    if (done) ::_exit(happened ? kOk : kNoFault);
    if (!tries_again) ::_exit(kFailed);
    ::_exit((*database)->commit({changes, "test", 1, 0, {}}) ? kFailed : kNeverAgain);
  }
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("a commit whose n-th write fails is whole or not at all") {
  const auto fault = GENERATE(Fault::kIoError, Fault::kNoSpace, Fault::kShort, Fault::kEnd,
                              Fault::kEndHalfway);
  const bool tries_again = GENERATE(false, true);
  const Scratch scratch;
  const Config before = parse(zones(0, 300));
  const Config after = parse(zones(100, 450));
  make_database(scratch / "db", before).reset();
  int faults = 0;
  for (int nth = 1;; ++nth) {
    INFO("fault " << static_cast<int>(fault) << " at call " << nth);
    const std::string path = scratch / ("copy" + std::to_string(nth));
    std::filesystem::copy(scratch / "db", path);
    const int code = commit_with_fault(path, before, after, nth, fault, tries_again);
    REQUIRE((code == kOk || code == kFailed || code == kNoFault || code == kEndedByFault));
    const auto sound = Database::verify(path);
    if (!sound) FAIL(sound.error());
    auto database = Database::open(path, {});
    REQUIRE(database);
    const auto loaded = (*database)->load();
    REQUIRE(loaded);
    const State found = flatten(*loaded);
    const bool is_new = found == flatten(after);
    CHECK((is_new || found == flatten(before)));
    if (code == kOk || code == kNoFault || (code == kFailed && tries_again)) CHECK(is_new);
    if (code == kFailed && !tries_again) CHECK_FALSE(is_new);
    // It takes further commits.
    commit(**database, *loaded, after);
    CHECK(flatten(*(*database)->load()) == flatten(after));
    database->reset();
    std::filesystem::remove_all(path);
    if (code == kNoFault) break;
    ++faults;
  }
  CHECK(faults >= 3);  // pages, their fsync, the meta page
}
