// Records of a zone file: owner, TTL, class, type, rdata (RFC 1035 5.1).
#include <cstring>

#include "dns/name_text.h"
#include "dns/text_address.h"
#include "dns/text_number.h"
#include "dns/zone_file_reader.h"

namespace bowline::dns {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 0x20) : c; }

// RFC 1035 3.2.4 but for CSNET, which is obsolete, and CLASSnnn of RFC 3597 5.
std::optional<std::uint16_t> class_from_text(std::string_view text) {
  if (text.size() == 2) {
    const char first = upper(text[0]);
    const char second = upper(text[1]);
    if (first == 'I' && second == 'N') return std::uint16_t{1};
    if (first == 'C' && second == 'H') return std::uint16_t{3};
    if (first == 'H' && second == 'S') return std::uint16_t{4};
    return std::nullopt;
  }
  constexpr std::string_view kPrefix = "CLASS";
  if (text.size() <= kPrefix.size()) return std::nullopt;
  for (std::size_t i = 0; i < kPrefix.size(); ++i) {
    if (upper(text[i]) != kPrefix[i]) return std::nullopt;
  }
  const auto number = number_from_text(text.substr(kPrefix.size()), UINT16_MAX);
  if (!number) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

std::string class_to_text(std::uint16_t rr_class) {
  return rr_class == 1 ? "IN" : "CLASS" + std::to_string(rr_class);
}

}  // namespace

void ZoneFileReader::read_record(File& file) {
  const Entry& entry = file.scanner.entry();
  std::size_t next = 0;
  if (!entry.blank_start) {
    if (!set_owner(file, entry.tokens[0])) return;
    next = 1;
  } else if (!file.owner.valid) {
    unexpected(file, entry.tokens[0],
               "an owner name at the start of the line: the last one is missing or wrong");
    return;
  }
  Head head;
  if (!read_head(file, next, head)) return;
  Bytes rdata;
  TextError fault;
  if (!read_rdata_text(head.type, entry.tokens.subspan(head.next), file, rdata, fault)) {
    Position position{fault.line, fault.column};
    if (position.line == 0) position = end_of_entry(file);
    error(file, position, "found " + fault.found + ", expected " + fault.expected);
    return;
  }
  hand_on(file, head, rdata, entry.tokens[0].line);
}

// Most records have the owner of the one before, spelled the same.
bool ZoneFileReader::set_owner(File& file, const Token& token) {
  Owner& owner = file.owner;
  const std::string_view text = token.text;
  if (owner.text_size != 0 && text.size() == owner.text_size && !token.quoted &&
      std::memcmp(text.data(), owner.text.data(), text.size()) == 0) {
    return true;
  }
  owner.valid = false;
  owner.text_size = 0;
  if (token.quoted) {
    unexpected(file, token, "an owner name without quotes");
    return false;
  }
  const NameView origin = file.origin.view();
  std::size_t size = 0;
  const NameTextFault fault = read_name_text(text, &origin, owner.bytes.data(), size);
  if (fault != NameTextFault::kNone) {
    unexpected(file, token, "a domain name: this " + std::string(to_text(fault)));
    return false;
  }
  owner.size = static_cast<std::uint8_t>(size);
  owner.valid = true;
  if (text.size() <= owner.text.size()) {
    std::memcpy(owner.text.data(), text.data(), text.size());
    owner.text_size = static_cast<std::uint8_t>(text.size());
  }
  return true;
}

// [TTL] [class] type, or [class] [TTL] type. No mnemonic starts with a digit.
bool ZoneFileReader::read_head(File& file, std::size_t next, Head& head) {
  const std::span<const Token> tokens = file.scanner.entry().tokens;
  bool has_ttl = false;
  bool has_class = false;
  for (; next < tokens.size(); ++next) {
    const Token& token = tokens[next];
    if (!has_ttl && !token.quoted && is_digit(token.text[0])) {
      const auto ttl = period_from_text(token.text);
      if (!ttl) {
        unexpected(file, token, "a TTL such as 3600 or 1h30m, at most 4294967295 seconds");
        return false;
      }
      has_ttl = true;
      head.ttl = *ttl;
      continue;
    }
    bool fault = false;
    if (!has_class && is_class(file, token, fault)) {
      if (fault) return false;
      has_class = true;
      continue;
    }
    if (!read_type(file, token, head)) return false;
    head.next = next + 1;
    if (!has_ttl) {
      head.ttl = file.ttl;
    } else if (!file.has_ttl_line) {
      file.ttl = head.ttl;
    }
    return true;
  }
  missing(file, "a record type");
  return false;
}

// Sets `fault`, having reported it, if it is the wrong class.
bool ZoneFileReader::is_class(File& file, const Token& token, bool& fault) {
  if (token.quoted) return false;
  const auto rr_class = class_from_text(token.text);
  if (!rr_class) return false;
  if (*rr_class != options_.rr_class) {
    unexpected(file, token, "the zone's class " + class_to_text(options_.rr_class));
    fault = true;
  }
  return true;
}

bool ZoneFileReader::read_type(const File& file, const Token& token, Head& head) {
  const auto type = token.quoted ? std::nullopt : rr_type_from_text(token.text);
  if (!type) {
    unexpected(file, token, "a TTL, a class or a record type");
    return false;
  }
  if (is_meta_type(*type)) {
    unexpected(file, token, "a type that a zone can hold");
    return false;
  }
  head.type = *type;
  return true;
}

// Rdata of one word in the types that zones are made of, without the walk over their fields. False:
// it is something else, or wrong. A backslash may begin the generic form.
bool ZoneFileReader::read_usual_rdata(RrType type, std::span<const Token> tokens, const File& file,
                                      Bytes& rdata) const {
  if (tokens.size() != 1 || tokens[0].quoted || tokens[0].text[0] == '\\') return false;
  const std::string_view text = tokens[0].text;
  std::size_t size = 0;
  switch (type) {
    case RrType::kNs:
    case RrType::kCname:
    case RrType::kPtr: {
      const NameView origin = file.origin.view();
      if (read_name_text(text, &origin, rdata_.get(), size) != NameTextFault::kNone) return false;
      break;
    }
    case RrType::kA:
      if (!ipv4_from_text(text, rdata_.get())) return false;
      size = kIpv4Size;
      break;
    case RrType::kAaaa:
      if (!ipv6_from_text(text, rdata_.get())) return false;
      size = kIpv6Size;
      break;
    default: return false;
  }
  rdata = {rdata_.get(), size};
  return true;
}

bool ZoneFileReader::read_rdata_text(RrType type, std::span<const Token> tokens, const File& file,
                                     Bytes& rdata, TextError& fault) const {
  if (read_usual_rdata(type, tokens, file, rdata)) return true;
  WireWriter writer(MutableBytes{rdata_.get(), kMaxRdataSize});
  if (!rdata_from_text(type, tokens, file.origin.view(), writer, fault)) return false;
  rdata = writer.written();
  return true;
}

void ZoneFileReader::hand_on(const File& file, const Head& head, Bytes rdata, std::uint32_t line) {
  ++result_.records;
  const ZoneRecord record{file.owner.view(), head.type, options_.rr_class, head.ttl,
                          rdata,             file.name, line};
  if (!handler_(record)) stopped_ = true;
}

}  // namespace bowline::dns
