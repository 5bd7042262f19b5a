// The long run of hardening 41: compressed names by the hundred million, in generated messages, and
// all pairs of pointers that lead to each other. Started by tests/fuzz/long.
//
// Each name is read by Name::from_message(), by NameExpander and by the plain reference below: they
// have to agree on verdict, octets and end.
#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "dns/message.h"
#include "dns/name.h"
#include "long.h"

namespace {

using namespace bowline::dns;
using bowline::test::Random;
using bowline::test::Run;

constexpr std::size_t kHeader = 12;
constexpr std::size_t kMaxMessage = 1200;    // generated ones; long chains fit
constexpr std::size_t kReads = 64;           // of each generated message
constexpr std::size_t kLastTarget = 0x3fff;  // the largest place that a pointer can lead to
constexpr unsigned kMaxPointers = 127;

// The reading of RFC 1035 4.1.4 in small steps: labels are listed first, then put together.
struct Reference {
  bool valid = false;
  std::size_t size = 0;
  std::size_t end = 0;
  std::array<std::uint8_t, 512> octets;

  Reference(const std::uint8_t* message, std::size_t length, std::size_t at) {
    std::size_t sequence = at;
    unsigned pointers = 0;
    for (;;) {
      if (at >= length) return;
      const unsigned first = message[at];
      if (first >= 192) {
        if (at + 1 >= length) return;
        const std::size_t target = (first - 192) * 256U + message[at + 1];
        if (pointers == 0) end = at + 2;
        if (target < kHeader || target >= sequence || ++pointers > kMaxPointers) return;
        at = sequence = target;
        continue;
      }
      if (first >= 64 || at + first >= length) return;
      for (std::size_t i = at; i <= at + first; ++i) octets[size++] = message[i];
      if (size > 255) return;
      at += first + 1;
      if (first == 0) break;
    }
    if (pointers == 0) end = at;
    valid = true;
  }
};

bool agrees(const std::optional<Name>& name, const WireReader& reader, const Reference& wanted) {
  if (name.has_value() != wanted.valid || reader.ok() != wanted.valid) return false;
  return !wanted.valid || (name->size() == wanted.size && reader.position() == wanted.end &&
                           std::memcmp(name->data(), wanted.octets.data(), wanted.size) == 0);
}

// A message of label sequences and pointers. Most labels are short, so that names are deep and
// pointers lead to labels; now and then one is long, so that names end near 255 octets.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  Bytes make() {
    const std::size_t size = kHeader + 8 + random_.below(kMaxMessage - kHeader - 8);
    starts_.clear();
    size_ = kHeader;
    const std::uint64_t style = random_.below(4);
    while (size_ < size) {
      starts_.push_back(size_);
      put_sequence(style);
    }
    size_ = size;
    return {octets_.data(), size_};
  }

  // Where to read: mostly at a label or pointer, else anywhere, near the end too.
  std::size_t place() {
    const std::size_t kind = random_.below(8);
    if (kind == 0) return kHeader + random_.below(size_ - kHeader);
    const std::size_t start = starts_[random_.below(starts_.size())];
    return start < size_ ? start : size_ - 1;
  }

 private:
  void put_sequence(std::uint64_t style) {
    const std::size_t labels = style == 0 ? 0 : random_.below(style == 1 ? 3 : 12);
    for (std::size_t i = 0; i < labels && size_ < kMaxMessage; ++i) put_label();
    if (random_.below(style == 0 ? 64 : 4) == 0) {
      octets_[size_++] = random_.below(32) == 0 ? static_cast<std::uint8_t>(random_.next()) : 0;
    } else {
      put_pointer();
    }
  }

  void put_label() {
    const std::size_t kind = random_.below(16);
    const std::size_t size = kind == 0 ? 63 : kind == 1 ? 1 + random_.below(63) : 1;
    if (random_.below(8) == 0) starts_.push_back(size_);
    octets_[size_++] = static_cast<std::uint8_t>(size);
    for (std::size_t i = 0; i < size; ++i) {
      octets_[size_++] = static_cast<std::uint8_t>('a' + i % 26);
    }
  }

  void put_pointer() {
    const std::size_t kind = random_.below(16);
    std::size_t target = starts_[random_.below(starts_.size())];
    if (kind < 8) target = starts_[starts_.size() - 1 - random_.below(std::min<std::size_t>(
                               starts_.size(), 2))];
    if (kind == 15) target = random_.below(kLastTarget + 1);  // header, forward, beyond the end
    if (kind == 14) target = size_ - random_.below(4);        // itself and its neighbours
    store_u16(&octets_[size_], static_cast<std::uint16_t>(0xc000 | target));
    size_ += 2;
  }

  Random random_;
  std::array<std::uint8_t, 2 * kMaxMessage> octets_{};
  std::size_t size_ = 0;
  std::vector<std::size_t> starts_;
};

