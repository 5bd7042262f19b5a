// PacketIo: what a way of moving packets must offer.
//
// The worker loop is written once against this concept. Backends: io/sockets, io/xdp, io/dpdk and
// io/memory. A received packet belongs to the worker until it passes that packet to send() or
// drop(); the span of receive() and all in it are void at the next receive(). One thread.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>

#include "dataplane/net/parse.h"
#include "dns/wire.h"
#include "link/context.h"

namespace bowline::dataplane {

// A buffer with what was received. With Io::kFrames it holds an Ethernet frame, else a DNS message.
struct Packet {
  std::uint8_t* data = nullptr;
  std::uint32_t size = 0;
  std::uint32_t capacity = 0;  // octets from `data` on that may be written
  std::uint32_t slot = 0;      // the backend's own
  net::Datagram datagram;      // frames: filled by net::parse(); else only `ipv6` counts
};

// What a port of frames must offer besides.
template <typename T>
concept FrameIo = requires(T io, Packet& packet, link::Counter reason) {
  // Gives a frame that net::parse() refused to the kernel, whose it may be, and takes the packet.
  // False: it is dropped, by the worker, who counts `reason`.
  { io.pass(packet, reason) } -> std::same_as<bool>;
};

template <typename T>
concept PacketIo = requires(T io, Packet& packet, const Packet& received,
                            link::ClientContext& context, const link::ClientContext& client,
                            dns::Bytes message, int timeout_ms) {
  // Whether packets are Ethernet frames, which net/ then reads and writes.
  { T::kFrames } -> std::convertible_to<bool>;

  // Rounds without a packet that follow one before the worker sleeps, if it may. They should take
  // about as long as a sleep takes beyond the arrival that ends it: then neither bursts of traffic
  // wait for sleepers nor do looks for nothing cost more than the sleep would have.
  { T::kPatience } -> std::convertible_to<unsigned>;

  // Takes the next burst from the port, possibly empty, at most answer::kBurst. Never blocks.
  { io.receive() } -> std::same_as<std::span<Packet>>;

  // Queues `packet`, rewritten in place, to be sent by the next flush().
  { io.send(packet) } -> std::same_as<void>;

  // Gives the buffer of `packet` back unsent.
  { io.drop(packet) } -> std::same_as<void>;

  // Hands everything queued by send() to the port and reclaims finished buffers.
  { io.flush() } -> std::same_as<void>;

  // Writes to `context` what answer_to() needs to find the sender of `received` again: listener,
  // role and addresses. False: that is not possible, nobody but this burst can answer it.
  { io.describe(received, context) } -> std::same_as<bool>;

  // Sends `message`, a reply of control, to the client that describe() described.
  { io.answer_to(client, message) } -> std::same_as<void>;

  // Blocks until a packet is there, the thread's doorbell rang, or the time has passed (-1: none).
  { io.wait(timeout_ms) } -> std::same_as<void>;
};

}  // namespace bowline::dataplane
