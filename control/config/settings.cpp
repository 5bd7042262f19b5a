// The items of an entry with all their values.
#include "control/config/settings.h"

namespace bowline::control::config {

SettingReader::SettingReader(const Section& section, Entry entry) : section_(section) {
  if (!entry) return;
  reader_.emplace(section, entry);
  has_ahead_ = reader_->next(ahead_);
  next();
}

void SettingReader::next() {
  setting_.values.clear();
  setting_.is_set = has_ahead_;
  option_ = has_ahead_ ? ahead_.option : nullptr;
  number_ = has_ahead_ ? option_number(section_, *option_) : kEnd;
  while (has_ahead_ && ahead_.option == option_) {
    if (!ahead_.is_empty) setting_.values.emplace_back(ahead_.text);
    has_ahead_ = reader_->next(ahead_);
  }
}

}  // namespace bowline::control::config
