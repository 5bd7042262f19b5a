// What the oracle reads in a request, from RFC 1035 4.1 and RFC 6891 6.1.
//
// Tests only; any thread.
#pragma once

#include <cstdint>
#include <map>

#include "name.h"
#include "zone.h"

namespace bowline::oracle {

struct Request {
  bool has_header = false;     // 12 octets or more
  std::uint16_t id = 0, flags = 0, qdcount = 0;
  unsigned opcode = 0;

  bool has_question = false;   // exactly one, well-formed
  Name qname;                  // in the case as sent
  RrType qtype{};
  std::uint16_t qclass = 0;
  Octets question;             // its octets

  bool is_malformed = false;   // what FORMERR is for
  bool is_doubtful = false;    // a compressed owner leads to something that may be no name: FORMERR
                               // is right, and so is an answer

  bool has_opt = false;        // found where it belongs, before any fault
  std::uint16_t udp_size = 0;
  unsigned version = 0;
  bool dnssec_ok = false;
  std::map<unsigned, Octets> options;  // the first of each code, up to a fault

  bool is_signed = false;      // TSIG or SIG(0) stands last
};

// RFC 7871 6.
bool is_client_subnet(const Octets& value);

Request read_request(const Octets& message);

}  // namespace bowline::oracle
