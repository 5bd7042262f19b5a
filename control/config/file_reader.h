// Reads configuration files, with what they include, into a Store and checks each value's type.
//
// Private to this folder. What goes beyond one line (references, duplicates) is in checks.h.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/config/config.h"
#include "control/config/line_reader.h"
#include "control/config/problems.h"
#include "control/config/store.h"

namespace bowline::control::config {

class FileReader {
 public:
  FileReader(Store& store, Problems& problems, const LoadOptions& options)
      : store_(store), problems_(problems), options_(options), lines_(store.arena) {}

  void read_file(const std::string& path);
  void read_text(std::string_view text, const std::string& name);

 private:
  // Where in a file we are.
  struct Cursor {
    std::uint32_t file = 0;
    std::uint32_t line = 0;
    std::string directory;             // what relative includes begin with
    const Section* section = nullptr;  // null: outside, or in a section that is skipped
    bool skips = false;                // in a section that is unknown: it was reported once
    bool in_entry = false;
    std::uint32_t dash_column = 0;     // of the first entry of this part
    std::uint32_t item_column = 0;     // of the first item of this entry or part
  };

  std::uint32_t add_file(const std::string& name, std::string text);
  void read_lines(std::uint32_t file, const std::string& directory);
  void read_line(Cursor& cursor, const Line& line);
  void begin_section(Cursor& cursor, const Line& line);
  void begin_entry(Cursor& cursor, const Line& line);
  void read_item(Cursor& cursor, const Line& line);
  void add_values(const Cursor& cursor, const Line& line, const Option& option);
  void add_value(const Cursor& cursor, const Line& line, const Option& option,
                 const Scalar& scalar);
  void report_unknown(Place place, const Section& section, std::string_view item);
  void clear(const Cursor& cursor, const Line& line);
  void include(const Cursor& cursor, const Line& line);
  void include_file(Place place, const std::string& path, bool is_match);
  std::string item_name(const Cursor& cursor, std::string_view item) const;
  Place place(const Cursor& cursor, std::uint32_t column) const {
    return {cursor.file, cursor.line, column};
  }

  Store& store_;
  Problems& problems_;
  const LoadOptions& options_;
  LineReader lines_;
  std::vector<std::pair<dev_t, ino_t>> open_files_;  // from the main file to the current one
};

}  // namespace bowline::control::config
