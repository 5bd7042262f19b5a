// Measures what hostile messages cost to read, and large answers to write (hardening 41 to 43): the
// best of many runs for each, in microseconds a message, beside its goal.
//
//   bench_parse [--json]
//
// Ends with 1 if a goal is missed. One thread, no input.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dns/builder.h"
#include "dns/message.h"
#include "dns/name.h"

namespace {

using namespace bowline::dns;
using Clock = std::chrono::steady_clock;
using Octets = std::vector<std::uint8_t>;

constexpr double kGoalDatagram = 20;    // us; hardening 41: the worst message of a datagram
constexpr double kGoalManyNames = 1000;  // us; hardening 42
constexpr double kGoalEncode = 2000;     // us; hardening 43
// No goal of its own in 41: what is bounded is the work of one message, so as 42.
constexpr double kGoalStream = 1000;
constexpr std::size_t kDatagram = 1232;
constexpr std::size_t kRecordFixed = 10;
constexpr std::size_t kAnswerNames = 3000;

// ---- Messages ---------------------------------------------------------------------------------

void put_u16(Octets& out, std::size_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}

Octets pointer(std::size_t target) {
  Octets octets;
  put_u16(octets, 0xc000 | target);
  return octets;
}

// A name of `labels` labels of one octet each, without its root.
Octets deep_labels(unsigned labels, unsigned number) {
  Octets octets;
  for (unsigned i = 0; i < labels; ++i) {
    octets.push_back(1);
    octets.push_back(static_cast<std::uint8_t>('a' + (i + number) % 26));
  }
  return octets;
}

// Grows to `size` octets: a question for the root, then records of type NULL.
class Message {
 public:
  explicit Message(std::size_t size) : size_(size), octets_(kHeaderSize) {
    octets_[5] = 1;
    octets_.insert(octets_.end(), {0, 0, 1, 0, 1});
  }

  bool add(const Octets& owner, const Octets& rdata = {}) {
    if (octets_.size() + owner.size() + kRecordFixed + rdata.size() > size_) return false;
    octets_.insert(octets_.end(), owner.begin(), owner.end());
    put_u16(octets_, code_of(RrType::kNull));
    put_u16(octets_, 1);
    octets_.resize(octets_.size() + 4);
    put_u16(octets_, rdata.size());
    octets_.insert(octets_.end(), rdata.begin(), rdata.end());
    store_u16(&octets_[6], static_cast<std::uint16_t>(++count_));
    return true;
  }

  std::size_t at() const { return octets_.size(); }
  unsigned count() const { return count_; }
  const Octets& octets() const { return octets_; }

