#include "rdata.h"

namespace bowline::oracle {

Octets u8(std::size_t value) { return Octets(1, static_cast<char>(value)); }
Octets u16(std::size_t value) { return u8(value >> 8) + u8(value); }
Octets u32(std::size_t value) { return u16(value >> 16) + u16(value); }

Octets random_octets(Choices& choices, std::size_t size) {
  Octets octets;
  while (octets.size() < size) octets += u8(choices.below(256));
  return octets;
}

namespace {

// Mostly one short string; now and then so many octets that replies are cut.
Octets make_text(Choices& choices) {
  if (!choices.percent(12)) return u8(2) + random_octets(choices, 2);
  Octets text;
  for (std::size_t left = 1 + choices.below(6); left > 0; --left) {
    text += u8(200) + Octets(199, 't') + u8('a' + choices.below(26));
  }
  return text;
}

// RFC 9460 2.2: priority, target, parameters in order of their keys.
Octets make_binding(Choices& choices, const Name& target) {
  const std::size_t priority = choices.below(3);
  Octets rdata = u16(priority) + to_wire(choices.percent(30) ? Name() : target);
  if (priority != 0 && choices.percent(50)) rdata += u16(3) + u16(2) + u16(443);
  return rdata;
}

}  // namespace

Octets make_rdata(Choices& choices, RrType type, const Name& target) {
  switch (type) {
    case RrType::kA: return random_octets(choices, 4);
    case RrType::kAaaa: return random_octets(choices, 16);
    case RrType::kTxt: return make_text(choices);
    case RrType::kMx: return u16(choices.below(4)) + to_wire(target);
    case RrType::kSrv: return u16(choices.below(4)) + u16(0) + u16(53) + to_wire(target);
    case RrType::kSvcb:
    case RrType::kHttps: return make_binding(choices, target);
    case RrType::kDs:
      return u16(choices.below(65536)) + u8(13) + u8(2) + random_octets(choices, 32);
    case RrType::kNs:
    case RrType::kCname:
    case RrType::kDname:
    case RrType::kPtr: return to_wire(target);
    default: return random_octets(choices, 3);
  }
}

RrType random_type(Choices& choices) {
  static const std::vector<RrType> all = {
      RrType::kA,   RrType::kA,    RrType::kAaaa, RrType::kTxt, RrType::kMx,
      RrType::kSrv, RrType::kSvcb, RrType::kHttps, RrType::kPtr, static_cast<RrType>(65280)};
  return choices.of(all);
}

Octets type_bitmap(const std::set<RrType>& types) {
  Octets bitmap;
  for (unsigned window = 0; window < 256; ++window) {
    Octets block;
    for (const RrType type : types) {
      const unsigned code = dns::code_of(type);
      if (code >> 8 != window) continue;
      const unsigned at = (code & 0xff) / 8;
      if (block.size() <= at) block.resize(at + 1, '\0');
      block[at] = static_cast<char>(static_cast<unsigned char>(block[at]) | 0x80u >> code % 8);
    }
    if (!block.empty()) bitmap += u8(window) + u8(block.size()) + block;
  }
  return bitmap;
}

}  // namespace bowline::oracle
