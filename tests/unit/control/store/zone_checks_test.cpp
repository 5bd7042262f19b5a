// The extra checks of records about keys and of servers: what warns, and what does not.
#include "control/store/zone_checks.h"

#include "bench.h"
#include "control/store/zone_loader.h"

namespace {

using namespace bowline;
using namespace control;
using namespace control::store;

constexpr const char* kBegin =
    "$TTL 60\n@ SOA ns host 7 7200 1800 1209600 300\n@ NS ns\nns A 192.0.2.1\n";

// dnssec-dsfromkey and ldns-key2ds say that these belong together.
constexpr const char* kKey =
    "257 3 8 AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5"
    "emLvN7SWXgnLh4+B5xQlNVz8Og8kvArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwVN"
    "8efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7pr+eoZG+SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLYA4/"
    "ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8subX2Nn6UwNR1AkUTV74bU=";
constexpr const char* kDigest =
    "20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D";
constexpr const char* kOtherKey = "257 3 13 AAAA";

std::vector<std::string> warnings_of(const std::string& text, const std::string& apex) {
  Folder folder;
  TablesBench bench;
  config::Zone zone;
  zone.name = name(apex);
  zone.file = folder.write("z", kBegin + text);
  zone.semantic_checks = config::SemanticChecks::kOn;
  zones::Arena arena(bench.tables().heap());
  LoadedZone result;
  load_zone(zone, arena, bench.tables().secret(), nullptr, result);
  CHECK(result.draft.has_value());
  return result.warnings;
}

struct Case {
  std::string text;
  std::vector<const char*> words;  // of each warning
};

void check_cases(const std::vector<Case>& cases, const std::string& apex = "example.test.") {
  for (const Case& each : cases) {
    INFO(each.text);
    const std::vector<std::string> warnings = warnings_of(each.text, apex);
    for (const std::string& warning : warnings) UNSCOPED_INFO(warning);
    REQUIRE(warnings.size() == each.words.size());
    for (std::size_t i = 0; i < warnings.size(); ++i) {
      CHECK(warnings[i].find(each.words[i]) != std::string::npos);
    }
  }
}

std::string hex(std::size_t octets) { return std::string(octets * 2, 'a') + "\n"; }

}  // namespace

TEST_CASE("DS records with a digest of the wrong size or of an unknown type warn") {
  const std::string cut = "d NS ns.test.\nd DS 11 13 ";
  check_cases({
      {cut + "2 " + hex(32), {}},
      {cut + "1 " + hex(20), {}},
      {cut + "4 " + hex(48), {}},
      {cut + "2 " + hex(31),
       {"/z:6: d.example.test.: invalid DS record, key tag 11: a digest of type 2 has 32 octets, "
        "not 31"}},
      {cut + "1 " + hex(32), {"has 20 octets, not 32"}},
      {cut + "4 " + hex(32), {"has 48 octets, not 32"}},
      {cut + "3 " + hex(32), {"digest type 3 is none of"}},
      {cut + "2 " + hex(32) + "d DS 12 13 99 " + hex(4),
       {"/z:7: d.example.test.: invalid DS record, key tag 12: digest type 99"}},
  });
}

TEST_CASE("NSEC3PARAM records that cannot be used warn, at the apex") {
  check_cases({
      {"@ NSEC3PARAM 1 0 5 aabb\n", {}},
      {"@ NSEC3PARAM 2 0 5 aabb\n",
       {"/z:5: example.test.: invalid NSEC3PARAM record: hash algorithm 2"}},
      {"@ NSEC3PARAM 1 1 5 aabb\n", {"flags are 1"}},
      {"a NSEC3PARAM 2 1 5 aabb\n", {}},
  });
}

TEST_CASE("CDS and CDNSKEY records that do not agree warn") {
  const std::string dnskey = std::string("@ DNSKEY ") + kKey + "\n";
  const std::string cdnskey = std::string("@ CDNSKEY ") + kKey + "\n";
  const std::string cds = std::string("@ CDS ") + kDigest + "\n";
  const std::string other = std::string("@ CDNSKEY ") + kOtherKey + "\n";
  const std::string delete_cds = "@ CDS 0 0 0 00\n";
  const std::string delete_key = "@ CDNSKEY 0 3 0 AA==\n";
  // The digest is that of the root's key, so this zone is the root.
  check_cases({
      {dnskey + cdnskey + cds, {}},
      {dnskey + delete_cds + delete_key, {}},
      {dnskey + cds, {"CDS record without a CDNSKEY record"}},
      {dnskey + cdnskey, {"CDNSKEY record without a CDS record"}},
      {cdnskey + cds, {"CDS record without a DNSKEY record"}},
      {dnskey + cdnskey + cds + other,
       {"CDNSKEY record, key tag 1038, matches no DNSKEY record", "matches no CDS record"}},
      {dnskey + cdnskey + "@ CDS 20326 8 2 " + hex(32),
       {"matches no CDS record", "/z:7: .: CDS record, key tag 20326, matches no CDNSKEY record"}},
      {dnskey + "@ CDS 20327 8 2 " + hex(32),
       {"CDS record without a CDNSKEY record", "key tag 20327, matches no DNSKEY record"}},
      {dnskey + delete_cds, {"CDS record without a CDNSKEY record"}},
      {dnskey + cds + delete_key, {"only one of CDS and CDNSKEY asks for deletion"}},
      {dnskey + delete_cds + cds + delete_key, {"CDS of algorithm 0 that is not the only one"}},
      {dnskey + delete_cds + delete_key + cdnskey, {"CDNSKEY of algorithm 0 that is not the only"}},
      {dnskey + "@ CDS 0 0 2 " + hex(32) + delete_key, {"CDS of algorithm 0"}},
      {"a CDS 0 0 0 00\n", {"/z:5: a.: CDS record that is not at the zone apex"}},
  }, ".");
}

TEST_CASE("servers without an address warn, if the zone is the one to give it") {
  check_cases({
      {"d NS n.d\nn.d AAAA 2001:db8::1\n", {}},
      {"d NS n.d\nd NS m.d\nn.d A 192.0.2.1\n",
       {"/z:6: d.example.test.: no glue record for the name server m.d.example.test."}},
      {"d NS n.e\n", {"name server n.e.example.test."}},
      {"d NS n.e\ne NS x.test.\n", {}},
      {"d NS n.e\ne NS n.e\n", {"/z:6: e.example.test.: no glue"}},
      {"d NS d\n", {"name server d.example.test."}},
      {"d NS n.w\n*.w A 192.0.2.1\n", {}},
      {"d NS n.w\n*.w TXT x\n", {"name server n.w.example.test."}},
      {"d NS e\nx.e A 192.0.2.1\n", {"name server e.example.test."}},
      {"d NS n.test.\nx.d NS n.x.d\n", {}},
      {"*.w NS n.test.\n", {}},
      {"@ NS m\n", {"/z:5: example.test.: no glue record for the name server m.example.test."}},
      {"@ NS m\nm CNAME ns\n", {"name server m.example.test."}},
  });
}
