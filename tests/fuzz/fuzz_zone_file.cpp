// Fuzzer of the zone-file reader: whatever the text, it is cut as by a scanner that goes octet by
// octet, records handed on are well-formed, errors say where, and a record printed and read again
// is the same.
// Needs dns_dep.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "dns/rdata.h"
#include "dns/zone_file.h"
#include "../unit/dns/plain_scanner.h"

namespace {

using namespace bowline::dns;

#define CHECK(condition) \
  do {                   \
    if (!(condition)) std::abort(); \
  } while (false)

constexpr std::uint64_t kMaxRecords = 20000;  // a few $GENERATE lines could make millions
constexpr std::uint64_t kMaxPrinted = 32;     // that are printed and read again

ZoneFileOptions options() {
  ZoneFileOptions options;
  options.origin = *Name::from_text("example.");
  options.allow_include = false;
  return options;
}

bool same(Bytes a, Bytes b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

void check_record(const ZoneRecord& record, std::uint32_t lines) {
  const auto owner = NameView::parse(record.owner.bytes());
  CHECK(owner && owner->size() == record.owner.size());
  CHECK(record.rr_class == 1);
  CHECK(!is_meta_type(record.type));
  CHECK(record.line >= 1 && record.line <= lines);
  CHECK(check_rdata(record.type, record.rdata));
}

void check_printed(const ZoneRecord& record) {
  const std::string line = record.owner.to_text() + ' ' + std::to_string(record.ttl) + " IN " +
                           to_text(record.type) + ' ' + rdata_to_text(record.type, record.rdata);
  const auto result = read_zone_text(line, "printed", options(), [&](const ZoneRecord& again) {
    CHECK(same(again.owner.bytes(), record.owner.bytes()));
    CHECK(again.type == record.type && again.ttl == record.ttl);
    CHECK(same(again.rdata, record.rdata));
    return true;
  });
  CHECK(result.ok() && result.records == 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CHECK(test::first_scan_difference(text) == 0);
  const auto lines = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n') + 1);
  std::uint64_t records = 0;
  const auto result = read_zone_text(text, "input", options(), [&](const ZoneRecord& record) {
    check_record(record, lines);
    if (++records <= kMaxPrinted) check_printed(record);
    return records < kMaxRecords;
  });
  CHECK(result.records == records);
  CHECK(result.errors.size() <= kMaxZoneFileErrors);
  CHECK(!result.too_many_errors || result.errors.size() == kMaxZoneFileErrors);
  for (const ZoneFileError& error : result.errors) {
    CHECK(error.line >= 1 && error.line <= lines && error.column >= 1);
    CHECK(!error.message.empty());
  }
  return 0;
}
