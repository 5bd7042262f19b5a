// The keyed hash of suffixes: both implementations agree, and it depends on what it should.
#include "dns/name_key.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <random>
#include <set>

#include "dns/aes_round.h"
#include "dns/name_key_portable.h"
#include "octets.h"

namespace bowline::dns {
namespace {

using namespace test;

HashKey random_key(std::mt19937_64& random) {
  HashKey key;
  for (std::uint8_t& octet : key.bytes) octet = static_cast<std::uint8_t>(random());
  return key;
}

Octets random_name(std::mt19937_64& random) {
  Octets wire;
  const std::size_t max_label = random() % 2 == 0 ? 63 : 20;
  while (random() % 6 != 0) {
    const std::size_t size = random() % max_label + 1;
    if (wire.size() + size + 2 > kMaxNameSize) break;
    wire.push_back(static_cast<std::uint8_t>(size));
    for (std::size_t j = 0; j < size; ++j) wire.push_back(static_cast<std::uint8_t>(random()));
  }
  wire.push_back(0);
  return wire;
}

// In a buffer of exactly its size, so that ASan sees a read beyond it.
struct TightName {
  std::unique_ptr<std::uint8_t[]> bytes;
  NameView view;
  explicit TightName(const Octets& wire)
      : bytes(new std::uint8_t[wire.size()]), view(bytes.get(), wire.size()) {
    std::copy(wire.begin(), wire.end(), bytes.get());
  }
};

void check_key(const HashKey& secret, NameView name, const NameKey& key) {
  REQUIRE(key.size == name.size());
  REQUIRE(key.depth == name.depth());
  const Name lower = Name(name).lower();
  REQUIRE(std::equal(lower.data(), lower.data() + lower.size(), key.lower.begin()));
  for (unsigned d = 0; d <= key.depth; ++d) {
    REQUIRE(key.suffix(d).equals(name.suffix(d)));
    REQUIRE(key.suffix(d).depth() == d);
    REQUIRE(hash_name(secret, name.suffix(d)) == key.hash[d]);
  }
}

void check_same(const NameKey& key, const NameKey& other) {
  REQUIRE(other.size == key.size);
  REQUIRE(other.depth == key.depth);
  REQUIRE(std::equal(key.lower.begin(), key.lower.begin() + key.size, other.lower.begin()));
  for (unsigned d = 0; d <= key.depth; ++d) {
    REQUIRE(other.hash[d] == key.hash[d]);
    REQUIRE(other.offset[d] == key.offset[d]);
  }
}

TEST_CASE("native and portable keys agree on random names", "[name_key]") {
  const std::uint64_t run_seed = seed();
  CAPTURE(run_seed);
  std::mt19937_64 random(run_seed);
  auto native = std::make_unique<NameKey>();
  auto other = std::make_unique<NameKey>();
  for (int i = 0; i < 5000; ++i) {
    const HashKey secret = random_key(random);
    const TightName name(random_name(random));
    make_name_key(secret, name.view, *native);
    check_key(secret, name.view, *native);
    const KeyJob job{name.view, other.get()};
    make_name_keys_portable(secret, {&job, 1});
    check_same(*native, *other);
    if (!__builtin_cpu_supports("aes")) continue;
    make_name_keys_aes(secret, {&job, 1});
    check_same(*native, *other);
  }
}

TEST_CASE("keys made together are those made one by one", "[name_key]") {
  const std::uint64_t run_seed = seed();
  CAPTURE(run_seed);
  std::mt19937_64 random(run_seed);
  const HashKey secret = random_key(random);
  std::vector<std::unique_ptr<TightName>> names;
  std::vector<NameKey> keys(33);
  std::vector<KeyJob> jobs;
  for (NameKey& key : keys) {
    names.push_back(std::make_unique<TightName>(random_name(random)));
    jobs.push_back({names.back()->view, &key});
  }
  make_name_keys(secret, jobs);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    NameKey alone;
    make_name_key(secret, names[i]->view, alone);
    check_same(alone, keys[i]);
  }
}

TEST_CASE("names of every size and depth have keys", "[name_key]") {
  const HashKey secret{};
  NameKey key;
  for (std::size_t size = 3; size <= kMaxNameSize; ++size) {
    const TightName name(name_of_size(size));
    make_name_key(secret, name.view, key);
    check_key(secret, name.view, key);
  }
  for (unsigned depth = 0; depth <= kMaxDepth; ++depth) {
    const TightName name(name_of_labels(depth));
    make_name_key(secret, name.view, key);
    check_key(secret, name.view, key);
  }
}

TEST_CASE("case does not change a hash, octets around the letters do", "[name_key]") {
  const HashKey secret{};
  const auto hash = [&secret](const char* text) {
    return hash_name(secret, *Name::from_text(text));
  };
  CHECK(hash("WWW.Example.") == hash("www.eXAMPLE."));
  CHECK(hash("azAZ.") == hash("AZaz."));
  CHECK(hash("@.") != hash("`."));
  CHECK(hash("[.") != hash("{."));
  CHECK(hash("\\193.") != hash("\\225."));
}

TEST_CASE("hashes differ by label borders, padding, place and secret", "[name_key]") {
  const HashKey secret{};
  std::vector<Name> names;
  for (const char* text : {".", "a.", "b.", "a.b.", "b.a.", "ab.", "a.a.", "a.a.a.", "\\000.",
                           "\\000\\000.", "a\\000.", "a\\001b.", "aaaaaaaaaaaaaaa.",
                           "aaaaaaaaaaaaaaaa.", "aaaaaaaaaaaaaaa\\000."}) {
    names.push_back(*Name::from_text(text));
  }
  std::set<std::uint64_t> hashes;
  for (const Name& name : names) hashes.insert(hash_name(secret, name));
  CHECK(hashes.size() == names.size());

  HashKey other = secret;
  for (std::size_t i = 0; i < other.bytes.size(); ++i) {
    other = secret;
    other.bytes[i] = 1;
    for (const Name& name : names) hashes.insert(hash_name(other, name));
  }
  CHECK(hashes.size() == names.size() * 17);
}

// Buckets and tags take any bits: each must be set in half of the hashes.
TEST_CASE("every bit of the hash is balanced over counted names", "[name_key]") {
  constexpr unsigned kNames = 20000;
  const HashKey secret{};
  std::array<unsigned, 64> ones{};
  for (unsigned i = 0; i < kNames; ++i) {
    const std::uint64_t hash =
        hash_name(secret, *Name::from_text("n" + std::to_string(i) + ".example."));
    for (unsigned bit = 0; bit < 64; ++bit) ones[bit] += (hash >> bit & 1) != 0;
  }
  for (unsigned bit = 0; bit < 64; ++bit) {
    CAPTURE(bit);
    CHECK(ones[bit] > kNames / 2 - 500);  // seven standard deviations
    CHECK(ones[bit] < kNames / 2 + 500);
  }
}

// FIPS 197 appendix B: the state at the start of round 2 from that of round 1 and its key.
TEST_CASE("a portable round is the one of FIPS 197", "[name_key]") {
  alignas(16) const std::uint8_t state[16] = {0x19, 0x3d, 0xe3, 0xbe, 0xa0, 0xf4, 0xe2, 0x2b,
                                              0x9a, 0xc6, 0x8d, 0x2a, 0xe9, 0xf8, 0x48, 0x08};
  alignas(16) const std::uint8_t key[16] = {0xa0, 0xfa, 0xfe, 0x17, 0x88, 0x54, 0x2c, 0xb1,
                                            0x23, 0xa3, 0x39, 0x39, 0x2a, 0x6c, 0x76, 0x05};
  const Octets expected = {0xa4, 0x9c, 0x7f, 0xf2, 0x68, 0x9f, 0x35, 0x2b,
                           0x6b, 0x5b, 0xea, 0x43, 0x02, 0x6a, 0x50, 0x49};
  alignas(16) std::uint8_t result[16];
  _mm_store_si128(reinterpret_cast<__m128i*>(result),
                  PortableAes::round(_mm_load_si128(reinterpret_cast<const __m128i*>(state)),
                                     _mm_load_si128(reinterpret_cast<const __m128i*>(key))));
  CHECK(Octets(result, result + 16) == expected);
}

}  // namespace
}  // namespace bowline::dns
