// One transaction on a configuration.
#include "control/config/edit.h"

#include <algorithm>

#include "control/config/checks.h"
#include "control/config/collector.h"
#include "control/config/file_reader.h"
#include "control/config/path.h"
#include "control/config/problems.h"
#include "control/config/value_text.h"

namespace bowline::control::config {
namespace {

using dns::Error;
using dns::Result;

// So many entries at most are put into a list one by one; for more it is made anew.
constexpr std::size_t kFewEntries = 1000;

using Values = std::vector<std::string>;

bool is_identifier(const ItemPath& path) {
  return path.option != nullptr && path.option->name == path.section->id;
}

bool is_nothing(const Option& option, const std::string& value) {
  return value.empty() && may_be_empty(option);
}

Result<void> check_values(const std::string& name, const Option& option, const Values& values) {
  for (const std::string& value : values) {
    if (is_nothing(option, value)) continue;
    if (auto parsed = parse_value(option.kind, value); !parsed) {
      return Error{name + ": " + parsed.error()};
    }
  }
  return {};
}

void add_values(EntryBuilder& builder, const Option& option, const Values& values) {
  for (const std::string& value : values) {
    if (is_nothing(option, value)) {
      builder.add_empty(option, Place::none());
    } else {
      builder.add(option, value, Place::none());
    }
  }
}

std::string joined(const Values& values) {
  std::string text;
  for (const std::string& value : values) text += (text.empty() ? "" : " ") + value;
  return text;
}

}  // namespace

struct Draft::Body {
  Body(Config from, const LoadOptions& load_options)
      : base(std::move(from)),
        store(*base.store()),
        options(load_options),
        own(store.sections.size()) {}

  // The list of a section, to be edited: a copy unless it is the draft's own.
  EntryList& edit(const Section& section) {
    const std::size_t index = section_index(section);
    if (own[index] == nullptr) {
      own[index] = std::make_shared<EntryList>(*store.sections[index]);
      store.sections[index] = own[index];
    }
    return *own[index];
  }
  void replace(const Section& section, EntryList list) {
    const std::size_t index = section_index(section);
    own[index] = std::make_shared<EntryList>(std::move(list));
    store.sections[index] = own[index];
  }
  // What the draft has is somebody else's, too, from here on.
  void share() { std::fill(own.begin(), own.end(), nullptr); }

  // The entry, or of a section without entries its items so far.
  void begin(const Section& section, Entry entry) {
    if (entry) return builder.reset(section, entry);
    builder.reset(section, std::string_view{}, Place::none());
  }
  // A section without entries is gone with its last item.
  void put(const Section& section) {
    if (!section.has_entries() && !builder.has_items()) {
      edit(section).erase({});
    } else {
      edit(section).put(builder.pack());
    }
  }
  // Calls change(builder) for each entry; those for which it gives true are made anew.
  template <typename Change>
  void transform(const Section& section, Change change) {
    EntryListBuilder list(section);
    for (const auto& block : store.list(section).blocks()) {
      bool is_changed = false;
      std::vector<std::string> packed(block->size());
      for (std::size_t i = 0; i < block->size(); ++i) {
        builder.reset(section, block->entry(i));
        if (!change(builder)) continue;
        packed[i] = builder.pack();
        is_changed = true;
      }
      if (!is_changed) {
        list.append(block);
        continue;
      }
      for (std::size_t i = 0; i < block->size(); ++i) {
        list.append(packed[i].empty() ? block->octets_of(i) : std::string_view(packed[i]));
      }
    }
    replace(section, list.finish());
  }

  Result<void> create(const Section& section, const Values& ids);
  Result<void> set_item(const ItemPath& path, const Values& values);
  Result<void> remove_entries(const Section& section, const Values& ids);
  Result<void> unset_item(const ItemPath& path, const Values& values);
  Result<void> remove_item(EntryBuilder& entry, const ItemPath& path, const Values& values) const;
  Result<void> apply(const std::vector<Change>& changes);
  Result<void> apply_entry(const Change* first, const Change* end);
  Result<void> include(const std::string& pattern);
  Result<void> merge(const Section& section, const EntryList& list);

