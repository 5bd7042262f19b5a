#include "zones/reader.h"

#include "tables.h"
#include "zones/tree.h"
#include "zones/walker.h"

using namespace bowline;
using namespace bowline::zones;
using dns::RrType;

TEST_CASE("the deepest zone at or above a name is found") {
  test::Tables tables;
  for (const std::string_view apex : {"test.", "a.test.", "x.y.a.test.", "."}) {
    tables.load(apex, {});
  }
  struct Row {
    std::string_view name, apex;
  };
  for (const Row row : {Row{"test.", "test."}, Row{"b.test.", "test."}, Row{"A.tEst.", "a.test."},
                        Row{"y.a.test.", "a.test."}, Row{"z.x.y.a.test.", "x.y.a.test."},
                        Row{"other.", "."}, Row{".", "."}}) {
    INFO(row.name);
    const Zone* const zone = tables.zone(row.name);
    REQUIRE(zone != nullptr);
    CHECK(apex(*zone).to_text() == row.apex);
  }
  const dns::NameKey key = tables.key("a.test.");
  CHECK(apex(*find_zone(tables.publisher().current(), key, 1)).to_text() == "test.");
  CHECK(find_zone_exact(tables.publisher().current(), key, 2) == tables.zone("a.test."));
}

TEST_CASE("without a zone above it a name has none") {
  test::Tables tables;
  tables.load("a.test.", {});
  CHECK(tables.zone("test.") == nullptr);
  CHECK(tables.zone("b.test.") == nullptr);
  std::vector<ZoneDraft> drafts;
  drafts.push_back(ZoneDraft::removal(tables.heap(), test::name("a.test.")));
  REQUIRE(tables.publisher().publish(std::move(drafts)).ok());
  CHECK(tables.zone("a.test.") == nullptr);
  CHECK(tables.publisher().zone_count() == 0);
}

TEST_CASE("a name or its closest encloser is found, empty non-terminals included") {
  test::Tables tables;
  tables.load("test.", {{"test.", RrType::kNs, "ns.test."},
                        {"a.b.c.test.", RrType::kA, "192.0.2.1"},
                        {"*.w.test.", RrType::kA, "192.0.2.2"},
                        {"1.2.3.4.5.6.7.8.9.test.", RrType::kA, "192.0.2.3"}});
  const Zone& zone = *tables.zone("test.");
  struct Row {
    std::string_view name;
    unsigned depth;
    std::uint8_t flags;
  };
  for (const Row row : {Row{"test.", 1, 0}, Row{"c.test.", 2, kNodeEmpty},
                        Row{"x.c.test.", 2, kNodeEmpty}, Row{"a.b.c.test.", 4, 0},
                        Row{"z.y.x.test.", 1, 0},
                        Row{"q.w.test.", 2, kNodeEmpty | kNodeHasWildcard},
                        Row{"*.w.test.", 3, 0}, Row{"0.0.4.5.6.7.8.9.test.", 7, kNodeEmpty},
                        Row{"0.1.2.3.4.5.6.7.8.9.test.", 10, 0}}) {
    INFO(row.name);
    const Closest closest = find_closest(tables.base(), zone, tables.key(row.name));
    CHECK(closest.depth == row.depth);
    CHECK(closest.node->flags == row.flags);
  }
}

TEST_CASE("delegations and DNAMEs mark what is below them") {
  test::Tables tables;
  tables.load("test.", {{"test.", RrType::kNs, "ns.test."},
                        {"cut.test.", RrType::kNs, "ns.cut.test."},
                        {"ns.cut.test.", RrType::kA, "192.0.2.1"},
                        {"deep.sub.cut.test.", RrType::kNs, "ns.test."},
                        {"moved.test.", RrType::kDname, "elsewhere.test."},
                        {"x.moved.test.", RrType::kA, "192.0.2.2"}});
  const Zone& zone = *tables.zone("test.");
  struct Row {
    std::string_view name;
    unsigned cut_depth;
  };
  for (const Row row : {Row{"test.", 0}, Row{"cut.test.", 2}, Row{"ns.cut.test.", 2},
                        Row{"sub.cut.test.", 2}, Row{"deep.sub.cut.test.", 2},
                        Row{"moved.test.", 0}, Row{"x.moved.test.", 2}}) {
    INFO(row.name);
    const dns::NameKey key = tables.key(row.name);
    CHECK(find_node(tables.base(), zone, key, key.depth)->cut_depth == row.cut_depth);
  }
}

