// Printer: prints the answer to one command as it comes, and says how it ended.
//
//   kPlain       the lines of knotc; what it has no lines for, as a table
//   kRich        for people: tables, words, colours
//   kJson        one JSON value
//   kPrometheus  the text format of Prometheus (stats only)
//
// One thread. The answer goes to one stream, errors and what is no part of the answer to another.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "control/client/progress.h"
#include "control/client/table.h"

namespace bowline::control::client {

enum class Style : std::uint8_t { kPlain, kRich, kJson, kPrometheus };

struct Look {
  Style style = Style::kPlain;
  bool colour = false;
  bool extended = false;
  bool is_remote = true;  // plain: errors of the server are part of the answer, as with knotc
};

struct Streams {
  std::FILE* out = stdout;
  std::FILE* err = stderr;
  std::FILE* progress = nullptr;  // a terminal; null: no progress is shown
};

class Printer {
 public:
  // `words`: the command and its arguments. REQUIRES: !words.empty().
  Printer(std::vector<std::string> words, const Look& look, const Streams& streams = {});

  // A frame of the answer but the last: "row", "table", "text", "progress", "failure".
  void take(const api::Json& frame);
  // What is left, for the content of the frame "end": {"ok", "error", ...}. Returns ok.
  bool end(const api::Json& result);
  // The same for an answer that broke off, or never began.
  void abandon(const std::string& error);

 private:
  bool is_text() const;
  bool is_deed() const;
  void announce();
  void table(const std::string& name);
  void row(const api::Json& columns);
  void text(const std::string& line);
  bool prints_line(const api::Json& columns);
  void print_rows();
  void print_success();
  void failure(const api::Json& failure);
  void print_json(bool ok);

  const std::vector<std::string> words_;
  const Look look_;
  const Streams streams_;
  Progress progress_;
  std::vector<Table> tables_{Table()};  // rows not yet printed; of text, those of the last table
  bool announced_ = false;              // "Running" has been printed
  bool abandoned_ = false;              // what went wrong is not the server's word
  bool printed_ = false;
  bool begins_ = false;  // the next row is the first of its table, and something stands above it
  std::vector<std::string> texts_;
  std::vector<api::Json> failures_;
};

}  // namespace bowline::control::client
