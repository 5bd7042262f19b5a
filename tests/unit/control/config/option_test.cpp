// The option table: sound in itself, and complete against the manual where that is at hand.
#include "control/config/option.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <regex>
#include <set>

#include "control/config/value_text.h"

using namespace bowline::control::config;

namespace {

std::string shared_folder() {
  const char* const folder = std::getenv("BOWLINE_SHARED");
  return folder != nullptr ? folder : BOWLINE_SHARED_DEFAULT;
}

// A section as a synopsis block of the manual shows it: items with their types.
struct Synopsis {
  std::string file;
  int line = 0;
  std::vector<std::pair<std::string, std::string>> items;
};

// Blocks are "name:" followed by "item: TYPE" lines; a type has a word in capitals, an identifier
// reference or a choice. Examples have other values.
std::map<std::string, Synopsis> read_synopses(const std::string& path) {
  static const std::regex header(R"(^([a-z][a-z-]*):\s*$)");
  static const std::regex item(R"(^\s*(?:- )?([a-z][a-z0-9-]*)\s?:\s+(\S.*)$)");
  static const std::regex type(
      R"(^(\[?(INT|STR|HEXSTR|BOOL|TIME|SIZE|BASE64|ADDR|DNAME|str)\b.*|)"
      R"([a-z]+_id\b.*|\S+( \| \S+)+.*)$)");
  std::map<std::string, Synopsis> result;
  std::ifstream file(path);
  std::string section;
  Synopsis current;
  int number = 0;
  const auto finish = [&] {
    if (current.items.size() > result[section].items.size()) result[section] = current;
    section.clear();
  };
  for (std::string line; std::getline(file, line);) {
    ++number;
    std::smatch match;
    if (std::regex_match(line, match, header)) {
      if (!section.empty()) finish();
      section = match[1];
      current = {path, number, {}};
    } else if (!section.empty() && std::regex_match(line, match, item) &&
               std::regex_match(std::string(match[2]), type)) {
      current.items.emplace_back(match[1], match[2]);
    } else if (!section.empty() && line.find("# All zone options") == std::string::npos) {
      finish();
    }
  }
  if (!section.empty()) finish();
  return result;
}

// The notation of the manual for a row, to compare types.
bool type_fits(const Option& option, const std::string& text) {
  const auto has = [&](const char* word) { return text.find(word) != std::string::npos; };
  switch (option.kind.type) {
    case Type::kInt: return text.starts_with("INT") && !has("/");
    case Type::kBool: return text == "BOOL";
    case Type::kTime: return text == "TIME";
    case Type::kSize: return text == "SIZE";
    case Type::kText:
    case Type::kPath:
    case Type::kZoneFile:
      return has("STR") || has("str");
    case Type::kModuleName:
    case Type::kRrType: return text.starts_with("STR");
    case Type::kHexOrText: return has("HEXSTR");
    case Type::kBase64:
    case Type::kPin: return text.starts_with("BASE64");
    case Type::kAddress: return text.starts_with("ADDR[@INT]") && !has("STR");
    case Type::kSocket: return text.starts_with("ADDR[@INT] | STR");
    case Type::kDevice: return text.starts_with("STR[@INT] | ADDR[@INT]");
    case Type::kRange: return text.starts_with("ADDR[/INT] | ADDR-ADDR") && !has("STR");
    case Type::kRangeOrPath: return text.starts_with("ADDR[/INT] | ADDR-ADDR | STR");
    case Type::kName: return text.starts_with("DNAME");
    case Type::kWord:
    case Type::kBoolOrWord: {
      for (const std::string_view word : split_words(option.kind.words)) {
        // `keys-updated` stands in the manual's list of values, not in its synopsis.
        if (word != "keys-updated" && !has(std::string(word).c_str())) return false;
      }
      return has("|");
    }
    case Type::kReference:
      for (const std::string_view target : split_words(option.kind.words)) {
        if (!has((std::string(target) + "_id").c_str())) return false;
      }
      return true;
    case Type::kModule: return text.starts_with("STR/STR");
    case Type::kUser: return text == "STR[:STR]";
    case Type::kFraction: return text == "INT/INT";
  }
  return false;
}

}  // namespace