TEST_CASE("RRsets keep their octets, RRSIGs stand with what they cover, SOA has a negative twin") {
  test::Tables tables;
  const char* const sig =
      "A 13 2 3600 20360101000000 20260101000000 1 test. "
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==";
  tables.load("test.", {{"Ns.TEST.", RrType::kA, "192.0.2.9"},
                        {"ns.test.", RrType::kA, "192.0.2.1"},
                        {"ns.test.", RrType::kA, "192.0.2.9"},
                        {"ns.test.", RrType::kRrsig, sig},
                        {"ns.test.", RrType::kMx, "10 Mail.Test."}});
  const Zone& zone = *tables.zone("test.");
  const dns::NameKey key = tables.key("ns.test.");
  const Node& node = *find_node(tables.base(), zone, key, key.depth);
  const Rrset a = find_rrset(tables.base(), node, RrType::kA);
  CHECK(a.count == 2);
  CHECK(a.sig_count == 1);
  CHECK(a.ttl() == 3600);
  std::vector<std::uint8_t> last;
  for_each_record(a.records, [&](dns::Bytes octets, std::uint32_t) { last.push_back(octets[3]); });
  CHECK(last == std::vector<std::uint8_t>{1, 9});
  const Rrset mx = find_rrset(tables.base(), node, RrType::kMx);
  CHECK(std::string(reinterpret_cast<const char*>(mx.records.data()) + 15, 4) == "Mail");
  CHECK_FALSE(find_rrset(tables.base(), node, RrType::kTxt));
  CHECK(owner_name(zone, node).to_text() == "Ns.test.");
  const FarBody& soa = *tables.base().at<FarBody>(zone.negative_soa);
  CHECK(dns::load_u32(soa.octets() + 6) == 300);
  CHECK(zone.serial == 1);
}

TEST_CASE("large RRsets live apart from their node and read the same") {
  test::Tables tables;
  Arena arena(tables.heap());
  ZoneBuilder builder(arena, tables.secret(), test::name("test."));
  builder.add(test::name("test."), RrType::kSoa, 60, test::rdata(RrType::kSoa, test::kSoaText));
  for (unsigned i = 0; i < 5000; ++i) {
    const std::vector<std::uint8_t> address = {10, 0, static_cast<std::uint8_t>(i >> 8),
                                               static_cast<std::uint8_t>(i)};
    builder.add(test::name("many.test."), RrType::kA, 60, address);
  }
  tables.publish(builder.build());
  const Zone& zone = *tables.zone("test.");
  const dns::NameKey key = tables.key("many.test.");
  const Node& node = *find_node(tables.base(), zone, key, 2);
  const Rrset rrset = find_rrset(tables.base(), node, RrType::kA);
  CHECK(rrset.count == 5000);
  CHECK(rrset.records.size() == 5000 * 16);
  CHECK_FALSE(check_zone(tables.base(), zone, tables.secret()));
}

