#include "control/client/printer.h"

#include <fmt/format.h>

#include <span>

#include "control/client/plain.h"
#include "control/client/prometheus.h"
#include "control/config/option.h"

namespace bowline::control::client {

namespace {

// So many rows are aligned together: the first zones of a million show at once.
constexpr std::size_t kRowsAligned = 1000;

constexpr const char* kRed = "\x1b[31m";
constexpr const char* kGreen = "\x1b[32m";
constexpr const char* kDim = "\x1b[2m";
constexpr const char* kEnd = "\x1b[0m";

std::string text_of(const api::Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string paint(const std::string& text, const char* colour) { return colour + text + kEnd; }

// A line of conf-read, conf-diff and conf-list in colours: what comes and goes, names and values.
std::string paint_setting(const std::string& line) {
  if (line.starts_with('+')) return paint(line, kGreen);
  if (line.starts_with('-')) return paint(line, kRed);
  const std::size_t value = line.find(" = ");
  if (value == std::string::npos) return line;
  return paint(line.substr(0, value + 3), kDim) + line.substr(value + 3);
}

}  // namespace

Printer::Printer(std::vector<std::string> words, const Look& look, const Streams& streams)
    : words_(std::move(words)), look_(look), streams_(streams), progress_(streams.progress) {}

void Printer::take(const api::Json& frame) {
  if (const auto shown = frame.find("progress"); shown != frame.end()) {
    progress_.show(*shown);
    return;
  }
  progress_.clear();
  announce();
  if (const auto name = frame.find("table"); name != frame.end() && name->is_string()) {
    table(name->get<std::string>());
  }
  if (const auto columns = frame.find("row"); columns != frame.end() && columns->is_object()) {
    row(*columns);
  }
  if (const auto found = frame.find("failure"); found != frame.end() && found->is_object()) {
    failure(*found);
  }
  if (const auto line = frame.find("text"); line != frame.end() && line->is_string()) {
    text(line->get<std::string>());
  }
}

bool Printer::is_text() const {
  return look_.style == Style::kPlain || look_.style == Style::kRich;
}

// Whether its only sign of success is a word.
bool Printer::is_deed() const {
  return !plain_success(words_[0], std::span(words_).subspan(1)).empty();
}

// Whoever answers to `status` runs; of a detail the lines are put together at the end.
void Printer::announce() {
  if (announced_ || !is_text() || words_[0] != "status" || words_.size() > 1) return;
  announced_ = true;
  const bool paints = look_.colour && look_.style == Style::kRich;
  std::fprintf(streams_.out, "%s\n", paints ? paint("Running", kGreen).c_str() : "Running");
}

void Printer::table(const std::string& name) {
  if (tables_.back().name == name) return;
  if (is_text()) print_rows();
  tables_.push_back({name, {}});
  begins_ = printed_;
}

void Printer::row(const api::Json& columns) {
  // Scripts compare the answer to a deed with a word, and people get it told in words.
  if (is_text() && is_deed()) return;
  if (prints_line(columns)) return;
  tables_.back().rows.push_back(columns);
  if (is_text() && tables_.back().rows.size() >= kRowsAligned) print_rows();
}

// Lines for rows that knotc has lines for; people get tables of zones, records and counters.
bool Printer::prints_line(const api::Json& columns) {
  if (!is_text() || words_[0] == "status") return false;
  if (look_.style == Style::kRich && !columns.contains("section")) return false;
  std::string line = plain_line(words_[0], columns, {look_.colour, look_.extended});
  if (line.empty()) return false;
  if (look_.colour && look_.style == Style::kRich && columns.contains("section")) {
    line = paint_setting(line);
  }
  std::fprintf(streams_.out, "%s\n", line.c_str());
  printed_ = true;
  return true;
}

void Printer::text(const std::string& line) {
  if (look_.style == Style::kJson) {
    texts_.push_back(line);
    return;
  }
  print_rows();
  const bool beside = look_.style == Style::kPrometheus || !look_.is_remote ||
                      (look_.style == Style::kPlain && is_deed());
  std::fprintf(beside ? streams_.err : streams_.out, "%s\n", printable(line).c_str());
  printed_ |= !beside;
}

bool Printer::end(const api::Json& result) {
  const bool ok = result.value("ok", false);
  progress_.clear();
  if (!ok && !text_of(result, "error").empty()) failure(result);
  switch (look_.style) {
    case Style::kJson:
      print_json(ok);
      break;
    case Style::kPrometheus:
      if (ok) std::fputs(prometheus_text(tables_.front().rows).c_str(), streams_.out);
      break;
    default:
      if (ok) print_success();
      print_rows();
  }
  std::fflush(streams_.out);
  return ok;
}

void Printer::abandon(const std::string& error) {
  abandoned_ = true;
  (void)end({{"ok", false}, {"error", error}});
}

void Printer::print_success() {
  const auto arguments = std::span(words_).subspan(1);
  if (words_[0] == "status") {
    announce();
    if (arguments.empty()) return;
    std::fprintf(streams_.out, "%s\n", plain_status(arguments, tables_.front().rows).c_str());
    tables_.front().rows.clear();
    return;
  }
  const std::string_view word = plain_success(words_[0], arguments);
  if (word.empty()) return;
  print_rows();
  std::fprintf(streams_.out, "%.*s\n", static_cast<int>(word.size()), word.data());
}

// Plain: knotc's line where it stands there, and on the other stream what to do about it.
void Printer::failure(const api::Json& failure) {
  if (look_.style == Style::kJson) {
    failures_.push_back(failure);
    return;
  }
  if (is_text()) print_rows();
  if (look_.style == Style::kPlain && look_.is_remote && !abandoned_) {
    const auto arguments = std::span(words_).subspan(1);
    std::fprintf(streams_.out, "%s\n", plain_error(words_[0], arguments, failure).c_str());
  }
  std::fflush(streams_.out);
  std::string text = text_of(failure, "error");
  if (const std::string zone = text_of(failure, "zone"); !zone.empty()) text = zone + ": " + text;
  if (const std::string data = text_of(failure, "data"); !data.empty()) text += ": " + data;
  for (const std::string_view line : config::split_words(text, '\n')) {
    std::fprintf(streams_.err, "bowlinec: %s\n", printable(std::string(line)).c_str());
  }
}

// An empty line stands between tables.
void Printer::print_rows() {
  Table& table = tables_.back();
  if (table.rows.empty()) return;
  if (words_[0] == "status") {
    if (words_.size() > 1) return;
    // "Running" says it all, unless asked for more.
    if (look_.style == Style::kPlain && !look_.extended) return table.rows.clear();
  }
  if (begins_) std::fputs("\n", streams_.out);
  begins_ = false;
  std::fputs(format_table(table.rows, look_.colour).c_str(), streams_.out);
  table.rows.clear();
  printed_ = true;
}

// An answer that is rows is just these; a deed says whether it was done.
void Printer::print_json(bool ok) {
  api::Json out = answer_to_json(tables_);
  const bool is_empty = tables_.size() == 1 && tables_.front().rows.empty();
  if (is_empty && words_[0] == "stats") out = api::Json::object();
  if (!ok || is_deed() || (is_empty && !texts_.empty())) {
    api::Json whole = {{"ok", ok}, {"messages", texts_}};
    if (!is_empty && is_deed() && out.is_object()) {
      whole.update(out);
    } else if (!is_empty) {
      whole["rows"] = std::move(out);
    }
    if (!ok) {
      for (api::Json& failure : failures_) failure.erase("ok");
      whole["error"] = failures_.empty() ? api::Json("failed") : failures_.back()["error"];
      whole["failures"] = failures_;
    }
    out = std::move(whole);
  }
  std::fprintf(streams_.out, "%s\n",
               out.dump(2, ' ', false, api::Json::error_handler_t::replace).c_str());
}

}  // namespace bowline::control::client
