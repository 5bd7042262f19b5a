// Entries, packed.
#include "control/config/entry.h"

#include <algorithm>
#include <cassert>
#include <unordered_set>

#include "control/config/value_text.h"

namespace bowline::control::config {
namespace {

constexpr std::size_t kFewValues = 8;  // so many are compared one with another, more by a table

// Numbers are given to things in turn, the same one to several (dataplane.cores).
bool may_repeat(const Option& option) { return option.kind.type == Type::kInt; }

std::uint64_t read_number(const char*& at) {
  std::uint64_t number = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto octet = static_cast<std::uint8_t>(*at++);
    number |= static_cast<std::uint64_t>(octet & 0x7f) << shift;
    if (octet < 0x80) return number;
  }
}

void write_number(std::string& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) out += static_cast<char>(number | 0x80);
  out += static_cast<char>(number);
}

std::string_view read_text(const char*& at) {
  const auto size = static_cast<std::size_t>(read_number(at));
  const std::string_view text(at, size);
  at += size;
  return text;
}

void write_text(std::string& out, std::string_view text) {
  write_number(out, text.size());
  out += text;
}

Place read_place(const char*& at) {
  const std::uint64_t file = read_number(at);
  if (file == 0) return Place::none();
  Place place;
  place.file = static_cast<std::uint32_t>(file - 1);
  place.line = static_cast<std::uint32_t>(read_number(at));
  place.column = static_cast<std::uint32_t>(read_number(at));
  return place;
}

void write_place(std::string& out, Place place) {
  if (place.file == Place::kNoFile) return write_number(out, 0);
  write_number(out, std::uint64_t{place.file} + 1);
  write_number(out, place.line);
  write_number(out, place.column);
}

// A text that two writings of one value share.
std::string key_of(const Option& option, std::string_view text) {
  switch (option.kind.type) {
    case Type::kText:
    case Type::kPath:
    case Type::kZoneFile:
    case Type::kModule:
    case Type::kModuleName:
    case Type::kUser:
    case Type::kFraction:
    case Type::kReference: return std::string(text);
    default: break;
  }
  const auto value = parse_value(option.kind, text);
  if (!value) return std::string(text);
  struct Writer {
    std::string operator()(bool flag) const { return flag ? "1" : "0"; }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(const std::string& word) const { return word; }
    std::string operator()(const Octets& octets) const { return {octets.begin(), octets.end()}; }
    std::string operator()(const Address& address) const {
      return std::to_string(static_cast<int>(address.family)) + address.to_text();
    }
    std::string operator()(const AddressRange& range) const {
      std::string key(1, static_cast<char>(range.family));
      key.append(range.first.begin(), range.first.end());
      return key.append(range.last.begin(), range.last.end());
    }
    std::string operator()(const dns::Name& name) const { return name.lower().to_text(); }
  };
  return std::visit(Writer{}, value->content());
}

}  // namespace

std::uint8_t option_number(const Section& section, const Option& option) {
  const auto& rows = options_of(section.name);
  const auto found = std::find(rows.begin(), rows.end(), &option);
  assert(found != rows.end() && rows.size() <= UINT8_MAX);
  return static_cast<std::uint8_t>(found - rows.begin());
}

bool may_be_empty(const Option& option) {
  return option.kind.type == Type::kReference || option.kind.type == Type::kModule ||
         option.count == Count::kMany;
}

std::string entry_name(const Section& section, std::string_view id) {
  if (!section.has_entries()) return std::string(section.name);
  if (section.name == "zone" && id.size() > 1 && id.ends_with('.')) id.remove_suffix(1);
  return std::string(section.name) + "[" + std::string(id) + "]";
}

bool same_value(const Option& option, std::string_view a, std::string_view b) {
  return a == b || key_of(option, a) == key_of(option, b);
}

std::string_view Entry::content() const {
  const char* at = at_;
  return read_text(at);
}

std::string_view Entry::id() const {
  const char* at = content().data();
  return read_text(at);
}

Place Entry::place() const {
  const std::string_view settings = content();
  const char* at = settings.data() + settings.size();
  return read_place(at);
}

EntryReader::EntryReader(const Section& section, Entry entry)
    : options_(options_of(section.name)),
      at_(entry.content().data()),
      end_(at_ + entry.content().size()) {
  read_text(at_);
}

