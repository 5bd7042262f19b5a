// Records of the configuration database: how keys and values are written.
//
// Private to this folder; pure. Numbers are LEB128, texts are a length and octets. A value begins
// with a checksum over its key and the rest, since LMDB has none: a damaged value is found instead
// of served.
//
//   database   key                          value, behind the checksum
//   header     "header"                     format, number of the newest commit
//   header     "unconfirmed"                number, deadline (Unix seconds)
//   entries    section NUL id               identifier as written (empty: as the key says), items:
//                                           name, count of values, values
//   history    number (64 bits, network     time (Unix seconds), user, summary, whether the
//              order) 'h'                   changes are kept
//   history    number 'd'                   changes: section, id, item, before, after; a setting is
//                                           0, or the count of its values + 1 and these
//
// The id of a zone is its name in wire form and lower case: at most 255 octets, where text can have
// 1004 and a key of LMDB at most 511. A section without entries, and one with entries that has none
// (`zone:` alone), has the key section NUL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/config/compare.h"
#include "control/confdb/history.h"
#include "dns/result.h"

namespace bowline::control::confdb {

// Grows when the records change; a database of a greater one is refused.
inline constexpr std::uint32_t kFormat = 1;
inline constexpr std::string_view kHeaderKey = "header";
inline constexpr std::string_view kUnconfirmedKey = "unconfirmed";

struct Header {
  std::uint32_t format = kFormat;
  std::uint64_t number = 0;  // of the newest commit
};

// One entry: its items with their values as they are written.
struct Entry {
  std::string section;
  std::string id;
  std::vector<std::pair<std::string, std::vector<std::string>>> items;
};

// A value as it is stored, over its key.
std::string encode(std::string_view key, const Header& header);
std::string encode(std::string_view key, const Unconfirmed& unconfirmed);
std::string encode(std::string_view key, const Entry& entry);
std::string encode(std::string_view key, const Commit& commit);
std::string encode(std::string_view key, const std::vector<config::Change>& changes);

// The reverse. Nothing: it is damaged.
std::optional<Header> decode_header(std::string_view key, std::string_view value);
std::optional<Unconfirmed> decode_unconfirmed(std::string_view key, std::string_view value);
std::optional<Commit> decode_commit(std::string_view key, std::string_view value);
// The error names an item that this version does not know.
dns::Result<std::vector<config::Change>> decode_changes(std::string_view key,
                                                        std::string_view value);

// Whether a value is as it was written.
bool is_whole(std::string_view key, std::string_view value);

// An entry in place: views into key and value, but for a zone's name that the key tells.
class EntryReader {
 public:
  // False: it is damaged.
  bool open(std::string_view key, std::string_view value);

  std::string_view section() const { return section_; }
  std::string_view id() const { return id_; }
  // The next item; false: that was all, or ok() is false.
  bool next(std::string_view& item, std::vector<std::string_view>& values);
  bool ok() const { return ok_; }

 private:
  std::string_view section_;
  std::string_view id_;
  std::string name_;  // what id_ points into, of a zone
  std::string_view rest_;
  std::uint64_t left_ = 0;
  bool ok_ = false;
};

std::optional<Entry> decode_entry(std::string_view key, std::string_view value);

// The error: the identifier is too long for a key.
dns::Result<std::string> entry_key(std::string_view section, std::string_view id);
std::string history_key(std::uint64_t number, char kind);
// The number in a key of the history; 0: it is none.
std::uint64_t history_number(std::string_view key);

}  // namespace bowline::control::confdb
