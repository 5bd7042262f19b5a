#include "control/confdb/record.h"

#include <cassert>
#include <limits>

#include "dns/name.h"

namespace bowline::control::confdb {

namespace {

using config::Change;
using config::Setting;

constexpr std::size_t kMaxKey = 511;  // LMDB's, fixed when Debian built it
constexpr std::size_t kChecksumSize = 4;
constexpr std::string_view kZone = "zone";

// FNV-1a: it shall find damage, not attackers, who could write a right one.
std::uint32_t checksum(std::string_view key, std::string_view body) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::string_view part : {key, body}) {
    for (const char octet : part) {
      hash = (hash ^ static_cast<std::uint8_t>(octet)) * 0x100000001b3;
    }
  }
  return static_cast<std::uint32_t>(hash ^ hash >> 32);
}

class Encoder {
 public:
  Encoder() : out_(kChecksumSize, '\0') {}

  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<char>(value | 0x80));
    out_.push_back(static_cast<char>(value));
  }
  void text(std::string_view value) {
    number(value.size());
    out_.append(value);
  }
  void setting(const Setting& value) {
    if (!value.is_set) return number(0);
    number(value.values.size() + 1);
    for (const std::string& one : value.values) text(one);
  }

  std::string finish(std::string_view key) && {
    const std::uint32_t sum = checksum(key, std::string_view(out_).substr(kChecksumSize));
    for (std::size_t i = 0; i < kChecksumSize; ++i) out_[i] = static_cast<char>(sum >> (8 * i));
    return std::move(out_);
  }

 private:
  std::string out_;
};

// Once it has failed, everything it gives is empty.
class Decoder {
 public:
  Decoder() = default;
  explicit Decoder(std::string_view rest) : rest_(rest) {}

  // Checks the checksum.
  static Decoder open(std::string_view key, std::string_view value) {
    Decoder decoder;
    decoder.ok_ = value.size() >= kChecksumSize;
    if (!decoder.ok_) return decoder;
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < kChecksumSize; ++i) {
      sum |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(value[i])) << (8 * i);
    }
    decoder.rest_ = value.substr(kChecksumSize);
    decoder.ok_ = sum == checksum(key, decoder.rest_);
    return decoder;
  }

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; ok_ && shift < 64 && !rest_.empty(); shift += 7) {
      const auto octet = static_cast<std::uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(octet & 0x7f) << shift;
      if (octet < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }
  std::string_view text() {
    const std::uint64_t size = number();
    ok_ = ok_ && size <= rest_.size();
    if (!ok_) return {};
    const std::string_view value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return value;
  }
  // How many of something follow, each of at least one octet.
  std::uint64_t count() {
    const std::uint64_t value = number();
    ok_ = ok_ && value <= rest_.size();
    return ok_ ? value : 0;
  }
  Setting setting() {
    Setting value;
    const std::uint64_t code = number();
    ok_ = ok_ && code <= rest_.size() + 1;
    value.is_set = ok_ && code != 0;
    for (std::uint64_t i = 1; ok_ && i < code; ++i) value.values.emplace_back(text());
    return value;
  }

  std::string_view rest() const { return rest_; }
  bool ok() const { return ok_; }
  // All was read, and it was right.
  bool done() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

// The text of a zone's name in wire form. Nothing: it is none.
std::optional<std::string> name_text(std::string_view wire) {
  const auto* const octets = reinterpret_cast<const std::uint8_t*>(wire.data());
  const auto name = dns::NameView::parse({octets, wire.size()});
  if (!name || name->size() != wire.size()) return std::nullopt;
  return name->to_text();
}

std::optional<std::string> wire_form(std::string_view id) {
  static const dns::Name root;
  const auto name = dns::Name::from_text(id, &root);
  if (!name) return std::nullopt;
  const dns::Name lower = name->lower();
  return std::string(reinterpret_cast<const char*>(lower.data()), lower.size());
}

void encode_change(Encoder& encoder, const Change& change) {
  encoder.text(change.section->name);
  encoder.text(change.id);
  encoder.text(change.option == nullptr ? std::string_view() : change.option->name);
  encoder.setting(change.before);
  encoder.setting(change.after);
}

dns::Result<Change> decode_change(Decoder& decoder) {
  Change change;
  const std::string_view section = decoder.text();
  change.id = decoder.text();
  const std::string_view item = decoder.text();
  change.before = decoder.setting();
  change.after = decoder.setting();
  if (!decoder.ok()) return dns::Error{"it is damaged"};
  change.section = config::find_section(section);
  if (change.section != nullptr && !item.empty()) {
    change.option = config::find_option(section, item);
  }
  if (change.section == nullptr || (change.option == nullptr && !item.empty())) {
    return dns::Error{"it has " + std::string(section) + "." + std::string(item) +
                      ", which this version does not know"};
  }
  return change;
}

}  // namespace

// ---- Entries ----------------------------------------------------------------------------------

dns::Result<std::string> entry_key(std::string_view section, std::string_view id) {
  std::string key(section);
  key.push_back('\0');
  const auto wire = section == kZone && !id.empty() ? wire_form(id) : std::nullopt;
  key += wire ? std::string_view(*wire) : id;
  if (key.size() > kMaxKey) {
    return dns::Error{std::string(section) + "[" + std::string(id.substr(0, 40)) +
                      "...]: the identifier is too long for a configuration database: use at "
                      "most " + std::to_string(kMaxKey - section.size() - 1) + " octets"};
  }
  return key;
}