TEST_CASE("option: every row is sound") {
  std::set<std::string> names;
  for (const Option& option : options()) {
    const std::string name = std::string(option.section) + "." + std::string(option.name);
    INFO(name);
    CHECK(names.insert(name).second);
    REQUIRE(find_section(option.section) != nullptr);
    CHECK(find_option(option.section, option.name) == &option);
    CHECK(option.help.size() > 8);
    CHECK(option.help.ends_with('.'));
    CHECK(option.kind.min <= option.kind.max);
    if (option.kind.type == Type::kReference) {
      for (const std::string_view target : split_words(option.kind.words)) {
        REQUIRE(find_section(target) != nullptr);
        CHECK(find_section(target)->has_entries());
      }
    }
    if (option.fallback.form != Default::Form::kLiteral) continue;
    const auto texts = option.count == Count::kMany
                           ? split_words(option.fallback.text, ' ')
                           : std::vector<std::string_view>{option.fallback.text};
    for (const std::string_view text : texts) {
      const auto value = parse_value(option.kind, text);
      INFO((value ? std::string() : value.error()));
      CHECK(value.ok());
    }
  }
}

TEST_CASE("option: every section has its identifying item first") {
  for (const Section& section : sections()) {
    INFO(section.name);
    const auto rows = options_of(section.name);
    REQUIRE_FALSE(rows.empty());
    if (section.has_entries()) CHECK(rows.front()->name == section.id);
    CHECK(find_option(section.name, "comment") != nullptr);
    CHECK(find_option(section.name, "no-such-item") == nullptr);
  }
  CHECK(find_option("no-such-section", "comment") == nullptr);
}

TEST_CASE("option: a template has the items of a zone") {
  CHECK(find_option("template", "storage") == find_option("zone", "storage"));
  CHECK(find_option("template", "domain") == nullptr);
  CHECK(find_option("template", "template") == nullptr);
  CHECK(find_option("zone", "global-module") == nullptr);
}

TEST_CASE("option: nearest names") {
  const std::vector<std::string_view> names = {"listen", "listen-tls", "user", "rundir", "nsid"};
  CHECK(nearest("lsiten", names) == "listen");
  CHECK(nearest("listen_tls", names) == "listen-tls");
  CHECK(nearest("usr", names) == "user");
  CHECK(nearest("rundri", names) == "rundir");
  CHECK(nearest("storage", names).empty());
  CHECK(nearest("x", {"a"}).empty());
  CHECK(nearest(std::string(1000, 'l'), names).empty());
}

TEST_CASE("option: the table has every item of the manual") {
  const std::string spec = shared_folder() + "/spec/";
  std::map<std::string, Synopsis> synopses;
  for (const char* name : {"knot-dns-configuration.txt", "knot-dns-modules.txt"}) {
    for (auto& [section, synopsis] : read_synopses(spec + name)) {
      if (!synopsis.items.empty() && !synopses.contains(section)) synopses[section] = synopsis;
    }
  }
  if (synopses.empty()) {
    std::cout << "skipped: no manual in " << spec << '\n';
    return;
  }
  std::size_t compared = 0;
  for (const auto& [name, synopsis] : synopses) {
    INFO(synopsis.file << ":" << synopsis.line << " " << name);
    REQUIRE(find_section(name) != nullptr);
    for (const auto& [item, type] : synopsis.items) {
      INFO(item << ": " << type);
      const Option* const option = find_option(name, item);
      REQUIRE(option != nullptr);
      CHECK(type_fits(*option, type));
      CHECK(type.ends_with("...") == (option->count == Count::kMany));
      ++compared;
    }
  }
  // Sections and items at the time of writing: a heuristic that finds nothing must not pass.
  CHECK(synopses.size() == 28);
  CHECK(compared >= 230);
  std::set<std::string_view> ours = {"dataplane", "resolver", "web"};
  for (const Section& section : sections()) {
    INFO(section.name);
    CHECK((ours.contains(section.name) || synopses.contains(std::string(section.name))));
  }
}
