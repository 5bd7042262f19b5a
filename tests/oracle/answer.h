// The oracle: a slow and plain answerer after RFC 1034 4.3.2 and RFC 4035 3.1, to hold the product
// against. Where a server may choose, it names each of the answers that are right.
//
// Tests only; any thread. It shares the reading of nothing with the product: zones are maps of
// records (zone.h), requests are read here (request.h).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "request.h"
#include "zone.h"

namespace bowline::oracle {

// What a server is beside its zones: the transport of one request and the options it is run with.
struct Setup {
  std::size_t udp_payload = 1232;  // what the server sends at most over UDP to a client with EDNS
  std::string identity, version;   // class CH; empty: not told
  std::string nsid;                // empty: none
  bool client_subnet = false;      // known, and answered as holding for every address
  bool rotation = false;           // of the records of an answer, which no comparison sees
  unsigned idle_ms = 10000;        // after which an idle connection is closed
  bool edited = false;             // the zones came to be by changes of others
};
struct Transport {
  bool stream = false;
  std::size_t size_max = 65535;  // what it carries
};

enum class Section { kAnswer = 1, kAuthority, kAdditional };

// One RRset with its signatures: it is in the reply as a whole or not at all.
struct Piece {
  Section section;
  Name owner;  // in lower case, as replies are compared
  RrType type;
  std::vector<Record> records;
  bool is_required;  // if it does not fit, TC is set; what is not required stays out silently
};

// A reply that is right. The order of records is free; so is the case of owners.
struct Answer {
  enum class Action { kSend, kDrop, kAsk };
  Action action = Action::kSend;
  unsigned rcode = 0;
  bool authoritative = false;
  bool has_question = false;
  bool has_opt = false;
  std::size_t limit = 65535;
  std::uint16_t rr_class = 1;  // of the records
  std::vector<Piece> pieces;
  // Options of OPT, by code. Not judged: extended errors, and any in errors that are said before
  // the question is looked at.
  std::map<unsigned, Octets> options;
  bool options_are_free = true;
};

// The zones of a server. Those without records are known to be ours but could not be loaded.
using Zones = std::vector<Zone>;

// All answers that are right, at least one.
std::vector<Answer> right_answers(const Zones& zones, const Setup& setup, const Request& request,
                                  const Transport& transport);

}  // namespace bowline::oracle
