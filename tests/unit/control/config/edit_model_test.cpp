// Random edits beside a slow model: what is set, what differs, what export, rows and a whole check
// make of it. The seed is printed when a check fails.
#include <catch2/catch.hpp>
#include <map>
#include <optional>

#include "control/config/compare.h"
#include "control/config/edit.h"
#include "control/config/export.h"
#include "control/config/option.h"
#include "control/config/path.h"
#include "control/config/rows.h"
#include "control/config/value_text.h"
#include "control/config/visit.h"
#include "../../../support/random.h"

using namespace bowline;
using namespace bowline::control::config;

namespace {

constexpr LoadOptions kOptions = {.allow_include = false, .resolve_system = false};
constexpr int kRuns = 60;
constexpr int kSteps = 400;

using Values = std::vector<std::string>;
using Words = std::vector<std::string>;

// Whether an item can be `[]`, as the manual says of references and lists.
bool takes_nothing(const Option& option) {
  return option.kind.type == Type::kReference || option.kind.type == Type::kModule ||
         option.count == Count::kMany;
}

// The same value by what it parses to.
bool is_same(const Option& option, const std::string& a, const std::string& b) {
  const auto left = parse_value(option.kind, a);
  const auto right = parse_value(option.kind, b);
  REQUIRE((left.ok() && right.ok()));
  return std::visit(
      [](const auto& x, const auto& y) {
        using X = std::decay_t<decltype(x)>;
        using Y = std::decay_t<decltype(y)>;
        if constexpr (!std::is_same_v<X, Y>) {
          return false;
        } else if constexpr (std::is_same_v<X, dns::Name>) {
          return x.equals(y);
        } else {
          return x == y;
        }
      },
      left->content(), right->content());
}

// One entry: items by their place in the table.
using Items = std::map<std::size_t, Setting>;

class Model {
 public:
  using Entries = std::map<std::string, Items>;

  bool create(const Section& section, const Words& ids) {
    Entries next = mine(section);
    for (const std::string& id : ids) {
      const auto name = canonical_id(section, id);
      if (!name || !next.try_emplace(*name).second) return false;
    }
    mine(section) = std::move(next);
    return !ids.empty();
  }
  bool remove(const Section& section, const Words& ids) {
    Entries next = mine(section);
    for (const std::string& id : ids) {
      const auto name = canonical_id(section, id);
      if (!name || next.erase(*name) == 0) return false;
    }
    mine(section) = std::move(next);
    return true;
  }
  void clear(const Section& section) { mine(section).clear(); }

  bool set(const Section& section, const std::optional<std::string>& id, const Option& option,
           const Values& values) {
    for (const std::string& value : values) {
      const bool nothing = value.empty() && takes_nothing(option);
      if (!nothing && !parse_value(option.kind, value)) return false;
    }
    if (values.empty()) return false;
    return each(section, id, [&](Items& items) {
      for (const std::string& value : values) add(items[number(section, option)], option, value);
      return true;
    });
  }
  bool unset(const Section& section, const std::optional<std::string>& id, const Option& option,
             const Values& values) {
    const bool all = section.has_entries() && !id;
    const bool done = each(section, id, [&](Items& items) {
      const std::size_t at = number(section, option);
      if (values.empty()) return items.erase(at) > 0 || all;
      Items next = items;
      for (const std::string& value : values) {
        if (!remove_value(next, at, option, value) && !all) return false;
      }
      items = std::move(next);
      return true;
    });
    return done;
  }

  std::vector<Change> changes_to(const Model& after) const {
    std::vector<Change> changes;
    for (const Section& section : sections()) {
      const Entries& old = of(section);
      const Entries& now = after.of(section);
      std::map<std::string, int> ids;
      for (const auto& entry : old) ids[entry.first];
      for (const auto& entry : now) ids[entry.first];
      for (const auto& [id, unused] : ids) entry_changes(section, id, old, now, changes);
    }
    return changes;
  }

  const Entries& of(const Section& section) const {
    static const Entries nothing;
    const auto found = sections_.find(std::string(section.name));
    return found == sections_.end() ? nothing : found->second;
  }

 private:
  Entries& mine(const Section& section) { return sections_[std::string(section.name)]; }

  static std::size_t number(const Section& section, const Option& option) {
    const auto& rows = options_of(section.name);
    return static_cast<std::size_t>(std::find(rows.begin(), rows.end(), &option) - rows.begin());
  }

