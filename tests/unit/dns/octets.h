// Octets: wire messages for tests, put together piece by piece. Test code, one thread.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "dns/message.h"

namespace bowline::dns::test {

using Octets = std::vector<std::uint8_t>;

inline Octets operator+(Octets a, const Octets& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

inline Octets u16(unsigned value) {
  return {static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}
inline Octets u32(std::uint32_t value) { return u16(value >> 16) + u16(value & 0xffff); }

// "www.example." without escapes; "." is the root.
inline Octets name(std::string_view text) {
  Octets wire;
  while (!text.empty() && text != ".") {
    const std::size_t size = text.find('.');
    wire.push_back(static_cast<std::uint8_t>(size));
    wire.insert(wire.end(), text.begin(), text.begin() + size);
    text.remove_prefix(size + 1);
  }
  wire.push_back(0);
  return wire;
}
inline Octets pointer(unsigned target) { return u16(0xc000 | target); }

// A name of `size` octets in labels of at most 63 octets. REQUIRES: size > 1.
inline Octets name_of_size(std::size_t size) {
  Octets wire;
  for (std::size_t left = size - 1; left > 0;) {
    std::size_t label = left < 64 ? left : 64;
    if (left - label == 1) --label;  // one octet is no label
    wire.push_back(static_cast<std::uint8_t>(label - 1));
    wire.insert(wire.end(), label - 1, 'x');
    left -= label;
  }
  wire.push_back(0);
  return wire;
}
// `count` labels of one octet.
inline Octets name_of_labels(unsigned count) {
  Octets wire;
  for (unsigned i = 0; i < count; ++i) wire = wire + Octets{1, 'y'};
  return wire + Octets{0};
}

inline Octets header(unsigned flags, unsigned qd, unsigned an, unsigned ns, unsigned ar) {
  return u16(0x1234) + u16(flags) + u16(qd) + u16(an) + u16(ns) + u16(ar);
}
inline Octets question(const Octets& qname, RrType type = RrType::kA, unsigned rr_class = 1) {
  return qname + u16(code_of(type)) + u16(rr_class);
}
inline Octets record(const Octets& owner, RrType type, const Octets& rdata, unsigned rr_class = 1,
                     std::uint32_t ttl = 3600) {
  return owner + u16(code_of(type)) + u16(rr_class) + u32(ttl) +
         u16(static_cast<unsigned>(rdata.size())) + rdata;
}
inline Octets option(EdnsOption code, const Octets& value) {
  return u16(static_cast<unsigned>(code)) + u16(static_cast<unsigned>(value.size())) + value;
}
inline Octets opt(const Octets& options, std::uint32_t ttl = 0, const Octets& owner = {0}) {
  return record(owner, RrType::kOpt, options, 1232, ttl);
}

// A copy whose end is the end of a heap block, so that ASan sees the first octet read too many.
inline Octets cut(Bytes whole, std::size_t size) {
  Octets part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
  part.shrink_to_fit();
  return part;
}

inline std::uint64_t seed() {
  const char* const text = std::getenv("BOWLINE_SEED");
  return text == nullptr ? 20240229 : std::strtoull(text, nullptr, 10);
}

// Where the shared test data may be: named by the environment, or beside the source tree, found
// from there or, the compiler having been given a relative path, from the build folder.
inline std::vector<std::filesystem::path> shared_places() {
  const char* const shared = std::getenv("BOWLINE_SHARED");
  if (shared != nullptr) return {shared};
  const std::filesystem::path here = std::filesystem::path(__FILE__).parent_path();
  return {here / "../../../../shared", "../shared"};
}

// The wire messages of the shared test data; empty when they are not there.
inline std::vector<Octets> shared_messages() {
  std::vector<Octets> messages;
  for (const std::filesystem::path& place : shared_places()) {
    if (!messages.empty()) break;
    std::error_code absent;
    for (const auto& entry :
         std::filesystem::directory_iterator(place / "data/packets/message", absent)) {
      std::ifstream file(entry.path(), std::ios::binary);
      messages.emplace_back(std::istreambuf_iterator<char>(file),
                            std::istreambuf_iterator<char>());
    }
  }
  return messages;
}

}  // namespace bowline::dns::test