TEST_CASE("the NSEC at or before a name passes over names without one") {
  test::Tables tables;
  tables.load("test.", {{"test.", RrType::kNsec, "b.test. SOA NSEC"},
                        {"b.test.", RrType::kNsec, "d.test. A NSEC"},
                        {"c.test.", RrType::kA, "192.0.2.1"},
                        {"d.test.", RrType::kNsec, "test. A NSEC"}});
  const Zone& zone = *tables.zone("test.");
  struct Row {
    std::string_view name, before;
  };
  for (const Row row : {Row{"test.", "test."}, Row{"a.test.", "test."}, Row{"b.test.", "b.test."},
                        Row{"z.c.test.", "b.test."}, Row{"d.test.", "d.test."},
                        Row{"zz.test.", "d.test."}}) {
    INFO(row.name);
    const dns::NameKey key = tables.key(row.name);
    CHECK(owner_name(zone, *find_nsec_before(tables.base(), zone, key, key.depth)).to_text() ==
          row.before);
  }
}

TEST_CASE("NSEC3 owners are found by hash, matching and covering, around the end") {
  test::Tables tables;
  tables.load("test.",
              {{"test.", RrType::kNsec3Param, "1 0 0 -"},
               {"00000000000000000000000000000010.test.", RrType::kNsec3,
                "1 0 0 - 80000000000000000000000000000000 A"},
               {"80000000000000000000000000000000.test.", RrType::kNsec3,
                "1 0 0 - V0000000000000000000000000000000 A"},
               {"v0000000000000000000000000000000.test.", RrType::kNsec3,
                "1 0 0 - 00000000000000000000000000000010 A"}});
  const Zone& zone = *tables.zone("test.");
  CHECK((zone.flags & kZoneNsec3) != 0);
  CHECK(zone.names.count == 1);  // NSEC3 owners are no names of the zone (RFC 5155 7.2.8)
  std::array<std::uint8_t, kNsec3HashSize> hash{};
  const auto covering = [&](std::uint8_t first) {
    hash[0] = first;
    const Node* const node = find_nsec3_covering(tables.base(), zone, hash);
    TreePath path;
    const Nsec3Place place = place_nsec3(
        tables.base(), zone, hash,
        tree_floor(tables.base(), zone.nsec3, TreeKey::of_hash(hash), path));
    CHECK(place.covering == node);
    CHECK(place.matching == find_nsec3(tables.base(), zone, hash));
    return node == nullptr ? -1 : owner(*node)[0];
  };
  CHECK(covering(0) == 0xf8);  // before the first: the last
  CHECK(covering(0x41) == 0x40);
  CHECK(covering(0xff) == 0xf8);
  CHECK(covering(0x40) == -1);  // matched, so not covered
  hash[0] = 0x40;
  CHECK(owner(*find_nsec3(tables.base(), zone, hash))[0] == 0x40);
  hash[1] = 1;
  CHECK(find_nsec3(tables.base(), zone, hash) == nullptr);
  CHECK_FALSE(check_zone(tables.base(), zone, tables.secret()));
}

namespace {

// NSEC3 owners whose hashes begin with `number` and end in 1, of a chain with that salt.
void add_nsec3(ZoneBuilder& builder, unsigned number, std::string_view salt) {
  constexpr char kDigits[] = "0123456789abcdefghijklmnopqrstuv";
  std::string owner(32, '0');
  for (unsigned i = 0; i < 4; ++i) owner[i] = kDigits[number >> (15 - 5 * i) & 31];
  builder.add(test::name(owner + ".test."), RrType::kNsec3, 60,
              test::rdata(RrType::kNsec3,
                          "1 0 0 " + std::string(salt) + " 00000000000000000000000000000010 A"));
}

}  // namespace

