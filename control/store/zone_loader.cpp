#include "control/store/zone_loader.h"

#include <sys/stat.h>

#include <fmt/format.h>

#include <unordered_set>

#include "control/store/zone_checks.h"
#include "dns/zone_file.h"
#include "zones/builder.h"

namespace bowline::control::store {

namespace {

// Names the records outside the zone that the file holds; they are ignored, as the manual's server
// does.
class Strays {
 public:
  explicit Strays(LoadedZone& result) : result_(result) {}

  void note(const std::string& file, const dns::ZoneRecord& record) {
    if (++count_ > kMaxFindings) return;
    result_.warnings.push_back(fmt::format("{}:{}: {} {} is outside the zone, ignored", file,
                                           record.line, record.owner.to_text(),
                                           dns::to_text(record.type)));
  }
  void finish() {
    if (count_ > kMaxFindings) {
      result_.warnings.push_back(
          fmt::format("{} more records outside the zone, ignored", count_ - kMaxFindings));
    }
  }

 private:
  LoadedZone& result_;
  std::uint64_t count_ = 0;
};

void take_file_errors(const dns::ZoneFileResult& read, LoadedZone& result) {
  for (const dns::ZoneFileError& error : read.errors) {
    // Line 0: the file as a whole, which is no fault of its text.
    const char* const advice =
        error.line == 0 ? ": check the zone's file and storage, and that server.user may read it" : "";
    result.errors.push_back(error.to_text() + advice);
  }
  if (read.too_many_errors) result.errors.emplace_back("more errors follow");
}

// Sorts the findings by what the zone's setting makes of them. Returns whether the zone may be
// served.
bool judge(Findings findings, config::SemanticChecks setting, LoadedZone& result) {
  const bool soft = setting == config::SemanticChecks::kSoft;
  for (std::string& text : findings.fatal) result.errors.push_back(std::move(text));
  for (std::string& text : findings.mandatory) {
    (soft ? result.warnings : result.errors).push_back(std::move(text));
  }
  for (std::string& text : findings.extra) result.warnings.push_back(std::move(text));
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
  options.progress = progress;
  // Before the reading, as above.
  std::unordered_set<std::string> included;
  options.include = [&](const std::string& path) {
    if (included.insert(path).second) result.included.push_back({path, FileIdentity::of(path)});
  };
  zones::ZoneBuilder builder(arena, secret, zone.name);
  Strays strays(result);
  try {
    const dns::ZoneFileResult read =
        dns::read_zone_file(zone.file, options, [&](const dns::ZoneRecord& record) {
          if (!builder.add(record.owner, record.type, record.ttl, record.rdata)) {
            strays.note(zone.file, record);
          }
          return true;
        });
    strays.finish();
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
    if (!judge(check_zone_contents(base, built, want_extra, secret), zone.semantic_checks,
               result)) {
      return;
    }
    result.serial = built.serial;
    result.records = built.record_count;
    result.draft.emplace(std::move(*draft));
  } catch (const std::bad_alloc&) {
    result.errors.push_back(fmt::format(
        "{}: no memory left for the zone: free memory or serve fewer zones", zone.file));
  }
}

}  // namespace bowline::control::store
