#include "control/store/zone_loader.h"

#include <sys/stat.h>

#include <fmt/format.h>

#include <unordered_set>

#include "control/store/zone_checks.h"
#include "control/store/zone_places.h"
#include "dns/zone_file.h"
#include "zones/builder.h"

namespace bowline::control::store {

namespace {

// Names the records that are left out, as the manual's server leaves them out.
class Ignored {
 public:
  explicit Ignored(LoadedZone& result) : result_(result) {}

  void note(const dns::ZoneRecord& record, const char* why) {
    if (++count_ > kMaxFindings) return;
    result_.warnings.push_back(fmt::format("{}:{}: {} {} {}, ignored", record.file, record.line,
                                           record.owner.to_text(), dns::to_text(record.type),
                                           why));
  }
  void finish() {
    if (count_ > kMaxFindings) {
      result_.warnings.push_back(fmt::format("{} more records ignored", count_ - kMaxFindings));
    }
  }

 private:
  LoadedZone& result_;
  std::uint64_t count_ = 0;
};

// Hands the records of a file to the builder, but for those that no zone can hold.
class Intake {
 public:
  Intake(zones::ZoneBuilder& builder, dns::NameView apex, LoadedZone& result)
      : builder_(builder), apex_(apex), ignored_(result) {}

  void take(const dns::ZoneRecord& record) {
    if (record.type == dns::RrType::kSoa && record.owner.is_at_or_below(apex_)) {
      if (!record.owner.equals(apex_)) {
        return ignored_.note(record, "is not at the zone apex (RFC 1035 5.2)");
      }
      if (has_soa_) return ignored_.note(record, "is not the first SOA (RFC 1035 5.2)");
      has_soa_ = true;
    }
    if (!builder_.add(record.owner, record.type, record.ttl, record.rdata)) {
      ignored_.note(record, "is outside the zone");
    }
  }
  void finish() { ignored_.finish(); }

 private:
  zones::ZoneBuilder& builder_;
  const dns::NameView apex_;
  Ignored ignored_;
  bool has_soa_ = false;
};

void take_file_errors(const dns::ZoneFileResult& read, LoadedZone& result) {
  for (const dns::ZoneFileError& error : read.errors) {
    // Line 0: the file as a whole, which is no fault of its text.
    const char* const advice =
        error.line == 0 ? ": check the zone's file and storage, and that server.user may read it"
                        : "";
    result.errors.push_back(error.to_text() + advice);
  }
  if (read.too_many_errors) result.errors.emplace_back("more errors follow");
}

// Sorts the findings by what the zone's setting makes of them. Returns whether the zone may be
// served.
bool judge(const config::Zone& zone, const Findings& findings, LoadedZone& result) {
  const bool soft = zone.semantic_checks == config::SemanticChecks::kSoft;
  for (std::string& text : place_findings(zone, findings.mandatory)) {
    (soft ? result.warnings : result.errors).push_back(std::move(text));
  }
  for (std::string& text : place_findings(zone, findings.extra)) {
    result.warnings.push_back(std::move(text));
  }
  return result.errors.empty();
}

}  // namespace

FileIdentity FileIdentity::of(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return {};
  return {std::int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec, found.st_size,
          found.st_ino, found.st_dev};
}

void load_zone(const config::Zone& zone, zones::Arena& arena, const dns::HashKey& secret,
               const std::function<void(std::uint64_t, std::uint64_t)>& progress,
               LoadedZone& result) {
  // Before the reading: what is written meanwhile makes the next reload read again.
  result.file = FileIdentity::of(zone.file);
  dns::ZoneFileOptions options;
  options.origin = zone.name;
  options.default_ttl = zone.default_ttl;
  options.progress = progress;
  // Before the reading, as above.
  std::unordered_set<std::string> included;
  options.include = [&](const std::string& path) {
    if (included.insert(path).second) result.included.push_back({path, FileIdentity::of(path)});
  };
  zones::ZoneBuilder builder(arena, secret, zone.name);
  Intake intake(builder, zone.name, result);
  try {
    const dns::ZoneFileResult read =
        dns::read_zone_file(zone.file, options, [&](const dns::ZoneRecord& record) {
          intake.take(record);
          return true;
        });
    intake.finish();
    if (!read.ok()) {
      take_file_errors(read, result);
      return;
    }
    auto draft = builder.build();
    if (!draft) {
      result.errors.push_back(fmt::format("{}: {}", zone.file, draft.error()));
      return;
    }
    const zones::Base base = arena.heap().base();
    const auto& built = *base.at<zones::Zone>(draft->zone());
    const bool want_extra = zone.semantic_checks == config::SemanticChecks::kOn;
    if (!judge(zone, check_zone_contents(base, built, want_extra, secret), result)) return;
    result.serial = built.serial;
    result.records = built.record_count;
    result.draft.emplace(std::move(*draft));
  } catch (const std::bad_alloc&) {
    result.errors.push_back(fmt::format(
        "{}: no memory left for the zone: free memory or serve fewer zones", zone.file));
  }
}

}  // namespace bowline::control::store
