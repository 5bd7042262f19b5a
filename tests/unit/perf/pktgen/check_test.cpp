#include "perf/pktgen/check.h"

#include <catch2/catch.hpp>

#include <string>

#include "support.h"

using namespace bowline;
using namespace bowline::perf::pktgen;
using namespace bowline::perf::pktgen::test;

namespace {

using Octets = std::vector<std::uint8_t>;

constexpr const char* kZone =
    "@ 60 SOA ns h 1 2 3 4 5\nwww 60 A 192.0.2.1\nwww 60 A 192.0.2.2\nmx 60 MX 1 WWW\n"
    "cut 60 NS ns.cut\n";

struct Record {
  const char* owner;
  dns::RrType type;
  Octets rdata;
};

const Octets kA1 = {192, 0, 2, 1}, kA2 = {192, 0, 2, 2}, kA3 = {192, 0, 2, 3};
const Octets kSoa = {2, 'n', 's', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0,
                     1, 'h', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0,
                     0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5};
const Octets kMx = {0, 1, 3, 'w', 'w', 'w', 0xc0, 15};  // www.example by a pointer into mx.example
const Octets kNs = {2, 'n', 's', 3, 'c', 'u', 't', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0};

void append(Octets& out, const Record& record) {
  const dns::Name owner = name(record.owner);
  out.insert(out.end(), owner.data(), owner.data() + owner.size());
  const Octets fixed = {0, static_cast<std::uint8_t>(dns::code_of(record.type)), 0, 1, 0, 0, 0, 60,
                        0, static_cast<std::uint8_t>(record.rdata.size())};
  out.insert(out.end(), fixed.begin(), fixed.end());
  out.insert(out.end(), record.rdata.begin(), record.rdata.end());
}

class Fixture {
 public:
  Fixture() : zone_(*read_zone_source_text(kZone, "file", name("example."))) {}

  // What the checker says of an answer to question `number` with these flags and records.
  std::string check(std::uint32_t number, std::uint16_t flags, const std::vector<Record>& answer,
                    const std::vector<Record>& authority = {}) const {
    return check_octets(number, message(number, flags, answer, authority));
  }

  Octets message(std::uint32_t number, std::uint16_t flags, const std::vector<Record>& answer,
                 const std::vector<Record>& authority) const {
    const auto asked = question_frame(writer_, zone_.questions[number], false, kFlow);
    Octets out(asked.begin() + 42, asked.end());
    dns::store_u16(&out[2], flags);
    out[7] = static_cast<std::uint8_t>(answer.size());
    out[9] = static_cast<std::uint8_t>(authority.size());
    for (const auto* section : {&answer, &authority}) {
      for (const Record& record : *section) append(out, record);
    }
    return out;
  }

  std::string check_octets(std::uint32_t number, const Octets& message) const {
    const auto asked = question_frame(writer_, zone_.questions[number], false, kFlow);
    const auto frame = answer_frame(asked, message);
    const auto arrival = read_arrival(ends_, frame);
    REQUIRE(arrival);
    const char* const fault = Checker(ends_, zone_.questions, &zone_)
                                  .check(frame, *arrival, number, kFlow);
    return fault == nullptr ? "" : fault;
  }

  std::uint32_t first(Kind kind) const { return zone_.pools[static_cast<std::size_t>(kind)].begin; }

 private:
  static constexpr Flow kFlow{0x8001, 77, 0};
  const ZoneSource zone_;
  const Ends ends_ = ends("192.0.2.53", "192.0.2.1");
  const FrameWriter writer_{ends_};
};

// Questions in the order of the zone: SOA, www A, mx MX; then cut; then nxdomain.
constexpr std::uint32_t kWww = 1, kMxQuestion = 2;
constexpr std::uint16_t kAa = 0x8400, kNoAa = 0x8000, kNx = 0x8403;

}  // namespace

TEST_CASE("answers that are right") {
  const Fixture fixture;
  using enum dns::RrType;
  CHECK(fixture.check(kWww, kAa, {{"www.example.", kA, kA1}, {"www.example.", kA, kA2}}) == "");
  CHECK(fixture.check(kWww, kAa, {{"WWW.example.", kA, kA2}, {"www.Example.", kA, kA1}}) == "");
  CHECK(fixture.check(kMxQuestion, kAa, {{"mx.example.", dns::RrType::kMx, ::kMx}}) == "");
  CHECK(fixture.check(kWww, kAa | 0x0200, {}) == "");  // truncated
  CHECK(fixture.check(fixture.first(Kind::kDelegation), kNoAa, {},
                      {{"cut.example.", dns::RrType::kNs, ::kNs}}) == "");
  CHECK(fixture.check(fixture.first(Kind::kNxdomain), kNx, {},
                      {{"example.", dns::RrType::kSoa, ::kSoa}}) == "");
}

TEST_CASE("answers that are wrong") {
  const Fixture fixture;
  const std::uint32_t cut = fixture.first(Kind::kDelegation), nx = fixture.first(Kind::kNxdomain);
  using dns::RrType;
  struct Row {
    std::uint32_t number;
    std::uint16_t flags;
    std::vector<Record> answer, authority;
    const char* fault;
  };
  const Record a1{"www.example.", RrType::kA, kA1}, a2{"www.example.", RrType::kA, kA2},
      a3{"www.example.", RrType::kA, kA3}, moved{"mx.example.", RrType::kA, kA2},
      ns{"cut.example.", RrType::kNs, kNs}, soa{"example.", RrType::kSoa, kSoa};
  const char *records = "records", *rcode = "RCODE", *aa = "AA", *answers = "no answer for";
  for (const Row& row : std::vector<Row>{
           {kWww, kAa, {a1}, {}, records}, {kWww, kAa, {a1, a3}, {}, records},
           {kWww, kAa, {a1, a2, a3}, {}, records}, {kWww, kAa, {a1, moved}, {}, records},
           {kWww, kAa, {}, {a1, a2}, records}, {kWww, kAa, {}, {}, records},
           {kWww, kNx, {a1, a2}, {}, rcode}, {kWww, 0x8402, {}, {}, rcode},
           {kWww, kNoAa, {a1, a2}, {}, aa}, {cut, kAa, {}, {ns}, aa},
           {cut, kNoAa, {}, {}, records}, {cut, kNoAa, {ns}, {}, answers},
           {cut, kNoAa, {}, {soa}, records}, {nx, kAa, {}, {soa}, rcode},
           {nx, kNx, {}, {ns}, records}, {nx, kNx, {a1}, {soa}, answers}}) {
    const std::string fault = fixture.check(row.number, row.flags, row.answer, row.authority);
    INFO(row.fault);
    CHECK(fault.find(row.fault) != std::string::npos);
  }
}

TEST_CASE("messages that are none, or answer another question") {
  const Fixture fixture;
  const Octets good =
      fixture.message(kWww, kAa, {{"www.example.", dns::RrType::kA, kA1},
                                  {"www.example.", dns::RrType::kA, kA2}}, {});
  REQUIRE(fixture.check_octets(kWww, good) == "");
  for (std::size_t size = 12; size < good.size(); ++size) {
    INFO(size);
    const Octets cut(good.begin(), good.begin() + static_cast<int>(size));
    REQUIRE(fixture.check_octets(kWww, cut) != "");
  }
  Octets longer = good;
  longer.push_back(0);
  CHECK(fixture.check_octets(kWww, longer) == "it is no DNS message");
  Octets folded = good;
  folded[13] = 'W';
  CHECK(fixture.check_octets(kWww, folded) == "it does not repeat its question");
}