struct Totals {
  std::uint64_t done = 0;
  std::uint64_t valid = 0;
  std::uint64_t faults = 0;
};

void report(Bytes message, std::size_t at) {
  std::printf("names: readers disagree on the name at %zu of:", at);
  for (const std::uint8_t octet : message) std::printf(" %02x", octet);
  std::printf("\n");
}

void read_generated(const Run& run, Totals& totals) {
  Generator generator(run.seed);
  while (totals.done < run.executions && totals.faults == 0) {
    const Bytes message = generator.make();
    NameExpander expander;
    for (std::size_t i = 0; i < kReads; ++i) {
      const std::size_t at = generator.place();
      const Reference wanted(message.data(), message.size(), at);
      WireReader plain(message, at);
      WireReader expanding(message, at);
      const std::optional<Name> name = Name::from_message(plain);
      const std::optional<Name> expanded = expander.read(expanding);
      ++totals.done;
      totals.valid += wanted.valid ? 1 : 0;
      if (agrees(name, plain, wanted) && agrees(expanded, expanding, wanted)) continue;
      ++totals.faults;
      report(message, at);
    }
  }
}

bool is_refused(Bytes message, std::size_t at) {
  WireReader plain(message, at);
  WireReader expanding(message, at);
  NameExpander expander;
  return !Name::from_message(plain) && !expander.read(expanding);
}

// Each pair of places that pointers reach, one pointing to the other: no name, wherever one begins.
void read_cycles(Totals& totals) {
  std::vector<std::uint8_t> octets(kLastTarget + 3);
  const auto point = [&](std::size_t from, std::size_t to) {
    store_u16(&octets[from], static_cast<std::uint16_t>(0xc000 | to));
  };
  std::uint64_t pairs = 0;
  for (std::size_t a = kHeader; a <= kLastTarget; ++a) {
    for (std::size_t b = a + 2; b <= kLastTarget; ++b) {
      point(a, b);
      point(b, a);
      WireReader first(octets, a);
      WireReader second(octets, b);
      if (Name::from_message(first) || Name::from_message(second)) ++totals.faults;
      // The other reader keeps a memory that takes longer to clear: at a sample.
      if ((++pairs & 0xff) == 0 && !(is_refused(octets, a) && is_refused(octets, b))) {
        ++totals.faults;
      }
      octets[b] = octets[b + 1] = 0;
    }
    octets[a] = octets[a + 1] = 0;
  }
  std::printf("names: %llu pairs of pointers to each other, all refused: %s\n",
              static_cast<unsigned long long>(pairs), totals.faults == 0 ? "yes" : "NO");
}

}  // namespace

int main(int argc, char** argv) {
  const Run run("names", argc, argv);
  Totals totals;
  read_cycles(totals);
  read_generated(run, totals);
  std::printf("names: %llu of the generated names are valid\n",
              static_cast<unsigned long long>(totals.valid));
  // A run whose names are nearly all refused, or all read, would test little.
  if (totals.valid * 20 < totals.done || totals.valid * 20 > totals.done * 19) ++totals.faults;
  return run.end(totals.done, totals.faults);
}
