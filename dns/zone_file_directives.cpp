// $ORIGIN and $INCLUDE (RFC 1035 5.1), $TTL (RFC 2308 4), $GENERATE (BIND's manual).
#include <cstdlib>
#include <memory>

#include "dns/name_text.h"
#include "dns/text_number.h"
#include "dns/text_string.h"
#include "dns/zone_file_reader.h"

namespace bowline::dns {
namespace {

bool same_word(std::string_view text, std::string_view lower_case) {
  if (text.size() != lower_case.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (fold(static_cast<std::uint8_t>(text[i])) != static_cast<std::uint8_t>(lower_case[i])) {
      return false;
    }
  }
  return true;
}

// The octets that a token stands for, as a path. Nothing if an escape is wrong or one is zero.
std::optional<std::string> path_from_text(std::string_view text) {
  std::string path;
  for (std::size_t at = 0; at < text.size();) {
    int octet = static_cast<std::uint8_t>(text[at]);
    if (octet == '\\') {
      octet = read_escape(text, at);
    } else {
      ++at;
    }
    if (octet <= 0) return std::nullopt;
    path += static_cast<char>(octet);
  }
  if (path.empty()) return std::nullopt;
  return path;
}

}  // namespace

void ZoneFileReader::read_directive(File& file) {
  const Token& name = file.scanner.entry().tokens[0];
  if (same_word(name.text, "$origin")) {
    read_origin(file);
  } else if (same_word(name.text, "$ttl")) {
    read_ttl(file);
  } else if (same_word(name.text, "$include")) {
    read_include(file);
  } else if (same_word(name.text, "$generate")) {
    read_generate(file);
  } else {
    unexpected(file, name,
               "$ORIGIN, $TTL, $INCLUDE or $GENERATE; an owner name that starts with '$' is "
               "written \\$");
  }
}

void ZoneFileReader::read_origin(File& file) {
  if (!has_arguments(file, 1, 1, "a domain name")) return;
  const auto origin = absolute_name(file, file.scanner.entry().tokens[1]);
  if (!origin) return;
  file.origin = *origin;
  file.owner.text_size = 0;  // the same text may now mean another name
}

void ZoneFileReader::read_ttl(File& file) {
  constexpr std::string_view kExpected = "a TTL such as 3600 or 1h30m, at most 4294967295 seconds";
  if (!has_arguments(file, 1, 1, kExpected)) return;
  const Token& token = file.scanner.entry().tokens[1];
  const auto ttl = token.quoted ? std::nullopt : period_from_text(token.text);
  if (!ttl) {
    unexpected(file, token, kExpected);
    return;
  }
  file.ttl = *ttl;
  file.has_ttl_line = true;
}

void ZoneFileReader::read_include(File& file) {
  const std::span<const Token> tokens = file.scanner.entry().tokens;
  if (!options_.allow_include) {
    unexpected(file, tokens[0], "no $INCLUDE: here, including files is not allowed");
    return;
  }
  if (!has_arguments(file, 1, 2, "the name of a file")) return;
  Name origin = file.origin;
  if (tokens.size() == 3) {
    const auto stated = absolute_name(file, tokens[2]);
    if (!stated) return;
    origin = *stated;
  }
  include(file, tokens[1], origin);
}

void ZoneFileReader::include(File& file, const Token& token, const Name& origin) {
  if (file.depth == kMaxIncludeDepth) {
    unexpected(file, token, "no file included more than " + std::to_string(kMaxIncludeDepth) +
                                " levels deep: does one include itself?");
    return;
  }
  if (included_ == kMaxIncludedFiles) {
    unexpected(file, token,
               "no more than " + std::to_string(kMaxIncludedFiles) + " included files in all");
    stopped_ = true;
    return;
  }
  ++included_;
  const auto path = path_from_text(token.text);
  if (!path) {
    unexpected(file, token, "the name of a file");
    return;
  }
  const auto included = std::make_unique<File>((*path)[0] == '/' ? *path : file.folder + *path);
  if (options_.include) options_.include(included->name);
  const std::string reason = included->open();
  if (!reason.empty()) {
    unexpected(file, token, "a file, but " + included->name + " cannot be opened: " + reason);
    return;
  }
  if (!may_include(*included)) {
    unexpected(file, token, "a file in or below the zone file's folder, or one that everybody may "
                            "read (chmod o+r)");
    return;
  }
  included->depth = file.depth + 1;
  included->origin = origin;
  included->ttl = file.ttl;
  included->has_ttl_line = file.has_ttl_line;
  read(*included);
}

// Who may write a zone file shall not read by it what only the server may read: its text comes back
// in zone data and in error messages.
bool ZoneFileReader::may_include(const File& included) const {
  if (included.window.is_public()) return true;
  const std::string path = included.window.real_path();
  const std::string main = main_->window.real_path();
  if (!main.empty() && path.starts_with(main.substr(0, main.rfind('/') + 1))) return true;
  const std::string folder = main_->folder.empty() ? "." : main_->folder;
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(folder.c_str(), nullptr),
                                                         &std::free);
  return real != nullptr && path.starts_with(std::string(real.get()) + '/');
}

