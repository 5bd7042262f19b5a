#include <catch2/catch.hpp>

#include <algorithm>
#include <cstring>

#include "answer/limits.h"
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
     {"REFUSED", "opt 1232 do option3=bowline-1 ede=20"}},
    {"BADVERS has no data", "mail.example.test. A +edns=1232 +version=1", {"BADVERS", "opt 1232"}},
    {"BADVERS has no options", "mail.example.test. A +nsid +option=11 +tcp +version=1",
     {"BADVERS", "opt 1232"}},
  });
}

TEST_CASE("NSID is asked for but not configured") {
  Served served = Served::samples();
  CHECK(served.ask("elsewhere.invalid. A +nsid") == Lines{"REFUSED", "opt 1232 ede=20"});
}

TEST_CASE("an NSID that leaves no room stays out") {
  link::Settings settings;
  set(settings.nsid, std::string(255, 'n'));
  Served served = Served::samples(settings);
  const std::string label(63, 'x');
  const std::string name = label + "." + label + "." + label + "." + label.substr(2) + ".";
  CHECK(served.ask(name + " A +nsid +edns=512") == Lines{"REFUSED", "opt 1232 ede=20"});
}

TEST_CASE("options that are answered") {
  link::Settings settings;
  settings.tcp_idle_timeout_ms = 12'345;
  Served served = Served::samples(settings);
  const std::string answer = "answer mail.example.test. 3600 A 192.0.2.25";
  const std::string soa = "answer example.test. 3600 SOA ...";
  const Lines plain = {"NOERROR aa", answer, "opt 1232"};
  check(served, {
    {"EXPIRE of a zone (RFC 7314)", "example.test. SOA +option=9",
     {"NOERROR aa", soa, "opt 1232 option9=00127500"}},
    {"EXPIRE with a value, as only a reply has one", "example.test. SOA +option=9:00000001",
     {"NOERROR aa", soa, "opt 1232 option9=00127500"}},
    {"EXPIRE over a stream", "example.test. SOA +option=9 +tcp",
     {"NOERROR aa", soa, "opt 1232 option9=00127500"}},
    {"no EXPIRE unasked", "example.test. SOA +edns=1232", {"NOERROR aa", soa, "opt 1232"}},
    {"no EXPIRE with another type", "mail.example.test. A +option=9", plain},
    {"no EXPIRE with a negative answer", "mail.example.test. SOA +option=9",
     {"NOERROR aa", "authority example.test. 300 SOA ...", "opt 1232"}},
    {"no EXPIRE with nobody's name", "elsewhere.invalid. SOA +option=9",
     {"REFUSED", "opt 1232 ede=20"}},
    {"keepalive over a stream (RFC 7828)", "mail.example.test. A +option=11 +tcp",
     {"NOERROR aa", answer, "opt 1232 option11=007b"}},
    {"keepalive with a value of the client's", "mail.example.test. A +option=11:0001 +tcp",
     {"NOERROR aa", answer, "opt 1232 option11=007b"}},
    {"keepalive in an error", "elsewhere.invalid. A +option=11 +tcp",
     {"REFUSED", "opt 1232 option11=007b ede=20"}},
    {"no keepalive over UDP", "mail.example.test. A +option=11", plain},
    {"no keepalive unasked", "mail.example.test. A +edns=1232 +tcp", plain},
    {"the zone's version (RFC 9660)", "mail.example.test. A +option=19",
     {"NOERROR aa", answer, "opt 1232 option19=020078c275f5"}},
    {"the version of the zone of the question, not of the alias' target",
     "docs.example.test. A +option=19",
     {"NOERROR aa", "answer docs.example.test. 3600 CNAME www.signed.test.",
      "answer www.signed.test. 3600 A 192.0.2.80", "opt 1232 option19=020078c275f5"}},
    {"no version with nobody's name", "elsewhere.invalid. A +option=19",
     {"REFUSED", "opt 1232 ede=20"}},
    {"padding is read and not written", "mail.example.test. A +option=12:000000 +tcp", plain},
    {"an unknown option is not echoed", "mail.example.test. A +option=100:616263", plain},
    {"client subnet is an unknown option", "mail.example.test. A +option=8:000118000a0000", plain},
    {"even a malformed one", "mail.example.test. A +option=8:0001", plain},
    {"all at once", "example.test. SOA +option=19 +option=11 +nsid +option=9 +tcp",
     {"NOERROR aa", soa, "opt 1232 option9=00127500 option11=007b option19=020078c275f5"}},
  });
}

TEST_CASE("a keepalive longer than the option can say is the longest") {
  link::Settings settings;
  settings.tcp_idle_timeout_ms = 10'000'000;
  Served served = Served::samples(settings);
  CHECK(served.ask("elsewhere.invalid. A +option=11 +tcp").back() ==
        "opt 1232 option11=ffff ede=20");
}

