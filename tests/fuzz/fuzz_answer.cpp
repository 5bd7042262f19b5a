// Fuzzer of answers: the octets choose zones and queries, the oracle (tests/oracle) says what is
// right. Needs trial_dep.
//
// The first two octets say how many of the following are one request as it is, which goes to
// the same server beside the generated ones.
#include <cstdio>
#include <cstdlib>

#include "trial.h"

namespace {

using namespace bowline::oracle;

constexpr std::size_t kQueries = 24;
constexpr std::size_t kMaxRaw = 1024;

void fail(const Trial& trial, const Difference& difference) {
  std::fputs(trial.explain(difference).c_str(), stderr);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t wanted = (std::size_t{data[0]} << 8 | data[1]) % kMaxRaw;
  const std::size_t raw_size = std::min(wanted, size - 2);
  Query raw;
  raw.message.assign(reinterpret_cast<const char*>(data + 2), raw_size);
  raw.transport.stream = (data[0] & 0x80) != 0;
  Choices choices(std::span(data + 2 + raw_size, size - 2 - raw_size));
  Trial trial(choices);
  if (const std::optional<Difference> found = trial.check({raw})) fail(trial, *found);
  if (const std::optional<Difference> found = trial.ask(choices, kQueries)) fail(trial, *found);
  return 0;
}
