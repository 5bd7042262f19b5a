// The client of a frame as a link::ClientContext, and a frame made from one: for what control
// answers.
//
// Called by a polled worker; pure functions, no allocation, any thread.
#pragma once

#include "dataplane/net/parse.h"
#include "dataplane/net/reply.h"
#include "link/context.h"

namespace bowline::dataplane::net {

// Fills in addresses, ports and VLAN tags of the sender of `frame`, which was parsed as `datagram`.
void describe(const std::uint8_t* frame, const Datagram& datagram, link::ClientContext& context);

// Writes a frame with `message` for that client to `buffer`. Gives its size; 0 if it does not fit.
std::size_t write_frame(dns::MutableBytes buffer, const link::ClientContext& client,
                        dns::Bytes message, std::size_t mtu);

}  // namespace bowline::dataplane::net
