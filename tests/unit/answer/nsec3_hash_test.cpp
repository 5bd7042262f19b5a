#include "answer/nsec3_hash.h"

#include <catch2/catch.hpp>

#include <array>
#include <cstdio>
#include <string>
#include <vector>

namespace bowline::answer {

namespace {

std::string in_base32hex(const Nsec3Hash& hash) {
  const char* const digits = "0123456789abcdefghijklmnopqrstuv";
  std::string text;
  unsigned bits = 0, count = 0;
  for (const std::uint8_t octet : hash) {
    bits = bits << 8 | octet;
    for (count += 8; count >= 5; count -= 5) text += digits[bits >> (count - 5) & 31];
  }
  return text;
}

}  // namespace

TEST_CASE("hashes of RFC 5155 appendix A") {
  const std::pair<const char*, const char*> rows[] = {
      {"example.", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"},
      {"a.example.", "35mthgpgcu1qg68fab165klnsnk3dpvl"},
      {"ai.example.", "gjeqe526plbf1g8mklp59enfd789njgi"},
      {"ns1.example.", "2t7b4g4vsa5smi47k61mv5bv1a22bojr"},
      {"ns2.example.", "q04jkcevqvmu85r014c7dkba38o0ji5r"},
      {"w.example.", "k8udemvp1j2f7eg6jebps17vp3n8i58h"},
      {"*.w.example.", "r53bq7cc2uvmubfu5ocmm6pers9tk9en"},
      {"x.w.example.", "b4um86eghhds6nea196smvmlo4ors995"},
      {"y.w.example.", "ji6neoaepv8b5o6k4ev33abha8ht9fgc"},
      {"x.y.w.example.", "2vptu5timamqttgl4luu9kg21e0aor3s"},
      {"xx.example.", "t644ebqk9bibcna874givr6joj62mlhv"},
  };
  constexpr std::array<std::uint8_t, 4> salt = {0xaa, 0xbb, 0xcc, 0xdd};
  Nsec3Hasher hasher;
  for (const auto& [name, hash] : rows) {
    const dns::Name wire = *dns::Name::from_text(name);
    CHECK(in_base32hex(hasher.hash({wire, salt, 12})) == hash);
  }
}

TEST_CASE("a wildcard is hashed without its name") {
  const dns::Name parent = *dns::Name::from_text("w.example.");
  constexpr std::array<std::uint8_t, 4> salt = {0xaa, 0xbb, 0xcc, 0xdd};
  Nsec3Hasher hasher;
  CHECK(in_base32hex(hasher.hash({parent, salt, 12, true})) == "r53bq7cc2uvmubfu5ocmm6pers9tk9en");
}

// Names of all lengths that one, two and more blocks of SHA-1 take, with mixed parameters.
TEST_CASE("hashes made together are those made one by one") {
  std::vector<dns::Name> names;
  for (std::size_t size = 1; size <= 180; size += 7) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) {
      text += i % 40 == 39 ? '.' : static_cast<char>('a' + i % 26);
    }
    names.push_back(*dns::Name::from_text(text + "x.test."));
  }
  std::array<std::uint8_t, kMaxNsec3Salt> salt;
  for (std::size_t i = 0; i < salt.size(); ++i) salt[i] = static_cast<std::uint8_t>(i * 37);
  constexpr std::size_t kSaltSizes[] = {0, 1, 4, 8, 20, 64, kMaxNsec3Salt};
  constexpr unsigned kIterations[] = {0, 0, 1, 5, 150};
  Nsec3Hasher hasher;
  std::size_t next = 0;
  for (std::size_t count = 1; count <= Nsec3Hasher::kLanes; ++count) {
    for (unsigned turn = 0; turn < 8; ++turn) {
      std::vector<Nsec3Input> inputs;
      for (std::size_t i = 0; i < count; ++i, ++next) {
        inputs.push_back({names[next % names.size()],
                          {salt.data(), kSaltSizes[next % std::size(kSaltSizes)]},
                          kIterations[next % std::size(kIterations)], next % 3 == 0});
      }
      std::vector<Nsec3Hash> hashes(count);
      hasher.hash_together(inputs, hashes);
      for (std::size_t i = 0; i < count; ++i) {
        INFO(count << " together, number " << i);
        CHECK(hashes[i] == hasher.hash(inputs[i]));
      }
    }
  }
}

TEST_CASE("the CPU's instructions and the library agree") {
  if (!has_sha1_instructions()) {
    std::puts("SKIP: nsec3_hash: this CPU has no instructions for SHA-1");
    return;
  }
  Nsec3Hasher native(Nsec3Hasher::Way::kBest), library(Nsec3Hasher::Way::kLibrary);
  std::array<std::uint8_t, kMaxNsec3Salt> salt;
  for (std::size_t i = 0; i < salt.size(); ++i) salt[i] = static_cast<std::uint8_t>(i * 89);
  const dns::Name name = *dns::Name::from_text("a-name-of-some-length.example.");
  // All sizes: of one block to five, and both sides of each border.
  for (std::size_t size = 0; size <= salt.size(); ++size) {
    std::array<Nsec3Input, 3> inputs;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      inputs[i] = {name, {salt.data(), size}, static_cast<unsigned>(i % 2 * 3), i == 2};
    }
    std::array<Nsec3Hash, 3> ours, theirs;
    native.hash_together(inputs, ours);
    library.hash_together(inputs, theirs);
    INFO(size << " octets of salt");
    CHECK(ours == theirs);
    CHECK(native.hash(inputs[1]) == library.hash(inputs[1]));
  }
}

TEST_CASE("the longest name with the longest salt is hashed") {
  const std::string label(63, 'x');
  const auto name =
      dns::Name::from_text(label + "." + label + "." + label + "." + label.substr(2) + ".");
  REQUIRE(name.ok());
  REQUIRE(name->size() == dns::kMaxNameSize);
  std::array<std::uint8_t, 255> salt{};
  Nsec3Hasher hasher;
  CHECK(hasher.hash({*name, salt}) != hasher.hash({*name, {salt.data(), 254}}));
  CHECK(hasher.hash({*name, salt, 1}) != hasher.hash({*name, salt}));
}

}  // namespace bowline::answer
