// Checks that need the whole configuration.
#include "control/config/checks.h"

#include <algorithm>
#include <unordered_set>

#include "control/config/rules.h"
#include "control/config/value_text.h"

namespace bowline::control::config {
namespace {

constexpr std::size_t kMaxCandidates = 1000;  // identifiers compared to find what a slip meant
constexpr std::size_t kMaxNeedles = 16;       // more of them cost as much as reading the entries

std::string slip(std::string_view meant) {
  return meant.empty() ? std::string() : "; did you mean " + std::string(meant) + "?";
}

bool is_module_section(std::string_view section) {
  return section == "module" || section.starts_with("mod-");
}

bool refers_to(const Option& option, const Section& target) {
  if (option.kind.type == Type::kModule) return is_module_section(target.name);
  if (option.kind.type != Type::kReference) return false;
  const auto targets = split_words(option.kind.words);
  return std::find(targets.begin(), targets.end(), target.name) != targets.end();
}

class Checker {
 public:
  Checker(const Store& store, Problems& problems) : store_(store), problems_(problems) {}

  void begin_section(const Section& section) {
    section_ = &section;
    required_.clear();
    known_.clear();
    for (const Option* option : options_of(section.name)) {
      if (option->fallback.form == Default::Form::kRequired) required_.push_back(option);
    }
  }

  void check_entry(Entry entry) {
    check_references(entry);
    for (const Option* option : required_) {
      if (values_of(*section_, entry, *option).values.empty()) {
        problems_.add(entry.place(), name_of(entry, option->name) + ": must be set");
      }
    }
  }

  void check_references(Entry entry) {
    EntryReader reader(*section_, entry);
    for (SetItem item; reader.next(item);) {
      if (item.is_empty) continue;
      const Type type = item.option->kind.type;
      if (type == Type::kReference) check_reference(entry, item);
      if (type == Type::kModule) check_module(entry, item);
    }
  }

 private:
  bool exists(const Section& section, std::string_view id) const {
    // The manual's imaginary policy and key store with all defaults.
    if (id == "default" && (section.name == "policy" || section.name == "keystore")) return true;
    return static_cast<bool>(store_.find(section, id));
  }

  // Thousands of zones name the same template one after the other: the last text of each option
  // that was found.
  std::string_view& known(const Option& option) {
    for (auto& [of, text] : known_) {
      if (of == &option) return text;
    }
    return known_.emplace_back(&option, std::string_view{}).second;
  }

  void check_reference(Entry entry, const SetItem& item) {
    std::string_view& last = known(*item.option);
    if (item.text == last) return;
    const auto targets = split_words(item.option->kind.words);
    const auto knows = [&](std::string_view target) {
      return exists(*find_section(target), item.text);
    };
    if (std::any_of(targets.begin(), targets.end(), knows)) {
      last = item.text;
      return;
    }
    std::string message = name_of(entry, item.option->name) + ": there is no ";
    for (std::size_t i = 0; i < targets.size(); ++i) {
      message += (i > 0 ? " or " : "") + std::string(targets[i]);
    }
    message += " \"" + std::string(item.text) + "\"" + meant(targets, item.text);
    problems_.add(item.place(), message);
  }

  void check_module(Entry entry, const SetItem& item) {
    const std::size_t slash = item.text.find('/');
    const std::string_view module = item.text.substr(0, slash);
    const auto builtin = module_names();
    const std::string name = name_of(entry, item.option->name);
    if (std::find(builtin.begin(), builtin.end(), module) == builtin.end() &&
        !store_.find("module", module)) {
      const std::string_view near = nearest(module, {builtin.begin(), builtin.end()});
      problems_.add(item.place(), name + ": there is no module \"" + std::string(module) + "\"" +
                                    slip(near));
      return;
    }
    if (find_section(module) == nullptr) return;
    if (slash == std::string_view::npos) return check_default_module(item, name, module);
    const std::string_view id = item.text.substr(slash + 1);
    if (store_.find(module, id)) return;
    problems_.add(item.place(), name + ": there is no " + std::string(module) + " \"" +
                                  std::string(id) + "\"" + meant({module}, id));
  }

  // A module without an identifier has all defaults, which some do not have.
  void check_default_module(const SetItem& item, const std::string& name,
                            std::string_view module) {
    for (const Option* option : options_of(module)) {
      if (option->fallback.form != Default::Form::kRequired) continue;
      problems_.add(item.place(), name + ": " + std::string(module) + " needs " +
                                    std::string(option->name) + ", name an entry: " +
                                    std::string(module) + "/ID");
      return;
    }
  }

