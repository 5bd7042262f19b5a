// Reads configuration files: structure and types.
#include "control/config/file_reader.h"

#include <fnmatch.h>
#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "control/config/file_text.h"
#include "control/config/path.h"
#include "control/config/value_text.h"

namespace bowline::control::config {
namespace {

constexpr std::size_t kMaxIncludeDepth = 8;    // deeper is a mistake in a pattern
constexpr std::size_t kMaxFiles = 100'000;     // a file a zone is a habit of some
constexpr std::string_view kInclude = "include";
constexpr std::string_view kClear = "clear";

// Items of former versions of the dialect, which knotd 3.2 passes over, too.
struct OldName {
  std::string_view section, item, successor;
};

constexpr OldName kOldNames[] = {
    {"server", "tcp-handshake-timeout", "tcp-io-timeout"},
    {"server", "tcp-reply-timeout", "tcp-remote-io-timeout"},
    {"server", "max-tcp-clients", "tcp-max-clients"},
    {"server", "max-udp-payload", "udp-max-payload"},
    {"server", "max-ipv4-udp-payload", "udp-max-payload-ipv4"},
    {"server", "max-ipv6-udp-payload", "udp-max-payload-ipv6"},
    {"server", "listen-xdp", "xdp.listen"},
    {"template", "journal-db", "database.journal-db"},
    {"template", "journal-db-mode", "database.journal-db-mode"},
    {"template", "max-journal-db-size", "database.journal-db-max-size"},
    {"template", "kasp-db", "database.kasp-db"},
    {"template", "max-kasp-db-size", "database.kasp-db-max-size"},
    {"template", "timer-db", "database.timer-db"},
    {"template", "max-timer-db-size", "database.timer-db-max-size"},
    {"zone", "max-zone-size", "zone-max-size"},
    {"zone", "max-journal-depth", "journal-max-depth"},
    {"zone", "max-journal-usage", "journal-max-usage"},
    {"zone", "max-refresh-interval", "refresh-max-interval"},
    {"zone", "min-refresh-interval", "refresh-min-interval"},
    {"template", "max-zone-size", "zone-max-size"},
    {"template", "max-journal-depth", "journal-max-depth"},
    {"template", "max-journal-usage", "journal-max-usage"},
    {"template", "max-refresh-interval", "refresh-max-interval"},
    {"template", "min-refresh-interval", "refresh-min-interval"},
};

// Whether `item:` and `item: ""` mean none, as `item: []` does where it is allowed. Elsewhere a
// value was forgotten.
bool may_be_blank(const Option& option) {
  switch (option.kind.type) {
    case Type::kReference: return option.kind.min == 0;
    case Type::kAddress:
    case Type::kSocket:
    case Type::kModule: return true;
    case Type::kText: return option.count == Count::kMany;
    default: return false;
  }
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

std::string suggestion(std::string_view meant) {
  return meant.empty() ? std::string() : "; did you mean " + std::string(meant) + "?";
}

std::string shown(std::string_view key) {
  constexpr std::size_t kShown = 60;
  return std::string(key.substr(0, kShown)) + (key.size() > kShown ? "..." : "");
}

}  // namespace

std::uint32_t FileReader::add_file(const std::string& name) {
  files_.push_back(name);
  ++files_read_;
  return static_cast<std::uint32_t>(files_.size() - 1);
}

void FileReader::read_text(std::string_view text, const std::string& name) {
  read_lines(add_file(name), text, directory_of(name));
}

void FileReader::read_file(const std::string& path) {
  const auto text = read_whole_file(path);
  struct stat status {};
  const bool known = stat(path.c_str(), &status) == 0;
  const std::uint32_t file = add_file(path);
  if (!text) {
    problems_.add_file(file, text.error());
    return;
  }
  if (known) open_files_.emplace_back(status.st_dev, status.st_ino);
  read_lines(file, *text, directory_of(path));
  if (known) open_files_.pop_back();
}

void FileReader::read_lines(std::uint32_t file, std::string_view rest,
                            const std::string& directory) {
  Cursor cursor;
  cursor.file = file;
  cursor.directory = directory;
  Line line;
  if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);
  while (!rest.empty() && !problems_.is_full(file)) {
    const std::size_t end = rest.find('\n');
    std::string_view text = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    ++cursor.line;
    arena_.clear();
    if (const auto failure = lines_.read(text, line)) {
      problems_.add(place(cursor, failure->column), failure->message);
    } else if (!line.key.empty()) {
      read_line(cursor, line);
    }
  }
}

void FileReader::read_line(Cursor& cursor, const Line& line) {
  if (line.column == 1) {
    if (line.key != kInclude && line.key != kClear) return begin_section(cursor, line);
    cursor.section = nullptr;
    cursor.skips = false;
    return line.key == kInclude ? include_line(cursor, line) : clear(cursor, line);
  }
  if (cursor.skips) return;
  if (cursor.section == nullptr) {
    problems_.add(place(cursor, line.column),
                  shown(line.key) + ": the line belongs to no section; sections begin in column 1");
    return;
  }
  if (line.dash_column != 0) return begin_entry(cursor, line);
  read_item(cursor, line);
}

void FileReader::begin_section(Cursor& cursor, const Line& line) {
  cursor.section = find_section(line.key);
  cursor.skips = cursor.section == nullptr;
  cursor.in_entry = false;
  cursor.dash_column = cursor.item_column = 0;
  if (cursor.skips) {
    std::vector<std::string_view> names = {kInclude, kClear};
    for (const Section& section : sections()) names.push_back(section.name);
    problems_.add(place(cursor, line.column), shown(line.key) + ": there is no such section" +
                                                  suggestion(nearest(line.key, names)));
    return;
  }
  if (!line.values.empty()) {
    problems_.add(place(cursor, line.values.front().column),
                  shown(line.key) + ": a section has no value; its items follow on lines below");
  }
}

void FileReader::begin_entry(Cursor& cursor, const Line& line) {
  const Section& section = *cursor.section;
  const Place at = place(cursor, line.dash_column);
  if (!section.has_entries()) {
    problems_.add(at, std::string(section.name) + ": the section has no list of entries, remove "
                      "the dash before " + shown(line.key));
    cursor.skips = true;
    return;
  }
  if (cursor.dash_column != 0 && cursor.dash_column != line.dash_column) {
    problems_.add(at, std::string(section.name) + ": the dash must stand in column " +
                          std::to_string(cursor.dash_column) + " as the first one does");
  }
  if (cursor.dash_column == 0) cursor.dash_column = line.dash_column;
  cursor.item_column = line.column;
  cursor.in_entry = true;
  cursor.id.clear();
  Place entry = place(cursor, line.column);
  if (line.key != section.id) {
    problems_.add(entry, std::string(section.name) + ": an entry begins with \"- " +
                             std::string(section.id) + ": ...\", found " + shown(line.key));
    return collector_.begin_entry(section, {}, entry);
  }
  const bool one = line.values.size() == 1 && !line.values.front().text.empty();
  if (one) entry.column = line.values.front().column;
  if (!one) {
    problems_.add(entry, item_name(cursor, section.id) + ": needs exactly one value");
  } else if (auto id = canonical_id(section, line.values.front().text)) {
    cursor.id = std::move(*id);
  } else {
    problems_.add(entry, item_name(cursor, section.id) + ": " + id.error());
  }
  collector_.begin_entry(section, cursor.id, entry);
}

void FileReader::read_item(Cursor& cursor, const Line& line) {
  const Section& section = *cursor.section;
  const Place at = place(cursor, line.column);
  if (section.has_entries() && !cursor.in_entry) {
    problems_.add(at, std::string(section.name) + ": an entry begins with \"- " +
                          std::string(section.id) + ": ...\", found " + shown(line.key));
    return;
  }
  if (cursor.item_column == 0) cursor.item_column = line.column;
  if (line.column != cursor.item_column) {
    problems_.add(at, item_name(cursor, line.key) + ": must stand in column " +
                          std::to_string(cursor.item_column) + " as the items above do");
  }
  const Option* const option = find_option(section.name, line.key);
  if (option == nullptr) return report_unknown(at, section, line.key);
  if (line.key == section.id) {
    problems_.add(at, item_name(cursor, line.key) + ": begins an entry, a dash is missing");
    return;
  }
  add_values(cursor, line, *option);
}

void FileReader::report_unknown(Place at, const Section& section, std::string_view item) {
  for (const OldName& old : kOldNames) {
    if (old.section != section.name || old.item != item) continue;
    notices_.add(at, std::string(section.name) + "." + shown(item) +
                         ": has no effect any more; what it did does " +
                         std::string(old.successor));
    return;
  }
  std::vector<std::string_view> names;
  for (const Option* option : options_of(section.name)) names.push_back(option->name);
  problems_.add(at, std::string(section.name) + "." + shown(item) + ": there is no such item" +
                        suggestion(nearest(item, names)));
}

void FileReader::add_values(const Cursor& cursor, const Line& line, const Option& option) {
  if (line.values.empty() && line.is_list && may_be_empty(option)) {
    collector_.add_empty(*cursor.section, option, place(cursor, line.column));
  } else if (line.values.empty()) {
    add_value(cursor, line, option, Scalar{{}, line.column});
  }
  for (const Scalar& scalar : line.values) add_value(cursor, line, option, scalar);
}

void FileReader::add_value(const Cursor& cursor, const Line& line, const Option& option,
                           const Scalar& scalar) {
  const Place at = place(cursor, scalar.column);
  if (scalar.text.empty() && may_be_blank(option)) {
    return collector_.add_empty(*cursor.section, option, at);
  }
  if (auto value = parse_value(option.kind, scalar.text); !value) {
    problems_.add(at, item_name(cursor, line.key) + ": " + value.error());
    return;
  }
  collector_.add(*cursor.section, option, scalar.text, at);
}

void FileReader::clear(const Cursor& cursor, const Line& line) {
  for (const Scalar& scalar : line.values) {
    const std::string pattern(scalar.text);
    for (const Section& section : sections()) {
      const std::string name(section.name);
      if (fnmatch(pattern.c_str(), name.c_str(), FNM_EXTMATCH) != 0) continue;
      collector_.clear(section);
    }
  }
  if (line.values.empty()) {
    problems_.add(place(cursor, line.column), "clear: the pattern of sections is missing");
  }
}

void FileReader::include_line(const Cursor& cursor, const Line& line) {
  if (line.values.empty() || line.values.front().text.empty()) {
    problems_.add(place(cursor, line.column), "include: the path or pattern is missing");
    return;
  }
  // Files are read while the line is still needed, so the texts of it are copied.
  std::vector<std::pair<Place, std::string>> patterns;
  for (const Scalar& scalar : line.values) {
    patterns.emplace_back(place(cursor, scalar.column), scalar.text);
  }
  for (auto& [at, pattern] : patterns) {
    if (!options_.allow_include) return problems_.add(at, "include: not allowed in this text");
    if (!pattern.starts_with('/')) pattern = cursor.directory + "/" + pattern;
    include_matches(at, pattern);
  }
}

void FileReader::include(const std::string& pattern) {
  if (!options_.allow_include) return problems_.add(Place::none(), "include: not allowed here");
  include_matches(Place::none(), pattern);
}

void FileReader::include_matches(Place at, const std::string& pattern) {
  if (pattern.find_first_of("*?[") == std::string::npos) return include_file(at, pattern, false);
  glob_t matches{};
  const int failure = glob(pattern.c_str(), 0, nullptr, &matches);
  if (failure == 0) {
    for (std::size_t i = 0; i < matches.gl_pathc; ++i) include_file(at, matches.gl_pathv[i], true);
  } else if (failure != GLOB_NOMATCH) {
    problems_.add(at, "include: cannot search for " + pattern + ": " + std::strerror(errno));
  }
  globfree(&matches);
}

void FileReader::include_file(Place at, const std::string& path, bool is_match) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    problems_.add(at, "include: " + path + ": " + std::strerror(errno));
    return;
  }
  if (S_ISDIR(status.st_mode) && is_match) return;
  const auto self = std::make_pair(status.st_dev, status.st_ino);
  if (std::find(open_files_.begin(), open_files_.end(), self) != open_files_.end()) {
    problems_.add(at, "include: " + path + " includes itself");
  } else if (open_files_.size() >= kMaxIncludeDepth) {
    problems_.add(at, "include: more than " + std::to_string(kMaxIncludeDepth) +
                          " files include each other");
  } else if (files_read_ >= kMaxFiles) {
    problems_.add(at, "include: more than " + std::to_string(kMaxFiles) + " files");
  } else {
    read_file(path);
  }
}

std::string FileReader::item_name(const Cursor& cursor, std::string_view item) const {
  const Section& section = *cursor.section;
  const bool of_entry = section.has_entries() && item != section.id;
  return (of_entry ? entry_name(section, cursor.id) : std::string(section.name)) + "." +
         shown(item);
}

}  // namespace bowline::control::config
