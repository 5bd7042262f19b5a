// Fuzzer of names: compressed names in messages, names in text, and their keys.
// Needs dns_dep.
//
// The first octet chooses where in the message a name is read; the rest is message and text.
#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "dns/name.h"
#include "dns/name_key.h"
#include "dns/name_key_portable.h"

namespace {

using namespace bowline::dns;

#define CHECK(condition) \
  do {                   \
    if (!(condition)) std::abort(); \
  } while (false)

bool same_octets(NameView a, NameView b) {
  return a.size() == b.size() && std::equal(a.data(), a.data() + a.size(), b.data());
}

void check_key(NameView name) {
  HashKey secret;
  secret.bytes[0] = static_cast<std::uint8_t>(name.size());
  NameKey key;
  NameKey portable;
  make_name_key(secret, name, key);
  const KeyJob job{name, &portable};
  make_name_keys_portable(secret, {&job, 1});
  CHECK(key.depth == name.depth() && key.size == name.size());
  CHECK(key.name().equals(name));
  CHECK(same_octets(key.name(), Name(name).lower()));
  for (unsigned d = 0; d <= key.depth; ++d) {
    CHECK(key.hash[d] == portable.hash[d]);
    CHECK(same_octets(key.suffix(d), key.name().suffix(d)));
  }
  CHECK(hash_name(secret, name) == key.hash[key.depth]);
}

void check_name(NameView name) {
  CHECK(name.size() >= 1 && name.size() <= kMaxNameSize);
  const auto parsed = NameView::parse(name.bytes());
  CHECK(parsed && parsed->size() == name.size());
  const auto back = Name::from_text(name.to_text());
  CHECK(back.ok() && same_octets(*back, name));
  CHECK(name.canonical_compare(Name(name).lower()) == 0);
  CHECK(name.common_depth(name) == name.depth());
  CHECK(name.is_at_or_below(name.parent()));
  check_key(name);
}

void check_pair(NameView a, NameView b) {
  const auto order = a.canonical_compare(b);
  CHECK((order == 0) == a.equals(b));
  CHECK((order < 0) == (b.canonical_compare(a) > 0));
  const unsigned common = a.common_depth(b);
  CHECK(a.suffix(common).equals(b.suffix(common)));
  CHECK(a.is_at_or_below(b) == (common == b.depth()));
  const auto replaced = Name::replace_suffix(a, common, b);
  if (replaced) CHECK(replaced->view().is_at_or_below(b));
}

void read_message(Bytes message, std::size_t position) {
  WireReader reader(message, std::min(position, message.size()));
  const std::size_t before = reader.position();
  const auto name = Name::from_message(reader);
  CHECK(name.has_value() == reader.ok());
  if (!name) return;
  CHECK(reader.position() > before && reader.position() <= message.size());
  check_name(*name);
  const auto second = Name::from_message(reader);
  if (second) check_pair(*name, *second);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes rest(data + 1, size - 1);
  read_message(rest, data[0]);
  const std::string_view text(reinterpret_cast<const char*>(rest.data()), rest.size());
  const auto absolute = Name::from_text(text);
  if (absolute.ok()) check_name(*absolute);
  const Name origin = *Name::from_text("Origin.example.");
  const auto relative = Name::from_text(text, &origin);
  if (relative.ok()) {
    check_name(*relative);
    check_pair(*relative, origin);
  }
  return 0;
}
