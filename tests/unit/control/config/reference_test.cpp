// The option reference: a text and an example for every section, and examples that load.
#include "control/config/reference.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "control/config/config.h"
#include "control/config/option.h"
#include "control/config/reference_text.h"
#include "control/config/schema.h"

using namespace bowline::control::config;

TEST_CASE("reference: every section has an introduction and an example of its own") {
  for (const Section& section : sections()) {
    INFO(section.name);
    const SectionText* const text = text_of(section.name);
    REQUIRE(text != nullptr);
    CHECK(text->introduction.ends_with('.'));
    CHECK(text->example.starts_with(std::string(section.name) + ":\n"));
  }
}

TEST_CASE("reference: the examples together are a configuration") {
  std::string all;
  for (const Section& section : sections()) all += text_of(section.name)->example;
  const auto config = load_config_text(all, "examples", {.resolve_system = false});
  INFO((config ? std::string() : config.error()));
  REQUIRE(config.ok());
  CHECK(config->zones().size() == 2);
  for (const Section& section : sections()) CHECK(config->has_section(section.name));
}

TEST_CASE("reference: the page names every item with its default, its change and its version") {
  const std::string page = manual_page("0.1.0");
  std::size_t items = 0;
  for (std::size_t at = page.find("\n.B "); at != page.npos; at = page.find("\n.B ", at + 1)) {
    ++items;
  }
  CHECK(items == options().size() + 2);  // and include, clear
  CHECK(page.find(".B zone\\-max\\-size:\n") != page.npos);
  CHECK(page.find("the identifier of an entry in: remote, remotes; several may be given") !=
        page.npos);
  CHECK(page.find("A change takes effect at the next start. Since version 0.1.") != page.npos);
}

TEST_CASE("reference: the list of what is not yet effective has these items and no others") {
  const std::string page = later_page();
  for (const Option& option : options()) {
    const std::size_t begin = page.find("\n## " + std::string(option.section) + "\n");
    const std::size_t end = begin == page.npos ? begin : page.find("\n## ", begin + 1);
    const std::string part = begin == page.npos ? "" : page.substr(begin, end - begin);
    INFO(option.section << "." << option.name);
    const bool is_listed = part.find("* `" + std::string(option.name) + "`\n") != part.npos;
    const bool identifies = option.name == find_section(option.section)->id;
    CHECK(is_listed == (option.effect == Effect::kLater && !identifies));
  }
}

TEST_CASE("schema: sections and items are those of the table") {
  const auto schema = nlohmann::json::parse(json_schema());
  CHECK(schema["properties"].size() == sections().size());
  for (const Section& section : sections()) {
    INFO(section.name);
    const auto& own = schema["properties"][std::string(section.name)];
    CHECK(own["type"] == (section.has_entries() ? "array" : "object"));
    const auto& object = section.has_entries() ? own["items"] : own;
    CHECK(object["additionalProperties"] == false);
    CHECK(object["properties"].size() == options_of(section.name).size());
  }
  const auto& timer = schema["properties"]["policy"]["items"]["properties"]["zsk-lifetime"];
  CHECK(timer["default"] == 2592000);
  CHECK(timer["x-since"] == "0.1");
  CHECK(timer["anyOf"][0]["maximum"] == 4294967295);
  const auto& reference = schema["properties"]["zone"]["items"]["properties"]["master"];
  CHECK(reference["type"] == "array");
  CHECK(reference["x-reference"] == nlohmann::json({"remote", "remotes"}));
}

TEST_CASE("schema: a configuration as JSON") {
  const auto config = load_config_text(R"(server:
  listen: [::1, 127.0.0.1@5353]
  tcp-idle-timeout: 1m
  automatic-acl: ON
  nsid: 0x4142
remote:
  - id: r
    address: ::1
zone:
  - domain: B.test
    master: ""
    semantic-checks: Soft
  - domain: a.test
    master: r
    zonefile-sync: -1
    journal-max-usage: 1M
    semantic-checks: on
    comment: "x \"y\""
)");
  REQUIRE(config.ok());
  CHECK(nlohmann::json::parse(to_json(*config)) == nlohmann::json::parse(R"({
    "server": {"listen": ["::1", "127.0.0.1@5353"], "tcp-idle-timeout": 60,
               "automatic-acl": true, "nsid": "0x4142"},
    "remote": [{"id": "r", "address": ["::1"]}],
    "zone": [{"domain": "a.test.", "master": ["r"], "zonefile-sync": -1,
              "journal-max-usage": 1048576, "semantic-checks": true, "comment": "x \"y\""},
             {"domain": "b.test.", "master": [], "semantic-checks": "soft"}]
  })"));
}
