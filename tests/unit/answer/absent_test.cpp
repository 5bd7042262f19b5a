// Zones that are ours but have no content: who answers for them, and what.
#include <catch2/catch.hpp>

#include "served.h"

namespace bowline::answer::test {
namespace {

constexpr const char* kParent =
    "$TTL 300\n"
    "@ SOA ns h 1 2 3 4 5\n"
    "@ NS ns\n"
    "ns A 192.0.2.1\n"
    "child NS ns.child\n"
    "child DS 1 8 2 aabbccdd\n"
    "ns.child A 192.0.2.2\n"
    "a CNAME www.child\n"
    "b CNAME www.other.\n"
    "d DNAME child\n";

// The parent of a zone without content, that zone, one elsewhere, and one below the latter.
Served serve() {
  return Served({{"test.", kParent},
                 {"child.test.", ""},
                 {"other.", ""},
                 {"sub.other.", "@ 300 SOA ns h 1 2 3 4 5\n@ 300 NS ns\nns 300 A 192.0.2.9\n"}});
}

}  // namespace

TEST_CASE("a zone without content is answered SERVFAIL, its parent and its children as ever") {
  Served served = serve();
  check(served, {
    {"its apex", "child.test. SOA", {"SERVFAIL"}},
    {"the glue that the parent has", "ns.child.test. A", {"SERVFAIL"}},
    {"below it", "a.b.c.child.test. TXT", {"SERVFAIL"}},
    {"ANY", "child.test. ANY", {"SERVFAIL"}},
    {"with DO", "www.child.test. A +do", {"SERVFAIL", "opt 1232 do ede=14"}},
    {"where no parent is served", "www.other. A", {"SERVFAIL"}},
    {"the parent", "ns.test. A", {"NOERROR aa", "answer ns.test. 300 A 192.0.2.1"}},
    {"a child", "ns.sub.other. A", {"NOERROR aa", "answer ns.sub.other. 300 A 192.0.2.9"}},
    {"a zone that is not ours", "www.elsewhere. A", {"REFUSED"}},
  });
}

TEST_CASE("DS at a zone without content is the parent's to answer") {
  Served served = serve();
  check(served, {
    {"the parent is served", "child.test. DS",
     {"NOERROR aa",
      "answer child.test. 300 DS 1 8 2 AABBCCDD"}},
    {"the parent is not served", "other. DS", {"SERVFAIL"}},
    {"the parent has no content", "sub.other. DS", {"SERVFAIL"}},
  });
}

// As knotd does: what has been found is an answer, and the parent's delegation says where to go on.
TEST_CASE("chains of aliases end before a zone without content as if it were not ours") {
  Served served = serve();
  check(served, {
    {"below a delegation of the zone that the chain comes from", "a.test. A",
     {"NOERROR aa",
      "answer a.test. 300 CNAME www.child.test.",
      "authority child.test. 300 NS ns.child.test.",
      "additional ns.child.test. 300 A 192.0.2.2"}},
    {"by a DNAME", "x.d.test. A",
     {"NOERROR aa",
      "answer d.test. 300 DNAME child.test.",
      "answer x.d.test. 300 CNAME x.child.test.",
      "authority child.test. 300 NS ns.child.test.",
      "additional ns.child.test. 300 A 192.0.2.2"}},
    {"elsewhere", "b.test. A", {"NOERROR aa", "answer b.test. 300 CNAME www.other."}},
  });
}

}  // namespace bowline::answer::test
