// WireReader and WireWriter: the only two places of dns/ that do arithmetic on pointers into bytes.
//
// Both are values on the stack of one thread. A failed read or write moves nothing and makes every
// later call fail too, so a caller may check ok() once at the end of a fixed structure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace bowline::dns {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

inline std::uint16_t load_u16(const std::uint8_t* at) {
  return static_cast<std::uint16_t>(at[0] << 8 | at[1]);
}
inline std::uint32_t load_u32(const std::uint8_t* at) {
  return static_cast<std::uint32_t>(load_u16(at)) << 16 | load_u16(at + 2);
}
inline void store_u16(std::uint8_t* at, std::uint16_t value) {
  at[0] = static_cast<std::uint8_t>(value >> 8);
  at[1] = static_cast<std::uint8_t>(value);
}
inline void store_u32(std::uint8_t* at, std::uint32_t value) {
  store_u16(at, static_cast<std::uint16_t>(value >> 16));
  store_u16(at + 2, static_cast<std::uint16_t>(value));
}

class WireReader {
 public:
  explicit WireReader(Bytes bytes, std::size_t position = 0)
      : bytes_(bytes), position_(position), ok_(position <= bytes.size()) {}

  bool ok() const { return ok_; }
  std::size_t position() const { return position_; }
  std::size_t remaining() const { return ok_ ? bytes_.size() - position_ : 0; }
  Bytes whole() const { return bytes_; }

  // Each returns 0 (or an empty span) and makes the reader fail when the bytes run out.
  std::uint8_t u8() { return take(1) ? bytes_[position_ - 1] : 0; }
  std::uint16_t u16() { return take(2) ? load_u16(&bytes_[position_ - 2]) : 0; }
  std::uint32_t u32() { return take(4) ? load_u32(&bytes_[position_ - 4]) : 0; }
  Bytes bytes(std::size_t count) {
    return take(count) ? bytes_.subspan(position_ - count, count) : Bytes{};
  }
  bool skip(std::size_t count) { return take(count); }
  void fail() { ok_ = false; }

 private:
  bool take(std::size_t count) {
    if (!ok_ || bytes_.size() - position_ < count) {
      ok_ = false;
      return false;
    }
    position_ += count;
    return true;
  }

  Bytes bytes_;
  std::size_t position_;
  bool ok_;
};

class WireWriter {
 public:
  explicit WireWriter(MutableBytes bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  std::size_t size() const { return size_; }
  std::size_t remaining() const { return ok_ ? bytes_.size() - size_ : 0; }
  Bytes written() const { return bytes_.first(size_); }

  void u8(std::uint8_t value) {
    if (take(1)) bytes_[size_ - 1] = value;
  }
  void u16(std::uint16_t value) {
    if (take(2)) store_u16(&bytes_[size_ - 2], value);
  }
  void u32(std::uint32_t value) {
    if (take(4)) store_u32(&bytes_[size_ - 4], value);
  }
  void bytes(Bytes source) {
    if (!source.empty() && take(source.size())) {
      std::memcpy(&bytes_[size_ - source.size()], source.data(), source.size());
    }
  }
  // Writes over two bytes written earlier. REQUIRES: at + 2 <= size().
  void patch_u16(std::size_t at, std::uint16_t value) { store_u16(&bytes_[at], value); }
  // Gives up everything after the first `size` bytes and forgets a failure.
  void rewind(std::size_t size) {
    size_ = size;
    ok_ = true;
  }
  void fail() { ok_ = false; }

 private:
  bool take(std::size_t count) {
    if (!ok_ || bytes_.size() - size_ < count) {
      ok_ = false;
      return false;
    }
    size_ += count;
    return true;
  }

  MutableBytes bytes_;
  std::size_t size_ = 0;
  bool ok_ = true;
};

}  // namespace bowline::dns