  std::string meant(const std::vector<std::string_view>& sections, std::string_view id) const {
    std::vector<std::string_view> candidates;
    for (const std::string_view section : sections) {
      const EntryList& entries = store_.list(section);
      for (std::size_t i = 0; i < entries.size() && candidates.size() < kMaxCandidates; ++i) {
        candidates.push_back(entries[i].id());
      }
    }
    const std::string_view near = nearest(id, candidates);
    return near.empty() && candidates.empty() ? "; none is defined" : slip(near);
  }

  std::string name_of(Entry entry, std::string_view item) const {
    return entry_name(*section_, entry.id()) + "." + std::string(item);
  }

  const Store& store_;
  Problems& problems_;
  const Section* section_ = nullptr;
  std::vector<const Option*> required_;
  std::vector<std::pair<const Option*, std::string_view>> known_;
};

template <typename Visitor>
void for_each_entry(const EntryList& list, Visitor visitor) {
  for (const auto& block : list.blocks()) {
    for (std::size_t i = 0; i < block->size(); ++i) visitor(block->entry(i));
  }
}

// The check of a difference: notes what came and went section by section, then searches what
// refers to it.
class ChangeChecker {
 public:
  ChangeChecker(const Store& before, const Store& after, Problems& problems)
      : before_(before),
        after_(after),
        problems_(problems),
        checker_(after, problems),
        zone_rules_(after, problems) {}

  void run() {
    bool single_changed = false;
    for (const Section& section : sections()) {
      const bool changed = check_section(section);
      single_changed |= changed && !section.has_entries();
      templates_changed_ |= changed && section.name == "template";
    }
    for (const auto& [section, ids] : gone_) search_referrers(*section, ids);
    if (single_changed) check_single_rules(after_, problems_);
    if (templates_changed_) {
      zone_rules_.check_all();
    } else {
      for (const Entry zone : zones_) zone_rules_.check(zone);
    }
  }

 private:
  bool check_section(const Section& section) {
    const EntryList& before = before_.list(section);
    const EntryList& after = after_.list(section);
    if (&before == &after) return false;
    bool changed = false;
    const bool is_checked = section.name == "zone" && ZoneRules::apply_to(after_);
    std::vector<std::string>* gone = nullptr;
    checker_.begin_section(section);
    for_each_difference(before, after, [&](Entry old, Entry now) {
      changed = true;
      if (!now) {
        if (!section.has_entries()) return;
        if (gone == nullptr) gone = &gone_.emplace_back(&section, std::vector<std::string>{}).second;
        gone->emplace_back(old.id());
        return;
      }
      checked_.insert(now.content().data());
      checker_.check_entry(now);
      if (section.has_entries()) check_entry_rules(after_, section, now, problems_);
      if (is_checked) zones_.push_back(now);
    });
    return changed;
  }

  // Entries that name one of `ids` of section `target`, which are not there any more.
  void search_referrers(const Section& target, const std::vector<std::string>& ids) {
    // The text of a reference holds the identifier, but for names, which have several writings.
    const bool is_name = find_option(target.name, target.id)->kind.type == Type::kName;
    const bool by_text = !is_name && ids.size() <= kMaxNeedles;
    for (const Section& section : sections()) {
      const EntryList& list = after_.list(section);
      const auto& options = options_of(section.name);
      if (std::none_of(options.begin(), options.end(), [&](const Option* option) {
            return refers_to(*option, target) && list.uses(*option) > 0;
          })) {
        continue;
      }
      checker_.begin_section(section);
      for (const auto& block : list.blocks()) {
        if (by_text && std::none_of(ids.begin(), ids.end(), [&](const std::string& id) {
              return block->octets.find(id) != std::string::npos;
            })) {
          continue;
        }
        for (std::size_t i = 0; i < block->size(); ++i) {
          const Entry entry = block->entry(i);
          if (!checked_.insert(entry.content().data()).second) continue;
          checker_.check_references(entry);
        }
      }
    }
  }

  const Store& before_;
  const Store& after_;
  Problems& problems_;
  Checker checker_;
  ZoneRules zone_rules_;
  std::vector<std::pair<const Section*, std::vector<std::string>>> gone_;
  std::unordered_set<const char*> checked_;  // entries whose references need no further look
  std::vector<Entry> zones_;
  bool templates_changed_ = false;
};

}  // namespace

void check_store(const Store& store, Problems& problems) {
  Checker checker(store, problems);
  for (const Section& section : sections()) {
    checker.begin_section(section);
    for_each_entry(store.list(section), [&](Entry entry) { checker.check_entry(entry); });
  }
  for (const Section& section : sections()) {
    if (!section.has_entries()) continue;
    for_each_entry(store.list(section), [&](Entry entry) {
      check_entry_rules(store, section, entry, problems);
    });
  }
  check_single_rules(store, problems);
  ZoneRules(store, problems).check_all();
}

void check_change(const Store& before, const Store& after, Problems& problems) {
  ChangeChecker(before, after, problems).run();
}

}  // namespace bowline::control::config
