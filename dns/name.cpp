// Domain names in wire form. Text is in name_text.cpp.
#include "dns/name.h"

#include <algorithm>

namespace bowline::dns {
namespace {

// An encoder that makes sense has at least one label before each pointer, so a name needs no more
// pointers than labels. Bounds the work that a chain of bare pointers causes (hardening 41).
constexpr unsigned kMaxJumps = kMaxDepth;
constexpr std::size_t kFirstName = 12;  // a pointer into the header points to no name

constexpr std::uint8_t kRoot[1] = {0};

// Where each label of a name begins, leftmost first, the root label included.
struct LabelStarts {
  unsigned count = 0;  // without the root
  std::array<std::uint8_t, kMaxDepth + 1> at;

  explicit LabelStarts(NameView name) {
    std::size_t position = 0;
    while (name.data()[position] != 0) {
      at[count++] = static_cast<std::uint8_t>(position);
      position += name.data()[position] + 1u;
    }
    at[count] = static_cast<std::uint8_t>(position);
  }
};

// Length octets are below 'A', so whole names fold octet by octet.
bool equal_folded(const std::uint8_t* a, const std::uint8_t* b, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    if (fold(a[i]) != fold(b[i])) return false;
  }
  return true;
}

// RFC 4034 6.1: octets compared as unsigned after folding; the shorter label first.
std::strong_ordering compare_labels(const std::uint8_t* a, const std::uint8_t* b) {
  const std::size_t common = std::min(*a, *b);
  for (std::size_t i = 1; i <= common; ++i) {
    const auto order = fold(a[i]) <=> fold(b[i]);
    if (order != 0) return order;
  }
  return *a <=> *b;
}

// Appends the labels from `from` up to and with the root label.
// Nothing if the result would be too long.
std::optional<Name> join(Bytes labels, NameView rest) {
  if (labels.size() + rest.size() > kMaxNameSize) return std::nullopt;
  std::array<std::uint8_t, kMaxNameSize> bytes;
  std::copy(labels.begin(), labels.end(), bytes.begin());
  std::memcpy(bytes.data() + labels.size(), rest.data(), rest.size());
  return Name(NameView(bytes.data(), labels.size() + rest.size()));
}

}  // namespace

NameView::NameView() : data_(kRoot), size_(1) {}

std::optional<NameView> NameView::parse(Bytes bytes) {
  std::size_t position = 0;
  while (position < bytes.size() && position < kMaxNameSize) {
    const std::uint8_t length = bytes[position];
    if (length == 0) return NameView(bytes.data(), position + 1);
    if (length > kMaxLabelSize) return std::nullopt;
    position += length + 1u;
  }
  return std::nullopt;
}

unsigned NameView::depth() const {
  unsigned depth = 0;
  for (const std::uint8_t* at = data_; *at != 0; at += *at + 1u) ++depth;
  return depth;
}

NameView NameView::parent() const {
  if (is_root()) return *this;
  const std::size_t label = data_[0] + 1u;
  return {data_ + label, size_ - label};
}

NameView NameView::suffix(unsigned depth) const {
  NameView name = *this;
  for (unsigned own = this->depth(); own > depth; --own) name = name.parent();
  return name;
}

bool NameView::equals(NameView other) const {
  return size_ == other.size_ && equal_folded(data_, other.data_, size_);
}

bool NameView::is_at_or_below(NameView apex) const {
  if (size_ < apex.size_) return false;
  const std::size_t start = size_ - apex.size_;
  std::size_t position = 0;
  while (position < start) position += data_[position] + 1u;
  return position == start && equal_folded(data_ + start, apex.data_, apex.size_);
}

std::strong_ordering NameView::canonical_compare(NameView other) const {
  const LabelStarts mine(*this);
  const LabelStarts theirs(other);
  const unsigned common = std::min(mine.count, theirs.count);
  for (unsigned i = 1; i <= common; ++i) {
    const auto order = compare_labels(data_ + mine.at[mine.count - i],
                                      other.data_ + theirs.at[theirs.count - i]);
    if (order != 0) return order;
  }
  return mine.count <=> theirs.count;
}

unsigned NameView::common_depth(NameView other) const {
  const LabelStarts mine(*this);
  const LabelStarts theirs(other);
  const unsigned limit = std::min(mine.count, theirs.count);
  unsigned common = 0;
  while (common < limit) {
    const std::uint8_t* a = data_ + mine.at[mine.count - common - 1];
    const std::uint8_t* b = other.data_ + theirs.at[theirs.count - common - 1];
    if (*a != *b || !equal_folded(a + 1, b + 1, *a)) break;
    ++common;
  }
  return common;
}

std::optional<Name> Name::from_message(WireReader& reader) {
  constexpr std::uint8_t kPointer = 0xc0;
  const Bytes message = reader.whole();
  std::array<std::uint8_t, kMaxNameSize> bytes;
  std::size_t size = 0;
  // Where the present label sequence began: a pointer that ends it has to point before that, so
  // each jump goes strictly backwards and no label is read twice.
  std::size_t sequence = reader.position();
  std::size_t position = sequence;
  std::size_t end = 0;  // behind the name as it stands; 0 until the first pointer
  unsigned jumps = 0;
  while (reader.ok() && position < message.size()) {
    const std::uint8_t length = message[position];
    if (length >= kPointer) {
      if (position + 2 > message.size()) break;
      const std::size_t target = load_u16(&message[position]) & 0x3fffu;
      if (target >= sequence || target < kFirstName || ++jumps > kMaxJumps) break;
      if (end == 0) end = position + 2;
      position = sequence = target;
      continue;
    }
    if (length > kMaxLabelSize || position + length + 1u > message.size() ||
        size + length + 1u > kMaxNameSize) {
      break;
    }
    std::memcpy(&bytes[size], &message[position], length + 1u);
    size += length + 1u;
    position += length + 1u;
    if (length == 0) {
      reader.skip((end == 0 ? position : end) - reader.position());
      return Name(NameView(bytes.data(), size));
    }
  }
  reader.fail();
  return std::nullopt;
}

std::optional<Name> Name::prepend(Bytes label, NameView parent) {
  std::array<std::uint8_t, kMaxLabelSize + 1> bytes;
  bytes[0] = static_cast<std::uint8_t>(label.size());
  std::copy(label.begin(), label.end(), bytes.begin() + 1);
  return join({bytes.data(), label.size() + 1}, parent);
}

std::optional<Name> Name::replace_suffix(NameView name, unsigned depth, NameView target) {
  const std::size_t kept = name.size() - name.suffix(depth).size();
  return join({name.data(), kept}, target);
}

Name Name::lower() const {
  Name lowered = *this;
  for (std::size_t i = 0; i < size_; ++i) lowered.bytes_[i] = fold(bytes_[i]);
  return lowered;
}

}  // namespace bowline::dns
