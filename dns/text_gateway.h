// Rdata parts whose layout depends on a type octet: the gateway of IPSECKEY (RFC 4025), the relay
// of AMTRELAY (RFC 8777), and the lengths-first head of HIP (RFC 8005).
//
// measure_ functions give the size of the part at the start of `rest`, or nothing if it is cut or
// malformed. append_ functions take such a part and give false if it has no text form.
// Pure functions, any thread; only append_ functions allocate, into their argument.
#pragma once

#include <optional>
#include <string>

#include "dns/text_cursor.h"
#include "dns/wire.h"

namespace bowline::dns {

// Where a domain name is in a part; size 0: there is none.
struct NamePlace {
  std::size_t offset = 0;
  std::size_t size = 0;
};

// Gateway type, algorithm, gateway. Of a gateway type above 3 the size is not known: the part is
// all that is left, and has no text form.
std::optional<std::size_t> measure_ipsec_gateway(Bytes rest);
NamePlace name_in_ipsec_gateway(Bytes part);
bool parse_ipsec_gateway(TextCursor& in, WireWriter& out);
// Whether its algorithm lets a key stand behind the part.
bool may_have_ipsec_key(Bytes part);
bool append_ipsec_gateway(Bytes part, std::string& out);

// Discovery bit and relay type in one octet, relay.
std::optional<std::size_t> measure_amt_relay(Bytes rest);
NamePlace name_in_amt_relay(Bytes part);
bool parse_amt_relay(TextCursor& in, WireWriter& out);
bool append_amt_relay(Bytes part, std::string& out);

// HIT length, algorithm, key length, HIT, key.
std::optional<std::size_t> measure_host_identity(Bytes rest);
bool parse_host_identity(TextCursor& in, WireWriter& out);
bool append_host_identity(Bytes part, std::string& out);

// One domain name, relative to the cursor's origin.
bool parse_name(TextCursor& in, WireWriter& out);

}  // namespace bowline::dns
