// Reads configuration files, with what they include, into a Collector and checks each value's type.
//
// Private to this folder. What goes beyond one line (references, duplicates) is in checks.h.
#pragma once

#include <sys/types.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/config/collector.h"
#include "control/config/config.h"
#include "control/config/line_reader.h"
#include "control/config/problems.h"

namespace bowline::control::config {

class FileReader {
 public:
  // `files` is the list that `problems` and `notices` have; names of files that are read go to its
  // end. Notices are of what is allowed without an effect.
  FileReader(Collector& collector, FileNames& files, Problems& problems, Problems& notices,
             const LoadOptions& options)
      : collector_(collector),
        files_(files),
        problems_(problems),
        notices_(notices),
        options_(options),
        lines_(arena_) {}

  void read_file(const std::string& path);
  void read_text(std::string_view text, const std::string& name);
  // Reads the files that a path or pattern names; a path that is not absolute begins in the working
  // directory.
  void include(const std::string& pattern);

 private:
  // Where in a file we are.
  struct Cursor {
    std::uint32_t file = 0;
    std::uint32_t line = 0;
    std::string directory;             // what relative includes begin with
    const Section* section = nullptr;  // null: outside, or in a section that is skipped
    bool skips = false;                // in a section that is unknown: it was reported once
    bool in_entry = false;
    std::string id;                    // of the entry; empty if it is wrong
    std::uint32_t dash_column = 0;     // of the first entry of this part
    std::uint32_t item_column = 0;     // of the first item of this entry or part
  };

  std::uint32_t add_file(const std::string& name);
  void read_lines(std::uint32_t file, std::string_view text, const std::string& directory);
  void read_line(Cursor& cursor, const Line& line);
  void begin_section(Cursor& cursor, const Line& line);
  void begin_entry(Cursor& cursor, const Line& line);
  void read_item(Cursor& cursor, const Line& line);
  void add_values(const Cursor& cursor, const Line& line, const Option& option);
  void add_value(const Cursor& cursor, const Line& line, const Option& option,
                 const Scalar& scalar);
  void report_unknown(Place place, const Section& section, std::string_view item);
  void clear(const Cursor& cursor, const Line& line);
  void include_line(const Cursor& cursor, const Line& line);
  void include_matches(Place place, const std::string& pattern);
  void include_file(Place place, const std::string& path, bool is_match);
  std::string item_name(const Cursor& cursor, std::string_view item) const;
  Place place(const Cursor& cursor, std::uint32_t column) const {
    return {cursor.file, cursor.line, column};
  }

  Collector& collector_;
  FileNames& files_;
  Problems& problems_;
  Problems& notices_;
  const LoadOptions options_;
  std::size_t files_read_ = 0;
  std::deque<std::string> arena_;  // of the line at hand
  LineReader lines_;
  std::vector<std::pair<dev_t, ino_t>> open_files_;  // from the main file to the current one
};

}  // namespace bowline::control::config