  Config base;
  Store store;
  LoadOptions options;
  std::vector<std::shared_ptr<EntryList>> own;  // null: the list is shared
  EntryBuilder builder;
};

Result<void> Draft::Body::create(const Section& section, const Values& ids) {
  Values canonical;
  for (const std::string& id : ids) {
    auto name = canonical_id(section, id);
    if (!name) {
      return Error{std::string(section.name) + "." + std::string(section.id) + ": " +
                   name.error()};
    }
    if (store.find(section, *name) ||
        std::find(canonical.begin(), canonical.end(), *name) != canonical.end()) {
      return Error{std::string(section.name) + "[" + *name + "]: is there already"};
    }
    canonical.push_back(std::move(*name));
  }
  for (const std::string& id : canonical) {
    builder.reset(section, id, Place::none());
    put(section);
  }
  return {};
}

Result<void> Draft::Body::set_item(const ItemPath& path, const Values& values) {
  const Section& section = *path.section;
  const Option& option = *path.option;
  if (values.empty()) return Error{path.to_text() + ": the value is missing"};
  if (auto checked = check_values(path.to_text(), option, values); !checked) return checked;
  if (section.has_entries() && !path.id) {
    transform(section, [&](EntryBuilder& entry) {
      add_values(entry, option, values);
      return true;
    });
    return {};
  }
  const Entry entry = store.find(section, path.id.value_or(std::string()));
  if (section.has_entries() && !entry) {
    return Error{path.to_text() + ": there is no " + std::string(section.name) + " \"" +
                 *path.id + "\"; set " + std::string(section.name) + "[" + *path.id + "] first"};
  }
  begin(section, entry);
  add_values(builder, option, values);
  put(section);
  return {};
}

Result<void> Draft::Body::remove_entries(const Section& section, const Values& ids) {
  Values canonical;
  for (const std::string& id : ids) {
    auto name = canonical_id(section, id);
    if (!name || !store.find(section, *name) ||
        std::find(canonical.begin(), canonical.end(), *name) != canonical.end()) {
      return Error{std::string(section.name) + "[" + id + "]: there is no such entry"};
    }
    canonical.push_back(std::move(*name));
  }
  for (const std::string& id : canonical) edit(section).erase(id);
  return {};
}

Result<void> Draft::Body::remove_item(EntryBuilder& entry, const ItemPath& path,
                                      const Values& values) const {
  const Option& option = *path.option;
  if (values.empty() && !entry.remove(option)) return Error{path.to_text() + ": is not set"};
  for (const std::string& value : values) {
    if (entry.remove_value(option, value)) continue;
    return Error{path.to_text() + ": has no value \"" + value + "\""};
  }
  return {};
}

Result<void> Draft::Body::unset_item(const ItemPath& path, const Values& values) {
  const Section& section = *path.section;
  if (section.has_entries() && !path.id) {  // where it is not set there is nothing to do
    if (store.list(section).uses(*path.option) == 0) return {};
    transform(section, [&](EntryBuilder& entry) {
      if (values.empty()) return entry.remove(*path.option);
      bool is_changed = false;
      for (const std::string& value : values) {
        is_changed |= entry.remove_value(*path.option, value);
      }
      return is_changed;
    });
    return {};
  }
  const Entry entry = store.find(section, path.id.value_or(std::string()));
  if (section.has_entries() && !entry) {
    return Error{path.to_text() + ": there is no " + std::string(section.name) + " \"" +
                 *path.id + "\""};
  }
  begin(section, entry);
  if (auto removed = remove_item(builder, path, values); !removed) return removed;
  put(section);
  return {};
}

// REQUIRES: the changes are those of one entry; [first, end) is not empty.
Result<void> Draft::Body::apply_entry(const Change* first, const Change* end) {
  const Section& section = *first->section;
  const auto identity = std::find_if(first, end, [](const Change& c) { return c.is_entry(); });
  Entry entry = store.find(section, first->id);
  if (identity != end && !identity->after.is_set) {
    edit(section).erase(first->id);
    return {};
  }
  if (entry || !section.has_entries()) {
    begin(section, entry);
  } else if (identity != end) {
    const auto id = canonical_id(section, first->id);
    if (!id) return Error{entry_name(section, first->id) + ": " + id.error()};
    builder.reset(section, *id, Place::none());
  } else {
    return Error{entry_name(section, first->id) + ": there is no such entry"};
  }
  for (const Change* change = first; change != end; ++change) {
    const Option& option = *change->option;
    const std::string name = entry_name(section, first->id) + "." + std::string(option.name);
    if (change->is_entry()) continue;
    if (auto checked = check_values(name, option, change->after.values); !checked) return checked;
    builder.remove(option);
    if (!change->after.is_set) continue;
    if (change->after.values.empty()) {
      if (!may_be_empty(option)) return Error{name + ": needs a value"};
      builder.add_empty(option, Place::none());
    }
    add_values(builder, option, change->after.values);
  }
  put(section);
  return {};
}

Result<void> Draft::Body::apply(const std::vector<Change>& changes) {
  const Change* const end = changes.data() + changes.size();
  for (const Change* first = changes.data(); first != end;) {
    const Change* behind = first;
    while (behind != end && behind->section == first->section && behind->id == first->id) {
      ++behind;
    }
    if (auto applied = apply_entry(first, behind); !applied) return applied;
    first = behind;
  }
  return {};
}

// Takes what was read: items of sections without entries are set, entries must be new.
Result<void> Draft::Body::merge(const Section& section, const EntryList& list) {
  if (list.empty()) return {};
  if (!section.has_entries()) {
    begin(section, store.find(section, {}));
    builder.add_items(section, list[0]);
    put(section);
    return {};
  }
  const EntryList& present = store.list(section);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string_view id = list[i].id();
    if (present.find(id)) {
      return Error{std::string(section.name) + "[" + std::string(id) + "]: is there already"};
    }
  }
  const bool is_few = list.size() <= kFewEntries;
  EntryListBuilder merged(section);
  std::size_t old = 0;
  const auto copy = [&](const EntryList& from, std::size_t index, bool as_one) {
    const auto packed = from.octets_of(index);
    as_one ? edit(section).put(packed) : merged.append(packed);
  };
  for (std::size_t i = 0; i < list.size(); ++i) {
    while (!is_few && old < present.size() && present[old].id() < list[i].id()) {
      copy(present, old++, false);
    }
    copy(list, i, is_few);
  }
  if (is_few) return {};
  while (old < present.size()) copy(present, old++, false);
  replace(section, merged.finish());
  return {};
}

