#include <catch2/catch.hpp>

#include <cstdlib>
#include <cstring>
#include <iostream>
#include <random>

#include "served.h"

namespace bowline::answer::test {

namespace {

// A request with a word of the header replaced: 1 flags, 2 QDCOUNT, 3 ANCOUNT, ...
Message with_word(Message message, unsigned word, unsigned value) {
  dns::store_u16(&message[2 * word], static_cast<std::uint16_t>(value));
  return message;
}

Message with_tail(Message message, const Message& tail) {
  message.insert(message.end(), tail.begin(), tail.end());
  return message;
}

const Message kTsig = {1, 'k', 0, 0, 250, 0, 255, 0, 0, 0, 0, 0, 0};
const Message kOpt = {0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0};
const Message kFutureOpt = {0, 0, 41, 4, 208, 0, 1, 0, 0, 0, 0};

Lines outcome(const Result& result) {
  switch (result.action) {
    case Action::kSend: return to_lines(result.message);
    case Action::kAsk: return {"asked"};
    case Action::kDrop: return {"dropped"};
    case Action::kContinue: break;
  }
  return {"undecided"};
}

struct RawCase {
  const char* description;
  Message request;
  Lines reply;
};

}  // namespace

TEST_CASE("requests and what becomes of them") {
  const Message plain = make_request("mail.example.test. A");
  const Message edns = make_request("mail.example.test. A +edns=1232");
  const Message future = make_request("mail.example.test. A +edns=1232 +version=1");
  const std::string answer = "answer mail.example.test. 3600 A 192.0.2.25";
  const RawCase cases[] = {
      {"an octet less than a header", Message(11), {"dropped"}},
      {"nothing", {}, {"dropped"}},
      {"a response", with_word(plain, 1, 0x8000), {"dropped"}},
      {"a header alone", Message(12), {"FORMERR"}},
      {"a status request without a question", with_word(Message(12), 1, 0x1000), {"NOTIMP"}},
      {"an inverse query", with_word(plain, 1, 0x0800), {"NOTIMP"}},
      {"an opcode that nobody has", with_word(plain, 1, 0x7800), {"NOTIMP"}},
      {"DSO", with_word(plain, 1, 0x3000), {"NOTIMP"}},
      {"all flags that are the client's", with_word(plain, 1, 0x07f0),
       {"NOERROR aa rd", answer}},
      {"an RCODE in a request is ignored", with_word(plain, 1, 0x000f), {"NOERROR aa", answer}},
      {"two questions announced", with_word(plain, 2, 2), {"FORMERR"}},
      {"no question announced", with_word(plain, 2, 0), {"FORMERR"}},
      {"an answer announced", with_word(plain, 3, 1), {"FORMERR"}},
      {"an octet left over", with_tail(plain, {0}), {"FORMERR"}},
      {"two OPT records", with_word(with_tail(edns, kOpt), 5, 2), {"FORMERR", "opt 1232"}},
      {"an OPT in the answer section", with_word(with_tail(plain, kOpt), 3, 1), {"FORMERR"}},
      {"a signed request", with_word(with_tail(plain, kTsig), 5, 1), {"asked"}},
      {"a notification", with_word(plain, 1, 0x2400), {"asked"}},
      {"an update", with_word(plain, 1, 0x2800), {"asked"}},
      {"a notification without a zone", with_word(Message(12), 1, 0x2400), {"FORMERR"}},
      {"an unknown opcode with OPT", with_word(edns, 1, 0x7800), {"NOTIMP", "opt 1232 ede=21"}},
      {"an unknown opcode and an unknown version", with_word(future, 1, 0x7800),
       {"BADVERS", "opt 1232"}},
      {"a notification of an unknown version", with_word(future, 1, 0x2400),
       {"BADVERS", "opt 1232"}},
      {"an unknown version without a question",
       with_word(with_word(with_tail(Message(12), kFutureOpt), 2, 0), 5, 1),
       {"BADVERS", "opt 1232"}},
      {"an unknown version before octets left over", with_tail(future, {0}),
       {"FORMERR", "opt 1232"}},
      {"an update of class ANY", with_word(make_request("example.test. SOA +class=255"), 1, 0x2800),
       {"REFUSED"}},
      {"an update of another class",
       with_word(make_request("example.test. SOA +class=3"), 1, 0x2800),
       {"REFUSED"}},
  };
  Served served = Served::samples();
  for (const RawCase& one : cases) {
    INFO(one.description);
    const Result result = served.send(one.request);
    CHECK(outcome(result) == one.reply);
    if (result.action == Action::kAsk) CHECK(result.message == one.request);
  }
}

TEST_CASE("types and classes that ask for something else") {
  Served served = Served::samples();
  const Lines no_data = {"NOERROR aa", "authority example.test. 300 SOA ..."};
  const std::string address = "answer example.test. 3600 A 192.0.2.80";
  check(served, {
    {"a transfer", "example.test. AXFR +tcp", {"asked"}},
    {"a transfer over UDP", "example.test. AXFR", {"NOTIMP"}},
    {"a transfer over UDP with OPT", "example.test. AXFR +edns=1232",
     {"NOTIMP", "opt 1232 ede=21"}},
    {"an incremental transfer", "example.test. IXFR", {"asked"}},
    {"an incremental transfer over a stream", "example.test. IXFR +tcp", {"asked"}},
    {"OPT as a type", "example.test. OPT", no_data},
    {"TSIG as a type", "example.test. TSIG", no_data},
    {"TKEY without a signature", "example.test. TKEY", no_data},
    {"an unassigned meta type", "example.test. TYPE200", no_data},
    {"an unassigned meta type of a name that is not there", "nothing.example.test. TYPE200",
     {"NXDOMAIN aa", "authority example.test. 300 SOA ..."}},
    {"the reserved type 0", "example.test. TYPE0", no_data},
    {"the reserved type 65535", "example.test. TYPE65535", no_data},
    {"a type that nobody knows", "example.test. TYPE666", no_data},
    {"NXNAME (RFC 9824 3.4)", "example.test. NXNAME", {"FORMERR"}},
    {"NXNAME with OPT", "example.test. NXNAME +edns=1232", {"FORMERR", "opt 1232 ede=30"}},
    {"MAILA", "example.test. MAILA", no_data},
    {"MAILB", "example.test. MAILB", no_data},
    {"class ANY", "example.test. A +class=255", {"NOERROR", address}},
    {"class ANY with signatures", "signed.test. DS +class=255 +do",
     {"NOERROR", "authority signed.test. 300 SOA ...", "authority signed.test. 300 RRSIG SOA",
      "authority signed.test. 300 NSEC *.alias.signed.test. NS SOA MX TXT RRSIG NSEC...",
      "authority signed.test. 300 RRSIG NSEC", "opt 1232 do"}},
    {"class ANY of a name that is not there", "nothing.example.test. A +class=255",
     {"NXDOMAIN", "authority example.test. 300 SOA ..."}},
    {"class ANY of nobody's name", "elsewhere.invalid. A +class=255 +edns=1232",
     {"REFUSED", "opt 1232 ede=20"}},
    {"a transfer of class ANY", "example.test. AXFR +class=255 +tcp", {"REFUSED"}},
    {"an incremental transfer of class ANY", "example.test. IXFR +class=255", {"REFUSED"}},
    {"NXNAME of class ANY", "example.test. NXNAME +class=255", {"FORMERR"}},
    {"class NONE", "example.test. A +class=254", {"REFUSED"}},
    {"class HS", "example.test. A +class=4", {"REFUSED"}},
    {"class 0", "example.test. A +class=0", {"REFUSED"}},
    {"class HS with OPT", "example.test. A +class=4 +edns=1232", {"REFUSED", "opt 1232 ede=21"}},
    {"class CH with nothing configured", "version.bind. TXT +class=3", {"REFUSED"}},
    {"class CH with OPT", "version.bind. TXT +class=3 +edns=1232",
     {"REFUSED", "opt 1232 ede=21"}},
  });
}

TEST_CASE("the server's own names in class CH") {
  link::Settings settings;
  settings.version.length = 7;
  std::memcpy(settings.version.bytes, "Bowline", 7);
  Served served = Served::samples(settings);
  const Lines known = {"NOERROR", "answer version.bind. 0 TXT \"Bowline\""};
  check(served, {
    {"version.bind", "version.bind. TXT +class=3", known},
    {"version.server", "version.server. ANY +class=3 +edns=1232",
     {"NOERROR", "answer version.server. 0 TXT \"Bowline\"", "opt 1232"}},
    {"in other letters", "VERSION.Bind. TXT +class=3",
     {"NOERROR", "answer VERSION.Bind. 0 TXT \"Bowline\""}},
    {"over a stream, with flags", "version.bind. TXT +class=3 +tcp +rd +ad +cd",
     {"NOERROR rd", known.back()}},
    {"below the name", "x.version.bind. TXT +class=3", {"REFUSED"}},
    {"above the name", "bind. TXT +class=3", {"REFUSED"}},
    {"the root", ". TXT +class=3", {"REFUSED"}},
    {"its authority", "version.bind. SOA +class=3", {"REFUSED"}},
    {"its signatures", "version.bind. RRSIG +class=3", {"REFUSED"}},
    {"a transfer", "version.bind. AXFR +class=3 +tcp", {"REFUSED"}},
    {"of class IN it is nobody's", "version.bind. TXT", {"REFUSED"}},
    {"another type", "version.bind. A +class=3", {"REFUSED"}},
    {"identity is not configured", "id.server. TXT +class=3", {"REFUSED"}},
    {"another name", "example.test. TXT +class=3", {"REFUSED"}},
  });
}

TEST_CASE("each outcome is counted by its reason") {
  Served served = Served::samples();
  const Message plain = make_request("mail.example.test. A");
  CHECK(served.send(Message(11)).reason == link::Counter::drop_short_message);
  CHECK(served.send(with_word(plain, 1, 0x8000)).reason == link::Counter::drop_is_response);
  CHECK(served.send(plain).reason == link::Counter::rcode_noerror);
  CHECK(served.send(with_word(plain, 2, 2)).reason == link::Counter::rcode_formerr);
  CHECK(served.send(with_word(plain, 1, 0x7800)).reason == link::Counter::rcode_notimp);
  CHECK(served.ask_raw("x.example.test. A").reason == link::Counter::rcode_nxdomain);
  CHECK(served.ask_raw("x.invalid. A").reason == link::Counter::rcode_refused);
  CHECK(served.ask_raw("x.invalid. A +edns=512 +version=9").reason ==
        link::Counter::rcode_badvers);
}

// hardening 47: every flag word with counts of 0, 1, 2 and 65535.
TEST_CASE("every header gets the outcome that its opcode and counts call for") {
  Served served = Served::samples();
  const Message plain = make_request("mail.example.test. A");
  const unsigned counts[] = {0, 1, 2, 65535};
  for (unsigned flags = 0; flags <= 0xffff; ++flags) {
    const unsigned opcode = flags >> 11 & 15;
    const bool known = opcode == 0 || opcode == 4 || opcode == 5;
    for (unsigned word = 2; word <= 5; ++word) {
      for (const unsigned count : counts) {
        const Message request = with_word(with_word(plain, 1, flags), word, count);
        const Result result = served.send(request, false, 512);
        const bool well_formed = count == (word == 2 ? 1 : 0);
        const Action action = (flags & 0x8000) != 0                  ? Action::kDrop
                              : known && opcode != 0 && well_formed ? Action::kAsk
                                                                     : Action::kSend;
        REQUIRE(result.action == action);
        if (action != Action::kSend) continue;
        const unsigned rcode = !known ? 4 : well_formed ? 0 : 1;
        const unsigned aa = rcode == 0 ? 0x0400 : 0;
        REQUIRE(dns::load_u16(&result.message[2]) == (0x8000 | (flags & 0x7900) | aa | rcode));
      }
    }
  }
}

TEST_CASE("every request cut at every octet gets FORMERR or nothing") {
  Served served = Served::samples();
  const Message whole = make_request("a.very.long.name.of.example.test. A +nsid +do");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Message cut(whole.data(), whole.data() + size);
    const Result result = served.send(cut);
    if (size < 12) {
      CHECK(result.action == Action::kDrop);
    } else {
      CHECK(to_lines(result.message).front() == "FORMERR");
    }
  }
}

TEST_CASE("random octets do no harm and get a reply that can be read") {
  const char* const given = std::getenv("BOWLINE_SEED");
  const auto seed = given != nullptr ? std::strtoull(given, nullptr, 0) : 20260101;
  std::mt19937_64 random(seed);
  INFO("BOWLINE_SEED=" << seed);
  Served served = Served::samples();
  const Message base = make_request("a.wild.signed.test. MX +nsid +do");
  for (unsigned i = 0; i < 20000; ++i) {
    Message request = base;
    for (unsigned change = 1 + random() % 4; change > 0; --change) {
      request[random() % request.size()] = static_cast<std::uint8_t>(random());
    }
    const bool stream = random() % 2 != 0;
    const Result result =
        served.send(request, stream, static_cast<std::uint32_t>(512 + random() % 1000));
    REQUIRE(result.action != Action::kContinue);
    if (result.action == Action::kSend) {
      REQUIRE(to_lines(result.message).back() != "malformed reply");
    } else {
      REQUIRE(result.message == request);
    }
  }
}

}  // namespace bowline::answer::test
