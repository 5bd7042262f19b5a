#include "control/confdb/record.h"

#include <catch2/catch.hpp>

namespace {

using namespace bowline::control::confdb;
namespace config = bowline::control::config;

std::string key_of(std::string_view section, std::string_view id) {
  auto key = entry_key(section, id);
  REQUIRE(key);
  return *key;
}

config::Change change_of(const char* section, const char* id, const char* item,
                         config::Setting before, config::Setting after) {
  const config::Option* const option = item ? config::find_option(section, item) : nullptr;
  return {config::find_section(section), id, option, std::move(before), std::move(after)};
}

}  // namespace

TEST_CASE("keys: zones by their name in wire form and lower case") {
  using namespace std::string_literals;
  CHECK(key_of("zone", "Example.COM.") == "zone\0\7example\3com\0"s);
  CHECK(key_of("zone", "example.com") == "zone\0\7example\3com\0"s);
  CHECK(key_of("zone", ".") == "zone\0\0"s);
  CHECK(key_of("zone", "") == "zone\0"s);
  CHECK(key_of("remote", "R1") == "remote\0R1"s);
  CHECK(key_of("server", "") == "server\0"s);
  std::string longest;
  for (int i = 0; i < 3; ++i) longest += std::string(63, 'a') + ".";
  for (int i = 0; i < 61; ++i) longest += "\\007";
  CHECK(entry_key("zone", longest + "."));
  const auto refused = entry_key("remote", std::string(600, 'x'));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().find("too long") != std::string::npos);
}

TEST_CASE("entries come back as they were, and damage is seen") {
  const Entry cases[] = {
      {"server", "", {{"identity", {"a"}}, {"listen", {"::1@53", "127.0.0.1"}}}},
      {"zone", "example.com.", {}},
      {"zone", "x\\032y.", {{"master", {}}, {"comment", {std::string(70'000, 'c')}}}},
      {"zone", ".", {{"file", {""}}}},
      {"zone", "", {}},
      {"log", "/var/log/x y", {{"any", {"info"}}}},
  };
  for (const Entry& entry : cases) {
    const std::string key = key_of(entry.section, entry.id);
    std::string value = encode(key, entry);
    const auto back = decode_entry(key, value);
    REQUIRE(back);
    CHECK(back->section == entry.section);
    CHECK(back->id == entry.id);
    CHECK(back->items == entry.items);
    CHECK_FALSE(decode_entry(key_of("remote", "other"), value));
    for (std::size_t at = 0; at < value.size(); at += 1 + value.size() / 50) {
      for (const int bit : {0x01, 0x80}) {
        value[at] = static_cast<char>(value[at] ^ bit);
        CHECK_FALSE(decode_entry(key, value));
        value[at] = static_cast<char>(value[at] ^ bit);
      }
      CHECK_FALSE(decode_entry(key, value.substr(0, at)));
    }
  }
}

TEST_CASE("changes come back as they were") {
  const std::vector<config::Change> changes = {
      change_of("server", "", "identity", {}, {true, {"x"}}),
      change_of("zone", "a.", "domain", {true, {"a."}}, {}),
      change_of("zone", "a.", "master", {true, {}}, {true, {"r1", "r2"}}),
      change_of("log", "", nullptr, {}, {true, {}}),
  };
  const std::string value = encode("key", changes);
  const auto back = decode_changes("key", value);
  REQUIRE(back);
  CHECK(*back == changes);
  CHECK_FALSE(decode_changes("other", value));
  CHECK_FALSE(decode_changes("key", value.substr(0, value.size() - 1)));
}

TEST_CASE("header and history") {
  const auto header = decode_header("header", encode("header", Header{7, 1'000'000}));
  REQUIRE(header);
  CHECK(header->format == 7);
  CHECK(header->number == 1'000'000);
  CHECK_FALSE(decode_header("header", "x"));
  const auto waiting = decode_unconfirmed("u", encode("u", Unconfirmed{3, 1'800'000'000}));
  REQUIRE(waiting);
  CHECK(waiting->number == 3);
  CHECK(waiting->deadline_s == 1'800'000'000);
  const std::string key = history_key(258, 'h');
  CHECK(key < history_key(259, 'd'));
  CHECK(history_number(key) == 258);
  CHECK(history_number("x") == 0);
  const auto commit = decode_commit(key, encode(key, Commit{258, 5, "user", "what", false}));
  REQUIRE(commit);
  CHECK(commit->number == 258);
  CHECK(commit->user == "user");
  CHECK(commit->summary == "what");
  CHECK_FALSE(commit->has_changes);
}
