// Reads configuration files into a Store: structure and types.
#include "control/config/file_reader.h"

#include <fnmatch.h>
#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "control/config/file_text.h"
#include "control/config/value_text.h"

namespace bowline::control::config {
namespace {

constexpr std::size_t kMaxIncludeDepth = 8;    // deeper is a mistake in a pattern
constexpr std::size_t kMaxFiles = 100'000;     // a file a zone is a habit of some
constexpr std::string_view kInclude = "include";
constexpr std::string_view kClear = "clear";

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

// Whether the item may be set to nothing, to undo what a template or a default says.
bool may_be_empty(const Option& option) {
  return option.kind.type == Type::kReference || option.kind.type == Type::kModule ||
         option.count == Count::kMany;
}

std::string suggestion(std::string_view meant) {
  return meant.empty() ? std::string() : "; did you mean " + std::string(meant) + "?";
}

std::string shown(std::string_view key) {
  constexpr std::size_t kShown = 60;
  return std::string(key.substr(0, kShown)) + (key.size() > kShown ? "..." : "");
}

}  // namespace

std::uint32_t FileReader::add_file(const std::string& name, std::string text) {
  store_.file_names.push_back(name);
  store_.texts.push_back(std::make_unique<std::string>(std::move(text)));
  return static_cast<std::uint32_t>(store_.texts.size() - 1);
}

void FileReader::read_text(std::string_view text, const std::string& name) {
  read_lines(add_file(name, std::string(text)), directory_of(name));
}

void FileReader::read_file(const std::string& path) {
  auto text = read_whole_file(path);
  struct stat status {};
  const bool known = stat(path.c_str(), &status) == 0;
  const std::uint32_t file = add_file(path, text ? std::move(*text) : std::string());
  if (!text) {
    problems_.add_file(file, text.error());
    return;
  }
  if (known) open_files_.emplace_back(status.st_dev, status.st_ino);
  read_lines(file, directory_of(path));
  if (known) open_files_.pop_back();
}

void FileReader::read_lines(std::uint32_t file, const std::string& directory) {
  Cursor cursor;
  cursor.file = file;
  cursor.directory = directory;
  Line line;
  std::string_view rest = *store_.texts[file];
  if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);
  while (!rest.empty() && !problems_.is_full(file)) {
    const std::size_t end = rest.find('\n');
    std::string_view text = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    ++cursor.line;
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
    return line.key == kInclude ? include(cursor, line) : clear(cursor, line);
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
  SectionData& data = store_.data(cursor.section->name);
  data.is_present = true;
  if (!cursor.section->has_entries() && data.entries.empty()) {
    data.entries.push_back({{}, place(cursor, line.column), 0, 0});
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
  SectionData& data = store_.data(section.name);
  Entry entry{{}, place(cursor, line.column), static_cast<std::uint32_t>(data.items.size()), 0};
  if (line.key != section.id) {
    problems_.add(entry.place, std::string(section.name) + ": an entry begins with \"- " +
                                   std::string(section.id) + ": ...\", found " + shown(line.key));
    data.entries.push_back(entry);
    return;
  }
  const bool one = line.values.size() == 1 && !line.values.front().text.empty();
  if (one) entry.place.column = line.values.front().column;
  auto value = parse_value(find_option(section.name, section.id)->kind,
                           one ? line.values.front().text : std::string_view{});
  if (!one) {
    problems_.add(entry.place, item_name(cursor, section.id) + ": needs exactly one value");
  } else if (!value) {
    problems_.add(entry.place, item_name(cursor, section.id) + ": " + value.error());
  } else {
    entry.id = line.values.front().text;
    if (section.name == "key") entry.id = store_.arena.emplace_back(value->name().to_text());
  }
  data.entries.push_back(entry);
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
  std::vector<std::string_view> names;
  for (const Option* option : options_of(section.name)) names.push_back(option->name);
  problems_.add(at, std::string(section.name) + "." + shown(item) + ": there is no such item" +
                        suggestion(nearest(item, names)));
}

void FileReader::add_values(const Cursor& cursor, const Line& line, const Option& option) {
  SectionData& data = store_.data(cursor.section->name);
  if (line.values.empty() && may_be_empty(option)) {
    SetItem item;
    item.option = &option;
    item.place = place(cursor, line.column);
    item.is_empty = true;
    data.items.push_back(item);
    ++data.entries.back().count;
  } else if (line.values.empty()) {
    add_value(cursor, line, option, Scalar{{}, line.column});
  }
  for (const Scalar& scalar : line.values) add_value(cursor, line, option, scalar);
}

void FileReader::add_value(const Cursor& cursor, const Line& line, const Option& option,
                           const Scalar& scalar) {
  SetItem item;
  item.text = scalar.text;
  item.option = &option;
  item.place = place(cursor, scalar.column);
  item.is_empty = scalar.text.empty() && may_be_empty(option);
  if (!item.is_empty) {
    if (auto value = parse_value(option.kind, scalar.text); !value) {
      problems_.add(item.place, item_name(cursor, line.key) + ": " + value.error());
      return;
    }
  }
  SectionData& data = store_.data(cursor.section->name);
  data.items.push_back(item);
  ++data.entries.back().count;
}

void FileReader::clear(const Cursor& cursor, const Line& line) {
  for (const Scalar& scalar : line.values) {
    const std::string pattern(scalar.text);
    for (const Section& section : sections()) {
      const std::string name(section.name);
      if (fnmatch(pattern.c_str(), name.c_str(), FNM_EXTMATCH) != 0) continue;
      store_.data(section.name) = SectionData{};
    }
  }
  if (line.values.empty()) {
    problems_.add(place(cursor, line.column), "clear: the pattern of sections is missing");
  }
}

void FileReader::include(const Cursor& cursor, const Line& line) {
  if (line.values.size() != 1 || line.values.front().text.empty()) {
    problems_.add(place(cursor, line.column), "include: needs exactly one path or pattern");
    return;
  }
  const Scalar& scalar = line.values.front();
  const Place at = place(cursor, scalar.column);
  if (!options_.allow_include) {
    problems_.add(at, "include: not allowed in this text");
    return;
  }
  std::string pattern(scalar.text);
  if (pattern.front() != '/') pattern = cursor.directory + "/" + pattern;
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
  } else if (store_.texts.size() >= kMaxFiles) {
    problems_.add(at, "include: more than " + std::to_string(kMaxFiles) + " files");
  } else {
    read_file(path);
  }
}

std::string FileReader::item_name(const Cursor& cursor, std::string_view item) const {
  const Section& section = *cursor.section;
  const SectionData& data = store_.data(section.name);
  std::string name(section.name);
  if (section.has_entries() && item != section.id && !data.entries.empty()) {
    name += "[" + std::string(data.entries.back().id) + "]";
  }
  return name + "." + shown(item);
}

}  // namespace bowline::control::config
