// The usual reply is what the full stages write, to the octet.
#include <array>
#include <random>

#include <catch2/catch.hpp>

#include "answer/plan.h"
#include "answer/usual.h"
#include "served.h"

namespace bowline::answer::test {

namespace {

Outcome do_nothing(Reply&, Outcome outcome, std::uint32_t) { return outcome; }
constexpr std::array<StepFunction, 1> kSteps = {do_nothing};

// A zone with a plan gets no usual replies.
Served full_only(const std::vector<ZoneText>& zones, const link::Settings& settings) {
  std::vector<ZoneText> planned = zones;
  for (ZoneText& zone : planned) {
    zone.plan = {{static_cast<std::uint8_t>(Stage::kEnd), 0, 0, 0}};
  }
  Served served(planned, settings);
  served.set_steps(kSteps);
  return served;
}

const char* const kSmall =
    "@ SOA . . 1 2 3 4 5\n@ NS ns\n@ A 192.0.2.9\nns A 192.0.2.1\nns AAAA 2001:db8::1\n"
    "many A 192.0.2.1\nmany A 192.0.2.2\nmany A 192.0.2.3\nmx MX 10 ns\nsrv SRV 1 2 3 ns\n"
    "svc HTTPS 1 ns\nptr PTR ns\ntxt TXT \"some text\"\nlong TXT "
    "\"0123456789012345678901234567890123456789012345678901234567890123456789\"\n"
    "*.wild A 192.0.2.4\nalias CNAME many\nd DNAME ns\nsub NS ns.sub\nns.sub A 192.0.2.5\n"
    "ds NS ns\nds DS 1 13 2 0123456789012345678901234567890123456789012345678901234567890123\n";

std::vector<ZoneText> zones() {
  return {{"signed.test.", sample("signed.test.zone")},
          {"small.test.", kSmall},
          {".", "@ SOA . . 1 2 3 4 5\n@ NS ns.test.\n@ A 192.0.2.7\nempty.test. TXT \"\"\n"},
          {"absent.test.", ""}};
}

Message random_request(std::mt19937_64& random) {
  static constexpr const char* kNames[] = {
      "signed.test.", "mail.signed.test.", "NS1.signed.TEST.", "very.more.deep.signed.test.",
      "x.alias.signed.test.", "more.deep.signed.test.", "small.test.", "ns.small.test.",
      "MANY.small.test.", "mx.small.test.", "srv.small.test.", "svc.small.test.",
      "ptr.small.test.", "txt.small.test.", "long.small.test.", "a.wild.small.test.",
      "alias.small.test.", "a.d.small.test.", "d.small.test.", "sub.small.test.",
      "ns.sub.small.test.", "ds.small.test.", "none.small.test.", ".", "empty.test.",
      "absent.test."};
  static constexpr const char* kTypes[] = {
      "A",    "A",      "AAAA",  "TXT",   "NS",     "SOA",  "MX",   "SRV",   "HTTPS", "PTR",
      "DS",   "DNSKEY", "NSEC",  "RRSIG", "ANY",    "CNAME", "DNAME", "TYPE65280"};
  static constexpr const char* kOptions[] = {
      " +do", " +edns=1232", " +edns=512", " +edns=100", " +nsid", " +option=10:0011223344556677",
      " +rd", " +cd", " +ad", " +tcp", " +v6", " +class=255", " +class=3", " +max=512",
      " +option=65001:", " +version=1"};
  std::string question = kNames[random() % std::size(kNames)];
  question += std::string(" ") + kTypes[random() % std::size(kTypes)];
  for (std::size_t left = random() % 4; left > 0; --left) {
    question += kOptions[random() % std::size(kOptions)];
  }
  question += " +id=" + std::to_string(random() % 65536);
  Message request = make_request(question);
  if (random() % 8 == 0) request[random() % request.size()] = static_cast<std::uint8_t>(random());
  return request;
}

}  // namespace

TEST_CASE("usual replies are those of the full stages, to the octet") {
  const std::uint64_t seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (const bool rotated : {false, true}) {
    link::Settings settings;
    settings.answer_rotation = rotated;
    Served usual(zones(), settings);
    Served full = full_only(zones(), settings);
    for (unsigned i = 0; i < 30000; ++i) {
      const Message request = random_request(random);
      const bool stream = random() % 8 == 0;
      const auto size_max = static_cast<std::uint32_t>(random() % 4 == 0 ? 512 + random() % 200
                                                                         : 65535);
      const Result one = usual.send(request, stream, size_max);
      const Result other = full.send(request, stream, size_max);
      CAPTURE(i, request);
      REQUIRE(one.message == other.message);
      REQUIRE(one.action == other.action);
      REQUIRE(one.reason == other.reason);
      REQUIRE(one.truncated == other.truncated);
    }
  }
}

}  // namespace bowline::answer::test
