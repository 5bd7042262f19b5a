// Rdata in messages, names inside rdata, canonical form and order.
#include <catch2/catch.hpp>

#include "octets.h"
#include "rdata_support.h"

namespace bowline::dns {
namespace {

using namespace test;

Octets wire_of(RrType type, std::string_view text) {
  const Parsed parsed = parse(type, text);
  CAPTURE(text, parsed.error.expected);
  REQUIRE(parsed.ok);
  return parsed.wire;
}

Octets canonical(RrType type, const Octets& rdata) {
  Octets buffer(rdata.size());
  WireWriter out(buffer);
  write_canonical_rdata(type, rdata, out);
  CHECK(out.ok());
  CHECK(out.size() == rdata.size());
  return buffer;
}

TEST_CASE("names inside rdata are found", "[rdata]") {
  struct Row {
    RrType type;
    std::string text;
    std::vector<std::string> names;
    bool compressible, lowered;
  };
  const std::vector<Row> rows = {
      {RrType::kA, "192.0.2.1", {}, false, false},
      {RrType::kTxt, "a.", {}, false, false},
      {RrType::kNs, "Ns.a.", {"Ns.a."}, true, true},
      {RrType::kCname, "a.", {"a."}, true, true},
      {RrType::kPtr, ".", {"."}, true, true},
      {RrType::kSoa, "M.a. R.b. 1 2 3 4 5", {"M.a.", "R.b."}, true, true},
      {RrType::kMinfo, "a. b.", {"a.", "b."}, true, true},
      {RrType::kMx, "5 m.a.", {"m.a."}, true, true},
      {RrType::kRp, "a. b.", {"a.", "b."}, false, true},
      {RrType::kSrv, "1 2 3 t.a.", {"t.a."}, false, true},
      {RrType::kNaptr, "1 2 a b c r.a.", {"r.a."}, false, true},
      {RrType::kDname, "a.", {"a."}, false, true},
      {RrType::kKx, "1 a.", {"a."}, false, true},
      {RrType::kRrsig, "A 5 2 1 0 0 1 S.a. AQID", {"S.a."}, false, true},
      {RrType::kA6, "64 ::1 P.a.", {"P.a."}, false, true},
      {RrType::kA6, "0 ::1", {}, false, false},
      {RrType::kNsec, "N.a. A", {"N.a."}, false, false},
      {RrType::kSvcb, "1 T.a. alpn=h2", {"T.a."}, false, false},
      {RrType::kHttps, "1 .", {"."}, false, false},
      {RrType::kLp, "1 a.", {"a."}, false, false},
      {RrType::kTalink, "a. b.", {"a.", "b."}, false, false},
      {RrType::kHip, "2 2001 AQID a. b. c.", {"a.", "b.", "c."}, false, false},
      {RrType::kIpseckey, "1 3 2 g.a. AQID", {"g.a."}, false, false},
      {RrType::kIpseckey, "1 1 2 1.2.3.4 AQID", {}, false, false},
      {RrType::kAmtrelay, "1 1 3 g.a.", {"g.a."}, false, false},
      {RrType::kDsync, "CDS 1 1 a.", {"a."}, false, false},
      {static_cast<RrType>(65280), "\\# 3 016100", {}, false, false},
  };
  for (const Row& row : rows) {
    CAPTURE(to_text(row.type), row.text);
    const Octets rdata = wire_of(row.type, row.text);
    std::array<RdataName, 8> names;
    REQUIRE(find_names(row.type, rdata, names) == row.names.size());
    for (std::size_t i = 0; i < row.names.size(); ++i) {
      CHECK(NameView(&rdata[names[i].offset], names[i].size).to_text() == row.names[i]);
      CHECK(names[i].compressible == row.compressible);
      CHECK(names[i].canonical_lowercase == row.lowered);
    }
  }
}

TEST_CASE("no more names are stored than there is room for", "[rdata]") {
  std::string text = "2 2001 AQID";
  for (int i = 0; i < 200; ++i) text += " a.";
  const Octets many = wire_of(RrType::kHip, text);
  std::array<RdataName, kMaxNamesInRdata> names;
  CHECK(find_names(RrType::kHip, many, names) == kMaxNamesInRdata);
  CHECK(find_names(RrType::kHip, many, std::span(names).first(3)) == 3);
  CHECK(find_names(RrType::kSoa, wire_of(RrType::kSoa, "a. b. 1 2 3 4 5"),
                   std::span(names).first(1)) == 1);
  CHECK(find_names(RrType::kNs, wire_of(RrType::kNs, "a."), {}) == 0);
}

// Names compressed in a message: only where RFC 3597 4 has readers expand them.
TEST_CASE("compressed names are expanded in the types that may have them", "[rdata]") {
  const Octets before = Octets(12, 0) + name("Example.org.");
  const Octets compressed = Octets{1, 'x'} + pointer(12);
  const Octets whole = name("x.Example.org.");
  struct Row {
    RrType type;
    Octets head, tail;
    bool expanded;
  };
  const std::vector<Row> rows = {
      {RrType::kNs, {}, {}, true},
      {RrType::kCname, {}, {}, true},
      {RrType::kPtr, {}, {}, true},
      {RrType::kMx, {0, 5}, {}, true},
      {RrType::kSoa, {0}, Octets(20, 7), true},
      {RrType::kRp, {0}, {}, true},
      {RrType::kAfsdb, {0, 1}, {}, true},
      {RrType::kRt, {0, 1}, {}, true},
      {RrType::kSig, Octets(18, 1), {1, 2, 3}, true},
      {RrType::kPx, {0, 1, 0}, {}, true},
      {RrType::kNxt, {}, {0x40}, true},
      {RrType::kNaptr, {0, 1, 0, 1, 0, 0, 0}, {}, true},
      {RrType::kSrv, {0, 1, 0, 2, 0, 3}, {}, true},
      {RrType::kDname, {}, {}, false},
      {RrType::kRrsig, Octets(18, 1), {1, 2, 3}, false},
      {RrType::kNsec, {}, {0, 1, 0x40}, false},
      {RrType::kKx, {0, 1}, {}, false},
      {RrType::kSvcb, {0, 1}, {}, false},
      {RrType::kLp, {0, 1}, {}, false},
      {RrType::kHip, {1, 2, 0, 1, 9, 9}, {}, false},
      {RrType::kDsync, {0, 59, 1, 0, 1}, {}, false},
  };
  for (const Row& row : rows) {
    CAPTURE(to_text(row.type));
    const Octets rdata = row.head + compressed + row.tail;
    const auto expanded = read(row.type, before + rdata, before.size(), rdata.size());
    CHECK(expanded.has_value() == row.expanded);
    if (expanded) CHECK(*expanded == row.head + whole + row.tail);
    const Octets plain = row.head + whole + row.tail;
    CHECK(read(row.type, before + plain, before.size(), plain.size()) == plain);
  }
}

TEST_CASE("reading stays inside RDLENGTH and leaves the reader behind it", "[rdata]") {
  const Octets message = Octets(12, 0) + name("a.b.") + Octets{1, 2, 3, 4};
  Octets buffer(64);
  WireWriter out(buffer);
  WireReader reader(message, 12);
  CHECK(read_rdata(RrType::kNs, reader, 5, out));
  CHECK(reader.position() == 17);
  CHECK(read_rdata(RrType::kA, reader, 4, out));
  CHECK(out.size() == 9);

  for (const std::size_t size : {0, 1, 2, 3, 4, 6, 9}) {
    CAPTURE(size);
    WireReader other(message, 12);
    CHECK_FALSE(read_rdata(RrType::kNs, other, size, out));
    CHECK_FALSE(other.ok());
  }
  WireReader cut_off(message, 12);
  CHECK_FALSE(read_rdata(RrType::kNull, cut_off, 10, out));
}

TEST_CASE("rdata that expands beyond the room is refused", "[rdata]") {
  const Octets before = Octets(12, 0) + name_of_size(200);
  const Octets rdata = pointer(12) + pointer(12) + Octets(20, 0);
  Octets buffer(419);
  WireWriter small(buffer);
  const Octets message = before + rdata;
  WireReader reader(message, before.size());
  CHECK_FALSE(read_rdata(RrType::kSoa, reader, rdata.size(), small));
  CHECK_FALSE(reader.ok());
  CHECK(read(RrType::kSoa, message, before.size(), rdata.size())->size() == 420);
}

// RFC 4034 6.2 (3) as RFC 6840 5.1 corrects it.
TEST_CASE("canonical form lower-cases the names of old types only", "[rdata]") {
  struct Row {
    RrType type;
    std::string text, lowered;
  };
  const std::vector<Row> rows = {
      {RrType::kNs, "NS.Example.", "ns.example."},
      {RrType::kSoa, "NS.A. H.B. 1 2 3 4 5", "ns.a. h.b. 1 2 3 4 5"},
      {RrType::kMx, "10 MAIL.A.", "10 mail.a."},
      {RrType::kSrv, "1 2 3 T.A.", "1 2 3 t.a."},
      {RrType::kNaptr, "1 2 A B C R.A.", "1 2 A B C r.a."},
      {RrType::kDname, "T.A.", "t.a."},
      {RrType::kRrsig, "A 5 2 1 0 0 1 SIGNER.A. AQID", "A 5 2 1 0 0 1 signer.a. AQID"},
      {RrType::kA6, "64 ::1 P.A.", "64 ::1 p.a."},
      {RrType::kPx, "1 A. B.", "1 a. b."},
      {RrType::kNsec, "NEXT.A. A", "NEXT.A. A"},
      {RrType::kHinfo, "CPU OS", "CPU OS"},
      {RrType::kTxt, "TEXT", "TEXT"},
      {RrType::kSvcb, "1 T.A. alpn=H2", "1 T.A. alpn=H2"},
      {RrType::kHip, "2 2001 AQID R.A.", "2 2001 AQID R.A."},
      {RrType::kLp, "1 T.A.", "1 T.A."},
      {static_cast<RrType>(65280), "\\# 3 014100", "\\# 3 014100"},
  };
  for (const Row& row : rows) {
    CAPTURE(to_text(row.type), row.text);
    CHECK(canonical(row.type, wire_of(row.type, row.text)) == wire_of(row.type, row.lowered));
  }
}

TEST_CASE("canonical order of rdata", "[rdata]") {
  struct Row {
    RrType type;
    std::vector<std::string> ordered;
  };
  const std::vector<Row> rows = {
      {RrType::kA, {"1.2.3.4", "1.2.3.5", "10.0.0.0", "200.0.0.0"}},
      {RrType::kTxt, {"\"\"", "a", "b", "aa", "aa a"}},
      {RrType::kNs, {"Z.", "Aa.", "AB.", "aC."}},  // the length octet comes first
      {RrType::kMx, {"1 Z.", "2 A.", "2 aA.", "256 a."}},
      {RrType::kNsec, {"B. A", "a. NS", "a. A", "a. A MX"}},  // case counts
      {RrType::kSoa, {"A. B. 1 2 3 4 5", "a. c. 0 2 3 4 5", "a. C. 1 2 3 4 5"}},
  };
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.ordered.size(); ++i) {
      for (std::size_t j = 0; j < row.ordered.size(); ++j) {
        CAPTURE(to_text(row.type), row.ordered[i], row.ordered[j]);
        const int order = compare_canonical_rdata(row.type, wire_of(row.type, row.ordered[i]),
                                                  wire_of(row.type, row.ordered[j]));
        CHECK((order < 0) == (i < j));
        CHECK((order > 0) == (i > j));
      }
    }
  }
  CHECK(compare_canonical_rdata(RrType::kNs, wire_of(RrType::kNs, "A.b."),
                                wire_of(RrType::kNs, "a.B.")) == 0);
  CHECK(compare_canonical_rdata(RrType::kNull, {}, {}) == 0);
  CHECK(compare_canonical_rdata(RrType::kNull, {}, Octets{0}) < 0);
}

