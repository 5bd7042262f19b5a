// Lines of the interactive mode: their words, and what may stand at their end.
#include "control/client/complete.h"

#include <catch2/catch.hpp>

#include <algorithm>

#include "control/api/commands.h"
#include "control/client/words.h"

using namespace bowline::control;
using Words = std::vector<std::string>;

namespace {

class Names final : public client::NameSource {
 public:
  Words zones(std::string_view prefix) override {
    return of({"example.com.", "example.net.", "a\\@b."}, prefix);
  }
  Words ids(std::string_view section, std::string_view prefix) override {
    asked = section;
    if (section == "zone") return zones(prefix);
    if (section == "remote") return of({"r1", "r2"}, prefix);
    if (section == "remotes") return of({"group"}, prefix);
    if (section == "mod-rrl") return of({"default"}, prefix);
    return {};
  }
  Words counters(std::string_view prefix) override {
    return of({"server.zone-count", "dataplane.rcode-noerror"}, prefix);
  }
  std::string asked;

 private:
  static Words of(const Words& all, std::string_view prefix) {
    Words found;
    std::ranges::copy_if(all, std::back_inserter(found),
                         [&](const std::string& each) { return each.starts_with(prefix); });
    return found;
  }
};

Words candidates(std::string_view line) {
  Names names;
  return client::complete(line, names).candidates;
}

bool offers(std::string_view line, const std::string& word) {
  return std::ranges::count(candidates(line), word) == 1;
}

}  // namespace

TEST_CASE("words: blanks, quotes, backslashes, remarks") {
  const struct {
    const char* line;
    Words words;
    bool open;
  } cases[] = {
      {"", {}, false},
      {"  \t\n", {}, false},
      {"status", {"status"}, false},
      {" zone-set  a. @ TXT\t\"v x\" ", {"zone-set", "a.", "@", "TXT", "v x"}, false},
      {"a 'b \"c' d\"e 'f\"", {"a", "b \"c", "de 'f"}, false},
      {"TXT \\\"v=spf1\\ -all\\\"", {"TXT", "\"v=spf1 -all\""}, false},
      {"\"a\\\"b\\\\c\\d\" 'x\\y'", {"a\"b\\c\\d", "x\\y"}, false},
      {"'' \"\"", {"", ""}, false},
      {"# all", {}, false},
      {"a #b c", {"a"}, false},
      {"a#b", {"a#b"}, false},
      {"'open", {"open"}, true},
      {"open \"x", {"open", "x"}, true},
      {"end\\", {"end"}, true},
  };
  for (const auto& each : cases) {
    CAPTURE(each.line);
    const client::Line line = client::cut_line(each.line);
    CHECK(line.texts() == each.words);
    CHECK(line.is_open == each.open);
  }
  CHECK(client::cut_line("ab cd").words[1].begin == 3);
  CHECK(client::cut_line("ab cd").in_word);
  CHECK_FALSE(client::cut_line("ab ").in_word);
}

TEST_CASE("words: what is quoted is read back") {
  for (const std::string word : {"plain", "a b", "a\\@b", "it's", "\"x\"", "", "\t"}) {
    const client::Line line = client::cut_line(client::quote_word(word));
    REQUIRE(line.words.size() == 1);
    CHECK(line.words[0].text == word);
  }
}

TEST_CASE("complete: commands") {
  CHECK(candidates("zone-st") == Words{"zone-stats", "zone-status"});
  CHECK(candidates("he") == Words{"help"});
  CHECK(candidates("help conf-ch") == Words{"conf-check"});
  CHECK(candidates("").size() == api::commands().size() + 3);
  CHECK(candidates("nonsense x").empty());
}

TEST_CASE("complete: zones, owners, types, filters, details, counters, options") {
  CHECK(candidates("zone-reload example.") == Words{"example.com.", "example.net."});
  CHECK(candidates("zone-reload x. y. example.c") == Words{"example.com."});
  CHECK(candidates("zone-reload -b example.c") == Words{"example.com."});
  CHECK(offers("zone-read ", "--"));
  CHECK(candidates("zone-read example.com. @ SO") == Words{"SOA"});
  CHECK(candidates("zone-read example.com. @ nsec3p") == Words{"nsec3param"});
  CHECK(candidates("zone-read example.com. @ A x").empty());
  CHECK(candidates("zone-status +ser") == Words{"+serial"});
  CHECK(candidates("zone-status example.com. +ro") == Words{"+role"});
  CHECK(candidates("status ver") == Words{"version"});
  CHECK(candidates("stats server.") == Words{"server.zone-count"});
  CHECK(candidates("zone-stats example.com. dat") == Words{"dataplane.rcode-noerror"});
  CHECK(offers("status -", "--watch"));
  CHECK(offers("stats --", "--prometheus"));
  CHECK(offers("conf-commit --", "--confirm"));
}

TEST_CASE("complete: sections, identifiers, items") {
  CHECK(candidates("conf-read serv") == Words{"server"});
  CHECK(candidates("conf-read server") == Words{"server", "server."});
  CHECK(candidates("conf-read zone") == Words{"zone", "zone.", "zone["});
  CHECK(candidates("conf-read server.udp-w") == Words{"server.udp-workers"});
  CHECK(candidates("conf-read zone.doma") == Words{"zone.domain"});
  CHECK(candidates("conf-read zone[example.c") == Words{"zone[example.com.]"});
  CHECK(candidates("conf-read zone[example.com.]") == Words{"zone[example.com.]."});
  CHECK(candidates("conf-read zone[example.com.].semantic") ==
        Words{"zone[example.com.].semantic-checks"});
  CHECK(candidates("conf-read server remote[r") == Words{"remote[r1]", "remote[r2]"});
  CHECK(candidates("conf-read nosuch[").empty());
  CHECK(candidates("conf-set incl") == Words{"include"});
  Names names;
  CHECK_FALSE(client::complete("conf-read serv", names).is_whole);
  CHECK(client::complete("conf-read server.udp-w", names).is_whole);
}

TEST_CASE("complete: values of items") {
  CHECK(candidates("conf-set server.async-start o") == Words{"off", "on"});
  CHECK(candidates("conf-set zone[example.com.].semantic-checks s") == Words{"soft"});
  CHECK(candidates("conf-set zone[example.com.].master ") == Words{"group", "r1", "r2"});
  CHECK(candidates("conf-set zone[example.com.].master r1 r") == Words{"r1", "r2"});
  CHECK(offers("conf-set zone[example.com.].module mod-rrl", "mod-rrl/default"));
  CHECK(candidates("conf-set server.identity x").empty());
  CHECK(candidates("conf-set nonsense x").empty());
  CHECK(candidates("conf-set zone[a.b].nonsense x").empty());
}

TEST_CASE("complete: the word's place and the common beginning") {
  Names names;
  const auto found = client::complete("zone-reload 'example.", names);
  CHECK(found.begin == 12);
  CHECK(client::common_prefix(found.candidates) == "example.");
  CHECK(client::common_prefix({"one"}) == "one");
  CHECK(client::common_prefix({"one", "two"}).empty());
  CHECK(client::complete("zone-reload ", names).begin == 12);
}
