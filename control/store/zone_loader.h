// Loading one zone: its file, the records, the checks, a draft ready to be published.
//
// Any thread of control; one zone at a time in each, with that thread's arena.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "control/config/config.h"
#include "dns/name_key.h"
#include "dns/result.h"
#include "zones/draft.h"
#include "zones/heap.h"

namespace bowline::control::store {

// What tells whether a file is still the one that was read.
struct FileIdentity {
  std::int64_t mtime_ns = 0;
  std::int64_t size = -1;  // -1: there was none
  ino_t inode = 0;
  dev_t device = 0;

  static FileIdentity of(const std::string& path);
  bool operator==(const FileIdentity&) const = default;
};

// A file that a zone file includes, as it was when it was read.
struct IncludedFile {
  std::string path;
  FileIdentity identity;
};

struct LoadedZone {
  std::optional<zones::ZoneDraft> draft;  // nothing: see `errors`
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
  FileIdentity file;
  std::vector<IncludedFile> included;  // each path once
  std::uint32_t serial = 0;
  std::uint64_t records = 0;
};

// Fills a fresh `result`. `progress` is called now and then with octets read and octets in all; it
// may be empty.
void load_zone(const config::Zone& zone, zones::Arena& arena, const dns::HashKey& secret,
               const std::function<void(std::uint64_t, std::uint64_t)>& progress,
               LoadedZone& result);

}  // namespace bowline::control::store
