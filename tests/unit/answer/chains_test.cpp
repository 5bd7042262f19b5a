#include <algorithm>

#include <catch2/catch.hpp>

#include "served.h"

namespace bowline::answer::test {

TEST_CASE("aliases are followed") {
  Served served = Served::samples();
  check(served, {
    {"CNAME", "www.example.test. A",
     {"NOERROR aa",
      "answer www.example.test. 3600 CNAME example.test.",
      "answer example.test. 3600 A 192.0.2.80"}},
    {"two CNAMEs", "blog.example.test. AAAA",
     {"NOERROR aa",
      "answer blog.example.test. 3600 CNAME www.example.test.",
      "answer www.example.test. 3600 CNAME example.test.",
      "answer example.test. 3600 AAAA 2001:db8::80"}},
    {"CNAME is asked for", "www.example.test. CNAME",
     {"NOERROR aa",
      "answer www.example.test. 3600 CNAME example.test."}},
    {"ANY stays at the alias", "www.example.test. ANY",
     {"NOERROR aa",
      "answer www.example.test. 3600 CNAME example.test."}},
    {"NSEC stays at the alias", "web.signed.test. NSEC",
     {"NOERROR aa",
      "answer web.signed.test. 300 NSEC *.wild.signed.test. CNAME RRSIG NSEC"}},
    {"into another zone of ours", "docs.example.test. A +do",
     {"NOERROR aa",
      "answer docs.example.test. 3600 CNAME www.signed.test.",
      "answer www.signed.test. 3600 A 192.0.2.80",
      "answer www.signed.test. 3600 RRSIG A",
      "opt 1232 do"}},
    {"out of all our zones", "shop.example.test. A",
     {"NOERROR aa",
      "answer shop.example.test. 3600 CNAME shop.elsewhere.invalid."}},
    {"to a name that does not exist", "dead.example.test. A",
     {"NXDOMAIN aa",
      "answer dead.example.test. 3600 CNAME nothing.example.test.",
      "authority example.test. 300 SOA ..."}},
    {"to a name without the type", "web.signed.test. MX +do",
     {"NOERROR aa",
      "answer web.signed.test. 3600 CNAME www.signed.test.",
      "answer web.signed.test. 3600 RRSIG CNAME",
      "authority signed.test. 300 SOA ...",
      "authority signed.test. 300 RRSIG SOA",
      "authority www.signed.test. 300 NSEC signed.test. A AAAA RRSIG NSEC",
      "authority www.signed.test. 300 RRSIG NSEC",
      "opt 1232 do"}},
    {"in a circle", "left.example.test. TXT",
     {"NOERROR aa",
      "answer left.example.test. 3600 CNAME right.example.test.",
      "answer right.example.test. 3600 CNAME left.example.test."}},
    {"from a wildcard", "x.alias.example.test. A",
     {"NOERROR aa",
      "answer x.alias.example.test. 3600 CNAME www.example.test.",
      "answer www.example.test. 3600 CNAME example.test.",
      "answer example.test. 3600 A 192.0.2.80"}},
  });
}

TEST_CASE("a DNAME renames what is below it") {
  Served served = Served::samples();
  check(served, {
    {"the owner itself is not renamed", "old.example.test. A",
     {"NOERROR aa",
      "authority example.test. 300 SOA ..."}},
    {"DNAME is asked for", "old.example.test. DNAME",
     {"NOERROR aa",
      "answer old.example.test. 3600 DNAME pages.example.test."}},
    {"a name below it", "a.old.example.test. A",
     {"NOERROR aa",
      "answer old.example.test. 3600 DNAME pages.example.test.",
      "answer a.old.example.test. 3600 CNAME a.pages.example.test.",
      "answer a.pages.example.test. 3600 A 192.0.2.81"}},
    {"CNAME is asked for", "a.old.example.test. CNAME",
     {"NOERROR aa",
      "answer old.example.test. 3600 DNAME pages.example.test.",
      "answer a.old.example.test. 3600 CNAME a.pages.example.test."}},
    {"the new name lacks the type", "fixed.old.example.test. TXT",
     {"NOERROR aa",
      "answer old.example.test. 3600 DNAME pages.example.test.",
      "answer fixed.old.example.test. 3600 CNAME fixed.pages.example.test.",
      "authority example.test. 300 SOA ..."}},
    {"signed, onto a wildcard", "a.old.signed.test. A +do",
     {"NOERROR aa",
      "answer old.signed.test. 3600 DNAME wild.signed.test.",
      "answer old.signed.test. 3600 RRSIG DNAME",
      "answer a.old.signed.test. 3600 CNAME a.wild.signed.test.",
      "answer a.wild.signed.test. 3600 A 192.0.2.81",
      "answer a.wild.signed.test. 3600 RRSIG A",
      "authority *.wild.signed.test. 300 NSEC www.signed.test. A RRSIG NSEC",
      "authority *.wild.signed.test. 300 RRSIG NSEC",
      "opt 1232 do"}},
  });
}

TEST_CASE("a target that is too long is YXDOMAIN") {
  const std::string label(63, 'x');
  const std::string tail = label + "." + label + "." + label;
  Served served({ZoneText{"d.test.", "@ SOA . . 1 2 3 4 5\nlong DNAME " + tail + ".d.test.\n"}});
  const std::string fits = std::string(54, 'a');  // 55 + 192 + 7 + 1 octets are 255
  CHECK(served.ask(fits + ".long.d.test. A +tcp").front() == "NXDOMAIN aa");
  CHECK(served.ask(fits + "a.long.d.test. A +tcp").front() == "YXDOMAIN aa");
}

TEST_CASE("what a DNAME hides is not seen") {
  Served served({ZoneText{"d.test.",
                  "@ SOA . . 1 2 3 4 5\n@ MX 1 host.gone\ngone DNAME new\n"
                  "host.gone A 192.0.2.1\nhost.new A 192.0.2.2\n*.gone A 192.0.2.3\n"}});
  check(served, {
    {"the hidden name is renamed", "host.gone.d.test. A",
     {"NOERROR aa", "answer gone.d.test. 3600 DNAME new.d.test.",
      "answer host.gone.d.test. 3600 CNAME host.new.d.test.",
      "answer host.new.d.test. 3600 A 192.0.2.2"}},
    {"a hidden wildcard does nothing", "q.gone.d.test. TXT",
     {"NXDOMAIN aa", "answer gone.d.test. 3600 DNAME new.d.test.",
      "answer q.gone.d.test. 3600 CNAME q.new.d.test.", "authority d.test. 5 SOA ..."}},
    {"nor is it an additional address", "d.test. MX",
     {"NOERROR aa", "answer d.test. 3600 MX 1 host.gone.d.test."}},
  });
}

TEST_CASE("a DNAME that a chain meets again stands in the answer once") {
  Served served({ZoneText{"d.test.",
                  "@ SOA . . 1 2 3 4 5\nin DNAME deep.in\nback DNAME @\nback TXT t\n"}});
  Lines below = served.ask("x.in.d.test. A +tcp");
  CHECK(below.size() == 1 + 1 + 12);  // the DNAME, then a CNAME for each name of the chain
  CHECK(std::count(below.begin(), below.end(),
                   "answer in.d.test. 3600 DNAME deep.in.d.test.") == 1);
  const Lines alias = {"NOERROR aa", "answer back.d.test. 3600 DNAME d.test.",
                       "answer back.back.d.test. 3600 CNAME back.d.test."};
  CHECK(served.ask("back.back.d.test. DNAME") == alias);
  Lines all = alias;
  all.push_back("answer back.d.test. 3600 TXT \"t\"");
  CHECK(served.ask("back.back.d.test. ANY +tcp") == all);
  CHECK(served.ask("back.back.d.test. ANY") == all);
}

TEST_CASE("a DNAME at the root hides all names but its own") {
  Served served({ZoneText{".", "@ SOA . . 1 2 3 4 5\n@ DNAME new.\n@ MX 1 a.b.\na.b. A 192.0.2.1\n"
                               "*.b. A 192.0.2.2\nns. NS a.b.\n"},
                 ZoneText{"new.", "@ SOA . . 1 2 3 4 5\na.b A 192.0.2.3\n"}});
  check(served, {
    {"a name that the zone has", "a.b. A",
     {"NOERROR aa", "answer . 3600 DNAME new.", "answer a.b. 3600 CNAME a.b.new.",
      "answer a.b.new. 3600 A 192.0.2.3"}},
    {"an empty non-terminal", "b. A",
     {"NOERROR aa", "answer . 3600 DNAME new.", "answer b. 3600 CNAME b.new.",
      "authority new. 5 SOA ..."}},
    {"a delegation", "ns. A",
     {"NXDOMAIN aa", "answer . 3600 DNAME new.", "answer ns. 3600 CNAME ns.new.",
      "authority new. 5 SOA ..."}},
    {"the root itself, without a hidden address", ". MX",
     {"NOERROR aa", "answer . 3600 MX 1 a.b."}},
  });
}

TEST_CASE("a chain ends after its limit of names") {
  std::string zone = "@ SOA . . 1 2 3 4 5\nlast A 192.0.2.1\n";
  for (unsigned i = 0; i < 20; ++i) {
    zone += "c" + std::to_string(i) + " CNAME c" + std::to_string(i + 1) + "\n";
  }
  zone += "c20 CNAME last\n";
  Served served({ZoneText{"d.test.", zone}});
  const Lines all = served.ask("c10.d.test. A");  // c10 to c20 are 11 aliases
  CHECK(all.size() == 1 + 11 + 1);
  CHECK(all.back() == "answer last.d.test. 3600 A 192.0.2.1");
  const Lines cut = served.ask("c9.d.test. A");
  CHECK(cut.size() == 1 + 12);
  CHECK(cut.front() == "NOERROR aa");
}

}  // namespace bowline::answer::test
