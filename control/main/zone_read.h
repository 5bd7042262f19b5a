// ZoneRead: writes records that are being served, part by part, at the pace of the client.
//
// Control's main thread. All parts are of one version of the tables, which is pinned meanwhile
// (store/version_pins.h).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "control/api/response.h"
#include "control/config/config.h"
#include "control/store/version_pins.h"
#include "dns/name_key.h"
#include "zones/tree.h"

namespace bowline::control {

class ZoneRead {
 public:
  // What is asked for.
  struct Wanted {
    std::optional<dns::Name> zone;  // nothing: all of the configuration
    std::string named;              // the zone as the client wrote it
    std::string owner;              // as the client wrote it; empty: all
    std::optional<dns::RrType> type;  // only with an owner
    std::string data;               // owner and type, for messages
  };

  ZoneRead(std::shared_ptr<store::VersionPins::Pin> pin,
           std::shared_ptr<const config::Config> config, const dns::HashKey& secret, Wanted wanted)
      : pin_(std::move(pin)),
        config_(std::move(config)),
        secret_(secret),
        wanted_(std::move(wanted)) {}

  // Writes the next part. False: that was all, and the answer has its end.
  bool next(api::Response& to);

 private:
  bool step(zones::View view, api::Response& to);
  bool enter_zone(zones::View view, dns::NameView apex);
  const zones::Node* find_owner(zones::View view);
  bool next_node(zones::View view);
  void write_rrset(zones::View view, api::Response& to);
  void write_block(dns::Bytes block, dns::RrType type, api::Response& to);
  void end(api::Response& to);

  std::shared_ptr<store::VersionPins::Pin> pin_;
  std::shared_ptr<const config::Config> config_;
  const dns::HashKey secret_;
  const Wanted wanted_;

  std::size_t next_zone_ = 0;
  bool lacks_owner_ = false;  // a zone, or some of all, has not got it

  // Where we are; null: between zones, between nodes.
  const zones::Zone* zone_ = nullptr;
  std::string zone_text_;
  bool in_nsec3_ = false;
  std::optional<zones::Cursor> cursor_;  // nothing: only one owner is wanted
  const zones::Node* node_ = nullptr;
  std::string owner_text_;
  unsigned rrset_ = 0;
  bool in_signatures_ = false;
  std::size_t offset_ = 0;  // in the block of records or signatures

  std::size_t room_ = 0;  // of the part that is being written
};

}  // namespace bowline::control
