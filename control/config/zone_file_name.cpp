// Names of zone files.
#include "control/config/zone_file_name.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <optional>
#include <vector>

namespace bowline::control::config {
namespace {

constexpr unsigned kMaxIndex = 1023;  // the text of a name has at most 1,008 characters

// One formatter, or a run of plain characters.
struct Piece {
  char kind = 0;  // 0: plain; s, c, l, %
  std::string_view plain{};
  unsigned first = 0;
  unsigned last = 0;
};

std::optional<unsigned> take_number(std::string_view& text) {
  unsigned number = 0;
  const auto [rest, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{} || number > kMaxIndex) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  return number;
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

// Takes [N] or, if ranges are allowed, [N-M].
bool take_index(std::string_view& text, Piece& piece, bool range_allowed) {
  if (!take(text, '[')) return false;
  const auto first = take_number(text);
  if (!first) return false;
  piece.first = piece.last = *first;
  if (range_allowed && take(text, '-')) {
    const auto last = take_number(text);
    if (!last || *last < *first) return false;
    piece.last = *last;
  }
  return take(text, ']');
}

// Takes the next piece from a pattern that is not empty. Nothing: a bad formatter.
std::optional<Piece> take_piece(std::string_view& text) {
  Piece piece;
  if (text.front() != '%') {
    piece.plain = text.substr(0, text.find('%'));
    text.remove_prefix(piece.plain.size());
    return piece;
  }
  text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  piece.kind = text.front();
  text.remove_prefix(1);
  if (piece.kind == '%' || piece.kind == 's') return piece;
  const bool indexed = piece.kind == 'c' || piece.kind == 'l';
  if (!indexed || !take_index(text, piece, piece.kind == 'c')) return std::nullopt;
  return piece;
}

// As Knot does it: the zones of RFC 2317 keep their files.
std::string without_slashes(std::string text) {
  std::ranges::replace(text, '/', '_');
  return text;
}

std::string label_text(dns::NameView zone, unsigned from_right) {
  if (from_right >= zone.depth()) return {};
  const dns::NameView suffix = zone.suffix(from_right + 1);
  const std::string whole = suffix.to_text();
  const std::string rest = suffix.parent().to_text();
  const std::size_t tail = rest == "." ? 1 : rest.size() + 1;
  return whole.substr(0, whole.size() - tail);
}

struct Span {
  std::size_t begin, end;
};

// Writes the dots of a component "." or ".." that a name of a zone had a part in as \046.
void escape_dots(std::string& path, const std::vector<Span>& expanded) {
  for (std::size_t end = path.size(); end != std::string::npos;) {
    const std::size_t slash = end == 0 ? std::string::npos : path.rfind('/', end - 1);
    const std::size_t begin = slash == std::string::npos ? 0 : slash + 1;
    const std::string component = path.substr(begin, end - begin);
    const bool by_name = std::ranges::any_of(expanded, [&](const Span& span) {
      return span.begin < end && begin < span.end;
    });
    if (by_name && (component == "." || component == "..")) {
      path.replace(begin, end - begin, component.size() == 1 ? "\\046" : "\\046\\046");
    }
    end = slash;
  }
}

}  // namespace

dns::Result<void> check_zone_file_name(std::string_view pattern) {
  std::string_view rest = pattern;
  while (!rest.empty()) {
    const std::size_t at = pattern.size() - rest.size();
    if (!take_piece(rest)) {
      return dns::Error{"\"" + std::string(pattern.substr(at, 12)) +
                        "\" is no formatter, allowed are %s, %c[N], %c[N-M], %l[N] and %%"};
    }
  }
  return {};
}

std::string expand_zone_file_name(std::string_view pattern, dns::NameView zone) {
  const std::string text = without_slashes(zone.is_root() ? "." : zone.to_text());
  const bool absolute = pattern.starts_with('/');
  std::string result;
  std::vector<Span> expanded;
  while (!pattern.empty()) {
    const auto piece = take_piece(pattern);
    assert(piece.has_value());
    const std::size_t begin = result.size();
    switch (piece->kind) {
      case 's': result.append(text, 0, text.size() - 1); break;
      case '%': result += '%'; break;
      case 'l': result += without_slashes(label_text(zone, piece->first)); break;
      case 'c':
        if (piece->first < text.size()) {
          result.append(text, piece->first, piece->last - piece->first + 1);
        }
        break;
      default: result += piece->plain;
    }
    if (piece->kind != 0) expanded.push_back({begin, result.size()});
  }
  escape_dots(result, expanded);
  // What is left when a formatter at the start gives nothing is still meant to be below storage.
  if (!absolute && result.starts_with('/')) result.insert(0, 1, '.');
  return result;
}

}  // namespace bowline::control::config