TEST_CASE("client subnet (RFC 7871)") {
  link::Settings settings;
  settings.edns_client_subnet = true;
  Served served = Served::samples(settings);
  const std::string answer = "answer mail.example.test. 3600 A 192.0.2.25";
  const auto answered = [&](const char* subnet) {
    return Lines{"NOERROR aa", answer, std::string("opt 1232 option8=") + subnet};
  };
  const Lines refused = {"FORMERR", "opt 1232"};
  check(served, {
    {"none unasked", "mail.example.test. A +edns=1232", {"NOERROR aa", answer, "opt 1232"}},
    {"IPv4", "mail.example.test. A +option=8:000118000a0000", answered("000118000a0000")},
    {"IPv6", "mail.example.test. A +option=8:0002300020010db80000",
     answered("0002300020010db80000")},
    {"no address wanted", "mail.example.test. A +option=8:00010000", answered("00010000")},
    {"family 0, as dig sends it", "mail.example.test. A +option=8:00000000",
     answered("00000000")},
    {"a whole address", "mail.example.test. A +option=8:000120000a000001",
     answered("000120000a000001")},
    {"the first of two", "mail.example.test. A +option=8:000108000a +option=8:000108000b",
     answered("000108000a")},
    {"in an error", "elsewhere.invalid. A +option=8:000108000a",
     {"REFUSED", "opt 1232 option8=000108000a ede=20"}},
    {"a scope in a query", "mail.example.test. A +option=8:000118180a0000", refused},
    {"bits behind the prefix", "mail.example.test. A +option=8:000114000a00ff", refused},
    {"an address too long", "mail.example.test. A +option=8:000118000a000000", refused},
    {"an address too short", "mail.example.test. A +option=8:000118000a00", refused},
    {"a prefix too long for IPv4", "mail.example.test. A +option=8:000121000a00000000", refused},
    {"a prefix too long for IPv6",
     "mail.example.test. A +option=8:000281000000000000000000000000000000000000", refused},
    {"an unknown family", "mail.example.test. A +option=8:0003080001", refused},
    {"nothing in it", "mail.example.test. A +option=8", refused},
    {"a cut head", "mail.example.test. A +option=8:000118", refused},
    {"malformed, of class CH", "version.bind. TXT +class=3 +option=8:0003080001", refused},
    {"malformed, of an unknown version", "mail.example.test. A +version=1 +option=8:000308",
     {"BADVERS", "opt 1232"}},
  });
}

TEST_CASE("an extended error never takes what the answer needs") {
  Served served = Served::samples();
  const std::string label(63, 'x');
  const std::string name = label + "." + label + "." + label + "." + label.substr(2) + ".";
  const std::string options = " +edns=512 +option=65001:" + std::string(400, '0');
  CHECK(served.ask(name + " A" + options) == Lines{"REFUSED", "opt 1232 ede=20"});
}

TEST_CASE("NSEC3 of more iterations than anybody computes is left out, and the client is told") {
  const std::string hash = "0P9MHAVEQVM6T7VBL5LOP2U3T2RP3TOM";
  const std::string zone = "@ 300 SOA ns host 7 3600 600 86400 60\n@ 300 NS ns.elsewhere.\n";
  const std::string signed_zone = zone + "@ 0 NSEC3PARAM 1 0 ITERATIONS -\n" + hash +
                                  " 300 NSEC3 1 0 ITERATIONS - " + hash + " SOA NS NSEC3PARAM\n";
  for (const unsigned iterations : {kMaxNsec3Iterations, kMaxNsec3Iterations + 1}) {
    std::string text = signed_zone;
    for (std::size_t at; (at = text.find("ITERATIONS")) != std::string::npos;) {
      text.replace(at, 10, std::to_string(iterations));
    }
    Served served({{"iterated.test.", text}});
    INFO(iterations);
    const std::string told = iterations > kMaxNsec3Iterations ? " ede=27" : "";
    CHECK(served.ask("x.iterated.test. A +do").back() == "opt 1232 do" + told);
    CHECK(served.ask("x.iterated.test. A +edns=1232").back() == "opt 1232");
    CHECK(served.ask("iterated.test. SOA +do").back() == "opt 1232 do");
  }
}

TEST_CASE("the longest reply to the longest question with every option") {
  link::Settings settings;
  settings.edns_client_subnet = true;
  set(settings.nsid, std::string(255, 'n'));
  Served served = Served::samples(settings);
  const std::string label(63, 'x');
  const std::string name = label + "." + label + "." + label + "." + label.substr(2) + ".";
  const std::string options =
      " A +tcp +max=512 +nsid +option=9 +option=11 +option=19 "
      "+option=8:00028000000000000000000000000000000000ff";
  const Lines reply = served.ask(name + options);
  CHECK(reply == Lines{"REFUSED",
                       "opt 1232 option8=00028000000000000000000000000000000000ff "
                       "option11=0064 ede=20"});
}