  static void add(Setting& setting, const Option& option, const std::string& value) {
    setting.is_set = true;
    const bool nothing = value.empty() && takes_nothing(option);
    if (option.count == Count::kOne) {
      setting.values.clear();
      if (!nothing) setting.values = {value};
      return;
    }
    if (nothing) return;
    for (const std::string& each : setting.values) {
      if (is_same(option, each, value)) return;
    }
    setting.values.push_back(value);
  }

  static bool remove_value(Items& items, std::size_t at, const Option& option,
                           const std::string& value) {
    const auto found = items.find(at);
    if (found == items.end() || !parse_value(option.kind, value)) return false;
    if (std::erase_if(found->second.values, [&](const std::string& each) {
          return is_same(option, each, value);
        }) == 0) {
      return false;
    }
    if (found->second.values.empty()) items.erase(found);
    return true;
  }

  template <typename Edit>
  bool each(const Section& section, const std::optional<std::string>& id, Edit edit) {
    Entries& entries = mine(section);
    if (!section.has_entries()) {
      const bool done = edit(entries[""]);
      if (entries[""].empty()) entries.clear();
      return done;
    }
    if (!id) {
      for (auto& entry : entries) edit(entry.second);
      return true;
    }
    const auto name = canonical_id(section, *id);
    if (!name || !entries.contains(*name)) return false;
    return edit(entries[*name]);
  }

  static void entry_changes(const Section& section, const std::string& id, const Entries& old,
                            const Entries& now, std::vector<Change>& changes) {
    const bool was = old.contains(id);
    const bool is = now.contains(id);
    const auto& rows = options_of(section.name);
    const Setting name{true, {id}};
    if (section.has_entries() && was != is) {
      changes.push_back({&section, id, find_option(section.name, section.id),
                         was ? name : Setting{}, is ? name : Setting{}});
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto setting = [&](bool there, const Entries& entries) {
        if (!there) return Setting{};
        const auto found = entries.at(id).find(i);
        return found == entries.at(id).end() ? Setting{} : found->second;
      };
      const Setting before = setting(was, old);
      const Setting after = setting(is, now);
      if (before != after) changes.push_back({&section, id, rows[i], before, after});
    }
  }

  std::map<std::string, Entries> sections_;
};

// Texts of a type: right ones first, then some that may be wrong.
Words texts_of(const Kind& kind) {
  switch (kind.type) {
    case Type::kInt:
    case Type::kTime:
    case Type::kSize: {
      const std::int64_t middle = std::min<std::int64_t>(kind.min + 7, kind.max);
      return {std::to_string(kind.min), std::to_string(middle), "1h", "x"};
    }
    case Type::kBool:
    case Type::kBoolOrWord: return {"on", "OFF", "true", "maybe"};
    case Type::kWord: {
      Words words;
      for (const std::string_view word : split_words(kind.words)) words.emplace_back(word);
      words.push_back("nothing");
      return words;
    }
    case Type::kText:
    case Type::kPath:
      return {"plain", "with space", "", "#", "a\"b", "back\\", "back slash\\", "\\\"", "\\\\\" ",
              "a, b", "[x]", "tab\there", "line\nend\r", "\x7f", "\xc3\xa9 utf", "'", "!\"", "- a: b"};
    case Type::kZoneFile: return {"%s.zone", "a b/%c[0-1]", "%z", "\\ \\"};
    case Type::kHexOrText:
      return {"0x6162", "ab", "abcdefghijklmnop", std::string("z\0y", 3), "0xabc", ""};
    case Type::kBase64: return {"AQID", "AAAA", "A"};
    case Type::kPin: return {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "A"};
    case Type::kAddress:
    case Type::kSocket:
    case Type::kDevice: return {"192.0.2.1", "192.0.2.1@53", "::1", "0::1", "::1@5353", "1.2.3"};
    case Type::kRange:
    case Type::kRangeOrPath: return {"192.0.2.0/24", "192.0.2.0-192.0.2.255", "::/0", "::1", "/a b"};
    case Type::kName: return {"a.example", "A.example.", "b\\046c.", ".", "a..b"};
    case Type::kReference: return {"a", "b", "default", "k1", "a b", ""};
    case Type::kModule: return {"mod-rrl", "mod-rrl/a", "mod-stats/b", "mod-x", "rrl", ""};
    case Type::kModuleName: return {"mod-x", "x"};
    case Type::kUser: return {"root", "root:root", "a:b:c"};
    case Type::kFraction: return {"0/1", "1/2", "2/1"};
    case Type::kRrType: return {"A", "a", "TYPE1", "AAAA", "NOTYPE!"};
  }
  return {};
}

Words ids_of(const Section& section) {
  if (section.name == "zone") return {"a.example", "A.EXAMPLE.", "b\\046c.example.", ".", "z", "..x"};
  if (section.name == "key") return {"K1", "k1.", "k2.example", "k 3"};
  if (section.name == "module") return {"mod-x", "mod-y", "x"};
  return {"a", "b", "default", "a b", "x\"]\\", "tab\t.#"};
}

class Editor {
 public:
  explicit Editor(std::uint64_t seed)
      : random_(seed), base_(*load_config_text("", "base", kOptions)), draft_(base_) {}

