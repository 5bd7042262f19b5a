// The option table: sound in itself. spec_test.cpp compares it with the manual.
#include "control/config/option.h"

#include <catch2/catch.hpp>
#include <set>

#include "control/config/value_text.h"

using namespace bowline::control::config;

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
    CHECK(option.since.find_first_not_of("0123456789.") == option.since.npos);
    CHECK_FALSE(option.since.empty());
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
