// Printer: prints the answer to one request as it comes, as text or as JSON, and says how it ended.
//
// One thread. Text goes to standard output, the error at the end to standard error.
#pragma once

#include <string>
#include <vector>

#include "control/client/table.h"

namespace bowline::control::client {

class Printer {
 public:
  Printer(bool json, bool colour) : json_(json), colour_(colour) {}

  // The rows that follow belong to the table of that name.
  void table(const std::string& name);
  void row(api::Json columns);
  void text(const std::string& line);
  // Prints what is left. Whether the server did what it was asked for.
  bool end(const api::Json& result);

 private:
  void print_rows();
  void print_json(bool ok, const std::string& error);

  const bool json_;
  const bool colour_;
  std::vector<Table> tables_{Table()};  // rows not yet printed; of text, those of the last table
  bool printed_ = false;
  bool begins_ = false;  // the next row is the first of its table, and something stands above it
  std::vector<std::string> texts_;
};

}  // namespace bowline::control::client