void ZoneFileReader::read_generate(File& file) {
  Generate line;
  if (!read_generate_line(file, line)) return;
  ZoneWindow window;
  ZoneScanner scanner(window);
  const std::uint64_t count = line.range.count();
  for (std::uint64_t i = 0; i < count && !stopped_; ++i) {
    const auto value = static_cast<std::uint32_t>(line.range.start + i * line.range.step);
    if (!generate_step(file, line, value, window, scanner)) return;
  }
}

// $GENERATE range owner [TTL] [class] type rdata
bool ZoneFileReader::read_generate_line(File& file, Generate& line) {
  const std::span<const Token> tokens = file.scanner.entry().tokens;
  if (!has_arguments(file, 4, kMaxEntryTokens, "a range, an owner name, a type and rdata")) {
    return false;
  }
  const auto range = read_generate_range(tokens[1].text);
  if (!range) {
    unexpected(file, tokens[1], "a range such as 1-100 or 1-100/2, below 2147483648");
    return false;
  }
  if (range->count() > kMaxGenerateSteps) {
    unexpected(file, tokens[1],
               "a range of at most " + std::to_string(kMaxGenerateSteps) + " steps");
    return false;
  }
  Head& head = line.head;
  if (!read_head(file, 3, head)) return false;
  if (head.next == tokens.size()) {
    missing(file, "rdata");
    return false;
  }
  line.range = *range;
  line.owner_token = &tokens[2];
  line.owner = tokens[2].text;
  line.rdata_token = &tokens[head.next];
  return join_rdata(file, line);
}

// Rdata of several words may stand in one pair of quotes, which are then not part of it.
bool ZoneFileReader::join_rdata(const File& file, Generate& line) {
  const std::span<const Token> tokens =
      file.scanner.entry().tokens.subspan(line.head.next);
  const bool wrapped = tokens.size() == 1 && tokens[0].quoted;
  for (const Token& token : tokens) {
    if (!line.rdata.empty()) line.rdata += ' ';
    if (token.quoted && !wrapped) line.rdata += '"';
    for (std::size_t at = 0; at < token.text.size(); ++at) {
      if (wrapped && token.text.substr(at, 2) == "\\\"") ++at;
      line.rdata += token.text[at];
    }
    if (token.quoted && !wrapped) line.rdata += '"';
    if (line.rdata.size() > kMaxGenerateText || token.text.find('\n') != std::string_view::npos) {
      unexpected(file, token, "rdata of one line and at most " +
                                  std::to_string(kMaxGenerateText) + " octets");
      return false;
    }
  }
  if (line.owner.size() > kMaxGenerateText || line.owner_token->quoted) {
    unexpected(file, *line.owner_token, "an owner name, with $ where the number goes");
    return false;
  }
  return true;
}

// Makes one record; false after an error, which would be the same in all other steps.
bool ZoneFileReader::generate_step(File& file, const Generate& line, std::uint32_t value,
                                   ZoneWindow& window, ZoneScanner& scanner) {
  const std::string step = " (at " + std::to_string(value) + ")";
  const Token* token = line.owner_token;
  std::string owner;
  std::string text;
  GenerateFault fault = expand_generate(line.owner, value, owner);
  if (fault == GenerateFault::kNone) {
    token = line.rdata_token;
    fault = expand_generate(line.rdata, value, text);
  }
  if (fault != GenerateFault::kNone) {
    unexpected(file, *token, std::string(to_text(fault)) + step);
    return false;
  }
  const Token owner_token{owner, false, line.owner_token->line, line.owner_token->column};
  if (!set_owner(file, owner_token)) return false;
  window.use(text);
  scanner.restart();
  const bool some = scanner.next();
  const Position position{token->line, token->column};
  if (some && scanner.entry().fault != ScanFault::kNone) {
    error(file, position, std::string(to_text(scanner.entry().fault)) + step);
    return false;
  }
  Bytes rdata;
  TextError wrong;
  const std::span<const Token> tokens = some ? scanner.entry().tokens : std::span<const Token>{};
  if (!read_rdata_text(line.head.type, tokens, file, rdata, wrong)) {
    error(file, position, "found " + wrong.found + ", expected " + wrong.expected + step);
    return false;
  }
  hand_on(file, line.head, rdata, line.owner_token->line);
  return true;
}

// Whether the entry has `least` to `most` tokens behind the first.
bool ZoneFileReader::has_arguments(const File& file, std::size_t least, std::size_t most,
                                   std::string_view expected) {
  const std::span<const Token> tokens = file.scanner.entry().tokens;
  if (tokens.size() <= least) {
    missing(file, expected);
    return false;
  }
  if (tokens.size() > most + 1) {
    unexpected(file, tokens[most + 1], "the end of the line");
    return false;
  }
  return true;
}

std::optional<Name> ZoneFileReader::absolute_name(const File& file, const Token& token) {
  std::array<std::uint8_t, kMaxNameSize> bytes;
  std::size_t size = 0;
  const NameTextFault fault = token.quoted
                                  ? NameTextFault::kEmpty
                                  : read_name_text(token.text, nullptr, bytes.data(), size);
  if (fault != NameTextFault::kNone) {
    unexpected(file, token, token.quoted ? "a domain name without quotes"
                                         : "an absolute domain name: this " +
                                               std::string(to_text(fault)));
    return std::nullopt;
  }
  return Name(NameView(bytes.data(), size));
}

}  // namespace bowline::dns