  void step() {
    const Section& section = pick_section();
    const auto& options = options_of(section.name);
    const Option& option = *options[random_.below(options.size())];
    const bool is_id = option.name == section.id;
    const std::string name(section.name);
    std::optional<std::string> id;
    if (section.has_entries() && random_.below(6) > 0) id = pick(ids_of(section));
    const std::string entry = name + (id ? "[" + *id + "]" : "");
    const std::string item = entry + "." + std::string(option.name);
    INFO("step " << ++steps_ << ": " << item);
    switch (random_.below(12)) {
      case 0: {
        const std::string made = pick(ids_of(section));
        return expect(draft_.set(name + "." + std::string(section.id), {made}),
                      section.has_entries() && model_.create(section, {made}));
      }
      case 1:
      case 2:
        expect(draft_.set(entry, {}), id && model_.create(section, {*id}));
        return id ? set_required(section, *id) : void();
      case 3: {
        if (random_.below(8) > 0) return;
        if (section.has_entries() && id) {
          return expect(draft_.unset(entry, {}), model_.remove(section, {*id}));
        }
        model_.clear(section);
        return expect(draft_.unset(name, {}), true);
      }
      case 4: return expect(draft_.unset(entry, {}), remove(section, id));
      case 5:
      case 6: {
        const Values values = random_.below(2) == 0 ? Values{} : pick_values(option);
        if (is_id) return;
        return expect(draft_.unset(item, values), model_.unset(section, id, option, values));
      }
      default: {
        const Values values = pick_values(option);
        if (is_id) return;
        return expect(draft_.set(item, values), model_.set(section, id, option, values));
      }
    }
  }

  // Everything that must hold of the draft as it stands.
  void check() {
    const Config now = draft_.current();
    check_contents(now);
    CHECK(compare(base_, now) == base_model_.changes_to(model_));
    CHECK(compare(now, base_) == model_.changes_to(base_model_));
    const std::string text = export_text(now);
    const auto whole = load_config_text(text, "export", kOptions);
    const auto next = draft_.finish();
    INFO("finish: " << (next ? "" : next.error()));
    INFO("whole: " << (whole ? "" : whole.error()));
    REQUIRE(next.ok() == whole.ok());
    check_rows(now, next.ok(), text);
    check_apply(now, text);
    if (next) {
      CHECK(compare(*next, *whole).empty());
      CHECK(export_text(*whole) == text);
      base_ = *next;
      base_model_ = model_;
      ++commits_;
    }
    if (random_.below(next ? 8 : 2) == 0) abort();
  }

  int commits() const { return commits_; }

 private:
  bool remove(const Section& section, const std::optional<std::string>& id) {
    if (id) return model_.remove(section, {*id});
    model_.clear(section);
    return true;
  }

  // What the entry, if it is there, must have.
  void set_required(const Section& section, const std::string& id) {
    for (const Option* option : options_of(section.name)) {
      if (option->fallback.form != Default::Form::kRequired) continue;
      const Values values = {texts_of(option->kind).front()};
      expect(draft_.set(std::string(section.name) + "[" + id + "]." + std::string(option->name),
                        values),
             model_.set(section, id, *option, values));
    }
  }

  void abort() {
    draft_ = Draft(base_);
    model_ = base_model_;
  }

  void expect(const dns::Result<void>& result, bool model) {
    INFO((result ? std::string() : result.error()));
    REQUIRE(result.ok() == model);
  }

