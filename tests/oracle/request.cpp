#include "request.h"

namespace bowline::oracle {

namespace {

constexpr std::size_t kHeader = 12;
constexpr unsigned kMaxOptions = 32;  // what the product takes (hardening 44)

unsigned u8(const Octets& octets, std::size_t at) { return static_cast<unsigned char>(octets[at]); }
unsigned u16(const Octets& octets, std::size_t at) {
  return u8(octets, at) << 8 | u8(octets, at + 1);
}

enum class Owner { kMalformed, kRoot, kName, kDoubtful };

// RFC 1035 4.1.4: labels, then the root or a pointer to a prior occurrence of a name, which cannot
// stand in the header. What the pointer leads to is not read.
Owner skip_owner(const Octets& message, std::size_t& at) {
  const std::size_t start = at;
  while (at < message.size()) {
    const unsigned length = u8(message, at);
    if (length == 0) return ++at == start + 1 ? Owner::kRoot : Owner::kName;
    if (length >= 0xc0) {
      if (at + 2 > message.size()) return Owner::kMalformed;
      const std::size_t target = u16(message, at) & 0x3fff;
      at += 2;
      return target >= kHeader && target < start ? Owner::kDoubtful : Owner::kMalformed;
    }
    if (length > kMaxLabel) return Owner::kMalformed;
    at += 1 + length;
    if (at - start >= kMaxName) return Owner::kMalformed;
  }
  return Owner::kMalformed;
}

// RFC 6891 6.1.2: {attribute, value} pairs that fill the rdata. RFC 7873 5.2.2: a cookie has 8
// octets, or 16 to 40; of several the first counts (RFC 7873 5.2).
void read_options(const Octets& rdata, Request& request) {
  unsigned count = 0;
  std::size_t at = 0;
  while (at < rdata.size()) {
    if (rdata.size() - at < 4 || rdata.size() - at - 4 < u16(rdata, at + 2) ||
        ++count > kMaxOptions) {
      request.is_malformed = true;
      return;
    }
    const unsigned code = u16(rdata, at);
    const Octets value = rdata.substr(at + 4, u16(rdata, at + 2));
    at += 4 + value.size();
    const bool is_first = request.options.emplace(code, value).second;
    const std::size_t size = value.size();
    if (code == 10 && is_first && size != 8 && (size < 16 || size > 40)) {
      request.is_malformed = true;
      return;
    }
  }
}

struct Place {
  bool is_additional;
  bool is_last;
};

// One record at `at`; false: nothing behind it can be read.
bool read_record(const Octets& message, Place place, std::size_t& at, Request& request) {
  const Owner owner = skip_owner(message, at);
  if (owner == Owner::kMalformed || message.size() - at < 10) return false;
  const auto type = static_cast<RrType>(u16(message, at));
  const std::size_t size = u16(message, at + 8);
  const std::size_t fixed = at;
  at += 10;
  if (message.size() - at < size) return false;
  const Octets rdata = message.substr(at, size);
  at += size;
  if (owner == Owner::kDoubtful) request.is_doubtful = true;
  if (type == RrType::kOpt) {
    // RFC 6891 6.1.1: in the additional section, at most one, with the root as its owner.
    if (!place.is_additional || owner != Owner::kRoot || request.has_opt) return false;
    request.has_opt = true;
    request.udp_size = static_cast<std::uint16_t>(u16(message, fixed + 2));
    request.version = u8(message, fixed + 5);
    request.dnssec_ok = (u8(message, fixed + 6) & 0x80) != 0;  // RFC 3225 3
    read_options(rdata, request);
    if (request.is_malformed) return false;
  }
  const bool is_last = place.is_additional && place.is_last;
  // RFC 8945 5.1: TSIG is the last record of the additional section.
  if (type == RrType::kTsig && !is_last) return false;
  // RFC 2931 3: SIG(0) is a SIG that covers type 0.
  const bool is_sig0 = type == RrType::kSig && size >= 2 && u16(rdata, 0) == 0;
  if (is_last) request.is_signed = type == RrType::kTsig || is_sig0;
  return true;
}

void read_records(const Octets& message, std::size_t at, Request& request) {
  const std::size_t other = u16(message, 6) + u16(message, 8);
  const std::size_t all = other + u16(message, 10);
  for (std::size_t i = 0; i < all; ++i) {
    if (!read_record(message, {i >= other, i + 1 == all}, at, request)) {
      request.is_malformed = true;
      return;
    }
  }
  if (at != message.size()) request.is_malformed = true;  // octets that belong to nothing
}

}  // namespace

// RFC 7871 6: FAMILY, SOURCE PREFIX-LENGTH, SCOPE PREFIX-LENGTH, as many octets as the prefix
// needs, the bits behind it zero.
bool is_client_subnet(const Octets& value) {
  if (value.size() < 4) return false;
  const unsigned family = u16(value, 0), source = u8(value, 2), scope = u8(value, 3);
  const unsigned bits = family == 1 ? 32 : family == 2 ? 128 : 0;
  if (family > 2 || source > bits || scope != 0 || value.size() != 4 + (source + 7) / 8) {
    return false;
  }
  return source % 8 == 0 || (u8(value, value.size() - 1) & (0xffu >> source % 8)) == 0;
}

Request read_request(const Octets& message) {
  Request request;
  request.has_header = message.size() >= kHeader;
  if (!request.has_header) return request;
  request.id = static_cast<std::uint16_t>(u16(message, 0));
  request.flags = static_cast<std::uint16_t>(u16(message, 2));
  request.opcode = request.flags >> 11 & 15;
  request.qdcount = static_cast<std::uint16_t>(u16(message, 4));
  std::size_t at = kHeader;
  if (request.qdcount == 1) {
    request.has_question = read_name(message, at, request.qname) && message.size() - at >= 4;
  }
  if (!request.has_question) {
    // RFC 9619: a QUERY has one question.
    request.is_malformed = true;
    if (request.qdcount == 0) read_records(message, at, request);
    return request;
  }
  request.qtype = static_cast<RrType>(u16(message, at));
  request.qclass = static_cast<std::uint16_t>(u16(message, at + 2));
  at += 4;
  request.question = message.substr(kHeader, at - kHeader);
  read_records(message, at, request);
  return request;
}

}  // namespace bowline::oracle
