// The items of an entry one after the other, each with all its values.
//
// Private to this folder.
#pragma once

#include <optional>

#include "control/config/compare.h"
#include "control/config/entry.h"

namespace bowline::control::config {

class SettingReader {
 public:
  static constexpr unsigned kEnd = UINT8_MAX + 1;  // behind every number of an option

  // At the first item; the identifying one is none. No entry has no items.
  SettingReader(const Section& section, Entry entry);

  // Null: there are no more.
  const Option* option() const { return option_; }
  // Of the option within options_of(section), which is the order of items; kEnd: no more.
  unsigned number() const { return number_; }
  const Setting& setting() const { return setting_; }
  void next();

 private:
  const Section& section_;
  std::optional<EntryReader> reader_;
  SetItem ahead_;
  bool has_ahead_ = false;
  const Option* option_ = nullptr;
  unsigned number_ = kEnd;
  Setting setting_;
};

}  // namespace bowline::control::config
