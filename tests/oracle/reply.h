// Replies as the oracle reads them (RFC 1035 4.1), and whether one is what it should be.
//
// Tests only; any thread.
#pragma once

#include <string>
#include <vector>

#include "answer.h"

namespace bowline::oracle {

struct Reply {
  std::uint16_t id = 0, flags = 0;
  unsigned rcode = 0;  // with the upper bits of OPT
  Octets question;
  bool has_opt = false;
  std::uint16_t opt_size = 0;
  unsigned opt_version = 0, opt_flags = 0;
  Octets opt_rdata;
  struct Entry {
    Section section;
    Name owner;  // lower case
    RrType type;
    std::uint16_t rr_class;
    std::uint32_t ttl;
    Octets rdata;  // names expanded where the type's may be compressed
    bool operator==(const Entry&) const = default;
    auto operator<=>(const Entry&) const = default;
  };
  std::vector<Entry> entries;
};

// Why the octets are no well-formed reply; empty: `reply` is filled.
std::string read_reply(const Octets& message, Reply& reply);

// Why the reply to `request` is not `answer`; empty: it is. REQUIRES: answer.action is kSend.
std::string compare(const Octets& message, const Request& request, const Setup& setup,
                    const Answer& answer);

// For people.
std::string to_text(const Answer& answer);
std::string to_text(const Reply& reply);
std::string record_text(const Name& owner, std::uint32_t ttl, RrType type, const Octets& rdata);

}  // namespace bowline::oracle
