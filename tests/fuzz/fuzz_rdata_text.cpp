// Fuzzer of rdata: any text and any octets for any type.
// Needs dns_dep.
//
// The first two octets are the type; the rest is once taken as text, cut at blanks and quotes, once
// as wire rdata, and once as rdata in a message, where names may be compressed.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "dns/rdata.h"

namespace {

using namespace bowline::dns;

#define CHECK(condition) \
  do {                   \
    if (!(condition)) std::abort(); \
  } while (false)

using Octets = std::vector<std::uint8_t>;

constexpr std::uint8_t kOrigin[] = {6, 'O', 'r', 'i', 'g', 'i', 'n', 0};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n'; }

// As the zone-file scanner does: key="value" is one token with its quotes in it.
std::vector<Token> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < text.size();) {
    if (is_blank(text[at])) {
      ++at;
      continue;
    }
    Token token;
    token.quoted = text[at] == '"';
    if (token.quoted) ++at;
    const std::size_t start = at;
    bool inside = token.quoted;
    for (; at < text.size(); ++at) {
      if (text[at] == '\\') {
        ++at;
      } else if (text[at] == '"') {
        inside = !inside;
        if (token.quoted) break;
      } else if (!inside && is_blank(text[at])) {
        break;
      }
    }
    at = std::min(at, text.size());
    token.text = text.substr(start, at - start);
    if (token.quoted) ++at;
    tokens.push_back(token);
  }
  return tokens;
}

bool parse(RrType type, std::string_view text, Octets& wire) {
  static Octets buffer(2 * kMaxRdataSize);
  const std::vector<Token> tokens = tokens_of(text);
  WireWriter out(buffer);
  TextError error;
  const NameView origin(kOrigin, sizeof(kOrigin));
  if (!rdata_from_text(type, tokens, origin, out, error)) {
    CHECK(!error.expected.empty() && !error.found.empty() && error.found.size() <= 66);
    return false;
  }
  wire.assign(out.written().begin(), out.written().end());
  return true;
}

void check_canonical(RrType type, const Octets& wire) {
  Octets canonical(wire.size());
  WireWriter out(canonical);
  write_canonical_rdata(type, wire, out);
  CHECK(out.ok() && out.size() == wire.size());
  CHECK(check_rdata(type, canonical));
  CHECK(compare_canonical_rdata(type, wire, canonical) == 0);
  CHECK(compare_canonical_rdata(type, canonical, wire) == 0);
  std::array<RdataName, kMaxNamesInRdata> names;
  const std::size_t count = find_names(type, wire, names);
  CHECK(count == 0 || has_names(type));
  for (std::size_t i = 0; i < count; ++i) {
    CHECK(names[i].offset + names[i].size <= wire.size());
    const auto name = NameView::parse(Bytes(wire).subspan(names[i].offset));
    CHECK(name && name->size() == names[i].size);
  }
}

// What holds of rdata that passed check_rdata().
void check_valid(RrType type, const Octets& wire) {
  const std::string text = rdata_to_text(type, wire);
  Octets back;
  CHECK(parse(type, text, back));
  CHECK(back == wire);
  CHECK(rdata_to_text(type, back) == text);
  check_canonical(type, wire);

  static Octets buffer(2 * kMaxRdataSize);
  WireReader reader(wire);
  WireWriter out(buffer);
  // No checked name holds a pointer, so reading gives the octets back.
  CHECK(read_rdata(type, reader, wire.size(), out));
  CHECK(std::equal(wire.begin(), wire.end(), out.written().begin(), out.written().end()));
}

void read_compressed(RrType type, Bytes message) {
  constexpr std::size_t kHeader = 12;
  if (message.size() < kHeader + 1) return;
  const std::size_t at = kHeader + message[0] % (message.size() - kHeader);
  static Octets buffer(2 * kMaxRdataSize);
  WireReader reader(message, at);
  WireWriter out(buffer);
  const bool read = read_rdata(type, reader, message.size() - at, out);
  CHECK(read == reader.ok());
  if (!read) return;
  CHECK(reader.position() == message.size());
  CHECK(check_rdata(type, out.written()));
  check_valid(type, Octets(out.written().begin(), out.written().end()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto type = static_cast<RrType>(load_u16(data));
  const Octets wire(data + 2, data + size);

  Octets parsed;
  const std::string_view text(reinterpret_cast<const char*>(wire.data()), wire.size());
  if (parse(type, text, parsed)) {
    CHECK(check_rdata(type, parsed));
    check_valid(type, parsed);
  }
  if (check_rdata(type, wire)) {
    check_valid(type, wire);
  } else {
    CHECK(rdata_to_text(type, wire).starts_with("\\#"));
  }
  read_compressed(type, wire);
  return 0;
}
