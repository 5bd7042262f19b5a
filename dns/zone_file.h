// Zone-file reader (RFC 1035 5, RFC 2308 4 $TTL, RFC 3597, and $GENERATE as BIND has it).
//
// One call reads one file and the files that it includes, in the caller's thread (control, tests),
// and hands each record on as it is completed. It goes on after an error to collect the first
// kMaxZoneFileErrors. It needs about 1 MiB, and no memory per record.
//
// Where the RFCs leave room (zone_scanner.h has the rest):
//   missing TTL     the last $TTL; before any, the last TTL of a record; before any, default_ttl
//   missing class   options.rr_class; no other is accepted
//   blank owner     the last owner of the same file; an error if that one was wrong or is missing
//   $ORIGIN         and the origin of $INCLUDE are absolute names
//   $INCLUDE        inherits origin and TTLs; its own changes of them and its owners end with it.
//                   Files outside the folder of the zone file must be readable by everybody
//   TTL             to 2^32-1, handed on as written (RFC 2181 8 is for those who use it)
//   meta-types      refused (RFC 6895 3.1)
//   byte order mark refused, and the file is not read further
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "dns/name.h"
#include "dns/rr_type.h"
#include "dns/wire.h"

namespace bowline::dns {

inline constexpr std::size_t kMaxZoneFileErrors = 20;   // what a person reads in one go
inline constexpr unsigned kMaxIncludeDepth = 10;        // as Unbound; stops inclusion loops
// In all of a reading: with several $INCLUDE a file the depth alone allows any number to the tenth.
inline constexpr unsigned kMaxIncludedFiles = 10000;
inline constexpr std::uint64_t kMaxGenerateSteps = 65536;  // per directive: one line is not a bomb

// One record as read. Views live until the handler returns.
struct ZoneRecord {
  NameView owner;  // case as given
  RrType type;
  std::uint16_t rr_class;
  std::uint32_t ttl;
  Bytes rdata;  // uncompressed wire form, checked
  std::string_view file;  // the included one, if it stands there
  std::uint32_t line;
};

struct ZoneFileError {
  std::string file;
  std::uint32_t line = 0;  // 0: the file as a whole
  std::uint32_t column = 0;
  std::string message;  // what was found and what was expected
  // "file:line:column: message", or "file: message"
  std::string to_text() const;
};

struct ZoneFileOptions {
  Name origin;                          // initial $ORIGIN: the zone's apex
  std::uint32_t default_ttl = 3600;     // until a $TTL or a record's TTL
  std::uint16_t rr_class = 1;           // records of other classes are errors
  bool allow_include = true;            // false for text of strangers: $INCLUDE reads any file
  // Called now and then with the octets of the main file done so far and its size. May be empty.
  std::function<void(std::uint64_t done, std::uint64_t size)> progress;
  // Called with the path of each file that $INCLUDE names, before it is opened. May be empty.
  std::function<void(const std::string& path)> include;
};

// Takes each record. Returning false stops the reading (then no error is added).
using ZoneRecordHandler = std::function<bool(const ZoneRecord&)>;

struct ZoneFileResult {
  std::vector<ZoneFileError> errors;   // empty: the whole file was read
  bool too_many_errors = false;        // more than the list holds
  std::uint64_t records = 0;
  bool ok() const { return errors.empty(); }
};

ZoneFileResult read_zone_file(const std::string& path, const ZoneFileOptions& options,
                              const ZoneRecordHandler& handler);
// The same from memory; `name` stands for the file in errors, and $INCLUDE is relative to the
// current directory.
ZoneFileResult read_zone_text(std::string_view text, const std::string& name,
                              const ZoneFileOptions& options, const ZoneRecordHandler& handler);

}  // namespace bowline::dns