 private:
  std::size_t size_;
  Octets octets_;
  unsigned count_ = 0;
};

// As many records as there can be.
Octets shortest_records(std::size_t size) {
  Message message(size);
  while (message.add({0})) {}
  return message.octets();
}

// Chains of 127 pointers in the rdata of a first record; each owner begins at the end of one.
Octets pointer_chains(std::size_t size) {
  Message message(size);
  const std::size_t room = std::min<std::size_t>(size / 2, 0x3000);
  const std::size_t first = message.at() + 1 + kRecordFixed;
  Octets chains;
  std::vector<std::size_t> ends;
  while (chains.size() + 3 + 2 * 126 < room) {
    std::size_t last = first + chains.size();
    chains.insert(chains.end(), {1, 'a', 0});
    for (unsigned i = 0; i < 126; ++i) {
      const Octets next = pointer(last);
      last = first + chains.size();
      chains.insert(chains.end(), next.begin(), next.end());
    }
    ends.push_back(last);
  }
  message.add({0}, chains);
  for (std::size_t i = 0; message.add(pointer(ends[i % ends.size()])); ++i) {}
  return message.octets();
}

// Names of 127 labels in the rdata of a first record; owners point to their labels, each to another
// one, so that nothing is found among the suffixes kept.
Octets deep_pointers(std::size_t size) {
  Message message(size);
  const std::size_t names = std::max<std::size_t>(1, std::min<std::size_t>(size / 2, 0x3000) / 255);
  const std::size_t first = message.at() + 1 + kRecordFixed;
  Octets rdata;
  for (unsigned i = 0; i < names; ++i) {
    const Octets labels = deep_labels(127, i);
    rdata.insert(rdata.end(), labels.begin(), labels.end());
    rdata.push_back(0);
  }
  message.add({0}, rdata);
  for (std::size_t i = 0;; ++i) {
    const std::size_t target = first + i % names * 255 + i / names * 7 % 127 * 2;
    if (!message.add(pointer(target))) break;
  }
  return message.octets();
}

// Owners of 127 labels, written out.
Octets deep_owners(std::size_t size) {
  Message message(size);
  for (unsigned i = 0;; ++i) {
    Octets owner = deep_labels(127, i);
    owner.push_back(0);
    if (!message.add(owner)) return message.octets();
  }
}

// hardening 42: distinct owners, no record with rdata.
Octets distinct_owners(std::size_t size, unsigned& count) {
  Message message(size);
  for (unsigned i = 0;; ++i) {
    const auto high = static_cast<std::uint8_t>(i >> 8);
    const auto low = static_cast<std::uint8_t>(i);
    if (!message.add({2, high, low, 0})) break;
  }
  count = message.count();
  return message.octets();
}

// ---- Work -------------------------------------------------------------------------------------

// Whatever the verdict: a refusal costs what was read before it.
void read_as_request(const Octets& message) {
  QueryFacts facts;
  read_query(message, facts);
}

void read_all(const Octets& message) {
  MessageReader reader(message);
  MessageReader::Record record;
  while (reader.next(record)) {}
}

struct NamePair {
  Octets owner, target;
};

// Owners and NS targets, distinct all of them, of several shapes.
std::vector<NamePair> distinct_pairs(const std::string& shape) {
  const auto name = [&](std::size_t number) {
    if (shape == "deep") {
      Octets octets = {4};
      for (unsigned shift = 0; shift < 16; shift += 4) {
        octets.push_back(static_cast<std::uint8_t>('a' + (number >> shift & 15)));
      }
      const Octets labels = deep_labels(124, static_cast<unsigned>(number));
      octets.insert(octets.end(), labels.begin(), labels.end());
      octets.push_back(0);
      return octets;
    }
    const std::string top = shape == "shared suffix" ? ".d" + std::to_string(number % 97) + ".x."
                                                     : ".z" + std::to_string(number) + ".";
    const Name parsed = Name::from_text("h" + std::to_string(number) + top).value();
    return Octets(parsed.data(), parsed.data() + parsed.size());
  };
  std::vector<NamePair> pairs;
  for (std::size_t i = 0; i < kAnswerNames; i += 2) pairs.push_back({name(i), name(i + 1)});
  return pairs;
}

// Writes an answer of at most 64 kB; returns its size.
std::size_t write_pairs(const std::vector<NamePair>& pairs, Octets& buffer) {
  static constexpr std::uint8_t kQuestion[] = {3, 'w', 'w', 'w', 1, 'x', 0, 0, 2, 0, 1};
  buffer[5] = 1;
  std::memcpy(&buffer[kHeaderSize], kQuestion, sizeof(kQuestion));
  MessageBuilder builder(buffer, kHeaderSize + sizeof(kQuestion), kMaxMessageSize, 0);
  builder.begin(Section::kAnswer);
  for (const NamePair& pair : pairs) {
    const NameView owner(pair.owner.data(), pair.owner.size());
    if (!builder.add(owner, RrType::kNs, 1, 3600, pair.target)) break;
  }
  return builder.finish(0x8400);
}

// ---- Measuring --------------------------------------------------------------------------------

// The best of some runs, for other programs take the processor now and then.
double best_us(const std::function<void()>& work) {
  constexpr unsigned kRuns = 500;
  auto best = Clock::duration::max();
  for (unsigned run = 0; run < kRuns; ++run) {
    const auto start = Clock::now();
    work();
    best = std::min(best, Clock::now() - start);
  }
  return std::chrono::duration<double, std::micro>(best).count();
}

struct Row {
  std::string name;
  double us;
  double goal;
};

std::vector<Row> measure_pointers() {
  const std::pair<const char*, Octets (*)(std::size_t)> kinds[] = {
      {"shortest records", shortest_records},
      {"chains of 127 pointers", pointer_chains},
      {"pointers to deep names", deep_pointers},
      {"deep owners", deep_owners},
  };
  std::vector<Row> rows;
  for (const std::size_t size : {kDatagram, kMaxMessageSize}) {
    const double goal = size == kDatagram ? kGoalDatagram : kGoalStream;
    for (const auto& [kind, make] : kinds) {
      const Octets message = make(size);
      const std::string what = std::string("41 ") + kind + ", " + std::to_string(message.size()) +
                               " octets: ";
      rows.push_back({what + "read_query", best_us([&] { read_as_request(message); }), goal});
      rows.push_back({what + "MessageReader", best_us([&] { read_all(message); }), goal});
    }
  }
  return rows;
}

std::vector<Row> measure_many_names() {
  unsigned count = 0;
  const Octets message = distinct_owners(kMaxMessageSize, count);
  const std::string what = "42 " + std::to_string(count) + " owners, " +
                           std::to_string(message.size()) + " octets: ";
  return {{what + "read_query", best_us([&] { read_as_request(message); }), kGoalManyNames},
          {what + "MessageReader", best_us([&] { read_all(message); }), kGoalManyNames}};
}

std::vector<Row> measure_encoding() {
  std::vector<Row> rows;
  Octets buffer(kMaxMessageSize);
  for (const std::string shape : {"flat", "shared suffix", "deep"}) {
    const std::vector<NamePair> pairs = distinct_pairs(shape);
    const std::size_t size = write_pairs(pairs, buffer);
    const unsigned names = 2U * load_u16(&buffer[6]);
    rows.push_back({"43 " + std::to_string(names) + " names, " + shape + ", " +
                        std::to_string(size) + " octets: MessageBuilder",
                    best_us([&] { write_pairs(pairs, buffer); }), kGoalEncode});
  }
  return rows;
}

}  // namespace

int main(int argc, char** argv) {
  const bool json = argc == 2 && std::strcmp(argv[1], "--json") == 0;
  if (argc > 1 && !json) {
    std::fprintf(stderr, "usage: bench_parse [--json]\n");
    return 2;
  }
  std::vector<Row> rows = measure_pointers();
  for (const auto& more : {measure_many_names(), measure_encoding()}) {
    rows.insert(rows.end(), more.begin(), more.end());
  }
  nlohmann::json report = nlohmann::json::array();
  bool all_met = true;
  for (const Row& row : rows) {
    all_met = all_met && row.us <= row.goal;
    report.push_back({{"name", row.name}, {"us", row.us}, {"goal_us", row.goal}});
    if (!json) {
      std::printf("%9.2f us  goal %6.0f  %s%s\n", row.us, row.goal, row.name.c_str(),
                  row.us <= row.goal ? "" : "  MISSED");
    }
  }
  if (json) std::printf("%s\n", report.dump().c_str());
  return all_met ? 0 : 1;
}
