// A configuration as text.
#include "control/config/export.h"

#include <algorithm>

#include "control/config/visit.h"

namespace bowline::control::config {
namespace {

constexpr std::size_t kPieceOctets = std::size_t{64} << 10;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool is_word(std::string_view text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](char c) {
    return is_control(c) || std::string_view(" \",#[]").find(c) != std::string_view::npos;
  });
}

// In quotes a backslash is one unless a quotation mark follows: an odd number of them before a mark
// or at the end cannot be written so.
bool is_quotable(std::string_view text) {
  std::size_t backslashes = 0;
  for (const char c : text) {
    if (is_control(c) || (c == '"' && backslashes % 2 == 1)) return false;
    backslashes = c == '\\' ? backslashes + 1 : 0;
  }
  return backslashes % 2 == 0;
}

void write_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '\\';
    out += c;
  }
  out += '"';
}

void write_escaped(std::string& out, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "!\"";
  for (const char c : text) {
    if (is_control(c)) {
      const auto octet = static_cast<std::uint8_t>(c);
      out += "\\x";
      out += kDigits[octet >> 4];
      out += kDigits[octet & 15];
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

void write_value(std::string& out, std::string_view text) {
  if (is_word(text)) {
    out += text;
  } else if (is_quotable(text)) {
    write_quoted(out, text);
  } else {
    write_escaped(out, text);
  }
}

void write_values(std::string& out, const Setting& setting) {
  if (setting.values.size() == 1) return write_value(out, setting.values.front());
  out += '[';
  for (std::size_t i = 0; i < setting.values.size(); ++i) {
    if (i > 0) out += ", ";
    write_value(out, setting.values[i]);
  }
  out += ']';
}

}  // namespace

void export_text(const Config& config, const std::function<void(std::string_view)>& write) {
  std::string text;
  const Section* current = nullptr;
  visit(config, {}, [&](const Section& section, std::string_view, const Option& option,
                        const Setting& setting) {
    if (&section != current) {
      if (current != nullptr) text += '\n';
      text += std::string(section.name) + ":\n";
      current = &section;
    }
    text += !section.has_entries() || option.name != section.id ? "    " : "  - ";
    text += std::string(option.name) + ": ";
    write_values(text, setting);
    text += '\n';
    if (text.size() >= kPieceOctets) {
      write(text);
      text.clear();
    }
    return true;
  });
  if (!text.empty()) write(text);
}

std::string export_text(const Config& config) {
  std::string text;
  export_text(config, [&](std::string_view piece) { text += piece; });
  return text;
}

}  // namespace bowline::control::config