TEST_CASE("answer-rotation begins each RRset of the answer at the record of the query's ID") {
  const ZoneText zone = {"rot.test.",
                         "@ 300 SOA ns host 7 3600 600 86400 60\n@ 300 NS ns\n@ 300 NS ns2\n"
                         "ns 300 A 192.0.2.53\nns2 300 A 192.0.2.54\n"
                         "m 300 A 192.0.2.1\nm 300 A 192.0.2.2\nm 300 A 192.0.2.3\n"
                         "m 300 MX 1 ns\nm 300 MX 2 ns\n"
                         "alias 300 CNAME m\n*.w 300 A 192.0.2.1\n*.w 300 A 192.0.2.2\n"
                         "sub 300 NS ns\nsub 300 NS ns2\n"};
  const std::string a[] = {"answer m.rot.test. 300 A 192.0.2.1",
                           "answer m.rot.test. 300 A 192.0.2.2",
                           "answer m.rot.test. 300 A 192.0.2.3"};
  const std::string alias = "answer alias.rot.test. 300 CNAME m.rot.test.";
  const std::string mx[] = {"answer m.rot.test. 300 MX 1 ns.rot.test.",
                            "answer m.rot.test. 300 MX 2 ns.rot.test."};
  const std::string glue[] = {"additional ns.rot.test. 300 A 192.0.2.53",
                              "additional ns2.rot.test. 300 A 192.0.2.54"};
  const std::string cut[] = {"authority sub.rot.test. 300 NS ns.rot.test.",
                             "authority sub.rot.test. 300 NS ns2.rot.test."};
  link::Settings settings;
  Served still({zone}, settings);
  check(still, {{"off", "m.rot.test. A +id=1", {"NOERROR aa", a[0], a[1], a[2]}}});
  settings.answer_rotation = true;
  Served served({zone}, settings);
  check(served, {
    {"ID 0", "m.rot.test. A +id=0", {"NOERROR aa", a[0], a[1], a[2]}},
    {"ID 1", "m.rot.test. A +id=1", {"NOERROR aa", a[1], a[2], a[0]}},
    {"ID 2", "m.rot.test. A +id=2", {"NOERROR aa", a[2], a[0], a[1]}},
    {"ID 3", "m.rot.test. A +id=3", {"NOERROR aa", a[0], a[1], a[2]}},
    {"the greatest ID", "m.rot.test. A +id=65534", {"NOERROR aa", a[2], a[0], a[1]}},
    {"behind an alias", "alias.rot.test. A +id=1", {"NOERROR aa", alias, a[1], a[2], a[0]}},
    {"from a wildcard", "x.w.rot.test. A +id=1",
     {"NOERROR aa", "answer x.w.rot.test. 300 A 192.0.2.2",
      "answer x.w.rot.test. 300 A 192.0.2.1"}},
    {"names in rdata", "m.rot.test. MX +id=1", {"NOERROR aa", mx[1], mx[0], glue[0]}},
    {"each of several RRsets", "m.rot.test. ANY +tcp +id=1",
     {"NOERROR aa", a[1], a[2], a[0], mx[1], mx[0], glue[0]}},
    {"not a delegation", "x.sub.rot.test. A +id=1",
     {"NOERROR", cut[0], cut[1], glue[0], glue[1]}},
  });
}

TEST_CASE("what is rotated keeps its signatures and its size") {
  link::Settings settings;
  settings.answer_rotation = true;
  Served rotated = Served::samples(settings);
  Served still = Served::samples();
  for (const char* question : {"signed.test. NS +do", "signed.test. ANY +do +tcp",
                               "hashed.test. DNSKEY +do", "a.wild.signed.test. MX +do"}) {
    for (const char* id : {" +id=0", " +id=1", " +id=2", " +id=4711"}) {
      for (const char* size : {"", " +edns=512", " +edns=600"}) {
        const std::string asked = std::string(question) + id + size;
        INFO(asked);
        Lines one = rotated.ask(asked), other = still.ask(asked);
        CHECK(one.front() == other.front());
        std::sort(one.begin(), one.end());
        std::sort(other.begin(), other.end());
        CHECK(one == other);
      }
    }
  }
  const Lines answer = rotated.ask("signed.test. NS +do +id=1");
  CHECK(answer[1] == "answer signed.test. 3600 NS ns2.signed.test.");
  CHECK(answer[2] == "answer signed.test. 3600 NS ns1.signed.test.");
  CHECK(answer[3] == "answer signed.test. 3600 RRSIG NS");
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
