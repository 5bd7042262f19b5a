// Counters and drop list through their descriptors, with privileges and without.
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "ebpf/maps.h"
#include "support/kernel.h"
#include "support/packet.h"

namespace bowline::ebpf {
namespace {

using namespace support;

// The order of entries is the map's.
bool has(const std::vector<DropEntry>& entries, const Prefix& prefix, std::uint8_t origins) {
  return std::any_of(entries.begin(), entries.end(), [&](const DropEntry& entry) {
    return entry.prefix == prefix && entry.origins == origins;
  });
}

const Prefix kPrefixes[] = {
    {.address = {203, 0, 113, 64}, .length = 26},
    {.address = {203, 0, 113, 65}, .length = 32},
    {.address = {}, .length = 0},
    {.address = {0x20, 0x01, 0x0d, 0xb8}, .ipv6 = true, .length = 32},
    {.address = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
     .ipv6 = true,
     .length = 128},
    {.address = {}, .ipv6 = true, .length = 0},
    {.address = {0xfe}, .ipv6 = true, .length = 7},
};

// What a process without privileges must be able to do. Returns the number of the first step that
// fails, 0 if none.
int use_maps(int counters, int drop_list) {
  const auto totals = read_counters(counters);
  if (!totals || (*totals)[STEER_COUNT_steered] != 3) return 1;
  const Prefix prefix{.address = {198, 51, 100}, .length = 24};
  if (!drop_add(drop_list, prefix, STEER_DROP_CONFIGURED)) return 2;
  auto entries = drop_entries(drop_list);
  if (!entries || entries->size() != 1) return 3;
  if (!has(*entries, prefix, STEER_DROP_CONFIGURED)) return 4;
  if (!drop_remove(drop_list, prefix)) return 5;
  entries = drop_entries(drop_list);
  if (!entries || !entries->empty()) return 6;
  return 0;
}

bool become_nobody() {
  const passwd* const nobody = getpwnam("nobody");
  return nobody != nullptr && setgroups(0, nullptr) == 0 && setgid(nobody->pw_gid) == 0 &&
         setuid(nobody->pw_uid) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         setuid(0) != 0;
}

TEST_CASE("every counter has a name of its own, fit to be shown") {
  std::set<std::string_view> names;
  for (const CounterInfo& info : kCounterInfo) {
    INFO(info.name);
    CHECK(names.insert(info.name).second);
    CHECK(info.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == info.name.npos);
    CHECK_FALSE(info.help.empty());
  }
}

TEST_CASE("the drop list gives back what was added, masked, until it is removed") {
  const auto bench = Bench::make("ebpf/maps", {.ports = {53}});
  if (bench == nullptr) return;
  const int list = bench->maps().drop_list();
  for (const Prefix& prefix : kPrefixes) {
    REQUIRE(drop_add(list, prefix).ok());
    REQUIRE(drop_add(list, prefix, STEER_DROP_CONFIGURED).ok());  // replaces
  }
  auto entries = drop_entries(list);
  REQUIRE(entries.ok());
  CHECK(entries->size() == std::size(kPrefixes));
  for (const Prefix& prefix : kPrefixes) CHECK(has(*entries, prefix, STEER_DROP_CONFIGURED));
  for (const Prefix& prefix : kPrefixes) {
    REQUIRE(drop_remove(list, prefix).ok());
    REQUIRE(drop_remove(list, prefix).ok());
    entries = drop_entries(list);
    REQUIRE(entries.ok());
    CHECK_FALSE(has(*entries, prefix, STEER_DROP_CONFIGURED));
  }
  CHECK(entries->empty());
  REQUIRE(drop_add(list, {.address = {203, 0, 113, 77}, .length = 26}).ok());
  entries = drop_entries(list);
  REQUIRE(entries.ok());
  REQUIRE(entries->size() == 1);
  CHECK(has(*entries, kPrefixes[0], STEER_DROP_BY_HAND));
}

TEST_CASE("prefixes that are too long, and one too many, are refused with a reason") {
  const auto bench = Bench::make("ebpf/maps refusals", {.ports = {53}});
  if (bench == nullptr) return;
  const int list = bench->maps().drop_list();
  CHECK(drop_add(list, {.length = 33}).error().find("at most 32") != std::string::npos);
  CHECK(drop_remove(list, {.ipv6 = true, .length = 129}).error().find("at most 128") !=
        std::string::npos);
  for (unsigned i = 0; i < STEER_MAX_DROPS; ++i) {
    const auto high = static_cast<std::uint8_t>(i >> 8);
    const auto low = static_cast<std::uint8_t>(i);
    const auto added = drop_add(list, {.address = {10, high, low}, .length = 24});
    if (!added) FAIL("prefix " << i << ": " << added.error());
  }
  const auto full = drop_add(list, {.address = {11}, .length = 8});
  REQUIRE_FALSE(full.ok());
  CHECK(full.error().find("65536") != std::string::npos);
  const auto entries = drop_entries(list);
  REQUIRE(entries.ok());
  CHECK(entries->size() == STEER_MAX_DROPS);
}

TEST_CASE("what is no map is an error in words") {
  CHECK(read_counters(-1).error().find("cannot read the counters") != std::string::npos);
  CHECK(drop_entries(-1).error().find("cannot read the drop list") != std::string::npos);
  CHECK_FALSE(drop_add(-1, {.length = 8}).ok());
  CHECK_FALSE(drop_remove(-1, {.length = 8}).ok());
}

TEST_CASE("counters and drop list need no privilege, only their descriptors") {
  const auto bench = Bench::make("ebpf/maps nobody", {.ports = {53}});
  if (bench == nullptr) return;
  for (int i = 0; i < 3; ++i) REQUIRE(bench->pass(make({})).counter == STEER_COUNT_steered);
  const pid_t child = fork();
  if (child == 0) {
    if (!become_nobody()) _exit(100);
    _exit(use_maps(bench->program().counters(), bench->maps().drop_list()));
  }
  REQUIRE(child > 0);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace bowline::ebpf
