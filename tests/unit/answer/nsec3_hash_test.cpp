#include "answer/nsec3_hash.h"

#include <catch2/catch.hpp>

#include <array>
#include <string>

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
    CHECK(in_base32hex(hasher.hash(*dns::Name::from_text(name), salt, 12)) == hash);
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
  CHECK(hasher.hash(*name, salt, 0) != hasher.hash(*name, {salt.data(), 254}, 0));
  CHECK(hasher.hash(*name, salt, 1) != hasher.hash(*name, salt, 0));
}

}  // namespace bowline::answer
