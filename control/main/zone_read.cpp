#include "control/main/zone_read.h"

#include <algorithm>
#include <array>

#include "dns/name_text.h"
#include "dns/rdata.h"
#include "dns/text_base.h"
#include "zones/reader.h"

namespace bowline::control {

namespace {

// A part: so many octets of text, or the time of as many records. A look at a node or a zone that
// gives nothing costs, too, so a part ends also where nothing is found.
constexpr std::size_t kPart = 64 << 10;
constexpr std::size_t kRecordCost = 128;
constexpr std::size_t kStepCost = 64;

constexpr std::size_t kHashTextSize = 32;  // of 20 octets in base32hex

// The owner of a node of the NSEC3 tree: its hash in letters, below the apex.
std::string nsec3_owner_text(const zones::Zone& zone, const zones::Node& node) {
  std::string text;
  dns::append_base32hex(zones::owner(node), text);
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  });
  const std::string apex = zones::apex(zone).to_text();
  return text + (apex == "." ? "." : "." + apex);
}

// The node whose NSEC3 has this owner, or null.
const zones::Node* find_nsec3_owner(zones::Base base, const zones::Zone& zone,
                                    dns::NameView name) {
  if (zone.nsec3 == 0 || name.size() != zone.apex_size + kHashTextSize + 1 ||
      name.data()[0] != kHashTextSize || !name.is_at_or_below(zones::apex(zone))) {
    return nullptr;
  }
  std::array<std::uint8_t, zones::kNsec3HashSize> hash;
  dns::WireWriter out(hash);
  const auto* const letters = reinterpret_cast<const char*>(name.data() + 1);
  if (!dns::write_base32hex({letters, kHashTextSize}, out) || out.size() != hash.size()) {
    return nullptr;
  }
  return zones::find_nsec3(base, zone, hash);
}

}  // namespace

bool ZoneRead::next(api::Response& to) {
  room_ = kPart;
  bool more = true;
  const bool there = pin_->read([&](zones::View view) {
    while (room_ > 0 && more) more = step(view, to);
  });
  if (!there) {
    to.fail({wanted_.named, "operation aborted",
             "too much has changed while it was read slowly: read it again"});
    return false;
  }
  if (!more) end(to);
  return more;
}

// Does the next bit of work; false: there is none left.
bool ZoneRead::step(zones::View view, api::Response& to) {
  room_ -= std::min(room_, kStepCost);
  if (node_ != nullptr) {
    write_rrset(view, to);
    return true;
  }
  if (zone_ != nullptr) {
    if (!next_node(view)) zone_ = nullptr;
    return true;
  }
  if (wanted_.zone) {
    if (next_zone_++ != 0) return false;
    lacks_owner_ = !enter_zone(view, *wanted_.zone);
    return true;
  }
  if (next_zone_ == config_->zones().size()) return false;
  if (!enter_zone(view, config_->zones().name(next_zone_++))) lacks_owner_ = true;
  return true;
}

// False: the owner that is wanted is not there.
bool ZoneRead::enter_zone(zones::View view, dns::NameView apex) {
  dns::NameKey key;
  dns::make_name_key(secret_, apex, key);
  zone_ = zones::find_zone_exact(view, key, key.depth);
  if (zone_ != nullptr && (zone_->flags & zones::kZoneAbsent) != 0) zone_ = nullptr;
  if (zone_ == nullptr) return wanted_.owner.empty();
  zone_text_ = apex.to_text();
  in_nsec3_ = false;
  cursor_.reset();
  if (wanted_.owner.empty()) {
    cursor_.emplace(view.base, zone_->order);
    return true;
  }
  const zones::Node* const node = find_owner(view);
  if (node == nullptr) {
    zone_ = nullptr;
    return false;
  }
  node_ = node;
  return true;
}

const zones::Node* ZoneRead::find_owner(zones::View view) {
  const dns::Name apex(zones::apex(*zone_));
  const auto name = dns::Name::from_text(wanted_.owner, &apex);
  if (!name || !name->view().is_at_or_below(apex)) return nullptr;
  dns::NameKey key;
  dns::make_name_key(secret_, *name, key);
  const zones::Node* node = zones::find_node(view.base, *zone_, key, key.depth);
  if (node != nullptr) {
    owner_text_ = zones::owner_name(*zone_, *node).to_text();
    return node;
  }
  node = find_nsec3_owner(view.base, *zone_, *name);
  if (node != nullptr) owner_text_ = nsec3_owner_text(*zone_, *node);
  return node;
}

// False: the zone has no further node.
bool ZoneRead::next_node(zones::View view) {
  if (!cursor_) return false;
  node_ = cursor_->next();
  if (node_ == nullptr && !in_nsec3_ && zone_->nsec3 != 0) {
    in_nsec3_ = true;
    cursor_.emplace(view.base, zone_->nsec3);
    node_ = cursor_->next();
  }
  if (node_ == nullptr) return false;
  owner_text_ = in_nsec3_ ? nsec3_owner_text(*zone_, *node_)
                          : zones::owner_name(*zone_, *node_).to_text();
  return true;
}

// Writes what is left of the RRset, or of its signatures, or goes on to the next.
void ZoneRead::write_rrset(zones::View view, api::Response& to) {
  if (rrset_ == node_->rrset_count) {
    node_ = nullptr;
    rrset_ = 0;
    return;
  }
  const zones::Rrset rrset = zones::rrset_at(view.base, *node_, rrset_);
  const dns::RrType type = in_signatures_ ? dns::RrType::kRrsig : rrset.type;
  const dns::Bytes block = in_signatures_ ? rrset.signatures : rrset.records;
  if (!wanted_.type || *wanted_.type == type) {
    write_block(block, type, to);
    if (offset_ < block.size()) return;
  }
  offset_ = 0;
  if (in_signatures_) ++rrset_;
  in_signatures_ = !in_signatures_;
}

// Writes records from offset_ on until the part is full.
void ZoneRead::write_block(dns::Bytes block, dns::RrType type, api::Response& to) {
  while (offset_ < block.size() && room_ > 0) {
    const std::uint8_t* const at = block.data() + offset_;
    const std::size_t size = dns::load_u16(at + 10);
    const std::string rdata = dns::rdata_to_text(type, dns::Bytes(at + 12, size));
    to.row({{"zone", zone_text_},
            {"owner", owner_text_},
            {"ttl", dns::load_u32(at + 6)},
            {"type", dns::to_text(type)},
            {"rdata", rdata}});
    room_ -= std::min(room_, kRecordCost + rdata.size());
    offset_ += 12 + size;
  }
}

void ZoneRead::end(api::Response& to) {
  if (!lacks_owner_) return to.end();
  if (wanted_.zone) {
    return to.fail({wanted_.named, "no such node in zone found", wanted_.data});
  }
  to.fail({{}, "operation failed for some zones", wanted_.data});
}

}  // namespace bowline::control