  // Sections that refer to each other come more often.
  const Section& pick_section() {
    static const Words often = {"zone", "template", "remote", "remotes", "key",   "acl",
                                "zone", "template", "server", "policy",  "mod-rrl"};
    if (random_.below(3) > 0) return *find_section(often[random_.below(often.size())]);
    return sections()[random_.below(sections().size())];
  }
  std::string pick(const Words& words) { return words[random_.below(words.size())]; }
  Values pick_values(const Option& option) {
    Values values;
    const Words texts = texts_of(option.kind);
    for (std::size_t i = random_.below(3) + 1; i > 0; --i) values.push_back(pick(texts));
    return values;
  }

  void check_contents(const Config& now) {
    const Section* last = nullptr;
    std::map<std::string, Model::Entries> seen;
    visit(now, {}, [&](const Section& section, std::string_view id, const Option& option,
                       const Setting& setting) {
      Items& items = seen[std::string(section.name)][std::string(id)];
      const auto& rows = options_of(section.name);
      const auto at = std::find(rows.begin(), rows.end(), &option) - rows.begin();
      if (option.name == section.id) {
        CHECK(setting == Setting{true, {std::string(id)}});
      } else {
        items[static_cast<std::size_t>(at)] = setting;
      }
      last = &section;
      return true;
    });
    for (const Section& section : sections()) {
      INFO(section.name);
      CHECK((seen[std::string(section.name)] == model_.of(section)));
    }
  }

  void check_rows(const Config& now, bool is_valid, const std::string& text) {
    RowLoader rows("rows", kOptions);
    visit(now, {}, [&](const Section& section, std::string_view id, const Option& option,
                       const Setting& setting) {
      const std::vector<std::string_view> values(setting.values.begin(), setting.values.end());
      rows.add(section.name, id, option.name, values);
      return true;
    });
    const auto loaded = rows.finish();
    INFO("rows: " << (loaded ? "" : loaded.error()));
    REQUIRE(loaded.ok() == is_valid);
    if (loaded) CHECK(export_text(*loaded) == text);
  }

  void check_apply(const Config& now, const std::string& text) {
    Draft other(base_);
    const auto applied = other.apply(compare(base_, now));
    INFO((applied ? "" : applied.error()));
    REQUIRE(applied.ok());
    CHECK(export_text(other.current()) == text);
  }

  test::Random random_;
  Config base_;
  Model base_model_;
  Draft draft_;
  Model model_;
  int steps_ = 0;
  int commits_ = 0;
};

}  // namespace

TEST_CASE("edit model: random edits") {
  int commits = 0;
  for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
    INFO("seed " << seed);
    Editor editor(seed);
    for (int step = 1; step <= kSteps; ++step) {
      editor.step();
      if (step % 5 == 0) editor.check();
    }
    commits += editor.commits();
  }
  CHECK(commits > kRuns * kSteps / 20);  // else hardly any configuration was valid and little was tried
}

TEST_CASE("edit model: many entries in blocks that split and merge") {
  constexpr int kEntries = 3000;
  test::Random random(7);
  Config base = *load_config_text("", "base", kOptions);
  std::map<std::string, std::string> model;
  const Section& section = *find_section("zone");
  for (int round = 0; round < 12; ++round) {
    Draft draft(base);
    auto next = model;
    for (int i = 0; i < kEntries / 6; ++i) {
      const std::string id = "z" + std::to_string(random.below(kEntries)) + ".";
      const std::string path = "zone[" + id + "]";
      if (random.below(round < 6 ? 4 : 2) == 0) {
        CHECK(draft.unset(path, {}).ok() == (next.erase(id) == 1));
        continue;
      }
      const std::string file(random.below(600) + 1, 'f');
      CHECK(draft.set(path, {}).ok() == !next.contains(id));
      REQUIRE(draft.set(path + ".file", {file}).ok());
      next[id] = file;
    }
    const auto done = draft.finish();
    REQUIRE(done.ok());
    CHECK(done->zones().size() == next.size());
    std::size_t index = 0;
    for (const auto& [id, file] : next) {
      CHECK(done->zones().name(index).to_text() == id);
      CHECK(done->zones().find(*dns::Name::from_text(id)) == index++);
      CHECK(done->get("zone", id, "file").front().text() == file);
    }
    std::size_t differing = 0;
    for (const Change& change : compare(base, *done)) differing += change.is_entry() ? 1 : 0;
    std::size_t expected = 0;
    for (const auto& entry : model) expected += next.contains(entry.first) ? 0 : 1;
    for (const auto& entry : next) expected += model.contains(entry.first) ? 0 : 1;
    CHECK(differing == expected);
    CHECK(exists(*done, section, "z0.") == next.contains("z0."));
    base = *done;
    model = std::move(next);
  }
}