TEST_CASE("wire rules that no text can break", "[rdata]") {
  struct Row {
    const char* description;
    RrType type;
    std::string_view hex;
    bool valid;
  };
  const std::vector<Row> rows = {
      {"bitmap windows descending", RrType::kNsec, "00 010140 000140", false},
      {"bitmap window twice", RrType::kNsec, "00 000140 000140", false},
      {"empty bitmap window", RrType::kNsec, "00 0000", false},
      {"bitmap window of 33 octets", RrType::kCsync,
       "000000000000 0021 00000000000000000000000000000000000000000000000000000000000000000001",
       false},
      {"bitmap with zeros at its end", RrType::kNsec, "00 00024000", false},
      {"empty bitmap", RrType::kNsec, "00", true},
      {"service keys descending", RrType::kSvcb, "0001 00 00020000 00010003026832", false},
      {"service key twice", RrType::kSvcb, "0001 00 00020000 00020000", false},
      {"service value cut", RrType::kSvcb, "0001 00 0003000301bb", false},
      {"service port of one octet: the client's business", RrType::kSvcb, "0001 00 0003000101",
       true},
      {"APL with five octets of IPv4", RrType::kApl, "0001 20 05 0102030405", false},
      {"APL with a prefix of 33", RrType::kApl, "0001 21 04 01020304", false},
      {"APL of another family", RrType::kApl, "4005 ff 05 0102030405", true},
      {"APL with zeros at its end", RrType::kApl, "0001 08 02 0a00", true},
      {"LOC with a digit of 10", RrType::kLoc, "00 a0 00 00 80000000 80000000 00000000", false},
      {"LOC beyond the pole", RrType::kLoc, "00 00 00 00 ffffffff 80000000 00000000", false},
      {"LOC of version 1", RrType::kLoc, "01 ff", true},
      {"LOC size 0 with an exponent", RrType::kLoc, "00 05 00 00 80000000 80000000 00000000", true},
      {"HIP without a key", RrType::kHip, "01 02 0000 09", false},
      {"HIP with a cut name", RrType::kHip, "01 02 0001 09 09 0161", false},
      {"IPSECKEY gateway of type 4", RrType::kIpseckey, "0a 04 02 00", true},
      {"CAA tag with a dash", RrType::kCaa, "00 03 612d62", false},
      {"CAA without a tag", RrType::kCaa, "00 00", false},
      {"A6 with set bits in the prefix", RrType::kA6, "7f ff 00", true},
      {"A6 with a prefix of 129", RrType::kA6, "81 00", false},
      {"NSEC3 without a hash", RrType::kNsec3, "01 00 0000 00 00", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.description);
    const Octets wire = from_hex(row.hex);
    CHECK(check_rdata(row.type, wire) == row.valid);
    CHECK(read(row.type, wire, 0, wire.size()).has_value() == row.valid);
    const Parsed back = parse(row.type, rdata_to_text(row.type, wire));
    CHECK(back.ok == row.valid);
    if (row.valid) CHECK(back.wire == wire);
  }
  CHECK_FALSE(check_rdata(RrType::kNs, name_of_size(256)));
  CHECK(check_rdata(RrType::kWks, Octets(5 + 8192, 1)));
  CHECK_FALSE(check_rdata(RrType::kWks, Octets(5 + 8193, 1)));
  CHECK_FALSE(check_rdata(RrType::kNull, Octets(65536)));
}

}  // namespace
}  // namespace bowline::dns
