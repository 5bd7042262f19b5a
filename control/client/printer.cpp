#include "control/client/printer.h"

#include <cstdio>

namespace bowline::control::client {

namespace {

// So many rows are aligned together: the first zones of a million show at once.
constexpr std::size_t kRowsAligned = 1000;

}  // namespace

void Printer::table(const std::string& name) {
  if (tables_.back().name == name) return;
  if (!json_) print_rows();
  tables_.push_back({name, {}});
  begins_ = printed_;
}

void Printer::row(api::Json columns) {
  tables_.back().rows.push_back(std::move(columns));
  if (!json_ && tables_.back().rows.size() >= kRowsAligned) print_rows();
}

void Printer::text(const std::string& line) {
  if (json_) {
    texts_.push_back(line);
    return;
  }
  print_rows();
  std::printf("%s\n", printable(line).c_str());
  printed_ = true;
}

bool Printer::end(const api::Json& result) {
  const bool ok = result.value("ok", false);
  const std::string error = result.value("error", std::string());
  if (json_) {
    print_json(ok, error);
  } else {
    print_rows();
    std::fflush(stdout);
    if (!ok) std::fprintf(stderr, "bowlinec: %s\n", printable(error).c_str());
  }
  return ok;
}

// An empty line stands between tables.
void Printer::print_rows() {
  Table& table = tables_.back();
  if (table.rows.empty()) return;
  if (begins_) std::fputs("\n", stdout);
  begins_ = false;
  std::fputs(format_table(table.rows, colour_).c_str(), stdout);
  table.rows.clear();
  printed_ = true;
}

void Printer::print_json(bool ok, const std::string& error) {
  api::Json out = answer_to_json(tables_);
  const bool is_empty = tables_.size() == 1 && tables_.front().rows.empty();
  if (is_empty || !ok) {
    api::Json whole = {{"ok", ok}, {"messages", texts_}};
    if (!is_empty) whole["rows"] = std::move(out);
    if (!ok) whole["error"] = error;
    out = std::move(whole);
  }
  std::printf("%s\n", out.dump(2, ' ', false, api::Json::error_handler_t::replace).c_str());
}

}  // namespace bowline::control::client
