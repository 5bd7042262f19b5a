// Token: one item of presentation text, as the zone-file scanner cuts it and rdata parsers take it.
#pragma once

#include <cstdint>
#include <string_view>

namespace bowline::dns {

// `text` is raw: escapes are still in it, quotes are not. It lives as long as the scanned text.
struct Token {
  std::string_view text;
  bool quoted = false;
  std::uint32_t line = 1;    // from 1
  std::uint32_t column = 1;  // from 1, in octets
};

}  // namespace bowline::dns
