#include "control/client/words.h"

namespace bowline::control::client {

namespace {

constexpr std::string_view kSpecial = " \t\"'\\";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

std::vector<std::string> Line::texts() const {
  std::vector<std::string> result;
  for (const Word& word : words) result.push_back(word.text);
  return result;
}

Line cut_line(std::string_view line) {
  Line cut;
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == 0 && is_blank(c)) {
      cut.in_word = false;
      continue;
    }
    if (!cut.in_word) {
      if (c == '#') break;
      cut.words.push_back({{}, i});
      cut.in_word = true;
    }
    std::string& text = cut.words.back().text;
    const bool escapes = c == '\\' && quote != '\'';
    if (escapes && i + 1 == line.size()) {
      cut.is_open = true;
    } else if (escapes && (quote == 0 || line[i + 1] == '"' || line[i + 1] == '\\')) {
      text += line[++i];
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (quote != 0 && c == quote) {
      quote = 0;
    } else {
      text += c;
    }
  }
  cut.is_open |= quote != 0;
  return cut;
}

std::string quote_word(std::string_view word) {
  if (word.empty()) return "''";
  std::string out;
  for (const char c : word) {
    if (kSpecial.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace bowline::control::client
