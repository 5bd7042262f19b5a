#include <catch2/catch.hpp>

#include "served.h"

namespace bowline::answer::test {

TEST_CASE("a name that exists is answered with authority") {
  Served served = Served::samples();
  check(served, {
    {"an address", "mail.example.test. A",
     {"NOERROR aa",
      "answer mail.example.test. 3600 A 192.0.2.25"}},
    {"the reply keeps the case of the question", "MAIL.Example.TEST. AAAA",
     {"NOERROR aa",
      "answer MAIL.Example.TEST. 3600 AAAA 2001:db8::25"}},
    {"the type is missing", "mail.example.test. MX",
     {"NOERROR aa",
      "authority example.test. 300 SOA ..."}},
    {"RD comes back, CD and AD do not, RA is never set", "nothing.example.test. A +rd +cd +ad",
     {"NXDOMAIN aa rd",
      "authority example.test. 300 SOA ..."}},
    {"an unknown type is like any other", "mail.example.test. TYPE65280",
     {"NOERROR aa",
      "authority example.test. 300 SOA ..."}},
    {"an empty non-terminal exists", "deep.example.test. TXT",
     {"NOERROR aa",
      "authority example.test. 300 SOA ..."}},
    {"a name beside an existing one does not", "other.deep.example.test. TXT",
     {"NXDOMAIN aa",
      "authority example.test. 300 SOA ..."}},
    {"a name below an existing one does not", "a.b.c.mail.example.test. TXT",
     {"NXDOMAIN aa",
      "authority example.test. 300 SOA ..."}},
    {"a name outside all zones", "elsewhere.invalid. A",
     {"REFUSED"}},
    {"a name above all zones", ". NS",
     {"REFUSED"}},
  });
}

TEST_CASE("a wildcard answers for names that do not exist") {
  Served served = Served::samples();
  check(served, {
    {"a name that it covers", "any.pages.example.test. A",
     {"NOERROR aa",
      "answer any.pages.example.test. 3600 A 192.0.2.81"}},
    {"a name two labels below", "a.b.pages.example.test. A",
     {"NOERROR aa",
      "answer a.b.pages.example.test. 3600 A 192.0.2.81"}},
    {"the type is not at the wildcard", "any.pages.example.test. MX",
     {"NOERROR aa",
      "authority example.test. 300 SOA ..."}},
    {"the wildcard itself", "*.pages.example.test. TXT",
     {"NOERROR aa",
      "answer *.pages.example.test. 3600 TXT \"any page\""}},
    {"a name that exists is not covered", "fixed.pages.example.test. TXT",
     {"NOERROR aa",
      "authority example.test. 300 SOA ..."}},
    {"nor is a name below it", "x.fixed.pages.example.test. A",
     {"NXDOMAIN aa",
      "authority example.test. 300 SOA ..."}},
  });
}

TEST_CASE("a delegation is referred to without authority") {
  Served served = Served::samples();
  check(served, {
    {"the cut itself", "sub.example.test. A",
     {"NOERROR",
      "authority sub.example.test. 3600 NS ns.sub.example.test.",
      "authority sub.example.test. 3600 NS ns1.example.test.",
      "additional ns.sub.example.test. 3600 A 192.0.2.53",
      "additional ns.sub.example.test. 3600 AAAA 2001:db8::53",
      "additional ns1.example.test. 3600 A 192.0.2.1",
      "additional ns1.example.test. 3600 AAAA 2001:db8::1"}},
    {"its NS", "sub.example.test. NS",
     {"NOERROR",
      "authority sub.example.test. 3600 NS ns.sub.example.test.",
      "authority sub.example.test. 3600 NS ns1.example.test.",
      "additional ns.sub.example.test. 3600 A 192.0.2.53",
      "additional ns.sub.example.test. 3600 AAAA 2001:db8::53",
      "additional ns1.example.test. 3600 A 192.0.2.1",
      "additional ns1.example.test. 3600 AAAA 2001:db8::1"}},
    {"a name below it", "a.b.sub.example.test. TXT",
     {"NOERROR",
      "authority sub.example.test. 3600 NS ns.sub.example.test.",
      "authority sub.example.test. 3600 NS ns1.example.test.",
      "additional ns.sub.example.test. 3600 A 192.0.2.53",
      "additional ns.sub.example.test. 3600 AAAA 2001:db8::53",
      "additional ns1.example.test. 3600 A 192.0.2.1",
      "additional ns1.example.test. 3600 AAAA 2001:db8::1"}},
    {"a name of glue", "ns.sub.example.test. A",
     {"NOERROR",
      "authority sub.example.test. 3600 NS ns.sub.example.test.",
      "authority sub.example.test. 3600 NS ns1.example.test.",
      "additional ns.sub.example.test. 3600 A 192.0.2.53",
      "additional ns.sub.example.test. 3600 AAAA 2001:db8::53",
      "additional ns1.example.test. 3600 A 192.0.2.1",
      "additional ns1.example.test. 3600 AAAA 2001:db8::1"}},
    {"glue beside the cut, and a server elsewhere", "lab.example.test. A",
     {"NOERROR",
      "authority lab.example.test. 3600 NS ns.sub.example.test.",
      "authority lab.example.test. 3600 NS ns.elsewhere.invalid.",
      "additional ns.sub.example.test. 3600 A 192.0.2.53",
      "additional ns.sub.example.test. 3600 AAAA 2001:db8::53"}},
    {"ANY at the cut", "sub.example.test. ANY",
     {"NOERROR",
      "authority sub.example.test. 3600 NS ns.sub.example.test.",
      "authority sub.example.test. 3600 NS ns1.example.test.",
      "additional ns.sub.example.test. 3600 A 192.0.2.53",
      "additional ns.sub.example.test. 3600 AAAA 2001:db8::53",
      "additional ns1.example.test. 3600 A 192.0.2.1",
      "additional ns1.example.test. 3600 AAAA 2001:db8::1"}},
    {"DS at the cut is ours", "sub.example.test. DS",
     {"NOERROR aa",
      "authority example.test. 300 SOA ..."}},
    {"DS below the cut is not", "x.sub.example.test. DS",
     {"NOERROR",
      "authority sub.example.test. 3600 NS ns.sub.example.test.",
      "authority sub.example.test. 3600 NS ns1.example.test.",
      "additional ns.sub.example.test. 3600 A 192.0.2.53",
      "additional ns.sub.example.test. 3600 AAAA 2001:db8::53",
      "additional ns1.example.test. 3600 A 192.0.2.1",
      "additional ns1.example.test. 3600 AAAA 2001:db8::1"}},
    {"a signed one", "secure.signed.test. A +do",
     {"NOERROR",
      "authority secure.signed.test. 3600 NS ns.secure.signed.test.",
      "authority secure.signed.test. 3600 DS 12345 13 2 49FD46E6C4B45C55D4AC69CBD3CD...",
      "authority secure.signed.test. 3600 RRSIG DS",
      "additional ns.secure.signed.test. 3600 A 192.0.2.53",
      "opt 1232 do"}},
    {"a signed one for a client that does not want DNSSEC", "secure.signed.test. A",
     {"NOERROR",
      "authority secure.signed.test. 3600 NS ns.secure.signed.test.",
      "additional ns.secure.signed.test. 3600 A 192.0.2.53"}},
    {"DS of a signed one", "secure.signed.test. DS +do",
     {"NOERROR aa",
      "answer secure.signed.test. 3600 DS 12345 13 2 49FD46E6C4B45C55D4AC69CBD3CD...",
      "answer secure.signed.test. 3600 RRSIG DS",
      "opt 1232 do"}},
  });
}

TEST_CASE("ANY and RRSIG ask for one RRset over UDP and for all over a stream") {
  Served served = Served::samples();
  check(served, {
    {"ANY over UDP", "mail.example.test. ANY",
     {"NOERROR aa",
      "answer mail.example.test. 3600 A 192.0.2.25"}},
    {"ANY over a stream", "mail.example.test. ANY +tcp",
     {"NOERROR aa",
      "answer mail.example.test. 3600 A 192.0.2.25",
      "answer mail.example.test. 3600 AAAA 2001:db8::25"}},
    {"ANY where NSEC is not the last type", "signed.test. ANY +do",
     {"NOERROR aa",
      "answer signed.test. 3600 NS ns1.signed.test.",
      "answer signed.test. 3600 NS ns2.signed.test.",
      "answer signed.test. 3600 RRSIG NS",
      "additional ns1.signed.test. 3600 A 192.0.2.1",
      "additional ns1.signed.test. 3600 RRSIG A",
      "additional ns1.signed.test. 3600 AAAA 2001:db8::1",
      "additional ns1.signed.test. 3600 RRSIG AAAA",
      "additional ns2.signed.test. 3600 A 192.0.2.2",
      "additional ns2.signed.test. 3600 RRSIG A",
      "opt 1232 do"}},
    {"ANY at an empty non-terminal", "deep.example.test. ANY",
     {"NOERROR aa",
      "authority example.test. 300 SOA ..."}},
    {"ANY at a wildcard", "any.pages.example.test. ANY +tcp",
     {"NOERROR aa",
      "answer any.pages.example.test. 3600 A 192.0.2.81",
      "answer any.pages.example.test. 3600 TXT \"any page\""}},
    {"RRSIG over UDP", "www.signed.test. RRSIG",
     {"NOERROR aa",
      "answer www.signed.test. 3600 RRSIG A"}},
    {"RRSIG over a stream", "www.signed.test. RRSIG +tcp",
     {"NOERROR aa",
      "answer www.signed.test. 3600 RRSIG A",
      "answer www.signed.test. 3600 RRSIG AAAA",
      "answer www.signed.test. 300 RRSIG NSEC"}},
    {"RRSIG of nothing", "mail.example.test. RRSIG",
     {"NOERROR aa",
      "authority example.test. 300 SOA ..."}},
  });
}

TEST_CASE("signatures go to those who want them") {
  Served served = Served::samples();
  check(served, {
    {"without EDNS", "www.signed.test. A",
     {"NOERROR aa",
      "answer www.signed.test. 3600 A 192.0.2.80"}},
    {"with EDNS, without DO", "www.signed.test. A +edns=1232",
     {"NOERROR aa",
      "answer www.signed.test. 3600 A 192.0.2.80",
      "opt 1232"}},
    {"with DO", "www.signed.test. A +do",
     {"NOERROR aa",
      "answer www.signed.test. 3600 A 192.0.2.80",
      "answer www.signed.test. 3600 RRSIG A",
      "opt 1232 do"}},
    {"with DO, from a zone without signatures", "mail.example.test. A +do",
     {"NOERROR aa",
      "answer mail.example.test. 3600 A 192.0.2.25",
      "opt 1232 do"}},
  });
}

// From the third of a burst on the SOA is a copy, where it would have been written alike: the label
// above the apex may be one of the SOA's names, and the apex may be spelt in another way.
TEST_CASE("negative answers of a burst are those of single queries") {
  Served served = Served::samples();
  for (const std::string apex : {"example.test.", "signed.test.", "hashed.test.", "HASHED.test."}) {
    std::vector<Message> requests;
    for (const std::string name : {"x.", "y.", "longer.", "a.b.c.", "x.ns1.", "ns1.",
                                   "x.hostmaster.", "hostmaster.", "x.NS1.", "z.", ""}) {
      requests.push_back(make_request(name + apex + " NULL +do"));
    }
    const std::vector<Result> together = served.send_all(requests, kBurst);
    const std::vector<Result> single = served.send_all(requests, 1);
    REQUIRE(together.size() == requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i) {
      CHECK(together[i].message == single[i].message);
    }
  }
}

}  // namespace bowline::answer::test
