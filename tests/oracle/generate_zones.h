// Small zones from a seed or a fuzzer's octets: labels of a tiny alphabet, so that names collide,
// hit, miss and nest; parents and children served together; signatures that verify nothing.
//
// Tests only; any thread.
#pragma once

#include <vector>

#include "choices.h"
#include "zone.h"

namespace bowline::oracle {

// The content of one zone; without records it is ours but could not be loaded.
struct ZoneRecords {
  Name apex;  // lower case
  std::vector<Record> records;
};

// One to four zones of different apexes.
std::vector<ZoneRecords> generate_zones(Choices& choices);

// A label of the alphabet, and one to three of them below `parent` as far as a name may be long.
Octets generate_label(Choices& choices);
Name generate_below(Choices& choices, const Name& parent);
// Some letters in upper case.
Name vary_case(Choices& choices, Name name);

// The zone as a zone file, for people and for other servers.
std::string to_zone_file(const ZoneRecords& zone);

}  // namespace bowline::oracle
