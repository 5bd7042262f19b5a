#include "bench_tables.h"

#include <array>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

#include "dns/message.h"
#include "zones/builder.h"
#include "zones/layout.h"
#include "zones/writer.h"

namespace bowline::perf {

namespace {

using dns::RrType;

constexpr std::uint32_t kTtl_s = 3600;
constexpr std::size_t kDraftsAtOnce = 10'000;  // zones published together
constexpr std::array<std::uint8_t, link::kHashSecretBytes> kSecret = {0x1b, 0x52, 0x0f, 0xc4,
                                                                     0x93, 0x6e, 0xd8, 0x27};

// A name under construction, right below what stands at `end`.
std::uint8_t* put_label(std::uint8_t* at, std::string_view label) {
  *at = static_cast<std::uint8_t>(label.size());
  std::memcpy(at + 1, label.data(), label.size());
  return at + 1 + label.size();
}

// A label of a fixed letter and eight hex digits: distinct for each number, of ordinary length.
std::uint8_t* put_number_label(std::uint8_t* at, char letter, std::uint64_t number) {
  static constexpr char kDigits[] = "0123456789abcdef";
  *at++ = 9;
  *at++ = static_cast<std::uint8_t>(letter);
  for (int shift = 28; shift >= 0; shift -= 4) {
    *at++ = static_cast<std::uint8_t>(kDigits[number >> shift & 15]);
  }
  return at;
}

struct Owner {
  std::array<std::uint8_t, 128> octets;
  std::size_t size = 0;
  dns::NameView view() const { return {octets.data(), size}; }
};

std::uint8_t* put_apex(std::uint8_t* at, std::uint64_t zone) {
  at = put_number_label(at, 'z', zone);
  at = put_label(at, "test");
  *at++ = 0;
  return at;
}

// prefix labels, then the number's label, then its zone.
Owner make_owner(std::string_view prefix, char letter, std::uint64_t number, std::uint64_t zone) {
  Owner owner;
  std::uint8_t* at = owner.octets.data();
  if (!prefix.empty()) at = put_label(at, prefix);
  at = put_number_label(at, letter, number);
  owner.size = static_cast<std::size_t>(put_apex(at, zone) - owner.octets.data());
  return owner;
}

std::array<std::uint8_t, 4> address_of(std::uint64_t number) {
  return {10, static_cast<std::uint8_t>(number >> 16), static_cast<std::uint8_t>(number >> 8),
          static_cast<std::uint8_t>(number)};
}

void add_apex(BenchSigning& zone, dns::NameView apex) {
  std::vector<std::uint8_t> soa(apex.data(), apex.data() + apex.size());
  soa.insert(soa.end(), apex.data(), apex.data() + apex.size());
  const std::uint8_t numbers[20] = {0, 0, 0, 1, 0, 0, 14, 16, 0, 0,
                                    3, 132, 0, 1, 81, 128, 0, 0, 1, 44};
  soa.insert(soa.end(), numbers, numbers + sizeof numbers);
  zone.add(apex, RrType::kSoa, kTtl_s, soa);
  const Owner ns = [&] {
    Owner made;
    std::uint8_t* at = put_label(made.octets.data(), "ns");
    std::memcpy(at, apex.data(), apex.size());
    made.size = 3 + apex.size();
    return made;
  }();
  zone.add(apex, RrType::kNs, kTtl_s, ns.view().bytes());
  zone.add(ns.view(), RrType::kA, kTtl_s, address_of(0));
}

// The owner of the name's address.
Owner address_owner(Mix mix, std::uint64_t number, std::uint64_t zone) {
  switch (mix) {
    case Mix::kDelegation: return make_owner("ns", 'n', number, zone);
    case Mix::kWildcard: return make_owner("*", 'n', number, zone);
    default: return make_owner("", 'n', number, zone);
  }
}

// The records that the mix needs for one of the names.
void add_name(BenchSigning& zone, Mix mix, std::uint64_t number, std::uint64_t zone_number) {
  const Owner plain = make_owner("", 'n', number, zone_number);
  const Owner owner = address_owner(mix, number, zone_number);
  if (mix == Mix::kDelegation) {
    zone.add(plain.view(), RrType::kNs, kTtl_s, owner.view().bytes(), false);
  }
  // Two owners are two of the names: the alias of a number points to the name of that number.
  if (mix == Mix::kCname) {
    zone.add(make_owner("", 'c', number, zone_number).view(), RrType::kCname, kTtl_s,
             plain.view().bytes());
  }
  if (mix == Mix::kWildcard) zone.add_empty(plain.view());
  zone.add(owner.view(), RrType::kA, kTtl_s, address_of(number), mix != Mix::kDelegation);
}

}  // namespace

dns::Result<std::unique_ptr<BenchTables>> BenchTables::build(const TablesPlan& plan) {
  std::unique_ptr<BenchTables> tables(new BenchTables(plan));
  auto chunks = link::ChunkWriter::reserve(plan.huge_pages, plan.reserved_bytes);
  if (!chunks) return dns::Error{chunks.error()};
  tables->chunks_ = std::move(*chunks);
  link::ChunkWriter& writer = tables->chunks_;
  tables->heap_ = std::make_unique<zones::Heap>(
      writer.at<std::byte>(0),
      [&writer](unsigned index, std::size_t size) { return writer.create(index, size).ok(); });
  {
    zones::Arena arena(*tables->heap_);
    arena.free(arena.allocate(link::kGranule), link::kGranule);  // makes chunk 0
  }
  tables->header_ = link::init_tables(writer.at<std::byte>(0), writer.size(0), 1,
                                      zones::kTablesLayout, kSecret);
  std::memcpy(tables->secret_.bytes.data(), kSecret.data(), kSecret.size());
  tables->publisher_ = std::make_unique<zones::Publisher>(*tables->heap_, *tables->header_,
                                                          link::Settings{}, nullptr);
  if (auto built = tables->build_zones(nullptr); !built) return dns::Error{built.error()};
  if (plan.huge_pages && writer.fell_back()) {
    return dns::Error{"no 2 MiB pages left: write more to /proc/sys/vm/nr_hugepages, or use 4k"};
  }
  return tables;
}

// Name i belongs to zone i % zones, so that neighbours in number are not neighbours in memory.
dns::Result<void> BenchTables::build_zones(const link::EpochSlots* readers) {
  zones::Arena arena(*heap_);
  std::vector<zones::ZoneDraft> drafts;
  for (std::uint64_t zone = 0; zone < plan_.zones; ++zone) {
    std::array<std::uint8_t, 32> octets;
    const dns::NameView apex(octets.data(),
                             static_cast<std::size_t>(put_apex(octets.data(), zone) -
                                                      octets.data()));
    zones::ZoneBuilder builder(arena, secret_, apex);
    BenchSigning signing(builder, apex, plan_.dnssec);
    add_apex(signing, apex);
    for (std::uint64_t i = zone; i < plan_.names; i += plan_.zones) {
      add_name(signing, plan_.mix, i, zone);
    }
    signing.finish();
    auto draft = builder.build();
    if (!draft) return dns::Error{draft.error()};
    drafts.push_back(std::move(*draft));
    if (drafts.size() < kDraftsAtOnce && zone + 1 < plan_.zones) continue;
    if (auto published = publish(std::move(drafts), readers); !published) return published;
    drafts.clear();
  }
  return {};
}

dns::Result<void> BenchTables::publish(std::vector<zones::ZoneDraft> drafts,
                                       const link::EpochSlots* readers) {
  auto published = publisher_->publish(std::move(drafts));
  if (!published) return dns::Error{published.error()};
  publisher_->reclaim(readers == nullptr ? *published : readers->oldest_in_use(*published));
  return {};
}

dns::Result<void> BenchTables::update(std::uint64_t number, std::uint32_t ttl_s,
                                      const link::EpochSlots& readers) {
  const std::uint64_t zone_number = number % plan_.zones;
  std::array<std::uint8_t, 32> octets;
  const dns::NameView apex(octets.data(),
                           static_cast<std::size_t>(put_apex(octets.data(), zone_number) -
                                                    octets.data()));
  dns::NameKey key;
  dns::make_name_key(secret_, apex, key);
  const zones::Zone* const zone = zones::find_zone(publisher_->current(), key, key.depth);
  const Owner owner = address_owner(plan_.mix, number, zone_number);
  const auto address = address_of(number);
  const dns::Bytes rdata[] = {address};
  zones::Arena arena(*heap_);
  zones::ZoneWriter writer(arena, secret_, *zone);
  auto changed = writer.replace_rrset(owner.view(), RrType::kA, ttl_s, rdata);
  if (changed && plan_.dnssec != Dnssec::kNone && plan_.mix != Mix::kDelegation) {
    changed = writer.add(owner.view(), RrType::kRrsig, ttl_s,
                         BenchSignature(owner.view(), RrType::kA, ttl_s, apex).rdata());
  }
  if (!changed) return changed;
  auto draft = writer.finish();
  if (!draft) return dns::Error{draft.error()};
  std::vector<zones::ZoneDraft> drafts;
  drafts.push_back(std::move(*draft));
  return publish(std::move(drafts), &readers);
}

std::size_t BenchTables::write_question(std::uint64_t number, std::uint64_t random,
                                        std::uint8_t* at) const {
  std::uint8_t* const start = at;
  const std::uint64_t zone = number % plan_.zones;
  switch (plan_.mix) {
    case Mix::kHit:
    case Mix::kHot:
    case Mix::kRefused:
      at = put_number_label(at, 'n', number);
      break;
    case Mix::kNxdomain:
      at = put_number_label(at, 'x', random & 0xffffffff);
      break;
    case Mix::kDelegation:
      at = put_number_label(put_label(at, "www"), 'n', number);
      break;
    case Mix::kCname:
      at = put_number_label(at, 'c', number);
      break;
    case Mix::kNxdomainDeep:
    case Mix::kWildcard:
      at = put_number_label(at, 'x', random & 0xffffffff);
      at = put_number_label(at, 'n', number);
      break;
  }
  // Zones are numbered from 0.
  const std::uint64_t asked_zone = plan_.mix == Mix::kRefused ? plan_.zones + zone : zone;
  return static_cast<std::size_t>(put_apex(at, asked_zone) - start);
}

CheckedReply BenchTables::check_reply(std::uint64_t number, bool dnssec_ok,
                                      dns::Bytes reply) const {
  struct Wanted {
    dns::Rcode rcode;
    unsigned answers, authorities;
    bool has_address;
  };
  const bool is_signed = plan_.dnssec != Dnssec::kNone && dnssec_ok;
  const auto wanted = [&]() -> Wanted {
    switch (plan_.mix) {
      case Mix::kRefused: return {dns::Rcode::kRefused, 0, 0, false};
      case Mix::kNxdomain:
      case Mix::kNxdomainDeep: return {dns::Rcode::kNxDomain, 0, 1, false};
      case Mix::kDelegation: return {dns::Rcode::kNoError, 0, 1, true};
      case Mix::kCname: return {dns::Rcode::kNoError, 2, 0, true};
      default: return {dns::Rcode::kNoError, 1, 0, true};
    }
  }();
  dns::MessageReader reader(reply);
  const dns::Header header = reader.header();
  dns::MessageReader::Record record;
  bool found = false;
  CheckedReply checked;
  const auto address = address_of(number);
  while (reader.next(record)) {
    if (record.section != dns::Section::kQuestion && record.type == RrType::kRrsig) {
      ++checked.signatures;
    }
    if (record.section == dns::Section::kQuestion || record.type != RrType::kA) continue;
    found = record.rdata_size == 4 &&
            std::memcmp(&reply[record.rdata_offset], address.data(), 4) == 0;
  }
  // Each RRset but NS has its RRSIG; proofs are two to six records more.
  const unsigned answers = wanted.answers * (is_signed ? 2 : 1);
  const bool is_proved = is_signed && plan_.mix != Mix::kHit && plan_.mix != Mix::kHot &&
                         plan_.mix != Mix::kCname && plan_.mix != Mix::kRefused;
  const unsigned least = wanted.authorities + (is_proved ? 2 : 0);
  const unsigned rcode = header.flags & dns::flag::kRcodeMask;
  if (!reader.ok() || !reader.at_end()) {
    checked.fault = "malformed reply";
  } else if (rcode != static_cast<unsigned>(wanted.rcode)) {
    checked.fault = "wrong response code " + std::to_string(rcode);
  } else if (header.ancount != answers || header.nscount < least ||
             header.nscount > least + (is_proved ? 5 : 0)) {
    checked.fault = "wrong number of records";
  } else if (found != wanted.has_address) {
    checked.fault = "wrong address";
  }
  return checked;
}

}  // namespace bowline::perf
