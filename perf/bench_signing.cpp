#include "bench_signing.h"

#include <algorithm>
#include <array>
#include <memory>

#include "dns/wire.h"
#include "zones/tree_key.h"

namespace bowline::perf {

namespace {

using dns::RrType;

constexpr std::uint32_t kDenialTtl_s = 300;

dns::NameView view_of(const std::string& wire) {
  return {reinterpret_cast<const std::uint8_t*>(wire.data()), wire.size()};
}

// RFC 4034 4.1.2. All types of these zones are of window 0.
void put_bitmap(dns::WireWriter& out, const std::vector<RrType>& types) {
  std::array<std::uint8_t, 32> bits{};
  std::uint8_t size = 0;
  for (const RrType type : types) {
    const unsigned code = dns::code_of(type);
    bits[code / 8] = static_cast<std::uint8_t>(bits[code / 8] | 0x80 >> code % 8);
    size = std::max(size, static_cast<std::uint8_t>(code / 8 + 1));
  }
  if (size == 0) return;
  out.u8(0);
  out.u8(size);
  out.bytes({bits.data(), size});
}

// RFC 5155 3: base32hex.
dns::Name nsec3_owner(const answer::Nsec3Hash& hash, dns::NameView apex) {
  std::array<std::uint8_t, 32> label;
  unsigned bits = 0, count = 0;
  std::size_t size = 0;
  for (const std::uint8_t octet : hash) {
    bits = bits << 8 | octet;
    for (count += 8; count >= 5; count -= 5) {
      label[size++] =
          static_cast<std::uint8_t>("0123456789abcdefghijklmnopqrstuv"[bits >> (count - 5) & 31]);
    }
  }
  return dns::Name::prepend(label, apex).value_or(dns::Name());
}

}  // namespace

BenchSignature::BenchSignature(dns::NameView owner, RrType type, std::uint32_t ttl_s,
                               dns::NameView apex) {
  dns::WireWriter out(octets_);
  const bool is_wildcard = owner.data()[0] == 1 && owner.data()[1] == '*';
  out.u16(dns::code_of(type));
  out.u8(13);
  out.u8(static_cast<std::uint8_t>(owner.depth() - is_wildcard));
  out.u32(ttl_s);
  out.u32(2147483647);
  out.u32(1);
  out.u16(4711);
  out.bytes(apex.bytes());
  std::array<std::uint8_t, kSignatureSize> signature;
  signature.fill(0x5a);
  out.bytes(signature);
  size_ = out.written().size();
}

void BenchSigning::add(dns::NameView owner, RrType type, std::uint32_t ttl, dns::Bytes rdata,
                       bool is_signed) {
  builder_.add(owner, type, ttl, rdata);
  if (dnssec_ == Dnssec::kNone) return;
  if (is_signed) add_signature(owner, type, ttl);
  if (!is_signed && type != RrType::kNs) return;
  std::string wire(reinterpret_cast<const char*>(owner.data()), owner.size());
  if (links_.empty() || links_.back().owner != wire) links_.push_back({std::move(wire), {}});
  links_.back().types.push_back(type);
  if (is_signed) links_.back().types.push_back(RrType::kRrsig);
}

void BenchSigning::add_empty(dns::NameView owner) {
  if (dnssec_ != Dnssec::kNsec3) return;
  links_.push_back({{reinterpret_cast<const char*>(owner.data()), owner.size()}, {}});
}

void BenchSigning::add_signature(dns::NameView owner, RrType type, std::uint32_t ttl) {
  builder_.add(owner, RrType::kRrsig, ttl, BenchSignature(owner, type, ttl, apex_).rdata());
}

void BenchSigning::finish() {
  if (dnssec_ == Dnssec::kNsec) finish_nsec();
  if (dnssec_ == Dnssec::kNsec3) finish_nsec3();
}

void BenchSigning::finish_nsec() {
  const auto key_of = [&](const Link& link) {
    return zones::TreeKey::of_owner(view_of(link.owner).bytes().first(link.owner.size() -
                                                                      apex_.size()));
  };
  std::sort(links_.begin(), links_.end(), [&](const Link& a, const Link& b) {
    return key_of(a).compare(key_of(b)) < 0;
  });
  for (std::size_t i = 0; i < links_.size(); ++i) {
    std::array<std::uint8_t, dns::kMaxNameSize + 34> octets;
    dns::WireWriter out(octets);
    out.bytes(view_of(links_[(i + 1) % links_.size()].owner).bytes());
    std::vector<RrType> types = links_[i].types;
    types.insert(types.end(), {RrType::kRrsig, RrType::kNsec});
    put_bitmap(out, types);
    const dns::NameView owner = view_of(links_[i].owner);
    builder_.add(owner, RrType::kNsec, kDenialTtl_s, out.written());
    add_signature(owner, RrType::kNsec, kDenialTtl_s);
  }
}

void BenchSigning::finish_nsec3() {
  constexpr std::uint8_t kParameters[] = {1, 0, 0, 0, 0};  // SHA-1, no iterations, no salt
  add(apex_, RrType::kNsec3Param, 0, kParameters);
  const auto hasher = std::make_unique<answer::Nsec3Hasher>();
  std::vector<std::pair<answer::Nsec3Hash, const Link*>> chain;
  // The apex came in two pieces: before the names and now.
  for (const Link& link : links_) {
    if (&link != &links_.back()) chain.emplace_back(hasher->hash({view_of(link.owner), {}}), &link);
  }
  std::sort(chain.begin(), chain.end());
  for (std::size_t i = 0; i < chain.size(); ++i) {
    std::array<std::uint8_t, 64> octets;
    dns::WireWriter out(octets);
    out.bytes(kParameters);
    out.u8(zones::kNsec3HashSize);
    out.bytes(chain[(i + 1) % chain.size()].first);
    put_bitmap(out, chain[i].second->types);
    const dns::Name owner = nsec3_owner(chain[i].first, apex_);
    builder_.add(owner, RrType::kNsec3, kDenialTtl_s, out.written());
    add_signature(owner, RrType::kNsec3, kDenialTtl_s);
  }
}

}  // namespace bowline::perf
