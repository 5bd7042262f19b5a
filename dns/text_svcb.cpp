// Parameters of SVCB and HTTPS in presentation form.
#include "dns/text_svcb.h"

#include <algorithm>
#include <array>
#include <vector>

#include "dns/text_address.h"
#include "dns/text_base.h"
#include "dns/text_number.h"
#include "dns/text_string.h"

namespace bowline::dns {
namespace {

enum class Value : std::uint8_t {
  kKeys,    // ascending list of keys
  kItems,   // list of strings with length octets
  kNone,    // no value
  kU16,
  kU16List,
  kIpv4List,
  kIpv6List,
  kBase64,
  kText,    // octets as they are, not empty
  kOctets,  // the same, may be empty: keys that are not known, and keyNNN of any
};

struct Key {
  std::uint16_t code;
  std::string_view name;
  Value value;
};

// IANA "Service Parameter Keys (SvcParamKeys)", those with a published presentation form.
constexpr Key kKeys[] = {
    {0, "mandatory", Value::kKeys},      {1, "alpn", Value::kItems},
    {2, "no-default-alpn", Value::kNone}, {3, "port", Value::kU16},
    {4, "ipv4hint", Value::kIpv4List},   {5, "ech", Value::kBase64},
    {6, "ipv6hint", Value::kIpv6List},   {7, "dohpath", Value::kText},
    {8, "ohttp", Value::kNone},          {9, "tls-supported-groups", Value::kU16List},
};
constexpr std::uint16_t kMandatory = 0;
constexpr std::size_t kParameterHead = 4;  // key, length

struct Parameter {
  std::uint16_t key;
  Bytes value;
};

// The first parameter of a list that passes check_service_parameters(); moves behind it.
Parameter take_parameter(Bytes& parameters) {
  const std::size_t size = load_u16(&parameters[2]);
  const Parameter parameter{load_u16(parameters.data()), parameters.subspan(kParameterHead, size)};
  parameters = parameters.subspan(kParameterHead + size);
  return parameter;
}

const Key* find_key(std::uint16_t code) {
  for (const Key& key : kKeys) {
    if (key.code == code) return &key;
  }
  return nullptr;
}

// A key and how its value is written behind this spelling of it.
std::optional<Key> key_from_text(std::string_view text) {
  for (const Key& key : kKeys) {
    if (key.name == text) return key;
  }
  constexpr std::string_view kPrefix = "key";
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  const auto code = number_from_text(text, UINT16_MAX);
  if (!code || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  return Key{static_cast<std::uint16_t>(*code), {}, Value::kOctets};
}

void append_key(std::uint16_t code, std::string& out) {
  if (const Key* key = find_key(code)) {
    out += key->name;
    return;
  }
  out += "key";
  append_number(code, out);
}

// --- checks of values, by the form that the key has

bool items_valid(Bytes value) {
  if (value.empty()) return false;
  while (!value.empty()) {
    if (value[0] == 0 || value.size() < value[0] + 1u) return false;
    value = value.subspan(value[0] + 1u);
  }
  return true;
}

// RFC 9460 8: ascending, without repetition and without itself.
bool key_list_valid(Bytes value) {
  if (value.empty() || value.size() % 2 != 0) return false;
  for (std::size_t i = 0; i < value.size(); i += 2) {
    const std::uint16_t key = load_u16(&value[i]);
    if (key == kMandatory || (i > 0 && key <= load_u16(&value[i - 2]))) return false;
  }
  return true;
}

bool value_valid(Value form, Bytes value) {
  const auto list_of = [value](std::size_t size) {
    return !value.empty() && value.size() % size == 0;
  };
  switch (form) {
    case Value::kKeys: return key_list_valid(value);
    case Value::kItems: return items_valid(value);
    case Value::kNone: return value.empty();
    case Value::kU16: return value.size() == 2;
    case Value::kU16List: return list_of(2);
    case Value::kIpv4List: return list_of(kIpv4Size);
    case Value::kIpv6List: return list_of(kIpv6Size);
    case Value::kBase64:
    case Value::kText: return !value.empty();
    case Value::kOctets: return true;
  }
  return false;
}

bool all_present(Bytes keys, Bytes parameters) {
  std::size_t at = 0;  // both are ascending
  while (at < keys.size() && !parameters.empty()) {
    const std::uint16_t key = take_parameter(parameters).key;
    if (key == load_u16(&keys[at])) at += 2;
  }
  return at == keys.size();
}

// The rules that text is held to. REQUIRES: check_service_parameters().
bool parameters_valid(Bytes parameters) {
  for (Bytes rest = parameters; !rest.empty();) {
    const Parameter parameter = take_parameter(rest);
    const Key* key = find_key(parameter.key);
    if (key != nullptr && !value_valid(key->value, parameter.value)) return false;
    if (parameter.key == kMandatory && !all_present(parameter.value, parameters)) return false;
  }
  return true;
}

// --- text to values

// Calls `item` for each part between commas. False: a part is refused.
template <typename Item>
bool split(std::string_view text, Item item) {
  for (;;) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (!item(text.substr(0, comma))) return false;
    if (comma == text.size()) return true;
    text.remove_prefix(comma + 1);
  }
}

bool write_keys(std::string_view text, WireWriter& out) {
  std::vector<std::uint16_t> keys;
  const bool known = split(text, [&keys](std::string_view item) {
    const auto key = key_from_text(item);
    if (key) keys.push_back(key->code);
    return key.has_value();
  });
  std::sort(keys.begin(), keys.end());
  for (const std::uint16_t key : keys) out.u16(key);
  return known;
}

// RFC 9460 A.1: `value` is unescaped as a string already; in it, \, and \\ do not separate.
bool write_items(Bytes value, WireWriter& out) {
  std::array<std::uint8_t, kMaxString> item;
  std::size_t size = 0;
  for (std::size_t i = 0; i <= value.size(); ++i) {
    if (i == value.size() || value[i] == ',') {
      if (size == 0) return false;
      out.u8(static_cast<std::uint8_t>(size));
      out.bytes(Bytes(item).first(size));
      size = 0;
      continue;
    }
    if (value[i] == '\\') {
      if (++i == value.size() || (value[i] != ',' && value[i] != '\\')) return false;
    }
    if (size == item.size()) return false;
    item[size++] = value[i];
  }
  return true;
}

bool write_number_list(std::string_view text, WireWriter& out) {
  return split(text, [&out](std::string_view item) {
    const auto number = number_from_text(item, UINT16_MAX);
    if (number) out.u16(static_cast<std::uint16_t>(*number));
    return number.has_value();
  });
}

template <std::size_t Size, typename Read>
bool write_address_list(std::string_view text, Read read, WireWriter& out) {
  return split(text, [&out, read](std::string_view item) {
    std::array<std::uint8_t, Size> address;
    if (!read(item, address.data())) return false;
    out.bytes(address);
    return true;
  });
}

bool write_value(Value form, std::string_view raw, WireWriter& out) {
  std::vector<std::uint8_t> octets(raw.size());
  WireWriter unescaped(octets);
  if (!write_unescaped(raw, unescaped)) return false;
  const Bytes value = unescaped.written();
  const std::string_view text(reinterpret_cast<const char*>(value.data()), value.size());
  switch (form) {
    case Value::kKeys: return write_keys(text, out);
    case Value::kItems: return write_items(value, out);
    case Value::kNone: return text.empty();
    case Value::kU16:
    case Value::kU16List: return write_number_list(text, out);
    case Value::kIpv4List: return write_address_list<kIpv4Size>(text, ipv4_from_text, out);
    case Value::kIpv6List: return write_address_list<kIpv6Size>(text, ipv6_from_text, out);
    case Value::kBase64: return write_base64(text, out);
    case Value::kText:
    case Value::kOctets: out.bytes(value); return true;
  }
  return false;
}

// A parameter as it stands in the text.
struct Written {
  const Token* token;
  Key key;
  std::string_view value;
};

constexpr std::string_view kExpected = "a parameter such as alpn=h2,h3 or key667=text";

std::optional<Written> read_parameter(TextCursor& in) {
  const Token* token = in.next_word(kExpected);
  if (token == nullptr) return std::nullopt;
  const std::string_view text = token->text;
  const std::size_t equals = std::min(text.find('='), text.size());
  const auto key = key_from_text(text.substr(0, equals));
  if (!key) {
    in.fail(*token, kExpected);
    return std::nullopt;
  }
  std::string_view value = equals < text.size() ? text.substr(equals + 1) : "";
  if (value.starts_with('"')) {
    if (value.size() < 2 || !value.ends_with('"')) {
      in.fail(*token, kExpected);
      return std::nullopt;
    }
    value = value.substr(1, value.size() - 2);
  }
  return Written{token, *key, value};
}

bool write_parameter(const Written& parameter, WireWriter& out) {
  out.u16(parameter.key.code);
  const std::size_t length = out.size();
  out.u16(0);
  if (!write_value(parameter.key.value, parameter.value, out)) return false;
  if (!out.ok()) return true;  // no room; the caller reports that for all fields
  const std::size_t size = out.size() - length - 2;
  if (size > UINT16_MAX) return false;
  out.patch_u16(length, static_cast<std::uint16_t>(size));
  const Key* key = find_key(parameter.key.code);
  return key == nullptr || value_valid(key->value, out.written().last(size));
}

// --- values to text

// One octet inside a value that stands without quotes.
void append_octet(std::uint8_t c, std::string& out) {
  constexpr std::string_view kSpecial = "\"();";
  if (c <= ' ' || c >= 0x7f || kSpecial.find(static_cast<char>(c)) != std::string_view::npos) {
    append_decimal_escape(c, out);
    return;
  }
  if (c == '\\') out += '\\';
  out += static_cast<char>(c);
}

void append_items(Bytes value, std::string& out) {
  while (!value.empty()) {
    for (const std::uint8_t c : value.subspan(1, value[0])) {
      if (c == ',' || c == '\\') out += "\\\\";  // a backslash of the list, escaped in the string
      append_octet(c, out);
    }
    value = value.subspan(value[0] + 1u);
    if (!value.empty()) out += ',';
  }
}

template <typename Append>
void append_list(Bytes value, std::size_t size, std::string& out, Append append) {
  for (std::size_t i = 0; i < value.size(); i += size) {
    if (i > 0) out += ',';
    append(value.subspan(i, size), out);
  }
}

void append_value(Value form, Bytes value, std::string& out) {
  const auto append_u16 = [](Bytes number, std::string& text) {
    append_number(load_u16(number.data()), text);
  };
  const auto append_code = [](Bytes code, std::string& text) {
    append_key(load_u16(code.data()), text);
  };
  switch (form) {
    case Value::kKeys: append_list(value, 2, out, append_code); return;
    case Value::kItems: append_items(value, out); return;
    case Value::kNone: return;
    case Value::kU16:
    case Value::kU16List: append_list(value, 2, out, append_u16); return;
    case Value::kIpv4List: append_list(value, kIpv4Size, out, append_ipv4); return;
    case Value::kIpv6List: append_list(value, kIpv6Size, out, append_ipv6); return;
    case Value::kBase64: append_base64(value, out); return;
    case Value::kText:
    case Value::kOctets:
      for (const std::uint8_t c : value) append_octet(c, out);
      return;
  }
}

}  // namespace

bool check_service_parameters(Bytes parameters) {
  int last = -1;
  while (!parameters.empty()) {
    if (parameters.size() < kParameterHead ||
        parameters.size() - kParameterHead < load_u16(&parameters[2])) {
      return false;
    }
    const int key = take_parameter(parameters).key;
    if (key <= last) return false;
    last = key;
  }
  return true;
}

bool parse_service_parameters(TextCursor& in, WireWriter& out) {
  const std::size_t start = out.size();
  std::vector<Written> parameters;
  while (!in.at_end()) {
    const auto parameter = read_parameter(in);
    if (!parameter) return false;
    parameters.push_back(*parameter);
  }
  const auto by_key = [](const Written& a, const Written& b) { return a.key.code < b.key.code; };
  std::stable_sort(parameters.begin(), parameters.end(), by_key);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Written& parameter = parameters[i];
    if (i > 0 && parameter.key.code == parameters[i - 1].key.code) {
      return in.fail(*parameter.token, "each key only once");
    }
    if (!write_parameter(parameter, out)) {
      return in.fail(*parameter.token, "a value of the form that RFC 9460 gives this key");
    }
  }
  if (out.ok() && !parameters_valid(out.written().subspan(start))) {
    return in.fail(*parameters.front().token, "all keys that mandatory lists");
  }
  return true;
}

bool append_service_parameters(Bytes parameters, std::string& out) {
  if (!parameters_valid(parameters)) return false;
  while (!parameters.empty()) {
    const Parameter parameter = take_parameter(parameters);
    const Key* key = find_key(parameter.key);
    append_key(parameter.key, out);
    if (!parameter.value.empty()) {
      out += '=';
      append_value(key == nullptr ? Value::kOctets : key->value, parameter.value, out);
    }
    if (!parameters.empty()) out += ' ';
  }
  return true;
}

}  // namespace bowline::dns
