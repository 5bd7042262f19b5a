// One line of the simplified YAML.
#include "control/config/line_reader.h"

#include <charconv>

namespace bowline::control::config {
namespace {

constexpr std::string_view kForm = "a line must be \"item: value\" or \"- item: value\"";
constexpr std::string_view kOpenList = "the list has no closing bracket on its line";
constexpr std::string_view kTab = "a tab, allowed are spaces";

bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// What has a meaning of its own, and so stands in quotes only.
bool is_special(char c) { return c == '"' || c == '#' || c == ','; }

}  // namespace

std::optional<LineError> LineReader::read(std::string_view text, Line& line) {
  text_ = text;
  at_ = 0;
  line.key = {};
  line.values.clear();
  line.dash_column = 0;
  line.is_list = false;
  skip_spaces();
  if (at_end() || text_[at_] == '#') return std::nullopt;
  if (text_[at_] == '\t') return error("a tab in the indentation, allowed are spaces");
  if (auto failure = read_key(line)) return failure;
  return read_values(line);
}

std::optional<LineError> LineReader::read_key(Line& line) {
  if (text_[at_] == '-' && at_ + 1 < text_.size() && text_[at_ + 1] == ' ') {
    line.dash_column = static_cast<std::uint32_t>(at_ + 1);
    ++at_;
    skip_spaces();
  }
  const std::size_t start = at_;
  while (!at_end() && is_key_character(text_[at_])) ++at_;
  const std::string_view key = text_.substr(start, at_ - start);
  skip_spaces();
  const bool colon = !at_end() && text_[at_] == ':';
  const bool apart = colon && (at_ + 1 == text_.size() || text_[at_ + 1] == ' ');
  if (key.starts_with('-')) {
    at_ = start;
    return error(colon ? "a space is missing after the dash" : std::string(kForm));
  }
  if (key.empty() || !apart) {
    return error(colon && !key.empty() ? "a space is missing after the colon"
                                       : std::string(kForm));
  }
  ++at_;
  line.key = key;
  line.column = static_cast<std::uint32_t>(start + 1);
  return std::nullopt;
}

std::optional<LineError> LineReader::read_values(Line& line) {
  skip_spaces();
  if (at_end() || at_remark()) return std::nullopt;
  if (text_[at_] == '[') {
    if (auto failure = read_list(line)) return failure;
  } else {
    if (auto failure = read_scalar(false, line.values.emplace_back())) return failure;
  }
  skip_spaces();
  if (at_end() || at_remark()) return std::nullopt;
  if (text_[at_] == '\t') return error(std::string(kTab));
  return error("more text after the value; one with spaces or any of \",# needs double quotes");
}

std::optional<LineError> LineReader::read_list(Line& line) {
  line.is_list = true;
  ++at_;
  skip_spaces();
  if (!at_end() && text_[at_] == ']') return ++at_, std::nullopt;
  for (;; ++at_) {
    skip_spaces();
    if (at_end()) return error(std::string(kOpenList));
    if (auto failure = read_scalar(true, line.values.emplace_back())) return failure;
    skip_spaces();
    if (at_end()) return error(std::string(kOpenList));
    if (text_[at_] == ']') return ++at_, std::nullopt;
    if (text_[at_] != ',') return error("the values of a list are parted by commas");
  }
}

std::optional<LineError> LineReader::read_scalar(bool in_list, Scalar& out) {
  out.column = static_cast<std::uint32_t>(at_ + 1);
  if (text_[at_] == '"') return read_quoted(out);
  if (text_.substr(at_).starts_with("!\"")) return read_escaped(out);
  const std::size_t start = at_;
  while (!at_end() && text_[at_] != ' ' && !is_special(text_[at_]) &&
         !(in_list && (text_[at_] == '[' || text_[at_] == ']'))) {
    if (text_[at_] == '\t') return error(std::string(kTab));
    if (is_control(text_[at_])) return error("a control character");
    ++at_;
  }
  if (at_ == start) return error("a value is missing; one with \",#[] needs double quotes");
  out.text = text_.substr(start, at_ - start);
  return std::nullopt;
}

std::optional<LineError> LineReader::read_quoted(Scalar& out) {
  const std::size_t open = at_++;
  const std::size_t start = at_;
  std::string changed;
  bool is_changed = false;
  std::size_t copied = start;  // what stands before it is in `changed`
  for (; !at_end() && text_[at_] != '"'; ++at_) {
    if (text_[at_] == '\t') return error(std::string(kTab));
    if (is_control(text_[at_])) return error("a control character");
    const char next = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (text_[at_] != '\\' || (next != '"' && next != '\\')) continue;
    if (next == '"') {
      changed.append(text_, copied, at_ - copied);
      copied = at_ + 1;
      is_changed = true;
    }
    ++at_;
  }
  if (at_end()) {
    at_ = open;
    return error("the quotation has no end on its line");
  }
  out.text = text_.substr(start, at_ - start);
  if (is_changed) {
    changed.append(text_, copied, at_ - copied);
    out.text = arena_.emplace_back(std::move(changed));
  }
  ++at_;
  return std::nullopt;
}

std::optional<LineError> LineReader::read_escaped(Scalar& out) {
  const std::size_t open = at_;
  std::string value;
  for (at_ += 2; !at_end() && text_[at_] != '"'; ++at_) {
    if (is_control(text_[at_])) return error("a control character");
    if (text_[at_] != '\\') {
      value += text_[at_];
      continue;
    }
    const std::string_view escape = text_.substr(at_ + 1, 3);
    unsigned octet = 0;
    if (escape.starts_with('"') || escape.starts_with('\\')) {
      value += escape.front();
      ++at_;
    } else if (escape.size() == 3 && escape[0] == 'x' &&
               std::from_chars(&escape[1], &escape[1] + 2, octet, 16).ptr == &escape[1] + 2) {
      value += static_cast<char>(octet);
      at_ += 3;
    } else {
      return error("a backslash, allowed are \\\", \\\\ and \\xHH behind !\"");
    }
  }
  if (at_end()) {
    at_ = open;
    return error("the quotation has no end on its line");
  }
  out.text = arena_.emplace_back(std::move(value));
  ++at_;
  return std::nullopt;
}

LineError LineReader::error(std::string message) const {
  return {static_cast<std::uint32_t>(at_ + 1), std::move(message)};
}

void LineReader::skip_spaces() {
  while (!at_end() && text_[at_] == ' ') ++at_;
}

bool LineReader::at_remark() const {
  return text_[at_] == '#' && (at_ == 0 || text_[at_ - 1] == ' ');
}

}  // namespace bowline::control::config
