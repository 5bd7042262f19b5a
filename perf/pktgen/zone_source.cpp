#include "perf/pktgen/zone_source.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "dns/zone_file.h"
#include "perf/pktgen/digest.h"
#include "perf/pktgen/random.h"

namespace bowline::perf::pktgen {
namespace {

using dns::Name;
using dns::NameView;
using dns::RrType;

// Questions for nxdomain: as many as others, but no fewer than spread, and no more than defeat the
// caches of any server.
constexpr std::size_t kMinMadeUp = 4'096, kMaxMadeUp = std::size_t{1} << 20;
constexpr std::uint8_t kMadeUpSize = 16;  // of the label: x and 75 random bits

// The RRsets of a zone file, in the order of their first records.
class RrsetTable {
 public:
  struct Rrset {
    std::uint64_t key;       // digest_key(): owner and type
    std::uint64_t digest;
    std::size_t name_offset;
    RrType type;
    std::uint8_t name_size;
  };

  void add(const dns::ZoneRecord& record) {
    const std::uint32_t number = insert(record.owner, record.type);
    records_.push_back({number, digest_record(rrsets_[number].key, record.type, record.rdata)});
  }

  // Sums the records up, each different one once. To be called once, after the last add().
  void finish() {
    std::sort(records_.begin(), records_.end());
    const auto end = std::unique(records_.begin(), records_.end());
    for (auto i = records_.begin(); i != end; ++i) rrsets_[i->first].digest += i->second;
    records_ = {};
  }

  const std::vector<Rrset>& rrsets() const { return rrsets_; }
  NameView owner(const Rrset& rrset) const {
    return {names_.data() + rrset.name_offset, rrset.name_size};
  }
  const Rrset* find(NameView owner, RrType type) const {
    if (slots_.empty()) return nullptr;
    const std::uint32_t number = slots_[slot_of(digest_key(owner, type), owner, type)];
    return number == kFree ? nullptr : &rrsets_[number];
  }

 private:
  static constexpr std::uint32_t kFree = 0xffff'ffff;

  // The slot that has it, or the free one where it belongs.
  std::size_t slot_of(std::uint64_t key, NameView name, RrType type) const {
    for (std::size_t at = key & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at] == kFree) return at;
      const Rrset& rrset = rrsets_[slots_[at]];
      if (rrset.key == key && rrset.type == type && owner(rrset).equals(name)) return at;
    }
  }

  std::uint32_t insert(NameView name, RrType type) {
    if (2 * rrsets_.size() >= slots_.size()) grow();
    const std::uint64_t key = digest_key(name, type);
    std::uint32_t& slot = slots_[slot_of(key, name, type)];
    if (slot == kFree) {
      slot = static_cast<std::uint32_t>(rrsets_.size());
      rrsets_.push_back({key, 0, names_.size(), type, static_cast<std::uint8_t>(name.size())});
      names_.insert(names_.end(), name.data(), name.data() + name.size());
    }
    return slot;
  }

  void grow() {
    slots_.assign(std::max<std::size_t>(1024, 2 * slots_.size()), kFree);
    for (std::size_t i = 0; i < rrsets_.size(); ++i) {
      std::size_t at = rrsets_[i].key & (slots_.size() - 1);
      while (slots_[at] != kFree) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = static_cast<std::uint32_t>(i);
    }
  }

  std::vector<std::uint8_t> names_;
  std::vector<Rrset> rrsets_;
  std::vector<std::uint32_t> slots_;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> records_;
};

// Makes the questions of the RRsets.
class Asker {
 public:
  Asker(const RrsetTable& table, ZoneSource& out) : table_(table), out_(out) {}

  bool add_existing() {
    for (const RrsetTable::Rrset& rrset : table_.rrsets()) {
      const bool proof = rrset.type == RrType::kRrsig || rrset.type == RrType::kNsec ||
                         rrset.type == RrType::kNsec3;
      if (proof || !is_authoritative(rrset)) continue;
      if (!add(table_.owner(rrset), rrset.type, rrset.digest)) return false;
    }
    return close(Kind::kExisting);
  }

  bool add_delegations() {
    const std::uint8_t label[] = {'w', 'w', 'w'};
    for (const RrsetTable::Rrset& rrset : table_.rrsets()) {
      const NameView owner = table_.owner(rrset);
      if (rrset.type != RrType::kNs || owner.equals(out_.apex) || is_hidden(owner)) continue;
      const auto below = Name::prepend(label, owner);
      if (!add(below ? NameView(*below) : owner, RrType::kA, rrset.digest)) return false;
    }
    return close(Kind::kDelegation);
  }

