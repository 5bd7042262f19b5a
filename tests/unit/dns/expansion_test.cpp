// hardening 41: the work behind compression pointers as a count of octets, not as time.
#include <catch2/catch.hpp>

#include <vector>

#include "dns/message.h"
#include "octets.h"

namespace bowline::dns {
namespace {

using namespace test;

constexpr unsigned kDeep = 127;  // labels of each long name
constexpr unsigned kLong = kMaxNameSize;

// Long names one after the other behind the question, as rdata; then owners that are pointers.
struct Message {
  Octets octets;
  std::size_t first;  // of the long names
  unsigned records = 1;

  explicit Message(unsigned names) {
    Octets rdata;
    for (unsigned i = 0; i < names; ++i) rdata = rdata + name_of_labels(kDeep);
    const Octets start = header(0, 1, 0, 0, 0) + question({0});
    first = start.size() + 11;
    octets = start + record({0}, RrType::kNull, rdata);
  }
  void point(std::size_t target) {
    octets = octets + record(pointer(static_cast<unsigned>(target)), RrType::kNull, {});
    store_u16(&octets[6], static_cast<std::uint16_t>(++records));
  }
};

// Octets of the owners read behind pointers until the end or a fault.
std::size_t read_behind_pointers(const Message& message, bool& whole) {
  MessageReader reader(message.octets);
  MessageReader::Record each;
  std::size_t read = 0;
  while (reader.next(each)) {
    if (each.section == Section::kAnswer) read += each.owner.size();
  }
  whole = reader.at_end();
  return read - 1;  // the first owner is the root, without a pointer
}

}  // namespace

TEST_CASE("octets behind pointers are charged one by one, up to the bound") {
  // Different targets all: none is found among the suffixes kept.
  Message message(40);
  for (unsigned label = 0; label < kDeep && message.octets.size() < 60000; ++label) {
    for (unsigned i = 0; i < 40; ++i) message.point(message.first + i * kLong + 2 * label);
  }
  bool whole = true;
  const std::size_t read = read_behind_pointers(message, whole);
  CHECK_FALSE(whole);
  CHECK(read <= kMaxExpansion);
  CHECK(read > kMaxExpansion - kLong);
}

TEST_CASE("what is within the bound to the octet is read") {
  // 257 long names of 255 octets are 65535; the root after them is the last octet, or one more.
  for (const unsigned roots : {1U, 2U}) {
    Message message(40);
    for (unsigned i = 0; i < 257; ++i) {
      // Eight slots keep suffixes by their place: the long names push each other out.
      message.point(message.first + i % 40 * kLong);
    }
    const std::size_t last = message.first + 40 * kLong - 1;
    for (unsigned i = 0; i < roots; ++i) message.point(last - i * kLong);
    bool whole = false;
    const std::size_t read = read_behind_pointers(message, whole);
    INFO(roots);
    CHECK(whole == (roots == 1));
    CHECK(read == 65536);
  }
}

TEST_CASE("what was read of late is not charged again") {
  Message message(1);
  for (unsigned i = 0; i < 4000; ++i) message.point(message.first);
  bool whole = false;
  CHECK(read_behind_pointers(message, whole) == 4000 * kLong);
  CHECK(whole);
}

}  // namespace bowline::dns
