// The octets of one stream connection between the socket and whole DNS messages (RFC 1035 4.2.2,
// RFC 7766 8: each message behind its length in two octets). One thread; no sockets in here.
//
// Both classes hold memory only while something is under way: an idle connection has none
// (hardening 51).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dns/wire.h"

namespace bowline::dataplane {

inline constexpr std::size_t kLengthSize = 2;

// Takes the next whole message, without its length, off the front of `stream`. False: it is not all
// there yet.
bool take_message(dns::Bytes& stream, dns::Bytes& message);

// What has come and could not be used yet: the start of a message, or messages that have to wait.
class RequestBuffer {
 public:
  // What was kept, followed by `fresh`. Valid until keep() or as long as `fresh`.
  dns::Bytes join(dns::Bytes fresh);
  // Keeps the end of what join() gave. REQUIRES: each join() is followed by one keep().
  void keep(dns::Bytes rest);
  bool empty() const { return octets_.empty(); }
  std::size_t size() const { return octets_.size(); }
  // Memory that it holds.
  std::size_t held() const { return octets_.capacity(); }

 private:
  std::vector<std::uint8_t> octets_;
};

// Replies, with their lengths, that the socket had no room for.
class ReplyQueue {
 public:
  // `framed` is a reply with its length, of which the first `sent` octets have gone out. With more
  // than 0 the queue was empty. REQUIRES: sent < framed.size().
  void append(dns::Bytes framed, std::size_t sent = 0);
  void append_message(dns::Bytes message);
  dns::Bytes unsent() const { return dns::Bytes(octets_).subspan(at_); }
  // Says that the first `count` octets of unsent() have gone out. Returns how many replies were
  // finished by that.
  unsigned advance(std::size_t count);
  bool empty() const { return messages_ == 0; }
  unsigned messages() const { return messages_; }
  std::size_t size() const { return octets_.size() - at_; }
  // Memory that it holds.
  std::size_t held() const { return octets_.capacity(); }

 private:
  std::vector<std::uint8_t> octets_;
  std::size_t at_ = 0;          // of the first unsent octet
  std::size_t front_left_ = 0;  // unsent octets of the first reply
  unsigned messages_ = 0;
};

}  // namespace bowline::dataplane