Result<void> Draft::Body::include(const std::string& pattern) {
  const auto files = std::make_shared<FileNames>(*store.file_names);
  Problems problems(files);
  Problems notices(files);
  Collector collector(problems);
  FileReader reader(collector, *files, problems, notices, options);
  reader.include(pattern);
  const auto lists = collector.finish();
  if (!problems.empty()) return Error{problems.to_text()};
  store.file_names = files;
  for (const Section& section : sections()) {
    if (collector.was_cleared(section)) replace(section, EntryList(section));
    if (auto merged = merge(section, *lists[section_index(section)]); !merged) return merged;
  }
  return {};
}

Draft::Draft(Config base, const LoadOptions& options)
    : body_(std::make_unique<Body>(std::move(base), options)) {}
Draft::~Draft() = default;
Draft::Draft(Draft&&) noexcept = default;
Draft& Draft::operator=(Draft&&) noexcept = default;

Result<void> Draft::set(std::string_view text, const Values& values) {
  if (text == "include") {
    if (values.size() != 1 || values.front().empty()) {
      return Error{"include: needs exactly one path or pattern"};
    }
    const Store before = body_->store;
    body_->share();
    auto included = body_->include(values.front());
    if (!included) {
      body_->store = before;
      body_->share();
    }
    return included;
  }
  const auto path = parse_item_path(text);
  if (!path) return Error{path.error()};
  if (path->section == nullptr) return Error{"the path of what to set is missing"};
  const Section& section = *path->section;
  const std::string name(section.name);
  if (is_identifier(*path)) {
    if (path->id) return Error{path->to_text() + ": cannot be changed; set " + name + "[ID]"};
    if (values.empty()) return Error{path->to_text() + ": the value is missing"};
    return body_->create(section, values);
  }
  if (path->option != nullptr) return body_->set_item(*path, values);
  if (!section.has_entries()) return Error{name + ": name an item of it, " + name + ".ITEM"};
  if (!path->id) return Error{name + ": name an entry, " + name + "[ID]"};
  if (!values.empty()) return Error{path->to_text() + ": an entry has no value; name an item"};
  return body_->create(section, {*path->id});
}

Result<void> Draft::unset(std::string_view text, const Values& values) {
  const auto path = parse_item_path(text);
  if (!path) return Error{path.error()};
  if (path->option == nullptr && !values.empty()) {
    return Error{(text.empty() ? "the whole" : std::string(text)) + " has no value \"" +
                 joined(values) + "\""};
  }
  if (path->section == nullptr) {
    for (const Section& section : sections()) body_->replace(section, EntryList(section));
    return {};
  }
  const Section& section = *path->section;
  if (is_identifier(*path)) {
    if (path->id) {
      return Error{path->to_text() + ": cannot be unset; unset " + std::string(section.name) +
                   "[" + *path->id + "]"};
    }
    if (!values.empty()) return body_->remove_entries(section, values);
    body_->replace(section, EntryList(section));
    return {};
  }
  if (path->option != nullptr) return body_->unset_item(*path, values);
  if (path->id) return body_->remove_entries(section, {*path->id});
  body_->replace(section, EntryList(section));
  return {};
}

Result<void> Draft::apply(const std::vector<Change>& changes) {
  const Store before = body_->store;
  body_->share();
  auto applied = body_->apply(changes);
  if (!applied) {
    body_->store = before;
    body_->share();
  }
  return applied;
}

Config Draft::current() const {
  body_->share();
  return Config(std::make_shared<const Store>(body_->store));
}

Result<Config> Draft::finish() const {
  Problems problems(body_->store.file_names);
  check_change(*body_->base.store(), body_->store, problems);
  if (!problems.empty()) return Error{problems.to_text()};
  return current();
}

}  // namespace bowline::control::config
