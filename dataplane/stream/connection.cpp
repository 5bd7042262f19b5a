#include "dataplane/stream/connection.h"

#include <cassert>

namespace bowline::dataplane {

namespace {

// Octets already sent that may stay in front of a queue before it is moved up.
constexpr std::size_t kMaxSent = 65536;

}  // namespace

bool take_message(dns::Bytes& stream, dns::Bytes& message) {
  if (stream.size() < kLengthSize) return false;
  const std::size_t size = dns::load_u16(stream.data());
  if (stream.size() - kLengthSize < size) return false;
  message = stream.subspan(kLengthSize, size);
  stream = stream.subspan(kLengthSize + size);
  return true;
}

dns::Bytes RequestBuffer::join(dns::Bytes fresh) {
  if (octets_.empty()) return fresh;
  octets_.insert(octets_.end(), fresh.begin(), fresh.end());
  return octets_;
}

void RequestBuffer::keep(dns::Bytes rest) {
  if (rest.size() == octets_.size()) {
    if (octets_.empty() || rest.data() == octets_.data()) return;
  }
  std::vector<std::uint8_t>(rest.begin(), rest.end()).swap(octets_);
}

void ReplyQueue::append(dns::Bytes framed, std::size_t sent) {
  assert(sent < framed.size() && (sent == 0 || messages_ == 0));
  octets_.insert(octets_.end(), framed.begin() + static_cast<std::ptrdiff_t>(sent), framed.end());
  if (++messages_ == 1) front_left_ = framed.size() - sent;
}

void ReplyQueue::append_message(dns::Bytes message) {
  std::uint8_t length[kLengthSize];
  dns::store_u16(length, static_cast<std::uint16_t>(message.size()));
  octets_.insert(octets_.end(), length, length + kLengthSize);
  octets_.insert(octets_.end(), message.begin(), message.end());
  if (++messages_ == 1) front_left_ = kLengthSize + message.size();
}

unsigned ReplyQueue::advance(std::size_t count) {
  assert(count <= size());
  unsigned finished = 0;
  at_ += count;
  while (messages_ != 0 && count >= front_left_) {
    count -= front_left_;
    --messages_;
    ++finished;
    if (messages_ == 0) break;
    front_left_ = kLengthSize + dns::load_u16(&octets_[at_ - count]);
  }
  if (messages_ == 0) {
    std::vector<std::uint8_t>().swap(octets_);
    at_ = front_left_ = 0;
    return finished;
  }
  front_left_ -= count;
  if (at_ > kMaxSent) {
    octets_.erase(octets_.begin(), octets_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ = 0;
  }
  return finished;
}

}  // namespace bowline::dataplane
