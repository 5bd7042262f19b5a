// Completion files and the manual page name what the tables name. That the files work is shown by
// tests/system/test_control_client_shells.py.
#include "control/client/shell_completion.h"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "control/api/commands.h"
#include "control/client/options.h"

using namespace bowline::control;

namespace {

std::string manual_page() {
  const char* source = std::getenv("BOWLINE_SOURCE");
  std::ifstream file(std::string(source != nullptr ? source : "../../main") + "/docs/bowlinec.8");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// As roff writes it: \- for a hyphen.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '-' ? "\\-" : std::string(1, c);
  return out;
}

}  // namespace

TEST_CASE("completion files have every command and option") {
  for (const std::string& text :
       {client::bash_completion(), client::zsh_completion(), client::fish_completion()}) {
    for (const api::Command& command : api::commands()) {
      CHECK_THAT(text, Catch::Contains(std::string(command.name)));
    }
    for (const client::OptionRow& row : client::option_rows()) {
      CHECK_THAT(text, Catch::Contains(std::string(row.name)));
    }
  }
}

TEST_CASE("bowlinec(8) has every command and option, and no other command") {
  const std::string page = manual_page();
  if (page.empty()) {
    WARN("SKIP: bowlinec(8): BOWLINE_SOURCE does not name the source");
    return;
  }
  std::set<std::string> named;
  std::istringstream lines(page.substr(page.find(".SH COMMANDS")));
  for (std::string line, before; std::getline(lines, line) && line != ".SH OPTIONS";
       before = line) {
    if (before == ".TP") named.insert(line);
  }
  std::set<std::string> wanted;
  for (const api::Command& command : api::commands()) {
    std::string head = "\\fB" + roff(command.name) + "\\fR";
    if (!command.arguments.empty()) head += " " + roff(command.arguments);
    wanted.insert(head);
  }
  CHECK(named == wanted);
  for (const client::OptionRow& row : client::option_rows()) {
    CHECK_THAT(page, Catch::Contains("\\fB\\-" + std::string(1, row.letter) + "\\fR, \\fB\\-\\-" +
                                     roff(row.name) + "\\fR"));
  }
}
