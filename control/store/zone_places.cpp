#include "control/store/zone_places.h"

#include <fmt/format.h>

#include <algorithm>

#include "dns/zone_file.h"

namespace bowline::control::store {

namespace {

bool is_meant(const Finding& finding, const dns::ZoneRecord& record) {
  if (finding.type != kAnyRecord && finding.type != record.type) return false;
  return record.owner.equals(finding.owner) &&
         (finding.rdata.empty() || std::ranges::equal(finding.rdata, record.rdata));
}

// "FILE:LINE" of the first record that each finding means; empty if there is none.
std::vector<std::string> find_places(const config::Zone& zone, std::span<const Finding> findings) {
  std::vector<std::string> places(findings.size());
  std::size_t missing = findings.size();
  dns::ZoneFileOptions options;
  options.origin = zone.name;
  (void)dns::read_zone_file(zone.file, options, [&](const dns::ZoneRecord& record) {
    for (std::size_t i = 0; i < findings.size(); ++i) {
      if (!places[i].empty() || !is_meant(findings[i], record)) continue;
      places[i] = fmt::format("{}:{}", record.file, record.line);
      --missing;
    }
    return missing != 0;
  });
  return places;
}

}  // namespace

std::vector<std::string> place_findings(const config::Zone& zone,
                                        std::span<const Finding> findings) {
  if (findings.empty()) return {};
  std::vector<std::string> texts = find_places(zone, findings);
  for (std::size_t i = 0; i < findings.size(); ++i) {
    texts[i] = fmt::format("{}: {}: {}", texts[i].empty() ? zone.file : texts[i],
                           findings[i].owner.to_text(), findings[i].text);
  }
  return texts;
}

}  // namespace bowline::control::store
