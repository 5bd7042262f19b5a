// Queries for generated zones: names that exist, nearly exist or lie above or below, every kind of
// type, header and EDNS; some with octets changed, some of octets only.
//
// Tests only; any thread.
#pragma once

#include "answer.h"
#include "choices.h"
#include "generate_zones.h"

namespace bowline::oracle {

struct Query {
  Octets message;
  Transport transport;
  bool ipv6 = false;
};

Query generate_query(Choices& choices, const std::vector<ZoneRecords>& zones);

// What the query asks, in words, as far as it can be read.
std::string to_text(const Query& query);

}  // namespace bowline::oracle
