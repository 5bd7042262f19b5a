#include "perf/pktgen/query_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>

namespace bowline::perf::pktgen {
namespace {

constexpr std::string_view kBlanks = " \t\r\v\f";
constexpr std::size_t kShown = 64;  // octets of a bad word in an error

// Takes the next word off `line`; empty at its end.
std::string_view next_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(word.size());
  return word;
}

// The word as a terminal can take it.
std::string shown(std::string_view word) {
  std::string out;
  for (const char c : word.substr(0, kShown)) out += c > ' ' && c <= '~' ? c : '?';
  return out;
}

// Adds the question of one line, if there is one. What is wrong with it, or nothing.
std::optional<std::string> add_line(std::string_view line, QuestionSet& out) {
  const std::string_view name = next_word(line);
  if (name.empty() || name[0] == ';' || name[0] == '#') return {};
  const std::string_view type = next_word(line);
  if (type.empty()) {
    return "no type after the name " + shown(name) +
           "; expected a line such as \"www.example.com A\"";
  }
  if (const std::string_view rest = next_word(line); !rest.empty()) {
    return "nothing is expected after name and type, found " + shown(rest);
  }
  const dns::Name root;
  const auto parsed = dns::Name::from_text(name, &root);
  if (!parsed) return "no domain name: " + shown(name);
  const auto number = dns::rr_type_from_text(type);
  if (!number) return "no type: " + shown(type);
  if (!out.add(*parsed, *number)) return "more questions than there is room for";
  return {};
}

}  // namespace

dns::Result<void> read_query_text(std::string_view text, const std::string& name,
                                  QuestionSet& out) {
  const std::size_t before = out.size();
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (const auto fault = add_line(text.substr(0, end), out)) {
      return dns::Error{name + ":" + std::to_string(number) + ": " + *fault};
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (out.size() == before) {
    return dns::Error{name + ": no question in it; expected lines such as \"www.example.com A\""};
  }
  return {};
}

dns::Result<void> read_query_file(const std::string& path, QuestionSet& out) {
  const std::unique_ptr<std::FILE, decltype(&std::fclose)> file(std::fopen(path.c_str(), "rb"),
                                                                &std::fclose);
  std::string text;
  std::array<char, 65'536> part;
  std::size_t got = 0;
  while (file && (got = std::fread(part.data(), 1, part.size(), file.get())) != 0) {
    text.append(part.data(), got);
  }
  if (!file || std::ferror(file.get()) != 0) {
    return dns::Error{"cannot read " + path + ": " + std::strerror(errno)};
  }
  return read_query_text(text, path, out);
}

}  // namespace bowline::perf::pktgen
