#include "zones/tree_key.h"

#include "tables.h"

using namespace bowline;
using namespace bowline::zones;

namespace {

TreeKey key(std::string_view text) {
  const dns::Name name = test::name(text);
  return TreeKey::of_owner({name.data(), name.size() - 1});
}

}  // namespace

TEST_CASE("keys are in canonical order (RFC 4034 6.1)") {
  const std::vector<std::string_view> ordered = {
      ".",         "example.",    "a.example.", "yljkjljk.a.example.", "Z.a.example.",
      "zABC.a.EXAMPLE.", "z.example.", "\\001.z.example.", "*.z.example.", "\\200.z.example."};
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    for (std::size_t j = 0; j < ordered.size(); ++j) {
      INFO(ordered[i] << " and " << ordered[j]);
      const int order = key(ordered[i]).compare(key(ordered[j]));
      CHECK((order < 0) == (i < j));
      CHECK((order == 0) == (i == j));
    }
  }
}

TEST_CASE("a key is a prefix of the keys below it, also around octets 0 and 1") {
  for (const std::string_view text : {"a.", "\\000.", "\\001.", "\\000\\001.", "\\001\\000."}) {
    const TreeKey above = key(text);
    const TreeKey below = key("b." + std::string(text));
    INFO(text);
    CHECK(above.common(below) == above.size());
    CHECK(above.compare(below) < 0);
  }
  CHECK(key("\\000.").compare(key("\\001.")) < 0);
  CHECK(key("\\000.").compare(key("\\000\\000.")) < 0);
  CHECK(key("a.").compare(key("a\\000.")) < 0);
}

TEST_CASE("case does not count") { CHECK(key("FOO.Bar.").compare(key("foo.bAR.")) == 0); }

TEST_CASE("the key of a wildcard is that of its name") {
  for (const std::string_view text : {"", "a.", "\\000\\001.b."}) {
    const dns::Name parent = test::name(text.empty() ? "." : text);
    INFO(text);
    CHECK(TreeKey::of_wildcard({parent.data(), parent.size() - 1})
              .compare(key("*." + std::string(text))) == 0);
  }
}
