// FrameListener: an address and port that we answer on at a port that moves frames, with what is
// said of it to control.
//
// The keeper sends them (kPortListener); a backend fills a ClientContext from the listener that
// net::parse() found. Plain values, any thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/net/client.h"
#include "dataplane/net/parse.h"
#include "link/context.h"
#include "link/handover.h"

namespace bowline::dataplane {

struct FrameListener {
  net::Listener where;
  std::uint16_t index = 0;  // the keeper's number for it
  link::Role role = link::Role::kAuthoritative;
};

// From a message of type kPortListener, whose address all zero means any.
FrameListener to_frame_listener(const link::HandoverMessage& announcement);

// What net::parse() compares with: the same order.
std::vector<net::Listener> addresses_of(std::span<const FrameListener> listeners);

// Writes to `context` all that is known of the sender of `frame`, which net::parse() read with
// addresses_of(listeners).
inline void describe_client(const std::uint8_t* frame, const net::Datagram& datagram,
                            std::span<const FrameListener> listeners,
                            link::ClientContext& context) {
  net::describe(frame, datagram, context);
  context.listener = listeners[datagram.listener].index;
  context.role = listeners[datagram.listener].role;
}

}  // namespace bowline::dataplane
