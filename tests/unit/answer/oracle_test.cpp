// Answers against the oracle (tests/oracle): a short run of what tests/fuzz/long answer does by the
// million, and that the comparison sees what it has to see.
#include <catch2/catch.hpp>

#include "reply.h"
#include "trial.h"

namespace bowline::oracle {

TEST_CASE("generated questions about generated zones are answered as the oracle answers them") {
  constexpr std::uint64_t kSets = 40;
  constexpr std::size_t kQueriesOfZones = 500;
  for (std::uint64_t seed = 1; seed <= kSets; ++seed) {
    Choices choices(seed);
    Trial trial(choices);
    const std::optional<Difference> found = trial.ask(choices, kQueriesOfZones);
    INFO("seed " << seed << "\n" << (found ? trial.explain(*found) : ""));
    REQUIRE(!found);
  }
}

namespace {

Octets wire(std::initializer_list<const char*> labels) {
  return to_wire(Name(labels.begin(), labels.end()));
}

// "a.t. A" by a client with 512 octets, asked of a zone t. in which `address` is the record of a.t.
struct Sample {
  Request request;
  Answer answer;
  Octets reply;
};

Sample make_sample() {
  const Octets header = Octets("\x12\x34\0\0\0\1\0\0\0\0\0\0", 12);
  const Octets question = wire({"t", "a"}) + Octets("\0\1\0\1", 4);
  const Record soa{{"t"}, RrType::kSoa, 60, wire({}) + wire({}) + Octets(20, '\0')};
  const Record address{{"t", "a"}, RrType::kA, 60, "1234"};
  Sample sample;
  sample.request = read_request(header + question);
  const Zones zones = {Zone({"t"}, {soa, address})};
  sample.answer = right_answers(zones, {}, sample.request, {}).at(0);
  sample.reply = Octets("\x12\x34\x84\0\0\1\0\1\0\0\0\0", 12) + question +
                 Octets("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4", 12) + "1234";
  return sample;
}

std::string compare_with(const Sample& sample, std::size_t at, char octet) {
  Octets reply = sample.reply;
  reply.at(at) = octet;
  return compare(reply, sample.request, {}, sample.answer);
}

}  // namespace

TEST_CASE("the comparison takes a right reply and refuses each change of it") {
  const Sample sample = make_sample();
  CHECK(compare(sample.reply, sample.request, {}, sample.answer) == "");
  for (std::size_t at = 0; at < sample.reply.size(); ++at) {
    INFO("octet " << at);
    CHECK(compare_with(sample, at, static_cast<char>(sample.reply[at] ^ 1)) != "");
  }
}

TEST_CASE("the comparison says what is wrong") {
  Sample sample = make_sample();
  CHECK(compare_with(sample, 3, 3) == "the RCODE differs");
  CHECK(compare_with(sample, 2, '\x80') == "the flags differ");
  CHECK(compare_with(sample, 2, '\x86') == "TC, but everything required would fit");
  Octets empty = sample.reply.substr(0, 12) + sample.request.question;
  empty[7] = 0;
  CHECK(compare(empty, sample.request, {}, sample.answer) == "missing: a.t. A");
  empty[2] = '\x86';
  CHECK(compare(empty, sample.request, {}, sample.answer) ==
        "TC, but everything required would fit");
  sample.answer.limit = empty.size() + 10;  // less than a record
  CHECK(compare(empty, sample.request, {}, sample.answer) == "");
  CHECK(compare(sample.reply, sample.request, {}, sample.answer) == "the reply is too long");
}

}  // namespace bowline::oracle
