#include <catch2/catch.hpp>

#include <algorithm>
#include <cstring>

#include "served.h"

namespace bowline::answer::test {

namespace {

void set(link::SettingText& text, const std::string& value) {
  text.length = static_cast<std::uint8_t>(value.size());
  std::memcpy(text.bytes, value.data(), value.size());
}

std::size_t size_of(Served& served, const std::string& question) {
  return served.ask_raw(question).message.size();
}

}  // namespace

TEST_CASE("the OPT of the reply") {
  link::Settings settings;
  settings.udp_max_payload_ipv6 = 1400;
  set(settings.nsid, "bowline-1");
  Served served = Served::samples(settings);
  const std::string answer = "answer mail.example.test. 3600 A 192.0.2.25";
  check(served, {
    {"none without EDNS", "mail.example.test. A", {"NOERROR aa", answer}},
    {"our size, not the client's", "mail.example.test. A +edns=4000",
     {"NOERROR aa", answer, "opt 1232"}},
    {"our size for IPv6", "mail.example.test. A +edns=4000 +v6",
     {"NOERROR aa", answer, "opt 1400"}},
    {"DO comes back", "mail.example.test. A +do", {"NOERROR aa", answer, "opt 1232 do"}},
    {"NSID to who asks", "mail.example.test. A +nsid",
     {"NOERROR aa", answer, "opt 1232 option3=bowline-1"}},
    {"also in an error", "elsewhere.invalid. A +nsid +do",
     {"REFUSED", "opt 1232 do option3=bowline-1"}},
    {"BADVERS has no data", "mail.example.test. A +edns=1232 +version=1", {"BADVERS", "opt 1232"}},
  });
}

TEST_CASE("NSID is asked for but not configured") {
  Served served = Served::samples();
  CHECK(served.ask("elsewhere.invalid. A +nsid") == Lines{"REFUSED", "opt 1232"});
}

TEST_CASE("an NSID that leaves no room stays out") {
  link::Settings settings;
  set(settings.nsid, std::string(255, 'n'));
  Served served = Served::samples(settings);
  const std::string label(63, 'x');
  const std::string name = label + "." + label + "." + label + "." + label.substr(2) + ".";
  CHECK(served.ask(name + " A +nsid +edns=512") == Lines{"REFUSED", "opt 1232"});
}

TEST_CASE("the size of a reply has an end") {
  Served served = Served::samples();
  check(served, {
    {"512 octets without EDNS", "large.example.test. TXT", {"NOERROR aa tc"}},
    {"512 octets are the least with EDNS", "large.example.test. TXT +edns=100",
     {"NOERROR aa tc", "opt 1232"}},
    {"the transport carries less", "large.example.test. TXT +edns=1232 +max=530",
     {"NOERROR aa tc", "opt 1232"}},
  });
  const std::size_t whole = size_of(served, "large.example.test. TXT +edns=1232");
  CHECK(whole > 530);
  for (const char* cut : {" +edns=", " +edns=4096 +max="}) {
    const std::string question = std::string("large.example.test. TXT") + cut;
    CHECK(size_of(served, question + std::to_string(whole)) == whole);
    CHECK(size_of(served, question + std::to_string(whole - 1)) < whole);
  }
  CHECK(size_of(served, "large.example.test. TXT +tcp") == whole - 11);
}

TEST_CASE("our own limit holds, and not for streams") {
  link::Settings settings;
  settings.udp_max_payload_ipv4 = 540;
  Served served = Served::samples(settings);
  CHECK(served.ask("large.example.test. TXT +edns=4096").front() == "NOERROR aa tc");
  CHECK(served.ask("large.example.test. TXT +edns=4096 +v6").front() == "NOERROR aa");
  CHECK(served.ask("large.example.test. TXT +edns=4096 +tcp").front() == "NOERROR aa");
}

TEST_CASE("whatever the size, a reply is whole records of whole RRsets") {
  Served served = Served::samples();
  for (const char* question :
       {"signed.test. NS", "signed.test. DNSKEY", "x.signed.test. A", "x.hashed.test. A",
        "a.wild.hashed.test. MX", "a.old.signed.test. A", "sub.example.test. A",
        "secure.hashed.test. A", "plain.hashed.test. A", "signed.test. ANY"}) {
    const Lines whole = served.ask(std::string(question) + " +do +edns=4096 +tcp");
    for (unsigned size = 512; size <= 1300; ++size) {
      const std::string asked = std::string(question) + " +do +edns=" + std::to_string(size);
      INFO(asked);
      const Result result = served.ask_raw(asked);
      const Lines reply = to_lines(result.message);
      CHECK(result.message.size() <= size);
      CHECK(result.truncated == (reply.front().find(" tc") != std::string::npos));
      CHECK(reply.back() == "opt 1232 do");
      // Each RRset is followed by its signature; NS of a delegation and glue have none.
      for (std::size_t i = 1; i + 1 < reply.size(); ++i) {
        const bool known = std::find(whole.begin(), whole.end(), reply[i]) != whole.end();
        CHECK(known);
      }
    }
  }
}

}  // namespace bowline::answer::test
