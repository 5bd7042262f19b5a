#include "control/main/drop_list.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "ebpf/maps.h"

namespace bowline::control {

namespace {

using config::Prefix;
using dns::Error;
using dns::Result;
using Family = config::Address::Family;

static_assert(config::kMaxDropPrefixes == STEER_MAX_DROPS);

auto key_of(const Prefix& prefix) {
  return std::tuple(prefix.family, prefix.bytes, prefix.length);
}

ebpf::Prefix to_map(const Prefix& prefix) {
  return {prefix.bytes, prefix.family == Family::kIpv6, static_cast<std::uint8_t>(prefix.length)};
}

Prefix from_map(const ebpf::Prefix& prefix) {
  return {prefix.ipv6 ? Family::kIpv6 : Family::kIpv4, prefix.length, prefix.address};
}

Error no_room(std::size_t wanted) {
  return Error{fmt::format(
      "the drop list would have {} prefixes, of dataplane.drop and added by hand, and has room for "
      "{}: remove some, or join them to shorter ones",
      wanted, int{STEER_MAX_DROPS})};
}

}  // namespace

void DropList::attach(link::Fd map) {
  const std::lock_guard lock(mutex_);
  if (!map_) map_ = std::move(map);
}

bool DropList::attached() const {
  const std::lock_guard lock(mutex_);
  return static_cast<bool>(map_);
}

Result<DropList::Change> DropList::configure(const std::vector<config::AddressRange>& ranges) {
  const std::lock_guard lock(mutex_);
  if (auto done = read(); !done) return Error{done.error()};
  std::map<Key, Prefix> wanted;
  for (const config::AddressRange& range : ranges) {
    for (const Prefix& prefix : config::split_range(range)) wanted.emplace(key_of(prefix), prefix);
  }
  Change change;
  std::vector<Prefix> unwanted;
  std::size_t kept = 0;
  for (const auto& [key, entry] : entries_) {
    const bool leaves = (entry.origins & STEER_DROP_CONFIGURED) != 0 && !wanted.contains(key);
    if (leaves) unwanted.push_back(entry.prefix);
    kept += !leaves || (entry.origins & STEER_DROP_BY_HAND) != 0;
  }
  for (const auto& [key, prefix] : wanted) kept += !entries_.contains(key);
  if (kept > STEER_MAX_DROPS) return no_room(kept);
  for (const Prefix& prefix : unwanted) {
    const std::uint8_t left = entries_[key_of(prefix)].origins & ~STEER_DROP_CONFIGURED;
    if (auto done = write(prefix, left); !done) return Error{done.error()};
    if (left == 0) ++change.removed;
  }
  for (const auto& [key, prefix] : wanted) {
    const auto found = entries_.find(key);
    const std::uint8_t origins = found == entries_.end() ? 0 : found->second.origins;
    if ((origins & STEER_DROP_CONFIGURED) != 0) continue;
    if (auto done = write(prefix, origins | STEER_DROP_CONFIGURED); !done) {
      return Error{done.error()};
    }
    if (origins == 0) ++change.added;
  }
  return change;
}

Result<DropList::Change> DropList::add(const std::vector<Prefix>& prefixes) {
  const std::lock_guard lock(mutex_);
  if (auto done = read(); !done) return Error{done.error()};
  if (auto done = check_room(prefixes); !done) return Error{done.error()};
  Change change;
  for (const Prefix& prefix : prefixes) {
    const auto found = entries_.find(key_of(prefix));
    const std::uint8_t origins = found == entries_.end() ? 0 : found->second.origins;
    if ((origins & STEER_DROP_BY_HAND) != 0) continue;
    if (auto done = write(prefix, origins | STEER_DROP_BY_HAND); !done) return Error{done.error()};
    if (origins == 0) ++change.added;
  }
  return change;
}

Result<DropList::Change> DropList::remove(const std::vector<Prefix>& prefixes) {
  const std::lock_guard lock(mutex_);
  if (auto done = read(); !done) return Error{done.error()};
  for (const Prefix& prefix : prefixes) {
    const auto found = entries_.find(key_of(prefix));
    if (found == entries_.end()) {
      return Error{prefix.to_text() + " is not in the drop list; see 'bowlinec drop-list'"};
    }
    if ((found->second.origins & STEER_DROP_BY_HAND) == 0) {
      return Error{prefix.to_text() +
                   " stands in dataplane.drop: remove it there, then 'bowlinec reload'"};
    }
  }
  Change change;
  for (const Prefix& prefix : prefixes) {
    const auto found = entries_.find(key_of(prefix));
    if (found == entries_.end()) continue;  // named twice
    const std::uint8_t left = found->second.origins & ~STEER_DROP_BY_HAND;
    if (auto done = write(prefix, left); !done) return Error{done.error()};
    if (left == 0) ++change.removed;
  }
  return change;
}

Result<std::vector<DropList::Entry>> DropList::entries() {
  const std::lock_guard lock(mutex_);
  if (auto done = read(); !done) return Error{done.error()};
  std::vector<Entry> all;
  all.reserve(entries_.size());
  for (const auto& [key, entry] : entries_) all.push_back(entry);
  return all;
}

// REQUIRES of these: the mutex is held.

Result<void> DropList::read() {
  if (!map_) return Error{"no interface is served with XDP, so there is no drop list"};
  if (is_read_) return {};
  auto found = ebpf::drop_entries(map_.get());
  if (!found) return Error{found.error()};
  for (const ebpf::DropEntry& entry : *found) {
    const Prefix prefix = from_map(entry.prefix);
    entries_[key_of(prefix)] = {prefix, entry.origins};
  }
  is_read_ = true;
  return {};
}

// No origins: removes the entry.
Result<void> DropList::write(const Prefix& prefix, std::uint8_t origins) {
  const auto done = origins == 0 ? ebpf::drop_remove(map_.get(), to_map(prefix))
                                 : ebpf::drop_add(map_.get(), to_map(prefix), origins);
  if (!done) return Error{prefix.to_text() + ": " + done.error()};
  if (origins == 0) {
    entries_.erase(key_of(prefix));
  } else {
    entries_[key_of(prefix)] = {prefix, origins};
  }
  return {};
}

Result<void> DropList::check_room(const std::vector<Prefix>& prefixes) const {
  std::set<Key> fresh;
  for (const Prefix& prefix : prefixes) {
    if (!entries_.contains(key_of(prefix))) fresh.insert(key_of(prefix));
  }
  const std::size_t wanted = entries_.size() + fresh.size();
  if (wanted <= STEER_MAX_DROPS) return {};
  return no_room(wanted);
}

}  // namespace bowline::control
