// What the option reference says beside the table: about the file as a whole, and an introduction
// and an example for each section.
//
// Constant data, private to reference.cpp and its tests.
#pragma once

#include <string_view>

namespace bowline::control::config {

struct SectionText {
  std::string_view introduction;  // sentences
  std::string_view example;       // all of them together are one configuration that loads
};

// Null: none, which a test does not allow for a section of the table.
const SectionText* text_of(std::string_view section);

// roff source of the part DESCRIPTION.
std::string_view dialect_text();

}  // namespace bowline::control::config
