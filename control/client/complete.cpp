#include "control/client/complete.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "control/api/commands.h"
#include "control/client/options.h"
#include "control/client/words.h"
#include "control/config/option.h"
#include "dns/rr_type.h"

namespace bowline::control::client {

namespace {

using Words = std::vector<std::string>;

class Completer {
 public:
  Completer(std::string_view partial, NameSource& names) : partial_(partial), names_(names) {}

  // `words`: what stands before, the command first.
  void argument(const api::Command& command, const Words& words);
  void add(std::string_view candidate) {
    if (candidate.starts_with(partial_)) found.emplace_back(candidate);
  }
  void add_all(const Words& candidates) {
    for (const std::string& each : candidates) add(each);
  }

  Words found;
  bool is_whole = true;

 private:
  void options(const api::Command& command);
  void item(bool edits);
  void ids(const config::Section& section);
  void value(std::string_view path);
  void references(std::string_view sections);
  void types();

  const std::string_view partial_;
  NameSource& names_;
};

void Completer::options(const api::Command& command) {
  for (const OptionRow& row : option_rows()) {
    if (row.after_command) add("--" + std::string(row.name));
  }
  if (command.name == "status") add("--watch");
  if (command.name == "stats") add("--prometheus");
  if (command.name == "conf-commit") add("--confirm");
}

void Completer::argument(const api::Command& command, const Words& words) {
  const std::size_t at = words.size();  // 1: the first argument
  const auto details = api::words_of(command);
  if (partial_.starts_with('-')) options(command);
  if (command.is(api::kTakesFilters)) {
    for (const std::string_view word : details) add("+" + std::string(word));
  } else if (at == 1) {
    for (const std::string_view word : details) add(word);
  }
  const bool has_tail = command.is(api::kTakesRecord) || command.is(api::kTakesCounter);
  if (command.is(api::kTakesZones) && (at == 1 || !has_tail)) {
    if (at == 1) add("--");
    if (!partial_.starts_with('+')) add_all(names_.zones(partial_));
    return;
  }
  if (command.is(api::kTakesRecord) && at == 2) add("@");
  if (command.is(api::kTakesRecord) && at == 3) types();
  if (command.is(api::kTakesCounter)) add_all(names_.counters(partial_));
  if (!command.is(api::kTakesItems)) return;
  const bool edits = command.name == "conf-set" || command.name == "conf-unset";
  if (edits && at > 1) return value(words[1]);
  item(edits);
}

// section, section[id], section.item, section[id].item
void Completer::item(bool edits) {
  const std::size_t bracket = partial_.find('[');
  const std::size_t close = partial_.find(']');
  const std::size_t dot = partial_.find('.', close == std::string_view::npos ? 0 : close);
  const bool in_id = bracket != std::string_view::npos && close == std::string_view::npos;
  const std::size_t end = std::min({bracket, dot, partial_.size()});
  const config::Section* section = config::find_section(partial_.substr(0, end));
  if (!in_id && dot == std::string_view::npos) {
    if (close != std::string_view::npos) {
      is_whole = false;
      return add(std::string(partial_) + ".");
    }
    for (const config::Section& each : config::sections()) add(each.name);
    if (edits) add("include");
    if (section == nullptr) {
      is_whole = false;
      return;
    }
    // The name is whole: on with an entry or an item.
    is_whole = false;
    if (section->has_entries()) add(std::string(partial_) + "[");
    return add(std::string(partial_) + ".");
  }
  if (section == nullptr) return;
  if (in_id) return ids(*section);
  for (const config::Option* option : config::options_of(section->name)) {
    add(std::string(partial_.substr(0, dot + 1)) + std::string(option->name));
  }
}

void Completer::ids(const config::Section& section) {
  is_whole = false;
  const std::string head = std::string(section.name) + "[";
  for (const std::string& id : names_.ids(section.name, partial_.substr(head.size()))) {
    add(head + id + "]");
  }
}

void Completer::value(std::string_view path) {
  const std::size_t close = path.find(']');
  const std::size_t dot = path.find('.', close == std::string_view::npos ? 0 : close);
  if (dot == std::string_view::npos) return;
  const std::string_view section = path.substr(0, path.find_first_of("[."));
  const config::Option* option = config::find_option(section, path.substr(dot + 1));
  if (option == nullptr) return;
  using config::Type;
  const Type type = option->kind.type;
  if (type == Type::kBool || type == Type::kBoolOrWord) {
    add("on");
    add("off");
  }
  if (type == Type::kWord || type == Type::kBoolOrWord) {
    for (const std::string_view word : config::split_words(option->kind.words)) add(word);
  }
  if (type == Type::kReference) references(option->kind.words);
  if (type == Type::kModule || type == Type::kModuleName) {
    for (const std::string_view name : config::module_names()) {
      add(name);
      if (type != Type::kModule || !partial_.starts_with(name)) continue;
      for (const std::string& id : names_.ids(name, {})) add(std::string(name) + "/" + id);
    }
  }
  if (type == Type::kRrType) types();
}

void Completer::references(std::string_view sections) {
  for (const std::string_view section : config::split_words(sections)) {
    add_all(names_.ids(section, partial_));
  }
}

// Mnemonics in whichever case the word has begun.
void Completer::types() {
  const bool is_lower = !partial_.empty() && partial_[0] >= 'a' && partial_[0] <= 'z';
  for (std::uint32_t code = 0; code <= UINT16_MAX; ++code) {
    const auto mnemonic = dns::mnemonic_of(static_cast<dns::RrType>(code));
    if (!mnemonic) continue;
    std::string word(*mnemonic);
    if (is_lower)
      std::ranges::transform(word, word.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      });
    add(word);
  }
}

}  // namespace

Completion complete(std::string_view line, NameSource& names) {
  Line cut = cut_line(line);
  Completion completion;
  std::string partial;
  completion.begin = line.size();
  if (cut.in_word) {
    partial = cut.words.back().text;
    completion.begin = cut.words.back().begin;
    cut.words.pop_back();
  }
  Words words = cut.texts();
  Completer completer(partial, names);
  if (words.empty()) {
    for (const api::Command& command : api::commands()) completer.add(command.name);
    for (const auto name : {kHelpCommand, kExitCommand, kQuitCommand}) completer.add(name);
  } else if (words[0] == kHelpCommand) {
    for (const api::Command& command : api::commands()) completer.add(command.name);
  } else if (const api::Command* command = api::find_command(words[0])) {
    Options ignored;
    (void)take_options_after_command(words, ignored);
    completer.argument(*command, words);
  }
  completion.candidates = std::move(completer.found);
  std::ranges::sort(completion.candidates);
  const auto repeated = std::ranges::unique(completion.candidates);
  completion.candidates.erase(repeated.begin(), repeated.end());
  completion.is_whole = completer.is_whole;
  return completion;
}

std::string common_prefix(const std::vector<std::string>& words) {
  std::string_view common = words.front();
  for (const std::string& word : words) {
    const auto [end, ignored] = std::ranges::mismatch(common, word);
    common = common.substr(0, static_cast<std::size_t>(end - common.begin()));
  }
  return std::string(common);
}

}  // namespace bowline::control::client
