// Requests read in one pass and messages read record by record: verdicts, cuts, loops, bounds.
#include "dns/message.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <iostream>
#include <random>
#include <set>
#include <tuple>

#include "dns/message_general.h"
#include "octets.h"

namespace bowline::dns {
namespace {

using namespace test;

const Octets kQname = name("www.example.com.");
const Octets kTsigRdata = name("hmac-sha256.") + Octets(16);
const Octets kSigRdata = u16(0) + Octets(16) + name("key.");
const Octets kSoaRdata = name("ns.example.") + name("host.example.") + Octets(20);

struct Case {
  std::string_view description;
  QueryFault fault = QueryFault::kNone;
  unsigned flags = 0;
  std::vector<Octets> questions = {question(kQname)};
  std::vector<Octets> answer = {}, authority = {}, additional = {};
  Octets rest = {};  // behind the last record
  bool has_edns = false;
  bool has_tsig = false;
};

Octets join(const std::vector<Octets>& parts) {
  Octets whole;
  for (const Octets& part : parts) whole = whole + part;
  return whole;
}

Octets message_of(const Case& c) {
  const auto count = [](const std::vector<Octets>& section) {
    return static_cast<unsigned>(section.size());
  };
  return header(c.flags, count(c.questions), count(c.answer), count(c.authority),
                count(c.additional)) +
         join(c.questions) + join(c.answer) + join(c.authority) + join(c.additional) + c.rest;
}

const Octets kA = record(pointer(12), RrType::kA, {192, 0, 2, 1});
const Octets kOpt = opt({});
const Octets kTsig = record(name("key."), RrType::kTsig, kTsigRdata, 255, 0);
const Octets kSig0 = record({0}, RrType::kSig, kSigRdata, 255, 0);

Octets zero_options(unsigned count) { return Octets(4 * count, 0); }

Case option_case(std::string_view description, EdnsOption code, const Octets& value,
                 QueryFault fault = QueryFault::kNone) {
  return {.description = description, .fault = fault, .additional = {opt(option(code, value))},
          .has_edns = true};
}

Case owner_case(std::string_view description, const Octets& owner,
                QueryFault fault = QueryFault::kRecords) {
  return {.description = description, .fault = fault,
          .answer = {record(owner, RrType::kTxt, {0})}};
}

Case qname_case(std::string_view description, const Octets& qname,
                QueryFault fault = QueryFault::kQuestion) {
  return {.description = description, .fault = fault, .questions = {question(qname)}};
}

std::vector<Case> plain_cases() {
  return {
      {.description = "a question alone"},
      {.description = "the root", .questions = {question({0}, RrType::kNs)}},
      {.description = "any class, any type", .questions = {question(kQname, RrType{65535}, 65535)}},
      {.description = "all flags but QR", .flags = 0x7fff},
      {.description = "OPT", .additional = {kOpt}, .has_edns = true},
      {.description = "OPT with DO", .additional = {opt({}, 0x8000)}, .has_edns = true},
      {.description = "OPT of version 1", .additional = {opt({}, 0x10000)}, .has_edns = true},
      {.description = "TSIG", .additional = {kTsig}, .has_tsig = true},
      {.description = "SIG(0)", .additional = {kSig0}, .has_tsig = true},
      {.description = "OPT and TSIG", .additional = {kOpt, kTsig}, .has_edns = true,
       .has_tsig = true},
      {.description = "OPT and SIG(0)", .additional = {kOpt, kSig0}, .has_edns = true,
       .has_tsig = true},
      {.description = "SIG(0) before OPT", .additional = {kSig0, kOpt}, .has_edns = true},
      {.description = "a SIG that covers A", .additional = {record({0}, RrType::kSig,
       u16(1) + Octets(16) + name("key."))}},
      {.description = "a SIG without rdata", .additional = {record({0}, RrType::kSig, {})}},
      {.description = "OPT not last", .additional = {kOpt, kA}, .has_edns = true},
      {.description = "IXFR with SOA", .questions = {question(kQname, RrType::kIxfr)},
       .authority = {record(pointer(12), RrType::kSoa, kSoaRdata)}},
      {.description = "NOTIFY with SOA", .flags = 0x2400,
       .questions = {question(kQname, RrType::kSoa)},
       .answer = {record(pointer(12), RrType::kSoa, kSoaRdata)}},
      {.description = "UPDATE", .flags = 0x2800, .questions = {question(kQname, RrType::kSoa)},
       .answer = {record(pointer(12), RrType::kAny, {}, 255, 0)},
       .authority = {kA, record(pointer(12), RrType::kNs, {}, 255, 0)},
       .additional = {kOpt, kTsig}, .has_edns = true, .has_tsig = true},
      {.description = "records everywhere", .answer = {kA, kA}, .authority = {kA, kA, kA},
       .additional = {kA, kOpt}, .has_edns = true},
      {.description = "32 options", .additional = {opt(zero_options(32))}, .has_edns = true},
      qname_case("qname of 254 octets", name_of_size(254), QueryFault::kNone),
      qname_case("qname of 255 octets", name_of_size(255), QueryFault::kNone),
      qname_case("qname of 127 labels", name_of_labels(127), QueryFault::kNone),
      owner_case("owner of 255 octets", name_of_size(255), QueryFault::kNone),
      owner_case("owner of 127 labels", name_of_labels(127), QueryFault::kNone),
      owner_case("owner points to a label of the question", pointer(16), QueryFault::kNone),
      owner_case("owner of a label and a pointer", Octets{1, 'a'} + pointer(12), QueryFault::kNone),
  };
}

std::vector<Case> option_cases() {
  using enum EdnsOption;
  constexpr QueryFault kBad = QueryFault::kMalformedOpt;
  return {
      option_case("NSID", kNsid, {}),
      option_case("NSID with octets", kNsid, {1, 2}),
      option_case("DAU", kDau, {8, 13}),
      option_case("client subnet, IPv4", kClientSubnet, u16(1) + Octets{24, 0, 192, 0, 2}),
      option_case("client subnet, IPv6", kClientSubnet, u16(2) + Octets{32, 0, 32, 1, 13, 184}),
      option_case("client subnet, cut", kClientSubnet, {0}),
      option_case("EXPIRE", kExpire, {}),
      option_case("cookie of 8 octets", kCookie, Octets(8)),
      option_case("cookie of 16 octets", kCookie, Octets(16)),
      option_case("cookie of 40 octets", kCookie, Octets(40)),
      option_case("cookie of 0 octets", kCookie, {}, kBad),
      option_case("cookie of 7 octets", kCookie, Octets(7), kBad),
      option_case("cookie of 9 octets", kCookie, Octets(9), kBad),
      option_case("cookie of 15 octets", kCookie, Octets(15), kBad),
      option_case("cookie of 41 octets", kCookie, Octets(41), kBad),
      option_case("keepalive", kTcpKeepalive, {}),
      option_case("padding", kPadding, Octets(400)),
      option_case("chain", kChain, name("example.")),
      option_case("key tag", kKeyTag, {1, 2, 3, 4}),
      option_case("extended error", kExtendedError, {0, 1, 'x'}),
      option_case("report channel", kReportChannel, name("agent.example.")),
      option_case("zone version", kZoneVersion, {}),
      option_case("an unknown option", EdnsOption{65001}, Octets(100)),
  };
}

std::vector<Case> bad_cases() {
  using enum QueryFault;
  return {
      {.description = "a response", .fault = kResponse, .flags = 0x8000},
      {.description = "no question", .fault = kQuestion, .questions = {}},
      {.description = "no question, OPT", .fault = kQuestion, .questions = {},
       .additional = {kOpt}, .has_edns = true},
      {.description = "two questions", .fault = kQuestion,
       .questions = {question(kQname), question(kQname)}},
      {.description = "one octet left over", .fault = kRecords, .rest = {0}},
      {.description = "a record left over", .fault = kRecords, .rest = kA},
      {.description = "an octet behind OPT", .fault = kRecords, .additional = {kOpt}, .rest = {0},
       .has_edns = true},
      {.description = "OPT in the answer", .fault = kMisplacedOpt, .answer = {kOpt}},
      {.description = "OPT in the authority", .fault = kMisplacedOpt, .authority = {kOpt}},
      {.description = "two OPTs", .fault = kDuplicateOpt, .additional = {kOpt, kOpt},
       .has_edns = true},
      {.description = "two OPTs with a record between", .fault = kDuplicateOpt,
       .additional = {kOpt, kA, kOpt}, .has_edns = true},
      {.description = "OPT with an owner", .fault = kMisplacedOpt,
       .additional = {opt({}, 0, name("a."))}},
      {.description = "OPT with a pointer to the root", .fault = kMisplacedOpt,
       .additional = {opt({}, 0, pointer(28))}},
      {.description = "option cut in its head", .fault = kMalformedOpt,
       .additional = {opt({0, 3, 0})}, .has_edns = true},
      {.description = "option longer than OPT", .fault = kMalformedOpt,
       .additional = {opt({0, 3, 0, 1}), kA}, .has_edns = true},
      {.description = "octets behind an option", .fault = kMalformedOpt,
       .additional = {opt(option(EdnsOption::kNsid, {}) + Octets{0})}, .has_edns = true},
      {.description = "33 options", .fault = kMalformedOpt,
       .additional = {opt(zero_options(33))}, .has_edns = true},
      {.description = "TSIG before OPT", .fault = kRecords, .additional = {kTsig, kOpt}},
      {.description = "two TSIGs", .fault = kRecords, .additional = {kTsig, kTsig}},
      {.description = "TSIG in the answer", .fault = kRecords, .answer = {kTsig}},
      qname_case("qname of 256 octets", name_of_size(256)),
      qname_case("qname of 128 labels", name_of_labels(128)),
      qname_case("qname with a label of 64 octets", Octets{64} + Octets(64, 'x') + Octets{0}),
      qname_case("qname with a label of type 01", Octets{0x41, 0} + Octets{0}),
      qname_case("qname with a label of type 10", Octets{0x80, 0}),
      qname_case("qname is a pointer to itself", pointer(12)),
      qname_case("qname ends in a pointer to itself", Octets{1, 'a'} + pointer(12)),
      qname_case("qname points into the header", pointer(0)),
      qname_case("qname points forward", pointer(14) + Octets{0}),
      owner_case("owner of 256 octets", name_of_size(256)),
      owner_case("owner of 128 labels", name_of_labels(128)),
      owner_case("owner with a label of 64 octets", Octets{64} + Octets(64, 'x') + Octets{0}),
      owner_case("owner with a label of type 10", {0x80, 1, 0}),
      owner_case("owner points to itself", pointer(33)),
      owner_case("owner points to its second label", Octets{1, 'a', 1, 'b'} + pointer(35)),
      owner_case("owner points forward", pointer(60)),
      owner_case("owner points to the end", pointer(0x3fff)),
      owner_case("owner points into the header", pointer(11)),
  };
}

std::vector<Case> all_cases() {
  std::vector<Case> cases = plain_cases();
  for (auto& more : {option_cases(), bad_cases()}) {
    cases.insert(cases.end(), more.begin(), more.end());
  }
  return cases;
}

bool is_read_whole(Bytes message) {
  MessageReader reader(message);
  MessageReader::Record each;
  while (reader.next(each)) {
    REQUIRE(each.rdata_offset + each.rdata_size <= message.size());
  }
  return reader.at_end();
}

}  // namespace

TEST_CASE("requests get the right verdict") {
  for (const Case& c : all_cases()) {
    INFO(c.description);
    const Octets message = message_of(c);
    QueryFacts facts;
    CHECK(read_query(message, facts) == c.fault);
    CHECK(facts.header.id == 0x1234);
    CHECK(facts.header.flags == c.flags);
    CHECK(facts.has_edns == c.has_edns);
    CHECK(facts.has_tsig == c.has_tsig);
    if (c.has_edns) CHECK(facts.edns.udp_size == 1232);
    if (c.fault == QueryFault::kResponse || c.fault == QueryFault::kQuestion) {
      CHECK(facts.qname_size == 0);
      CHECK(facts.question_end == kHeaderSize);
      continue;
    }
    const Octets& asked = c.questions.front();
    CHECK(facts.qname_size == asked.size() - 4);
    CHECK(facts.question_end == kHeaderSize + asked.size());
    CHECK(code_of(facts.qtype) == load_u16(&asked[asked.size() - 4]));
    CHECK(facts.qclass == load_u16(&asked[asked.size() - 2]));
    if (c.fault == QueryFault::kNone) CHECK(is_read_whole(message));
  }
}

// Everything that a reader of facts can see.
auto all_of(const QueryFacts& facts) {
  const Edns& edns = facts.edns;
  const ClientSubnet& subnet = edns.client_subnet;
  return std::tuple(
      std::tuple(facts.header.id, facts.header.flags, facts.header.qdcount, facts.header.ancount,
                 facts.header.nscount, facts.header.arcount, facts.qname_size, facts.qtype,
                 facts.qclass, facts.question_end, facts.has_edns, facts.has_tsig),
      std::tuple(edns.udp_size, edns.version, edns.extended_rcode, edns.dnssec_ok, edns.flags,
                 edns.options_offset, edns.options_size, edns.option_count, edns.has_nsid,
                 edns.has_expire, edns.has_keepalive, edns.has_padding, edns.has_zone_version),
      std::tuple(edns.has_cookie, edns.cookie_offset, edns.cookie_size, edns.has_client_subnet,
                 edns.client_subnet_valid, subnet.family, subnet.source_prefix,
                 subnet.scope_prefix, subnet.address));
}

void check_short_cut(Bytes message) {
  QueryFacts facts;
  QueryFacts general;
  REQUIRE(read_query(message, facts) == read_query_in_general(message, general));
  REQUIRE(all_of(facts) == all_of(general));
}

TEST_CASE("the short cut for usual requests agrees with the general reader") {
  const std::uint64_t run_seed = seed();
  CAPTURE(run_seed);
  std::mt19937_64 random(run_seed);
  for (const Case& c : all_cases()) {
    INFO(c.description);
    const Octets whole = message_of(c);
    check_short_cut(whole);
    for (unsigned i = 0; i < 200; ++i) {
      Octets message = whole;
      for (std::size_t left = random() % 3; left > 0 && !message.empty(); --left) {
        const std::size_t at = random() % message.size();
        const bool is_small = random() % 2 == 0;  // counts and lengths that make sense
        message[at] = static_cast<std::uint8_t>(is_small ? random() % 3 : random());
      }
      if (random() % 4 == 0) message.resize(random() % (message.size() + 4));
      const Octets exact(message);  // a block of exactly its size: a sanitizer sees what is beyond
      CAPTURE(exact);
      check_short_cut(exact);
    }
  }
}

TEST_CASE("a request cut anywhere gets the verdict of the part that is missing") {
  for (const Case& c : all_cases()) {
    const Octets message = message_of(c);
    for (std::size_t size = 0; size < message.size(); ++size) {
      INFO(c.description << " cut to " << size);
      const Octets part = cut(message, size);
      QueryFacts facts;
      const QueryFault fault = read_query(part, facts);
      is_read_whole(part);
      if (size < kHeaderSize) {
        CHECK(fault == QueryFault::kTooShort);
      } else if (c.fault == QueryFault::kResponse || c.fault == QueryFault::kQuestion) {
        CHECK(fault == c.fault);
      } else if (size < kHeaderSize + c.questions.front().size()) {
        CHECK(fault == QueryFault::kQuestion);
      } else if (c.rest.empty()) {
        // A fault that stands before the cut is found first.
        CHECK((fault == QueryFault::kRecords || fault == c.fault));
        CHECK(fault != QueryFault::kNone);
      }
    }
  }
}

TEST_CASE("messages of the test data cut anywhere are read safely") {
  const std::vector<Octets> messages = shared_messages();
  if (messages.empty()) {
    std::cout << "SKIP: no shared messages\n";
    return;
  }
  std::size_t whole = 0;
  for (const Octets& message : messages) {
    const bool is_whole = is_read_whole(message);
    whole += is_whole ? 1 : 0;
    // Large ones at every octet near the ends, and at a stride that meets every field between.
    for (std::size_t size = 0; size < message.size();) {
      const Octets part = cut(message, size);
      QueryFacts facts;
      const QueryFault fault = read_query(part, facts);
      CHECK_FALSE((is_read_whole(part) && is_whole));
      CHECK((fault == QueryFault::kTooShort) == (size < kHeaderSize));
      const bool near_end = size < 1024 || message.size() - size < 1024;
      size = near_end ? size + 1 : std::min(size + 61, message.size() - 1023);
    }
  }
  CHECK(whole > messages.size() / 4);
}

// What the counts make of the records that follow the question.
QueryFault expected_fault(const Case& c, unsigned an, unsigned ns, unsigned ar) {
  std::vector<Octets> records = c.answer;
  records.insert(records.end(), c.authority.begin(), c.authority.end());
  records.insert(records.end(), c.additional.begin(), c.additional.end());
  const unsigned all = an + ns + ar;
  bool has_opt = false;
  for (unsigned i = 0; i < all; ++i) {
    if (i == records.size()) return QueryFault::kRecords;
    const auto is_type = [&](const Octets& owner, RrType type) {
      const Octets head = owner + u16(code_of(type));
      return std::equal(head.begin(), head.end(), records[i].begin());
    };
    if (is_type({0}, RrType::kOpt)) {
      if (i < an + ns) return QueryFault::kMisplacedOpt;
      if (has_opt) return QueryFault::kDuplicateOpt;
      has_opt = true;
    }
    if (is_type(name("key."), RrType::kTsig) && (i < an + ns || i + 1 != all)) {
      return QueryFault::kRecords;
    }
  }
  return all == records.size() ? QueryFault::kNone : QueryFault::kRecords;
}

TEST_CASE("counts that disagree with the records are refused") {
  constexpr unsigned kCounts[] = {0, 1, 2, 65535};
  for (const Case& c : plain_cases()) {
    Octets message = message_of(c);
    for (unsigned i = 0; i < 256; ++i) {
      const unsigned qd = kCounts[i & 3], an = kCounts[i >> 2 & 3], ns = kCounts[i >> 4 & 3],
                     ar = kCounts[i >> 6];
      const Octets counts = u16(qd) + u16(an) + u16(ns) + u16(ar);
      std::copy(counts.begin(), counts.end(), message.begin() + 4);
      INFO(c.description << " with counts " << qd << ' ' << an << ' ' << ns << ' ' << ar);
      QueryFacts facts;
      const QueryFault fault = read_query(message, facts);
      is_read_whole(message);
      CHECK(fault == (qd != 1 ? QueryFault::kQuestion : expected_fault(c, an, ns, ar)));
    }
  }
}

TEST_CASE("every word of flags is read as it is") {
  const Octets message = message_of({.description = "plain"});
  for (unsigned flags = 0; flags < 0x10000; ++flags) {
    Octets flagged = message;
    store_u16(&flagged[2], static_cast<std::uint16_t>(flags));
    QueryFacts facts;
    const QueryFault fault = read_query(flagged, facts);
    REQUIRE(fault == (flags >= 0x8000 ? QueryFault::kResponse : QueryFault::kNone));
    REQUIRE(facts.header.flags == flags);
    REQUIRE(static_cast<unsigned>(facts.header.opcode()) == (flags >> 11 & 15));
  }
}

TEST_CASE("random octets behind a header are read safely") {
  std::mt19937_64 random(seed());
  INFO("BOWLINE_SEED=" << seed());
  for (unsigned round = 0; round < 100000; ++round) {
    Octets octets(random() % 100);
    for (std::uint8_t& octet : octets) {
      // Small values and pointers, so that names and counts are often well-formed.
      const std::uint64_t r = random();
      octet = static_cast<std::uint8_t>((r & 3) == 0 ? r >> 8 : (r & 3) == 1 ? 0xc0 : r >> 8 & 7);
    }
    octets.shrink_to_fit();
    QueryFacts facts;
    const QueryFault fault = read_query(octets, facts);
    const bool whole = is_read_whole(octets);
    if (fault == QueryFault::kNone) {
      CHECK(facts.header.qdcount == 1);
    } else if (whole) {
      CHECK(fault != QueryFault::kTooShort);
    }
  }
}

// The straightforward reading of RFC 1035 4.1.4 with backward pointers only.
std::optional<Octets> reference_name(const Octets& message, std::size_t at) {
  Octets wire;
  std::size_t sequence = at;
  std::set<std::size_t> visited;
  while (at < message.size() && visited.insert(at).second) {
    const std::uint8_t length = message[at];
    if (length >= 0xc0) {
      if (at + 1 >= message.size()) return std::nullopt;
      at = static_cast<std::size_t>(length & 0x3f) << 8 | message[at + 1];
      if (at >= sequence || at < kHeaderSize) return std::nullopt;
      sequence = at;
      continue;
    }
    if (length > 63 || at + length >= message.size()) return std::nullopt;
    wire.insert(wire.end(), message.begin() + static_cast<std::ptrdiff_t>(at),
                message.begin() + static_cast<std::ptrdiff_t>(at + length + 1));
    if (wire.size() > 255) return std::nullopt;
    if (length == 0) return wire;
    at += length + 1u;
  }
  return std::nullopt;
}

TEST_CASE("of all pairs of pointers the backward ones are followed and no loop is") {
  const Octets fixed = record({}, RrType::kA, {1, 2, 3, 4});
  const Octets start = header(0, 1, 2, 0, 0) + question(kQname);
  std::size_t read = 0;
  for (unsigned first = 0; first < 80; ++first) {
    for (unsigned second = 0; second < 80; ++second) {
      const Octets message = start + pointer(first) + fixed + pointer(second) + fixed;
      MessageReader reader(message);
      MessageReader::Record each;
      reader.next(each);
      std::size_t at = start.size();
      for (unsigned i = 0; i < 2; ++i, at += 2 + fixed.size()) {
        INFO("pointers to " << first << " and " << second);
        const std::optional<Octets> expected = reference_name(message, at);
        REQUIRE(reader.next(each) == expected.has_value());
        if (!expected) break;
        ++read;
        REQUIRE(std::ranges::equal(each.owner.view().bytes(), *expected));
      }
    }
  }
  CHECK(read > 500);
}

TEST_CASE("64 kB with thousands of distinct owners are read (the time: perf/bench_parse)") {
  Octets message = header(0, 1, 0, 0, 0) + question({0});
  unsigned count = 0;
  while (message.size() + 14 <= kMaxMessageSize) {
    const Octets owner = {2, static_cast<std::uint8_t>(count >> 8),
                          static_cast<std::uint8_t>(count), 0};
    message = message + record(owner, RrType::kNull, {});
    ++count;
  }
  store_u16(&message[6], static_cast<std::uint16_t>(count));
  REQUIRE(count > 4600);
  QueryFacts facts;
  CHECK(read_query(message, facts) == QueryFault::kNone);
  CHECK(is_read_whole(message));
}

TEST_CASE("thousands of pointers to deep names are bounded") {
  // Deep names stand in the rdata of the first record; owners point to each of their labels.
  Octets names;
  for (unsigned i = 0; i < 40; ++i) names = names + name_of_labels(127);
  Octets message = header(0, 1, 0, 0, 0) + question({0});
  const std::size_t first = message.size() + 11;
  message = message + record({0}, RrType::kNull, names);
  unsigned count = 1;
  for (; message.size() + 12 <= kMaxMessageSize; ++count) {
    const unsigned label = count * 19 % (40 * 127);
    const auto target = static_cast<unsigned>(first + label / 127 * 255 + label % 127 * 2);
    message = message + record(pointer(target), RrType::kNull, {});
  }
  store_u16(&message[6], static_cast<std::uint16_t>(count));
  QueryFacts facts;
  CHECK(read_query(message, facts) == QueryFault::kNone);
  MessageReader reader(message);
  MessageReader::Record each;
  unsigned read = 0;
  while (reader.next(each)) ++read;
  CHECK_FALSE(reader.ok());  // beyond kMaxExpansion
  CHECK(read > 300);
}

TEST_CASE("the owners of a dense reverse zone fit into the bound") {
  std::string apex;
  for (unsigned i = 0; i < 28; ++i) apex += "a.";
  apex += "ip6.arpa.";
  Octets message = header(0x8400, 1, 0, 0, 0) + question(name(apex), RrType::kAxfr);
  unsigned count = 0;
  std::size_t parent = 12;
  for (; message.size() + 30 <= kMaxMessageSize; ++count) {
    const auto digit = static_cast<std::uint8_t>('a' + count % 16);
    if (count % 16 == 0) {  // a new parent, written out: digit + digit + apex
      parent = message.size() <= 0x3fff - 2 ? message.size() + 2 : 12;
      const auto upper = static_cast<std::uint8_t>('a' + count / 16 % 16);
      message = message + record(Octets{1, digit, 1, upper} + pointer(12), RrType::kPtr,
                                 Octets{3, 'h', 's', 't'} + pointer(12));
      continue;
    }
    message = message + record(Octets{1, digit} + pointer(static_cast<unsigned>(parent)),
                               RrType::kPtr, Octets{3, 'h', 's', 't'} + pointer(12));
  }
  store_u16(&message[6], static_cast<std::uint16_t>(count));
  REQUIRE(count * apex.size() > kMaxExpansion);
  CHECK(is_read_whole(message));
}

TEST_CASE("a chain of pointers is followed up to its bound") {
  for (const unsigned jumps : {1u, 126u, 127u, 128u, 4000u}) {
    INFO(jumps << " jumps");
    Octets chain;
    const Octets start = header(0, 1, 2, 0, 0) + question(name("a."));
    std::size_t last = 12;
    for (unsigned i = 0; i + 1 < jumps; ++i) {
      const std::size_t at = start.size() + 11 + chain.size();
      chain = chain + pointer(static_cast<unsigned>(last));
      last = at;
    }
    const Octets message = start + record({0}, RrType::kNull, chain) +
                           record(pointer(static_cast<unsigned>(last)), RrType::kNull, {});
    CHECK(is_read_whole(message) == (jumps <= 127));
  }
}

TEST_CASE("records are given with section, owner, type, class, TTL and rdata") {
  const Octets message = message_of({.description = "all sections",
      .flags = 0x8580,
      .answer = {record(pointer(12), RrType::kA, {192, 0, 2, 1}, 1, 77)},
      .authority = {record(pointer(16), RrType::kNs, Octets{2, 'n', 's'} + pointer(16), 3, 88)},
      .additional = {record(Octets{2, 'N', 's'} + pointer(16), RrType::kAaaa, Octets(16), 1, 99)}});
  MessageReader reader(message);
  MessageReader::Record each;
  const struct {
    Section section;
    std::string_view owner;
    RrType type;
    unsigned rr_class, ttl, rdata_size;
  } rows[] = {
      {Section::kQuestion, "www.example.com.", RrType::kA, 1, 0, 0},
      {Section::kAnswer, "www.example.com.", RrType::kA, 1, 77, 4},
      {Section::kAuthority, "example.com.", RrType::kNs, 3, 88, 5},
      {Section::kAdditional, "Ns.example.com.", RrType::kAaaa, 1, 99, 16},
  };
  for (const auto& row : rows) {
    REQUIRE(reader.next(each));
    CHECK(each.section == row.section);
    CHECK(std::ranges::equal(each.owner.view().bytes(), name(row.owner)));
    CHECK(each.type == row.type);
    CHECK(each.rr_class == row.rr_class);
    CHECK(each.ttl == row.ttl);
    CHECK(each.rdata_size == row.rdata_size);
  }
  CHECK_FALSE(reader.next(each));
  CHECK(reader.ok());
  CHECK(reader.at_end());
}

}  // namespace bowline::dns