bool EntryReader::next(SetItem& out) {
  if (left_ == 0) {
    if (at_ == end_) return false;
    option_ = options_[static_cast<std::uint8_t>(*at_++)];
    left_ = read_number(at_);
    if (left_ == 0) {
      out = {{}, option_, true, end_, index_++};
      return true;
    }
  }
  --left_;
  out = {read_text(at_), option_, false, end_, index_++};
  return true;
}

Place SetItem::place() const {
  const char* at = places;
  read_place(at);  // of the entry
  for (std::size_t i = 0; i < index; ++i) read_place(at);
  return read_place(at);
}

void EntryBuilder::reset(const Section& section, std::string_view id, Place place) {
  section_ = &section;
  id_ = id;
  place_ = place;
  values_.clear();
  text_.clear();
}

void EntryBuilder::reset(const Section& section, Entry entry) {
  reset(section, entry.id(), entry.place());
  add_items(section, entry);
}

void EntryBuilder::add_items(const Section& section, Entry entry) {
  const char* places = entry.content().data() + entry.content().size();
  read_place(places);  // of the entry
  EntryReader reader(section, entry);
  for (SetItem item; reader.next(item);) {
    put(*item.option, item.text, item.is_empty, read_place(places));
  }
}

void EntryBuilder::put(const Option& option, std::string_view text, bool is_empty, Place place) {
  const bool is_same = !values_.empty() && values_.back().option == &option;
  const std::uint8_t number =
      is_same ? values_.back().number : option_number(*section_, option);
  values_.push_back({&option, number, is_empty, text_.size(), text.size(), place});
  text_ += text;
}

void EntryBuilder::add(const Option& option, std::string_view text, Place place) {
  put(option, text, false, place);
}

void EntryBuilder::add_empty(const Option& option, Place place) { put(option, {}, true, place); }

bool EntryBuilder::remove(const Option& option) {
  return std::erase_if(values_, [&](const Value& v) { return v.option == &option; }) > 0;
}

bool EntryBuilder::remove_value(const Option& option, std::string_view text) {
  return std::erase_if(values_, [&](const Value& value) {
           return value.option == &option && !value.is_empty &&
                  same_value(option, text_of(value), text);
         }) > 0;
}

// Brings the values into the order of the table and drops those that do not count.
void EntryBuilder::settle() {
  std::stable_sort(values_.begin(), values_.end(),
                   [](const Value& a, const Value& b) { return a.number < b.number; });
  std::vector<Value> kept;
  for (std::size_t first = 0, end = 0; first < values_.size(); first = end) {
    const Option& option = *values_[first].option;
    while (end < values_.size() && values_[end].option == &option) ++end;
    if (option.count == Count::kOne || end - first == 1) {
      kept.push_back(values_[end - 1]);
      continue;
    }
    const std::size_t start = kept.size();
    std::unordered_set<std::string> keys;
    const bool repeats = may_repeat(option);
    const bool is_long = end - first > kFewValues;
    for (std::size_t i = first; i < end; ++i) {
      if (values_[i].is_empty) continue;
      const std::string_view text = text_of(values_[i]);
      const bool is_new =
          repeats ||
          (is_long ? keys.insert(key_of(option, text)).second
                   : std::none_of(kept.begin() + static_cast<std::ptrdiff_t>(start), kept.end(),
                                  [&](const Value& each) {
                                    return same_value(option, text_of(each), text);
                                  }));
      if (is_new) kept.push_back(values_[i]);
    }
    if (kept.size() == start) kept.push_back(values_[first]);  // set to nothing, more than once
  }
  values_ = std::move(kept);
}

std::string EntryBuilder::pack() {
  const auto is_behind = [](const Value& a, const Value& b) { return a.number >= b.number; };
  if (std::adjacent_find(values_.begin(), values_.end(), is_behind) != values_.end()) settle();
  std::string content;
  write_text(content, id_);
  for (std::size_t first = 0, end = 0; first < values_.size(); first = end) {
    while (end < values_.size() && values_[end].number == values_[first].number) ++end;
    content += static_cast<char>(values_[first].number);
    write_number(content, values_[first].is_empty ? 0 : end - first);
    for (std::size_t i = first; i < end && !values_[first].is_empty; ++i) {
      write_text(content, text_of(values_[i]));
    }
  }
  std::string packed;
  packed.reserve(content.size() + 8 * (values_.size() + 2));
  write_text(packed, content);
  write_place(packed, place_);
  for (const Value& value : values_) write_place(packed, value.place);
  return packed;
}

}  // namespace bowline::control::config
