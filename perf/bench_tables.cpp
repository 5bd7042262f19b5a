#include "bench_tables.h"

#include <sys/random.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

#include "dns/message.h"
#include "zones/builder.h"
#include "zones/layout.h"

namespace bowline::perf {

namespace {

using dns::RrType;

constexpr std::uint32_t kTtl_s = 3600;
constexpr std::size_t kDraftsAtOnce = 10'000;  // zones published together

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

// The records that the mix needs for one of the names.
void add_name(BenchSigning& zone, Mix mix, std::uint64_t number, std::uint64_t zone_number) {
  const auto address = address_of(number);
  const Owner plain = make_owner("", 'n', number, zone_number);
  switch (mix) {
    case Mix::kHit:
    case Mix::kHot:
    case Mix::kNxdomain:
      zone.add(plain.view(), RrType::kA, kTtl_s, address);
      return;
    case Mix::kDelegation: {
      const Owner server = make_owner("ns", 'n', number, zone_number);
      zone.add(plain.view(), RrType::kNs, kTtl_s, server.view().bytes(), false);
      zone.add(server.view(), RrType::kA, kTtl_s, address, false);
      return;
    }
    case Mix::kCname:
      // Two owners are two of the names: the alias of a number points to the name of that number.
      zone.add(make_owner("", 'c', number, zone_number).view(), RrType::kCname, kTtl_s,
                  plain.view().bytes());
      zone.add(plain.view(), RrType::kA, kTtl_s, address);
      return;
    case Mix::kWildcard:
      zone.add_empty(plain.view());
      zone.add(make_owner("*", 'n', number, zone_number).view(), RrType::kA, kTtl_s, address);
      return;
  }
}

}  // namespace

dns::Result<std::unique_ptr<BenchTables>> BenchTables::build(const TablesPlan& plan) {
  std::unique_ptr<BenchTables> tables(new BenchTables(plan));
  auto chunks = link::ChunkWriter::reserve(plan.huge_pages);
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
  std::array<std::uint8_t, link::kHashSecretBytes> secret;
  if (::getrandom(secret.data(), secret.size(), 0) != static_cast<ssize_t>(secret.size())) {
    return dns::Error{"no random numbers from the kernel"};
  }
  tables->header_ = link::init_tables(writer.at<std::byte>(0), writer.size(0), 1,
                                      zones::kTablesLayout, secret);
  tables->publisher_ = std::make_unique<zones::Publisher>(*tables->heap_, *tables->header_,
                                                          link::Settings{}, nullptr);
  if (auto built = tables->build_zones(); !built) return dns::Error{built.error()};
  if (plan.huge_pages && writer.fell_back()) {
    return dns::Error{"no 2 MiB pages left: write more to /proc/sys/vm/nr_hugepages, or use 4k"};
  }
  return tables;
}

// Name i belongs to zone i % zones, so that neighbours in number are not neighbours in memory.
dns::Result<void> BenchTables::build_zones() {
  dns::HashKey secret;
  std::memcpy(secret.bytes.data(), header_->hash_secret, secret.bytes.size());
  zones::Arena arena(*heap_);
  std::vector<zones::ZoneDraft> drafts;
  for (std::uint64_t zone = 0; zone < plan_.zones; ++zone) {
    std::array<std::uint8_t, 32> octets;
    const dns::NameView apex(octets.data(),
                             static_cast<std::size_t>(put_apex(octets.data(), zone) -
                                                      octets.data()));
    zones::ZoneBuilder builder(arena, secret, apex);
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
    auto published = publisher_->publish(std::move(drafts));
    if (!published) return dns::Error{published.error()};
    drafts.clear();
    publisher_->reclaim(*published);
  }
  return {};
}

std::size_t BenchTables::write_question(std::uint64_t number, std::uint64_t random,
                                        std::uint8_t* at) const {
  std::uint8_t* const start = at;
  const std::uint64_t zone = number % plan_.zones;
  switch (plan_.mix) {
    case Mix::kHit:
    case Mix::kHot:
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
    case Mix::kWildcard:
      at = put_number_label(at, 'x', random & 0xffffffff);
      at = put_number_label(at, 'n', number);
      break;
  }
  return static_cast<std::size_t>(put_apex(at, zone) - start);
}

std::string BenchTables::check_reply(std::uint64_t number, bool dnssec_ok,
                                     dns::Bytes reply) const {
  struct Wanted {
    dns::Rcode rcode;
    unsigned answers, authorities;
    bool has_address;
  };
  const bool is_signed = plan_.dnssec != Dnssec::kNone && dnssec_ok;
  const auto wanted = [&]() -> Wanted {
    switch (plan_.mix) {
      case Mix::kNxdomain: return {dns::Rcode::kNxDomain, 0, 1, false};
      case Mix::kDelegation: return {dns::Rcode::kNoError, 0, 1, true};
      case Mix::kCname: return {dns::Rcode::kNoError, 2, 0, true};
      default: return {dns::Rcode::kNoError, 1, 0, true};
    }
  }();
  dns::MessageReader reader(reply);
  const dns::Header header = reader.header();
  dns::MessageReader::Record record;
  bool found = false;
  const auto address = address_of(number);
  while (reader.next(record)) {
    if (record.section == dns::Section::kQuestion || record.type != RrType::kA) continue;
    found = record.rdata_size == 4 &&
            std::memcmp(&reply[record.rdata_offset], address.data(), 4) == 0;
  }
  if (!reader.ok() || !reader.at_end()) return "malformed reply";
  if ((header.flags & dns::flag::kRcodeMask) != static_cast<unsigned>(wanted.rcode)) {
    return "wrong response code " + std::to_string(header.flags & dns::flag::kRcodeMask);
  }
  // Each RRset but NS has its RRSIG; proofs are two to six records more.
  const unsigned answers = wanted.answers * (is_signed ? 2 : 1);
  const bool is_proved = is_signed && plan_.mix != Mix::kHit && plan_.mix != Mix::kHot &&
                         plan_.mix != Mix::kCname;
  const unsigned least = wanted.authorities + (is_proved ? 2 : 0);
  if (header.ancount != answers || header.nscount < least ||
      header.nscount > least + (is_proved ? 5 : 0)) {
    return "wrong number of records";
  }
  return found == wanted.has_address ? "" : "wrong address";
}

}  // namespace bowline::perf
