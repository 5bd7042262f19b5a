// The log of records that a zone is built from: its order, and the starts of keys that make it.
#include "zones/record_log.h"

#include <algorithm>
#include <random>

#include "tables.h"
#include "zones/tree_key.h"

using namespace bowline;
using namespace bowline::zones;

namespace {

using Owner = std::vector<std::uint8_t>;

// One to three labels over few octets, so that owners share their starts; `rare` adds octets that
// no host name has, among them those that keys escape.
Owner random_owner(std::mt19937_64& random, bool rare) {
  static constexpr std::uint8_t kOctets[] = {'a', 'B', 'b', '0', '-', '_', '*', '/',
                                             0,   1,   2,   '+', '[', '~', 0xff};
  Owner owner;
  for (std::uint64_t labels = 1 + random() % 3; labels > 0; --labels) {
    const std::size_t size = 1 + random() % (random() % 8 == 0 ? 40 : 7);
    owner.push_back(static_cast<std::uint8_t>(size));
    for (std::size_t i = 0; i < size; ++i) owner.push_back(kOctets[random() % (rare ? 15 : 8)]);
  }
  return owner;
}

// Adds records numbered by their rdata; true if they come out sorted, of one owner as they came.
bool sorts(const std::vector<Owner>& owners, bool hashed) {
  const auto key = [&](dns::Bytes owner) {
    return hashed ? TreeKey::of_hash(owner) : TreeKey::of_owner(owner);
  };
  std::vector<std::uint32_t> expected(owners.size());
  RecordLog log(hashed);
  for (std::uint32_t i = 0; i < owners.size(); ++i) {
    expected[i] = i;
    std::uint8_t rdata[4];
    dns::store_u32(rdata, i);
    log.add(owners[i], dns::RrType::kA, 1, 3600, rdata);
  }
  std::stable_sort(expected.begin(), expected.end(), [&](std::uint32_t a, std::uint32_t b) {
    return key(owners[a]).compare(key(owners[b])) < 0;
  });
  log.sort();
  std::size_t at = 0;
  for (const RecordLog::Group& group : log.groups()) {
    const std::uint8_t* record = group.records();
    for (std::uint32_t n = 0; n < group.record_count(); ++n, record += kRecordHead + 4) {
      if (at == expected.size()) return false;
      const std::uint32_t number = expected[at++];
      if (dns::load_u32(record + kRecordHead) != number) return false;
      if (!std::ranges::equal(group.owner(), owners[number])) return false;
    }
  }
  return at == expected.size();
}

}  // namespace

TEST_CASE("the start of a key is that of the whole key") {
  std::mt19937_64 random(test::seed());
  for (int i = 0; i < 20000; ++i) {
    const Owner owner = random_owner(random, i % 2 == 0);
    INFO("BOWLINE_SEED=" << test::seed() << " owner " << i);
    REQUIRE(KeyStart::of_owner(owner).octets == TreeKey::of_owner(owner).start().octets);
  }
  CHECK(KeyStart::of_owner({}).octets == TreeKey::of_owner({}).start().octets);
}

TEST_CASE("records come out in the order of their keys, of one owner as they came") {
  std::mt19937_64 random(test::seed());
  for (const std::size_t count : {1, 2, 100, 4095, 4096, 50000}) {
    for (const bool rare : {false, true}) {
      std::vector<Owner> owners(count);
      for (Owner& owner : owners) owner = random_owner(random, rare);
      INFO("BOWLINE_SEED=" << test::seed() << " " << count << " owners, rare octets " << rare);
      CHECK(sorts(owners, false));
    }
    std::vector<Owner> hashes(count, Owner(20));
    for (Owner& hash : hashes) {
      for (std::uint8_t& octet : hash) octet = static_cast<std::uint8_t>(random() % 3);
    }
    INFO("BOWLINE_SEED=" << test::seed() << " " << count << " hashes");
    CHECK(sorts(hashes, true));
  }
}
