#include <catch2/catch.hpp>

#include <algorithm>

#include "served.h"

namespace bowline::answer::test {

namespace {

const std::string kSoa = "@ SOA . . 1 2 3 4 5\n";

// `count` name servers of `cut`, each with an address, called n0.PLACE and so on.
std::string servers(const std::string& cut, const std::string& place, unsigned count) {
  std::string text;
  for (unsigned i = 0; i < count; ++i) {
    const std::string host = "n" + std::to_string(i) + "." + place;
    text += cut + " NS " + host + "\n" + host + " A 192.0.2." + std::to_string(i % 250) + "\n";
  }
  return text;
}

auto count_of(const Lines& lines, const std::string& start) {
  return std::count_if(lines.begin(), lines.end(),
                       [&](const std::string& line) { return line.starts_with(start); });
}

}  // namespace

TEST_CASE("hosts in the answer bring their addresses") {
  Served served({ZoneText{"test.", kSoa + R"(
@ NS ns
@ NS ns.elsewhere.invalid.
@ MX 1 both
@ MX 2 both
@ MX 3 none
@ MX 4 glue.cut
@ HTTPS 1 . alpn=h2
@ A 192.0.2.9
ns A 192.0.2.1
both A 192.0.2.2
both AAAA 2001:db8::2
cut NS ns
glue.cut A 192.0.2.3
_x._tcp SRV 1 2 3 both
svc HTTPS 0 pool
pool HTTPS 1 . port=8443
pool AAAA 2001:db8::3
root MX 0 .
)"}});
  check(served, {
    {"servers of the apex", "test. NS",
     {"NOERROR aa", "answer test. 3600 NS ns.test.", "answer test. 3600 NS ns.elsewhere.invalid.",
      "additional ns.test. 3600 A 192.0.2.1"}},
    {"each host once", "test. MX",
     {"NOERROR aa", "answer test. 3600 MX 1 both.test.", "answer test. 3600 MX 2 both.test.",
      "answer test. 3600 MX 3 none.test.", "answer test. 3600 MX 4 glue.cut.test.",
      "additional both.test. 3600 A 192.0.2.2", "additional both.test. 3600 AAAA 2001:db8::2",
      "additional glue.cut.test. 3600 A 192.0.2.3"}},
    {"SRV", "_x._tcp.test. SRV",
     {"NOERROR aa", "answer _x._tcp.test. 3600 SRV 1 2 3 both.test.",
      "additional both.test. 3600 A 192.0.2.2", "additional both.test. 3600 AAAA 2001:db8::2"}},
    {"the target . of HTTPS is its owner", "test. HTTPS",
     {"NOERROR aa", "answer test. 3600 HTTPS 1 . alpn=h2", "additional test. 3600 A 192.0.2.9"}},
    {"an HTTPS alias brings the HTTPS that it leads to", "svc.test. HTTPS",
     {"NOERROR aa", "answer svc.test. 3600 HTTPS 0 pool.test.",
      "additional pool.test. 3600 AAAA 2001:db8::3",
      "additional pool.test. 3600 HTTPS 1 . port=8443"}},
    {"the target . of MX is nobody (RFC 7505)", "root.test. MX",
     {"NOERROR aa", "answer root.test. 3600 MX 0 ."}},
  });
  const Lines all = served.ask("test. ANY +tcp");
  CHECK(count_of(all, "additional both.test. 3600 A ") == 1);
  CHECK(count_of(all, "additional test. ") == 0);
}

TEST_CASE("several RRsets of ANY lead to one host: all that each wants of it") {
  Served served({ZoneText{"t.", "@ SOA . . 1 2 3 4 5\n@ MX 1 h\n@ SVCB 0 h\n@ HTTPS 0 h\n"
                                "h A 192.0.2.1\nh SVCB 1 .\nh HTTPS 1 .\n"
                                "*.w MX 1 *.w\n*.w SVCB 0 *.w\n*.w A 192.0.2.2\n"}});
  check(served, {
    {"addresses once, SVCB and HTTPS too", "t. ANY +tcp",
     {"NOERROR aa", "answer t. 3600 SOA ...", "answer t. 3600 MX 1 h.t.",
      "answer t. 3600 SVCB 0 h.t.", "answer t. 3600 HTTPS 0 h.t.",
      "additional h.t. 3600 A 192.0.2.1", "additional h.t. 3600 SVCB 1 .",
      "additional h.t. 3600 HTTPS 1 ."}},
    {"a wildcard's own name is not the name that was asked for", "q.w.t. ANY +tcp",
     {"NOERROR aa", "answer q.w.t. 3600 A 192.0.2.2", "answer q.w.t. 3600 MX 1 *.w.t.",
      "answer q.w.t. 3600 SVCB 0 *.w.t.", "additional *.w.t. 3600 A 192.0.2.2",
      "additional *.w.t. 3600 SVCB 0 *.w.t."}},
  });
}

TEST_CASE("addresses in answers are signed, and left out before anything else") {
  Served served = Served::samples();
  check(served, {
    {"with signatures", "signed.test. MX +do",
     {"NOERROR aa", "answer signed.test. 3600 MX 10 mail.signed.test.",
      "answer signed.test. 3600 RRSIG MX", "additional mail.signed.test. 3600 A 192.0.2.25",
      "additional mail.signed.test. 3600 RRSIG A", "opt 1232 do"}},
  });
  for (unsigned size = 512; size < 700; ++size) {
    const Lines reply = served.ask("signed.test. NS +do +max=" + std::to_string(size));
    CHECK(reply.front() == "NOERROR aa");  // no TC for what is optional
    CHECK(count_of(reply, "additional ns1.signed.test. 3600 A ") +
              count_of(reply, "additional ns1.signed.test. 3600 AAAA ") ==
          count_of(reply, "additional ns1.signed.test. 3600 RRSIG"));
  }
}

TEST_CASE("more than 13 hosts get no optional addresses (hardening 59)") {
  Served served({ZoneText{"test.", kSoa + servers("few", "hosts", 13) +
                                       servers("many", "hosts", 14) + servers("@", "apex", 14)}});
  CHECK(count_of(served.ask("few.test. A +tcp"), "additional") == 13);
  CHECK(count_of(served.ask("many.test. A +tcp"), "additional") == 0);
  CHECK(count_of(served.ask("test. NS +tcp"), "additional") == 0);
}

TEST_CASE("glue inside the delegation is mandatory (RFC 9471)") {
  Served served({ZoneText{"test.", kSoa + servers("in", "in", 24) + servers("beside", "hosts", 13) +
                               servers("crowd", "crowd", 600)}});
  CHECK(count_of(served.ask("in.test. A +tcp"), "additional") == 24);
  CHECK(served.ask("in.test. A +tcp").front() == "NOERROR");
  CHECK(served.ask("in.test. A").front() == "NOERROR tc");  // 24 NS and some of 24 A in 512 octets
  const std::string label(40, 'x');
  const Lines beside = served.ask(label + "." + label + ".beside.test. A");
  CHECK(beside.front() == "NOERROR");
  CHECK(count_of(beside, "additional") > 0);
  CHECK(count_of(beside, "additional") < 13);
  const Lines crowd = served.ask("crowd.test. A +tcp");
  CHECK(crowd.front() == "NOERROR tc");  // more than kMaxGlueNames
  CHECK(count_of(crowd, "additional") == 512);
}

}  // namespace bowline::answer::test
