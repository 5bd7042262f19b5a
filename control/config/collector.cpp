// From entries as they are read to sorted lists.
#include "control/config/collector.h"

#include <algorithm>
#include <cassert>

#include "control/config/store.h"

namespace bowline::control::config {
namespace {

constexpr std::size_t kChunkOctets = std::size_t{1} << 20;

// Eight octets as a number that sorts as they do.
std::uint64_t head_of(std::string_view text) {
  std::uint64_t head = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    head = head << 8 | (i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0u);
  }
  return head;
}

std::string place_text(const FileNames& files, Place place) {
  if (place.file == Place::kNoFile) return {};
  return ", see " + files[place.file] + ":" + std::to_string(place.line);
}

void report_duplicate(Problems& problems, const Section& section, Entry first, Entry second) {
  problems.add(second.place(), std::string(section.name) + "." + std::string(section.id) + ": \"" +
                                   std::string(second.id()) + "\" is there already" +
                                   place_text(problems.files(), first.place()));
}

}  // namespace

Collector::Collector(Problems& problems)
    : problems_(problems), sections_(sections().size()), single_(sections().size()) {}

void Collector::begin_entry(const Section& section, std::string_view id, Place place) {
  end_entry();
  open_ = &section;
  entry_.reset(section, id, place);
}

EntryBuilder& Collector::builder_of(const Section& section, Place place) {
  if (section.has_entries()) {
    assert(open_ == &section);
    return entry_;
  }
  auto& single = single_[section_index(section)];
  if (!single) single.emplace().reset(section, {}, place);
  return *single;
}

void Collector::add(const Section& section, const Option& option, std::string_view text,
                    Place place) {
  builder_of(section, place).add(option, text, place);
}

void Collector::add_empty(const Section& section, const Option& option, Place place) {
  builder_of(section, place).add_empty(option, place);
}

void Collector::clear(const Section& section) {
  if (open_ == &section) open_ = nullptr;
  Gathered& gathered = sections_[section_index(section)];
  gathered = {};
  gathered.was_cleared = true;
  single_[section_index(section)].reset();
}

bool Collector::was_cleared(const Section& section) const {
  return sections_[section_index(section)].was_cleared;
}

void Collector::end_entry() {
  if (open_ != nullptr && entry_.has_id()) gather(*open_, entry_.pack());
  open_ = nullptr;
}

void Collector::gather(const Section& section, std::string_view packed) {
  Gathered& gathered = sections_[section_index(section)];
  auto& chunks = gathered.chunks;
  if (chunks.empty() || chunks.back().capacity() - chunks.back().size() < packed.size()) {
    chunks.emplace_back().reserve(std::max(kChunkOctets, packed.size()));
  }
  const char* const at = chunks.back().data() + chunks.back().size();
  chunks.back() += packed;
  const std::string_view id = Entry(at).id();
  gathered.items.push_back({{head_of(id), head_of(id.substr(std::min<std::size_t>(8, id.size())))},
                            at,
                            static_cast<std::uint32_t>(packed.size()),
                            static_cast<std::uint32_t>(gathered.items.size())});
}

EntryList Collector::sort(const Section& section, Gathered& gathered) {
  const auto is_before = [](const Item& a, const Item& b) {
    if (a.head[0] != b.head[0]) return a.head[0] < b.head[0];
    if (a.head[1] != b.head[1]) return a.head[1] < b.head[1];
    const int order = Entry(a.octets).id().compare(Entry(b.octets).id());
    return order != 0 ? order < 0 : a.order < b.order;
  };
  auto& items = gathered.items;
  if (!std::is_sorted(items.begin(), items.end(), is_before)) {
    std::sort(items.begin(), items.end(), is_before);
  }
  EntryListBuilder list(section);
  const Item* last = nullptr;
  for (const Item& item : items) {
    if (last != nullptr && Entry(last->octets).id() == Entry(item.octets).id()) {
      report_duplicate(problems_, section, Entry(last->octets), Entry(item.octets));
      continue;
    }
    list.append({item.octets, item.size});
    last = &item;
  }
  gathered.items = {};
  gathered.chunks = {};
  return list.finish();
}

std::vector<std::shared_ptr<const EntryList>> Collector::finish() {
  end_entry();
  std::vector<std::shared_ptr<const EntryList>> lists;
  for (const Section& section : sections()) {
    const std::size_t index = section_index(section);
    if (single_[index]) gather(section, single_[index]->pack());
    lists.push_back(std::make_shared<const EntryList>(sort(section, sections_[index])));
  }
  return lists;
}

}  // namespace bowline::control::config
