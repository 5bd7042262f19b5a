// DropList: the source prefixes whose DNS packets the XDP program drops (ebpf/maps.h).
//
// The map lives in the kernel and is held by the keeper, so what was added by hand is there after a
// restart of control; each entry says whether the configuration, a person, or both want it. Control
// is the only one that writes the map, so what it has read once it knows. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "control/config/prefix.h"
#include "dns/result.h"
#include "link/outcome.h"

namespace bowline::control {

class DropList {
 public:
  struct Entry {
    config::Prefix prefix;
    std::uint8_t origins = 0;  // STEER_DROP_... (ebpf/steer.h)
  };
  struct Change {
    std::size_t added = 0;
    std::size_t removed = 0;
  };

  // Takes the map of all interfaces; further descriptors of it are closed.
  void attach(link::Fd map);
  bool attached() const;

  // Makes the entries of the configuration exactly these; what was added by hand stays. Nothing
  // changes if that is more than there is room for.
  dns::Result<Change> configure(const std::vector<config::AddressRange>& ranges);
  // All of them, or none and the reason.
  dns::Result<Change> add(const std::vector<config::Prefix>& prefixes);
  // The same. An entry that the configuration has too stays, and is not counted as removed; one
  // that only the configuration has is an error.
  dns::Result<Change> remove(const std::vector<config::Prefix>& prefixes);
  // In the order of families and addresses.
  dns::Result<std::vector<Entry>> entries();

 private:
  // Families, then addresses, then lengths.
  using Key = std::tuple<config::Address::Family, std::array<std::uint8_t, 16>, unsigned>;
  using Entries = std::map<Key, Entry>;

  dns::Result<void> read();
  dns::Result<void> write(const config::Prefix& prefix, std::uint8_t origins);
  dns::Result<void> check_room(const std::vector<config::Prefix>& prefixes) const;

  mutable std::mutex mutex_;  // of all below
  link::Fd map_;
  bool is_read_ = false;
  Entries entries_;
};

}  // namespace bowline::control
