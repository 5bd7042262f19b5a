// Checks that need the whole configuration.
#include "control/config/checks.h"

#include <algorithm>
#include <numeric>

#include "control/config/rules.h"
#include "control/config/value_text.h"

namespace bowline::control::config {
namespace {

constexpr std::size_t kMaxCandidates = 1000;  // identifiers compared to find what a slip meant

std::string place_text(const Store& store, Place place) {
  return store.file_names[place.file] + ":" + std::to_string(place.line);
}

std::string slip(std::string_view meant) {
  return meant.empty() ? std::string() : "; did you mean " + std::string(meant) + "?";
}

void report_duplicate(const Store& store, Problems& problems, const Section& section,
                      const Entry& first, const Entry& second) {
  problems.add(second.place, std::string(section.name) + "." + std::string(section.id) + ": \"" +
                                 std::string(second.id) + "\" is there already, see " +
                                 place_text(store, first.place));
}

void index_zones(Store& store, Problems& problems, const Section& section) {
  static const dns::Name root;
  const SectionData& zones = store.data(section.name);
  store.zone_index.reserve(zones.entries.size());
  for (std::uint32_t i = 0; i < zones.entries.size(); ++i) {
    const Entry& entry = zones.entries[i];
    if (entry.id.empty()) continue;
    const auto name = dns::Name::from_text(entry.id, &root);
    if (!name) continue;
    if (const auto first = store.zone_index.insert(zones, i, *name)) {
      report_duplicate(store, problems, section, zones.entries[*first], entry);
    }
  }
}

void index_entries(Store& store, Problems& problems, const Section& section) {
  SectionData& data = store.data(section.name);
  data.by_id.resize(data.entries.size());
  std::iota(data.by_id.begin(), data.by_id.end(), 0u);
  std::stable_sort(data.by_id.begin(), data.by_id.end(), [&](std::uint32_t a, std::uint32_t b) {
    return data.entries[a].id < data.entries[b].id;
  });
  for (std::size_t i = 1; i < data.by_id.size(); ++i) {
    const Entry& first = data.entries[data.by_id[i - 1]];
    const Entry& second = data.entries[data.by_id[i]];
    if (!second.id.empty() && first.id == second.id) {
      report_duplicate(store, problems, section, first, second);
    }
  }
}

class Checker {
 public:
  Checker(const Store& store, Problems& problems) : store_(store), problems_(problems) {}

  void check_section(const Section& section) {
    const SectionData& data = store_.data(section.name);
    for (const Option* option : options_of(section.name)) {
      if (option->fallback.form == Default::Form::kRequired) required_.push_back(option);
    }
    for (const Entry& entry : data.entries) check_entry(section, data, entry);
    required_.clear();
  }

 private:
  void check_entry(const Section& section, const SectionData& data, const Entry& entry) {
    for (std::uint32_t i = entry.first; i < entry.first + entry.count; ++i) {
      const SetItem& item = data.items[i];
      if (item.is_empty) continue;
      const Type type = item.option->kind.type;
      if (type == Type::kReference) check_reference(section, entry, item);
      if (type == Type::kModule) check_module(section, entry, item);
    }
    for (const Option* option : required_) {
      if (store_.values_of(data, entry, *option).values.empty()) {
        problems_.add(entry.place, name_of(section, entry, option->name) + ": must be set");
      }
    }
  }

  bool exists(std::string_view section, std::string_view id) const {
    // The manual's imaginary policy and key store with all defaults.
    if (id == "default" && (section == "policy" || section == "keystore")) return true;
    return store_.find(section, id) != nullptr;
  }

  void check_reference(const Section& section, const Entry& entry, const SetItem& item) {
    // Thousands of zones name the same template one after the other.
    if (item.option == last_option_ && item.text == last_text_) return;
    const auto targets = split_words(item.option->kind.words);
    const auto knows = [&](std::string_view target) { return exists(target, item.text); };
    if (std::any_of(targets.begin(), targets.end(), knows)) {
      last_option_ = item.option;
      last_text_ = item.text;
      return;
    }
    std::string message = name_of(section, entry, item.option->name) + ": there is no ";
    for (std::size_t i = 0; i < targets.size(); ++i) {
      message += (i > 0 ? " or " : "") + std::string(targets[i]);
    }
    message += " \"" + std::string(item.text) + "\"" + meant(targets, item.text);
    problems_.add(item.place, message);
  }

  void check_module(const Section& section, const Entry& entry, const SetItem& item) {
    const std::size_t slash = item.text.find('/');
    const std::string_view module = item.text.substr(0, slash);
    const auto known = module_names();
    const std::string name = name_of(section, entry, item.option->name);
    if (std::find(known.begin(), known.end(), module) == known.end() &&
        store_.find("module", module) == nullptr) {
      const std::string_view near = nearest(module, {known.begin(), known.end()});
      problems_.add(item.place, name + ": there is no module \"" + std::string(module) + "\"" +
                                    slip(near));
      return;
    }
    if (slash == std::string_view::npos || find_section(module) == nullptr) return;
    const std::string_view id = item.text.substr(slash + 1);
    if (store_.find(module, id) != nullptr) return;
    problems_.add(item.place, name + ": there is no " + std::string(module) + " \"" +
                                  std::string(id) + "\"" + meant({module}, id));
  }

  std::string meant(const std::vector<std::string_view>& sections, std::string_view id) const {
    std::vector<std::string_view> candidates;
    for (const std::string_view section : sections) {
      for (const Entry& entry : store_.data(section).entries) {
        if (candidates.size() < kMaxCandidates) candidates.push_back(entry.id);
      }
    }
    const std::string_view near = nearest(id, candidates);
    return near.empty() && candidates.empty() ? "; none is defined" : slip(near);
  }

  static std::string name_of(const Section& section, const Entry& entry, std::string_view item) {
    return std::string(section.name) + "[" + std::string(entry.id) + "]." + std::string(item);
  }

  const Store& store_;
  Problems& problems_;
  std::vector<const Option*> required_;
  const Option* last_option_ = nullptr;  // of the last reference that exists
  std::string_view last_text_;
};

}  // namespace

void index_store(Store& store, Problems& problems) {
  for (const Section& section : sections()) {
    if (!section.has_entries()) continue;
    if (section.name == "zone") {
      index_zones(store, problems, section);
    } else {
      index_entries(store, problems, section);
    }
  }
}

void check_store(const Store& store, Problems& problems) {
  Checker checker(store, problems);
  for (const Section& section : sections()) checker.check_section(section);
  check_rules(store, problems);
}

}  // namespace bowline::control::config
