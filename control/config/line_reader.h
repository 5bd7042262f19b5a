// One line of the simplified YAML that the configuration is written in.
//
// The dialect is not YAML where it matters: `file: %s.zone`, `address: [::1, 127.0.0.1]`,
// `clear: @(zone|template)` and backslashes in quotes are refused or changed by a YAML parser but
// stand in configurations that must run unchanged. So lines are read here:
//
//   [spaces] [- ] item : [value] [# remark]
//
// where value is word, "quoted", !"escaped" or [list, of, these].
//
// A # begins a remark at the start of a line or after a space. A word has no space and none of ",#
// (in a list no ], and it does not begin with a bracket); an apostrophe is a character as any
// other. In quotes \" is a quotation mark, every other backslash stays. Tabs are for remarks only;
// no value goes over several lines. !" is ours, for what these cannot say: \", \\ and \xHH are the
// only things that a backslash begins.
//
// Pure but for the arena; any process, any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::control::config {

struct Scalar {
  std::string_view text;
  std::uint32_t column = 0;  // from 1
};

struct Line {
  std::string_view key;  // empty: nothing but spaces and remarks
  std::uint32_t column = 0;       // of the key, from 1
  std::uint32_t dash_column = 0;  // from 1; 0: no dash
  std::vector<Scalar> values;     // none: nothing after the colon, or an empty list
  bool is_list = false;
};

struct LineError {
  std::uint32_t column = 0;
  std::string message;
};

class LineReader {
 public:
  // Texts that differ from what the file has (escapes) are kept in `arena`.
  explicit LineReader(std::deque<std::string>& arena) : arena_(arena) {}

  // Reads one line without its end. Views in `line` live as long as `text` and the arena; `line` is
  // meant to be reused.
  std::optional<LineError> read(std::string_view text, Line& line);

 private:
  std::optional<LineError> read_key(Line& line);
  std::optional<LineError> read_values(Line& line);
  std::optional<LineError> read_list(Line& line);
  std::optional<LineError> read_scalar(bool in_list, Scalar& out);
  std::optional<LineError> read_quoted(Scalar& out);
  std::optional<LineError> read_escaped(Scalar& out);
  LineError error(std::string message) const;
  void skip_spaces();
  bool at_end() const { return at_ == text_.size(); }
  bool at_remark() const;

  std::deque<std::string>& arena_;
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace bowline::control::config