TEST_CASE("a search for a proof passes over so many nodes and no more") {
  struct Row {
    const char* description;
    unsigned gap;  // nodes without a part in the chain
    bool found;
  };
  for (const Row& row : {Row{"a sound zone", 0, true}, Row{"a gap", kMaxPassedOver, true},
                         Row{"a gap too wide", kMaxPassedOver + 1, false},
                         Row{"a chain that is hardly there", 100'000, false}}) {
    INFO(row.description);
    test::Tables tables;
    Arena arena(tables.heap());
    ZoneBuilder builder(arena, tables.secret(), test::name("test."));
    const auto add = [&](const std::string& owner, RrType type, const char* text) {
      builder.add(test::name(owner), type, 60, test::rdata(type, text));
    };
    add("test.", RrType::kSoa, test::kSoaText);
    add("test.", RrType::kNsec, "a.test. SOA NSEC");
    add("test.", RrType::kNsec3Param, "1 0 0 AA");
    add("a.test.", RrType::kNsec, "test. A NSEC");
    add_nsec3(builder, 1, "AA");
    for (unsigned i = 0; i < row.gap; ++i) {
      add("b" + std::to_string(i) + ".test.", RrType::kA, "192.0.2.1");
      add_nsec3(builder, 2 + i, "BB");
    }
    tables.publish(builder.build());
    const Zone& zone = *tables.zone("test.");
    const dns::NameKey key = tables.key("c.test.");
    const Node* const nsec = find_nsec_before(tables.base(), zone, key, key.depth);
    CHECK((nsec != nullptr) == row.found);
    if (nsec != nullptr) CHECK(owner_name(zone, *nsec).to_text() == "a.test.");
    std::array<std::uint8_t, kNsec3HashSize> hash;
    hash.fill(0xff);
    const Node* const nsec3 = find_nsec3_covering(tables.base(), zone, hash);
    CHECK((nsec3 != nullptr) == row.found);
    hash.fill(0);  // before the first: around the end, and the same gap from there
    CHECK((find_nsec3_covering(tables.base(), zone, hash) == nsec3));
  }
}

TEST_CASE("what is hidden below a delegation or DNAME is passed over in one step") {
  for (const RrType type : {RrType::kNs, RrType::kDname}) {
    test::Tables tables;
    Arena arena(tables.heap());
    ZoneBuilder builder(arena, tables.secret(), test::name("test."));
    const auto add = [&](const std::string& owner, RrType rr_type, const char* text) {
      builder.add(test::name(owner), rr_type, 60, test::rdata(rr_type, text));
    };
    add("test.", RrType::kSoa, test::kSoaText);
    add("test.", RrType::kNsec, "b.test. SOA NSEC");
    add("b.test.", type, "elsewhere.");
    add("b.test.", RrType::kNsec, "test. NS NSEC");
    for (unsigned i = 0; i < 3 * kMaxPassedOver; ++i) {
      add("x.y" + std::to_string(i) + ".b.test.", RrType::kA, "192.0.2.1");
    }
    tables.publish(builder.build());
    const Zone& zone = *tables.zone("test.");
    for (const std::string_view name : {"c.test.", "zz.b.test.", "b.test."}) {
      INFO(name);
      const dns::NameKey key = tables.key(name);
      const Node* const node = find_nsec_before(tables.base(), zone, key, key.depth);
      REQUIRE(node != nullptr);
      CHECK(owner_name(zone, *node).to_text() == "b.test.");
    }
  }
}

TEST_CASE("an owner with more NSEC3 records than chains can meet in is of none") {
  for (const unsigned count : {kMaxNsec3AtOwner, kMaxNsec3AtOwner + 1}) {
    test::Tables tables;
    Arena arena(tables.heap());
    ZoneBuilder builder(arena, tables.secret(), test::name("test."));
    builder.add(test::name("test."), RrType::kSoa, 60, test::rdata(RrType::kSoa, test::kSoaText));
    builder.add(test::name("test."), RrType::kNsec3Param, 60,
                test::rdata(RrType::kNsec3Param, "1 0 0 10"));
    for (unsigned i = 0; i < count; ++i) add_nsec3(builder, 1, std::to_string(10 + i));
    tables.publish(builder.build());
    std::array<std::uint8_t, kNsec3HashSize> hash;
    hash.fill(0xff);
    const Node* const node = find_nsec3_covering(tables.base(), *tables.zone("test."), hash);
    CHECK((node != nullptr) == (count <= kMaxNsec3AtOwner));
  }
}