std::string encode(std::string_view key, const Entry& entry) {
  Encoder encoder;
  const std::string_view in_key = key.substr(entry.section.size() + 1);
  const auto text = entry.section == kZone ? name_text(in_key) : std::string(in_key);
  encoder.text(text == entry.id ? std::string_view() : std::string_view(entry.id));
  encoder.number(entry.items.size());
  for (const auto& [item, values] : entry.items) {
    encoder.text(item);
    encoder.number(values.size());
    for (const std::string& value : values) encoder.text(value);
  }
  return std::move(encoder).finish(key);
}

bool EntryReader::open(std::string_view key, std::string_view value) {
  Decoder decoder = Decoder::open(key, value);
  const std::size_t nul = key.find('\0');
  ok_ = nul != std::string_view::npos && decoder.ok();
  if (!ok_) return false;
  section_ = key.substr(0, nul);
  id_ = decoder.text();
  if (id_.empty() && nul + 1 < key.size()) {
    id_ = key.substr(nul + 1);
    if (section_ == kZone) {
      const auto text = name_text(id_);
      if (!text) return ok_ = false;
      name_ = *text;
      id_ = name_;
    }
  }
  left_ = decoder.count();
  rest_ = decoder.rest();
  return ok_ = decoder.ok() && (left_ != 0 || rest_.empty());
}

bool EntryReader::next(std::string_view& item, std::vector<std::string_view>& values) {
  if (!ok_ || left_ == 0) return false;
  Decoder decoder(rest_);
  item = decoder.text();
  values.clear();
  for (std::uint64_t count = decoder.count(); decoder.ok() && count > 0; --count) {
    values.push_back(decoder.text());
  }
  rest_ = decoder.rest();
  --left_;
  ok_ = decoder.ok() && (left_ != 0 || rest_.empty());
  return ok_;
}

std::optional<Entry> decode_entry(std::string_view key, std::string_view value) {
  EntryReader reader;
  if (!reader.open(key, value)) return std::nullopt;
  Entry entry{std::string(reader.section()), std::string(reader.id()), {}};
  std::string_view item;
  std::vector<std::string_view> values;
  while (reader.next(item, values)) {
    entry.items.emplace_back(item, std::vector<std::string>(values.begin(), values.end()));
  }
  if (!reader.ok()) return std::nullopt;
  return entry;
}

bool is_whole(std::string_view key, std::string_view value) {
  return Decoder::open(key, value).ok();
}

// ---- Header and history -----------------------------------------------------------------------

std::string encode(std::string_view key, const Header& header) {
  Encoder encoder;
  encoder.number(header.format);
  encoder.number(header.number);
  return std::move(encoder).finish(key);
}

// What follows the two numbers belongs to a newer format, which the caller refuses.
std::optional<Header> decode_header(std::string_view key, std::string_view value) {
  Decoder decoder = Decoder::open(key, value);
  const std::uint64_t format = decoder.number();
  Header header;
  header.number = decoder.number();
  if (!decoder.ok() || format > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  header.format = static_cast<std::uint32_t>(format);
  return header;
}

std::string encode(std::string_view key, const Unconfirmed& unconfirmed) {
  Encoder encoder;
  encoder.number(unconfirmed.number);
  encoder.number(static_cast<std::uint64_t>(unconfirmed.deadline_s));
  return std::move(encoder).finish(key);
}

std::optional<Unconfirmed> decode_unconfirmed(std::string_view key, std::string_view value) {
  Decoder decoder = Decoder::open(key, value);
  Unconfirmed unconfirmed;
  unconfirmed.number = decoder.number();
  unconfirmed.deadline_s = static_cast<std::int64_t>(decoder.number());
  if (!decoder.done()) return std::nullopt;
  return unconfirmed;
}

std::string history_key(std::uint64_t number, char kind) {
  std::string key(9, kind);
  for (int i = 7; i >= 0; --i, number >>= 8) key[static_cast<std::size_t>(i)] =
      static_cast<char>(number);
  return key;
}

std::uint64_t history_number(std::string_view key) {
  if (key.size() != 9) return 0;
  std::uint64_t number = 0;
  for (const char octet : key.substr(0, 8)) number = number << 8 | static_cast<std::uint8_t>(octet);
  return number;
}

std::string encode(std::string_view key, const Commit& commit) {
  Encoder encoder;
  encoder.number(static_cast<std::uint64_t>(commit.time_s));
  encoder.text(commit.user);
  encoder.text(commit.summary);
  encoder.number(commit.has_changes ? 1 : 0);
  return std::move(encoder).finish(key);
}

std::optional<Commit> decode_commit(std::string_view key, std::string_view value) {
  Decoder decoder = Decoder::open(key, value);
  Commit commit;
  commit.number = history_number(key);
  commit.time_s = static_cast<std::int64_t>(decoder.number());
  commit.user = decoder.text();
  commit.summary = decoder.text();
  commit.has_changes = decoder.number() != 0;
  if (!decoder.done()) return std::nullopt;
  return commit;
}

std::string encode(std::string_view key, const std::vector<Change>& changes) {
  Encoder encoder;
  encoder.number(changes.size());
  for (const Change& change : changes) encode_change(encoder, change);
  return std::move(encoder).finish(key);
}

dns::Result<std::vector<Change>> decode_changes(std::string_view key, std::string_view value) {
  Decoder decoder = Decoder::open(key, value);
  std::vector<Change> changes;
  for (std::uint64_t count = decoder.count(); count > 0; --count) {
    auto change = decode_change(decoder);
    if (!change) return dns::Error{change.error()};
    changes.push_back(std::move(*change));
  }
  if (!decoder.done()) return dns::Error{"it is damaged"};
  return changes;
}

}  // namespace bowline::control::confdb
