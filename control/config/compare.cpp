// What differs between two configurations.
#include "control/config/compare.h"

#include "control/config/settings.h"
#include "control/config/store.h"

namespace bowline::control::config {
namespace {

Setting id_setting(std::string_view id) { return {true, {std::string(id)}}; }

// Notes what differs between two versions of one entry, one of which may be none.
class EntryComparison {
 public:
  EntryComparison(const Section& section, std::vector<Change>& changes)
      : section_(section), changes_(changes) {}

  void compare(Entry before, Entry after) {
    id_ = before ? before.id() : after.id();
    if (section_.has_entries() && !(before && after)) {
      const Option& option = *find_option(section_.name, section_.id);
      note(option, before ? id_setting(id_) : Setting{}, after ? id_setting(id_) : Setting{});
    }
    SettingReader old(section_, before);
    SettingReader now(section_, after);
    while (old.option() != nullptr || now.option() != nullptr) {
      const bool is_old = old.number() <= now.number();
      const bool is_now = now.number() <= old.number();
      if (!is_old || !is_now || old.setting() != now.setting()) {
        note(is_old ? *old.option() : *now.option(), is_old ? old.setting() : Setting{},
             is_now ? now.setting() : Setting{});
      }
      if (is_old) old.next();
      if (is_now) now.next();
    }
  }

 private:
  void note(const Option& option, Setting before, Setting after) {
    changes_.push_back(
        {&section_, std::string(id_), &option, std::move(before), std::move(after)});
  }

  const Section& section_;
  std::vector<Change>& changes_;
  std::string_view id_;
};

}  // namespace

std::vector<Change> compare(const Config& before, const Config& after) {
  std::vector<Change> changes;
  for (const Section& section : sections()) {
    const EntryList& old = before.store()->list(section);
    const EntryList& now = after.store()->list(section);
    if (&old == &now) continue;
    EntryComparison comparison(section, changes);
    for_each_difference(old, now, [&](Entry from, Entry to) { comparison.compare(from, to); });
  }
  return changes;
}

bool needs_restart(const Change& change) {
  return change.option->change == When::kRestart;
}

}  // namespace bowline::control::config
