// The parsed configuration as it lies in memory.
#include "control/config/store.h"

#include <algorithm>
#include <cassert>

namespace bowline::control::config {
namespace {

constexpr std::size_t kLeastSlots = 16;

std::uint64_t hash_of(dns::NameView name) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a; the names are the operator's own
  for (const std::uint8_t octet : name.bytes()) {
    hash = (hash ^ dns::fold(octet)) * 0x100000001b3;
  }
  return hash ^ hash >> 32;
}

dns::Name zone_name(const SectionData& zones, std::uint32_t index) {
  static const dns::Name root;
  auto name = dns::Name::from_text(zones.entries[index].id, &root);
  return name ? *name : root;
}

}  // namespace

void ZoneIndex::reserve(std::size_t count) {
  std::size_t size = kLeastSlots;
  while (size < 2 * count) size *= 2;
  slots_.assign(size, 0);
}

std::optional<std::uint32_t> ZoneIndex::find(const SectionData& zones, dns::NameView name) const {
  if (slots_.empty()) return std::nullopt;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash_of(name) & mask; slots_[at] != 0; at = (at + 1) & mask) {
    if (zone_name(zones, slots_[at] - 1).equals(name)) return slots_[at] - 1;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> ZoneIndex::insert(const SectionData& zones, std::uint32_t index,
                                               dns::NameView name) {
  assert(!slots_.empty());
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash_of(name) & mask;
  for (; slots_[at] != 0; at = (at + 1) & mask) {
    if (zone_name(zones, slots_[at] - 1).equals(name)) return slots_[at] - 1;
  }
  slots_[at] = index + 1;
  return std::nullopt;
}

SectionData& Store::data(std::string_view section) {
  const Section* const found = find_section(section);
  assert(found != nullptr);
  return sections[static_cast<std::size_t>(found - config::sections().data())];
}

const SectionData& Store::data(std::string_view section) const {
  return const_cast<Store*>(this)->data(section);
}

const Entry* Store::find(std::string_view section, std::string_view id) const {
  const SectionData& in = data(section);
  if (!find_section(section)->has_entries()) {
    return in.entries.empty() ? nullptr : &in.entries.front();
  }
  if (section == "zone") {
    static const dns::Name root;
    const auto name = dns::Name::from_text(id, &root);
    if (!name) return nullptr;
    const auto index = zone_index.find(in, *name);
    return index ? &in.entries[*index] : nullptr;
  }
  std::string canonical;
  if (section == "key") {  // names: K1.example and k1.example. are the same
    static const dns::Name root;
    const auto name = dns::Name::from_text(id, &root);
    if (!name) return nullptr;
    canonical = name->lower().to_text();
    id = canonical;
  }
  const auto found = std::lower_bound(
      in.by_id.begin(), in.by_id.end(), id,
      [&](std::uint32_t index, std::string_view wanted) { return in.entries[index].id < wanted; });
  if (found == in.by_id.end() || in.entries[*found].id != id) return nullptr;
  return &in.entries[*found];
}

Store::Set Store::values_of(const SectionData& section, const Entry& entry,
                            const Option& option) const {
  Set set;
  for (std::uint32_t i = entry.first; i < entry.first + entry.count; ++i) {
    const SetItem& item = section.items[i];
    if (item.option != &option) continue;
    set.is_set = true;
    if (option.count == Count::kOne) set.values.clear();
    if (!item.is_empty) set.values.push_back(&item);
  }
  return set;
}

}  // namespace bowline::control::config
