// The long run of the configuration database: random conf-* operations in a process that is killed
// at random moments, beside a model (tests/unit/control/confdb/trial.h). Started by tests/fuzz/long.
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "long.h"
#include "trial.h"

int main(int argc, char** argv) {
  const bowline::test::Run run("confdb", argc, argv);
  char folder[] = "/tmp/bowline-confdb-XXXXXX";
  if (::mkdtemp(folder) == nullptr) {
    std::perror("mkdtemp");
    return 1;
  }
  bool ok = false;
  std::uint64_t done = 0;
  {
    bowline::test::Trial trial(std::string(folder) + "/db", run.seed);
    ok = trial.run({run.executions, 100});
    done = trial.done();
    if (!ok) std::fprintf(stderr, "%s\n", trial.fault().c_str());
    std::printf("confdb: %llu commits, %llu kills\n",
                static_cast<unsigned long long>(trial.commits()),
                static_cast<unsigned long long>(trial.kills()));
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return run.end(done, ok ? 0 : 1);
}
