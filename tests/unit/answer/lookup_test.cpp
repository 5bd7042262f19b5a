#include <catch2/catch.hpp>

#include <algorithm>

#include "served.h"

namespace bowline::answer::test {

namespace {

const std::string kSoa = "@ SOA . . 1 2 3 4 5\n";

// A parent and a child that are both served.
Served family() {
  return Served({{"test.",
                  kSoa + "kid NS ns.kid\nkid DS 1 13 2 0123\nns.kid A 192.0.2.1\nkid2 NS ns.kid\n"},
                 {"kid.test.", kSoa + "@ A 192.0.2.2\nns A 192.0.2.3\ngrand NS ns\n"}});
}

}  // namespace

TEST_CASE("the deepest zone answers") {
  Served served = family();
  check(served, {
    {"the child's apex", "kid.test. A", {"NOERROR aa", "answer kid.test. 3600 A 192.0.2.2"}},
    {"what is glue for the parent is data of the child", "ns.kid.test. A",
     {"NOERROR aa", "answer ns.kid.test. 3600 A 192.0.2.3"}},
    {"a name missing in the child", "x.kid.test. A",
     {"NXDOMAIN aa", "authority kid.test. 5 SOA ..."}},
    {"a delegation of the child", "x.grand.kid.test. A",
     {"NOERROR", "authority grand.kid.test. 3600 NS ns.kid.test.",
      "additional ns.kid.test. 3600 A 192.0.2.3"}},
  });
}

TEST_CASE("DS belongs to the parent's side") {
  Served both = family();
  check(both, {
    {"the parent is served", "kid.test. DS",
     {"NOERROR aa", "answer kid.test. 3600 DS 1 13 2 0123"}},
    {"the parent has none", "kid2.test. DS", {"NOERROR aa", "authority test. 5 SOA ..."}},
    {"no parent of the upper zone is served", "test. DS",
     {"NOERROR aa", "authority test. 5 SOA ..."}},
  });
  Served child({ZoneText{"kid.test.", kSoa + "@ A 192.0.2.2\n"}});
  check(child, {{"only the child is served (RFC 4035 3.1.4.1)", "kid.test. DS",
                 {"NOERROR aa", "authority kid.test. 5 SOA ..."}}});
}

TEST_CASE("the root zone answers for every name") {
  Served served({ZoneText{".", kSoa + "@ NS ns.test.\ntest NS ns.test.\nns.test A 192.0.2.1\n"}});
  check(served, {
    {"its apex", ". NS",
     {"NOERROR aa", "answer . 3600 NS ns.test.", "additional ns.test. 3600 A 192.0.2.1"}},
    {"a referral", "a.b.c.test. A",
     {"NOERROR", "authority test. 3600 NS ns.test.", "additional ns.test. 3600 A 192.0.2.1"}},
    {"a missing TLD", "a.invalid. A", {"NXDOMAIN aa", "authority . 5 SOA ..."}},
    {"DS of the root", ". DS", {"NOERROR aa", "authority . 5 SOA ..."}},
  });
}

TEST_CASE("the deepest names are found") {
  std::string deep = "a";
  for (unsigned i = 1; i < 120; ++i) deep += ".a";
  Served served({ZoneText{"test.", kSoa + deep + " A 192.0.2.1\n*." + deep + " A 192.0.2.2\n"}});
  CHECK(served.ask(deep + ".test. A").front() == "NOERROR aa");
  CHECK(served.ask(deep + ".test. A").back().starts_with("answer a.a."));
  CHECK(served.ask("b." + deep + ".test. A").back().starts_with("answer b.a."));
  CHECK(served.ask("b." + deep.substr(100) + ".test. A").front() == "NXDOMAIN aa");
  CHECK(served.ask(deep.substr(100) + ".test. A").front() == "NOERROR aa");
}

TEST_CASE("a burst answers as its queries alone do") {
  std::vector<Message> requests;
  for (const char* name : {"www.example.test.", "x.signed.test.", "plain.hashed.test.", "other.",
                           "a.old.example.test.", "large.example.test.", "x.wild.signed.test."}) {
    for (const char* rest : {" A +do", " TXT", " DS +do +edns=4096", " ANY", " AXFR"}) {
      requests.push_back(make_request(std::string(name) + rest));
    }
  }
  requests.push_back({1, 2, 3});
  Served served = Served::samples();
  const std::vector<Result> alone = served.send_all(requests, 1);
  const std::vector<Result> together = served.send_all(requests, kBurst);
  REQUIRE(alone.size() == together.size());
  for (std::size_t i = 0; i < alone.size(); ++i) {
    CHECK(alone[i].action == together[i].action);
    CHECK(alone[i].reason == together[i].reason);
    CHECK(alone[i].message == together[i].message);
  }
}

TEST_CASE("a server without zones refuses") {
  Served served({});
  check(served, {{"any name", "www.example.test. A", {"REFUSED"}}});
}

}  // namespace bowline::answer::test
