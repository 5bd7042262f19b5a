// Names: text, wire form, comparisons, compressed names in messages.
#include "dns/name.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

#include "dns/name_text.h"
#include "octets.h"

namespace bowline::dns {
namespace {

using namespace test;

Octets bytes_of(NameView name) { return {name.data(), name.data() + name.size()}; }

Octets message_with(const Octets& rest) { return Octets(12, 0) + rest; }

TEST_CASE("names in text become wire form and come back", "[name]") {
  struct Case {
    std::string text;
    Octets wire;
    std::string printed;  // empty: as `text`
  };
  const std::vector<Case> cases = {
      {".", {0}, ""},
      {"a.", {1, 'a', 0}, ""},
      {"WwW.Example.", {3, 'W', 'w', 'W', 7, 'E', 'x', 'a', 'm', 'p', 'l', 'e', 0}, ""},
      {"*.a.", {1, '*', 1, 'a', 0}, ""},
      {"\\097.", {1, 'a', 0}, "a."},
      {"\\a.", {1, 'a', 0}, "a."},
      {"a\\.b.", {3, 'a', '.', 'b', 0}, ""},
      {"a\\\\.", {2, 'a', '\\', 0}, ""},
      {"\\000\\255.", {2, 0, 255, 0}, ""},
      {"\\032x.", {2, ' ', 'x', 0}, ""},
      {"\\ x.", {2, ' ', 'x', 0}, "\\032x."},
      {"\\@.", {1, '@', 0}, ""},
      {"@.", {1, '@', 0}, "\\@."},
      {"a\\(\\)\\;\\\"\\$.", {6, 'a', '(', ')', ';', '"', '$', 0}, ""},
      {"\xc3\xa4.", {2, 0xc3, 0xa4, 0}, "\\195\\164."},
      {"_sip._tcp.", {4, '_', 's', 'i', 'p', 4, '_', 't', 'c', 'p', 0}, ""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const auto name = Name::from_text(c.text);
    REQUIRE(name.ok());
    CHECK(bytes_of(*name) == c.wire);
    CHECK(name->to_text() == (c.printed.empty() ? c.text : c.printed));
    CHECK(Name::from_text(name->to_text())->equals(*name));
  }
}

TEST_CASE("relative names end in the origin", "[name]") {
  const Name origin = *Name::from_text("example.org.");
  CHECK(Name::from_text("www", &origin)->to_text() == "www.example.org.");
  CHECK(Name::from_text("a.b", &origin)->to_text() == "a.b.example.org.");
  CHECK(Name::from_text("@", &origin)->to_text() == "example.org.");
  CHECK(Name::from_text("www.", &origin)->to_text() == "www.");
  CHECK(Name::from_text("a\\.", &origin)->to_text() == "a\\..example.org.");
  CHECK_FALSE(Name::from_text("www").ok());
  CHECK_FALSE(Name::from_text("@").ok());
}

TEST_CASE("malformed names in text are refused", "[name]") {
  const std::string label63(63, 'x');
  const std::string label61(61, 'x');
  const std::string three = label63 + '.' + label63 + '.' + label63 + '.';
  struct Case {
    std::string text;
    NameTextFault fault;
  };
  const std::vector<Case> cases = {
      {"", NameTextFault::kEmpty},
      {"..", NameTextFault::kEmptyLabel},
      {".a.", NameTextFault::kEmptyLabel},
      {"a..b.", NameTextFault::kEmptyLabel},
      {"a..", NameTextFault::kEmptyLabel},
      {label63 + "x.", NameTextFault::kLongLabel},
      {three + label61 + ".", NameTextFault::kNone},
      {three + label61 + "x.", NameTextFault::kLongName},
      {three + label63 + ".", NameTextFault::kLongName},
      {three + label61 + ".a", NameTextFault::kLongName},
      {three + label61, NameTextFault::kNone},
      {three + label61.substr(2) + ".a", NameTextFault::kNone},
      {three + label61.substr(1) + ".a", NameTextFault::kLongName},
      {"\\", NameTextFault::kEscape},
      {"a\\", NameTextFault::kEscape},
      {"\\1.", NameTextFault::kEscape},
      {"\\12", NameTextFault::kEscape},
      {"\\12x.", NameTextFault::kEscape},
      {"\\256.", NameTextFault::kEscape},
      {"\\999.", NameTextFault::kEscape},
      {"a+b.", NameTextFault::kCharacter},
      {"a.@", NameTextFault::kCharacter},
      {"a b.", NameTextFault::kCharacter},
      {"\x80.", NameTextFault::kCharacter},
      {"aZ09-_/*.", NameTextFault::kNone},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    std::array<std::uint8_t, kMaxNameSize> out;
    std::size_t size = 0;
    const NameView root;
    CHECK(read_name_text(c.text, &root, out.data(), size) == c.fault);
  }
  CHECK(Name::from_text("a..b.").error().find("empty label") != std::string::npos);
}

TEST_CASE("wire names are measured and malformed ones refused", "[name]") {
  CHECK(NameView::parse(Octets{0, 9, 9})->size() == 1);
  CHECK(NameView::parse(Octets{1, 'a', 0})->size() == 3);
  CHECK_FALSE(NameView::parse(Octets{}));
  CHECK_FALSE(NameView::parse(Octets{1}));
  CHECK_FALSE(NameView::parse(Octets{1, 'a'}));
  CHECK_FALSE(NameView::parse(Octets{64, 'a', 0}));
  CHECK_FALSE(NameView::parse(Octets{0xc0, 0}));
  CHECK(NameView::parse(name_of_size(255))->size() == 255);
  CHECK_FALSE(NameView::parse(name_of_size(256)));
  CHECK(NameView::parse(name_of_labels(127))->depth() == 127);
  CHECK_FALSE(NameView::parse(name_of_labels(128)));
}

TEST_CASE("labels, suffixes and parents", "[name]") {
  const Name name = *Name::from_text("a.bc.def.");
  CHECK(name.view().depth() == 3);
  CHECK(name.view().parent().to_text() == "bc.def.");
  CHECK(name.view().suffix(0).is_root());
  CHECK(name.view().suffix(1).to_text() == "def.");
  CHECK(name.view().suffix(3).to_text() == "a.bc.def.");
  CHECK(NameView().parent().is_root());
  CHECK(NameView().depth() == 0);
  CHECK(Name::from_text("*.a.")->view().is_wildcard());
  CHECK_FALSE(Name::from_text("**.a.")->view().is_wildcard());
  CHECK_FALSE(Name::from_text("a.*.")->view().is_wildcard());
  CHECK(Name::from_text("AbZ[@`{.")->lower().to_text() == "abz\\[\\@\\`\\{.");
}

TEST_CASE("names are compared without case, label by label", "[name]") {
  struct Case {
    std::string a, b;
    bool equal, below;  // a == b, a at or below b
    unsigned common;
  };
  const std::vector<Case> cases = {
      {".", ".", true, true, 0},
      {"a.", ".", false, true, 0},
      {".", "a.", false, false, 0},
      {"A.b.", "a.B.", true, true, 2},
      {"x.a.b.", "A.B.", false, true, 2},
      {"xa.b.", "a.b.", false, false, 1},
      {"\\001a.b.", "a.b.", false, false, 1},
      {"x\\001a.", "a.", false, false, 0},  // the length octet inside a label is not a label
      {"a.b.", "a.c.", false, false, 0},
      {"[.", "{.", false, false, 0},
      {"@.", "`.", false, false, 0},
  };
  for (const Case& c : cases) {
    CAPTURE(c.a, c.b);
    const Name a = *Name::from_text(c.a);
    const Name b = *Name::from_text(c.b);
    CHECK(a.equals(b) == c.equal);
    CHECK(a.view().is_at_or_below(b) == c.below);
    CHECK(a.view().common_depth(b) == c.common);
    CHECK(b.view().common_depth(a) == c.common);
  }
}

TEST_CASE("canonical order is that of RFC 4034 6.1", "[name]") {
  const std::vector<std::string> ordered = {
      ".",           "example.",     "a.example.",      "yljkjljk.a.example.",
      "Z.a.example.", "zABC.a.EXAMPLE.", "z.example.",   "\\001.z.example.",
      "*.z.example.", "\\200.z.example."};
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    for (std::size_t j = 0; j < ordered.size(); ++j) {
      CAPTURE(ordered[i], ordered[j]);
      const Name a = *Name::from_text(ordered[i]);
      const Name b = *Name::from_text(ordered[j]);
      CHECK((a.view().canonical_compare(b) == (i <=> j)));
    }
  }
  CHECK((Name::from_text("ab.")->view().canonical_compare(*Name::from_text("abc.")) < 0));
  CHECK((Name::from_text("AB.")->view().canonical_compare(*Name::from_text("ab.")) == 0));
}

TEST_CASE("prepending and replacing keep to 255 octets", "[name]") {
  const Octets label = {'a', 'b'};
  CHECK(Name::prepend(label, *Name::from_text("c."))->to_text() == "ab.c.");
  const Octets long_name = name_of_size(253);
  CHECK_FALSE(Name::prepend(label, *NameView::parse(long_name)));
  CHECK(Name::prepend(Octets{'a'}, *NameView::parse(long_name))->size() == 255);

  const Name name = *Name::from_text("a.b.old.example.");
  const Name target = *Name::from_text("new.");
  CHECK(Name::replace_suffix(name, 2, target)->to_text() == "a.b.new.");
  CHECK(Name::replace_suffix(name, 4, target)->to_text() == "new.");
  CHECK(Name::replace_suffix(name, 0, target)->to_text() == "a.b.old.example.new.");
  CHECK_FALSE(Name::replace_suffix(name, 2, *NameView::parse(name_of_size(252))));
  CHECK(Name::replace_suffix(name, 2, *NameView::parse(name_of_size(251)))->size() == 255);
}

TEST_CASE("compressed names in messages", "[name]") {
  struct Case {
    std::string description;
    Octets rest;         // of the message, from offset 12
    std::size_t at;      // of the name, from there
    std::string text;    // empty: refused
    std::size_t end;     // of the name, from there
  };
  const Octets long_label = Octets{63} + Octets(63, 'x');
  const std::vector<Case> cases = {
      {"plain", name("www.a."), 0, "www.a.", 7},
      {"pointer", name("a.") + Octets{1, 'b'} + pointer(12), 3, "b.a.", 7},
      {"bare pointer", name("a.") + pointer(12), 3, "a.", 5},
      {"pointer to a pointer", name("a.") + pointer(12) + pointer(15), 5, "a.", 7},
      {"two jumps with labels", name("a.") + Octets{1, 'b'} + pointer(12) + Octets{1, 'c'} +
                                    pointer(15), 7, "c.b.a.", 11},
      {"pointer into the middle of a name", name("a.bc.") + pointer(14), 6, "bc.", 8},
      {"cut in a label", {3, 'a', 'b'}, 0, "", 0},
      {"no root label", {1, 'a'}, 0, "", 0},
      {"half a pointer", {0xc0}, 0, "", 0},
      {"nothing", {}, 0, "", 0},
      {"pointer to itself", pointer(12), 0, "", 0},
      {"pointer to its own sequence", Octets{1, 'a'} + pointer(12), 0, "", 0},
      {"pointer into its own sequence", Octets{1, 'a', 1, 'b'} + pointer(14), 0, "", 0},
      {"forward pointer", pointer(14) + name("a."), 0, "", 0},
      {"two pointers at each other", pointer(14) + pointer(12), 2, "", 0},
      {"pointer into the header", pointer(11) + name("a."), 0, "", 0},
      {"pointer beyond the end", pointer(0x3fff), 0, "", 0},
      {"label type 01", {0x41, 'a', 0}, 0, "", 0},
      {"label type 10", {0x81, 'a', 0}, 0, "", 0},
      {"256 octets by a pointer", name_of_size(254) + Octets{1, 'a'} + pointer(12), 254, "", 0},
  };
  for (const Case& c : cases) {
    CAPTURE(c.description);
    const Octets message = message_with(c.rest);
    WireReader reader(message, 12 + c.at);
    const auto name = Name::from_message(reader);
    CHECK(name.has_value() == !c.text.empty());
    CHECK(reader.ok() == !c.text.empty());
    if (name && reader.ok()) {
      CHECK(name->to_text() == c.text);
      CHECK(reader.position() == 12 + c.end);
    }
  }
}

TEST_CASE("exactly 255 octets and exactly 127 pointers are read", "[name]") {
  const Octets full = message_with(name_of_size(253) + Octets{1, 'a'} + pointer(12));
  WireReader reader(full, 12 + 253);
  const auto name = Name::from_message(reader);
  REQUIRE(name);
  CHECK(name->size() == 255);

  Octets chain = {1, 'a', 0};
  chain = chain + pointer(12);
  for (unsigned i = 1; i < 128; ++i) chain = chain + pointer(12 + 3 + 2 * (i - 1));
  const Octets message = message_with(chain);
  WireReader last_allowed(message, 12 + 3 + 2 * 126);
  CHECK(Name::from_message(last_allowed));
  WireReader one_more(message, 12 + 3 + 2 * 127);
  CHECK_FALSE(Name::from_message(one_more));
}

// Every message of six octets out of a small alphabet that can form all kinds of loops.
TEST_CASE("all small combinations of pointers end", "[name]") {
  const Octets alphabet = {0, 1, 2, 0xc0, 12, 13, 14, 15, 16};
  Octets message(12 + 5);
  std::size_t read = 0;
  for (std::size_t code = 0; code < 9 * 9 * 9 * 9 * 9; ++code) {
    std::size_t rest = code;
    for (std::size_t i = 12; i < message.size(); ++i, rest /= 9) message[i] = alphabet[rest % 9];
    for (std::size_t at = 12; at < message.size(); ++at) {
      WireReader reader(message, at);
      const auto name = Name::from_message(reader);
      if (!name) continue;
      ++read;
      if (name->size() > kMaxNameSize || reader.position() > message.size()) FAIL(code);
      if (!NameView::parse(name->view().bytes())) FAIL(code);
    }
  }
  CHECK(read > 0);
}

TEST_CASE("random names survive text", "[name]") {
  const std::uint64_t run_seed = seed();
  CAPTURE(run_seed);
  std::mt19937_64 random(run_seed);
  for (int i = 0; i < 20000; ++i) {
    Octets wire;
    while (random() % 5 != 0) {
      const std::size_t size = random() % 63 + 1;
      if (wire.size() + size + 2 > kMaxNameSize) break;
      wire.push_back(static_cast<std::uint8_t>(size));
      for (std::size_t j = 0; j < size; ++j) wire.push_back(static_cast<std::uint8_t>(random()));
    }
    wire.push_back(0);
    const auto view = NameView::parse(wire);
    REQUIRE(view);
    const auto back = Name::from_text(view->to_text());
    REQUIRE(back.ok());
    REQUIRE(bytes_of(*back) == wire);
  }
}

}  // namespace
}  // namespace bowline::dns
