// Domain names: uncompressed wire form (RFC 1035 3.1), as views and as values.
//
// A NameView never owns: it lives as long as the bytes it was made from. A Name owns its bytes
// (at most 255) and never allocates. Both always hold a valid name: labels of 1 to 63 octets, a
// root label at the end, 255 octets in all. Case is kept; comparisons fold ASCII (RFC 4343).
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "dns/result.h"
#include "dns/wire.h"

namespace bowline::dns {

inline constexpr std::size_t kMaxNameSize = 255;   // RFC 1035 2.3.4, with the root label
inline constexpr std::size_t kMaxLabelSize = 63;   // RFC 1035 2.3.4
inline constexpr unsigned kMaxDepth = 127;         // 127 one-octet labels and the root fill 255

inline constexpr std::uint8_t fold(std::uint8_t c) {
  return c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c | 0x20) : c;
}

class NameView {
 public:
  // The root.
  NameView();
  // REQUIRES: data[0..size) is a valid uncompressed name.
  NameView(const std::uint8_t* data, std::size_t size)
      : data_(data), size_(static_cast<std::uint8_t>(size)) {}

  // Checks and measures the name at the start of `bytes`; what follows it is ignored.
  static std::optional<NameView> parse(Bytes bytes);

  const std::uint8_t* data() const { return data_; }
  std::size_t size() const { return size_; }
  Bytes bytes() const { return {data_, size_}; }
  bool is_root() const { return size_ == 1; }
  bool is_wildcard() const { return size_ > 2 && data_[0] == 1 && data_[1] == '*'; }

  // Labels without the root: 0 to 127.
  unsigned depth() const;
  // The name without its leftmost label; of the root, the root.
  NameView parent() const;
  // The rightmost `depth` labels. REQUIRES: depth <= this->depth().
  NameView suffix(unsigned depth) const;

  bool equals(NameView other) const;         // folds case
  bool is_at_or_below(NameView apex) const;  // folds case
  // RFC 4034 6.1.
  std::strong_ordering canonical_compare(NameView other) const;
  // Labels that both end in: 0 to 127.
  unsigned common_depth(NameView other) const;

  // Absolute text with escapes (RFC 1035 5.1, RFC 4343 2.1), "." for the root.
  std::string to_text() const;

 private:
  const std::uint8_t* data_;
  std::uint8_t size_;
};

class Name {
 public:
  Name() = default;  // the root
  Name(NameView view) : size_(static_cast<std::uint8_t>(view.size())) {
    std::memcpy(bytes_.data(), view.data(), view.size());
  }

  // Reads text; a name without a final dot gets `origin` appended (null: it is an error).
  static Result<Name> from_text(std::string_view text, const Name* origin = nullptr);

  // Reads a possibly compressed name (RFC 1035 4.1.4) at the reader's position and moves it behind
  // the name. A pointer must point strictly before the label sequence that it ends and not into the
  // header: loops and forward pointers are refused. At most 127 pointers are followed.
  // On failure the reader fails and nothing is returned.
  static std::optional<Name> from_message(WireReader& reader);

  // label + parent. Nothing if the result is too long. REQUIRES: 1 <= label.size() <= 63.
  static std::optional<Name> prepend(Bytes label, NameView parent);
  // `name` with its suffix of `depth` labels replaced (DNAME, RFC 6672 2.2). Nothing if too long.
  static std::optional<Name> replace_suffix(NameView name, unsigned depth, NameView target);

  Name lower() const;
  NameView view() const { return {bytes_.data(), size_}; }
  operator NameView() const { return view(); }
  std::size_t size() const { return size_; }
  const std::uint8_t* data() const { return bytes_.data(); }
  std::string to_text() const { return view().to_text(); }
  bool equals(NameView other) const { return view().equals(other); }

 private:
  std::uint8_t size_ = 1;
  std::array<std::uint8_t, kMaxNameSize> bytes_{};
};

}  // namespace bowline::dns