  // A wildcard or DNAME at the apex leaves no name that does not exist.
  bool add_made_up() {
    const auto wildcard = Name::prepend(std::array<std::uint8_t, 1>{'*'}, out_.apex);
    const bool all_exist = table_.find(out_.apex, RrType::kDname) != nullptr ||
                           (wildcard && has_any(*wildcard));
    const std::uint64_t soa = table_.find(out_.apex, RrType::kSoa)->digest;
    const std::size_t wanted = std::clamp(out_.questions.size(), kMinMadeUp, kMaxMadeUp);
    Random random(1);
    for (std::size_t i = 0; !all_exist && i < wanted; ++i) {
      const auto name = made_up(random);
      if (!name) break;  // the apex is too long for such a label
      if (!has_any(*name) && !add(*name, RrType::kA, soa)) return false;
    }
    return close(Kind::kNxdomain);
  }

 private:
  bool add(NameView name, RrType type, std::uint64_t digest) {
    out_.digests.push_back(digest);
    return out_.questions.add(name, type);
  }

  bool close(Kind kind) {
    const auto end = static_cast<std::uint32_t>(out_.questions.size());
    out_.pools[static_cast<std::size_t>(kind)] = {begin_, end, 0};
    begin_ = end;
    return true;
  }

  std::optional<Name> made_up(Random& random) const {
    std::array<std::uint8_t, kMadeUpSize> label;
    std::uint64_t bits = random.next();
    for (std::uint8_t& c : label) {
      c = static_cast<std::uint8_t>("abcdefghijklmnopqrstuvwxyz234567"[bits & 31]);
      bits = bits >> 5 | random.next() << 59;
    }
    label[0] = 'x';
    return Name::prepend(label, out_.apex);
  }

  // The types that a wildcard or a made-up name may have; others there would be noticed as wrong.
  bool has_any(NameView name) const {
    for (const RrType type : {RrType::kA, RrType::kAaaa, RrType::kCname, RrType::kTxt, RrType::kMx,
                              RrType::kNs, RrType::kDname}) {
      if (table_.find(name, type) != nullptr) return true;
    }
    return false;
  }

  // Below a cut, below a DNAME, or outside the zone.
  bool is_hidden(NameView owner) const {
    if (!owner.is_at_or_below(out_.apex)) return true;
    const unsigned apex = out_.apex.view().depth();
    for (unsigned depth = apex; depth < owner.depth(); ++depth) {
      const NameView above = owner.suffix(depth);
      const bool cut = depth > apex && table_.find(above, RrType::kNs) != nullptr;
      if (cut || table_.find(above, RrType::kDname) != nullptr) return true;
    }
    return false;
  }

  bool is_authoritative(const RrsetTable::Rrset& rrset) const {
    const NameView owner = table_.owner(rrset);
    if (is_hidden(owner)) return false;
    const bool at_cut = !owner.equals(out_.apex) && table_.find(owner, RrType::kNs) != nullptr;
    return !at_cut || rrset.type == RrType::kDs;
  }

  const RrsetTable& table_;
  ZoneSource& out_;
  std::uint32_t begin_ = 0;
};

dns::Result<ZoneSource> make_source(const dns::ZoneFileResult& result, RrsetTable& table,
                                    const std::string& name) {
  if (!result.ok()) return dns::Error{result.errors.front().to_text()};
  table.finish();
  ZoneSource out;
  const auto soa = std::find_if(table.rrsets().begin(), table.rrsets().end(),
                                [](const auto& rrset) { return rrset.type == RrType::kSoa; });
  if (soa == table.rrsets().end()) return dns::Error{name + ": no SOA record, so no zone"};
  out.apex = table.owner(*soa);
  Asker asker(table, out);
  if (!asker.add_existing() || !asker.add_delegations() || !asker.add_made_up()) {
    return dns::Error{name + ": more questions than there is room for"};
  }
  return out;
}

}  // namespace

Kind ZoneSource::kind_of(std::uint32_t question) const {
  std::size_t kind = 0;
  while (question >= pools[kind].end) ++kind;
  return static_cast<Kind>(kind);
}

dns::Result<ZoneSource> read_zone_source(const std::string& path, const std::string& origin) {
  dns::ZoneFileOptions options;
  const std::filesystem::path file(path);
  const std::string text = !origin.empty() ? origin
                           : file.extension() == ".zone" ? file.stem().string()
                                                         : file.filename().string();
  const Name root;
  const auto parsed = Name::from_text(text, &root);
  if (!parsed) return dns::Error{"--origin: no domain name: " + text};
  options.origin = *parsed;
  RrsetTable table;
  return make_source(dns::read_zone_file(path, options, [&](const dns::ZoneRecord& record) {
    table.add(record);
    return true;
  }), table, path);
}

dns::Result<ZoneSource> read_zone_source_text(std::string_view text, const std::string& name,
                                              const dns::Name& origin) {
  dns::ZoneFileOptions options;
  options.origin = origin;
  options.allow_include = false;
  RrsetTable table;
  return make_source(dns::read_zone_text(text, name, options, [&](const dns::ZoneRecord& record) {
    table.add(record);
    return true;
  }), table, name);
}

}  // namespace bowline::perf::pktgen
