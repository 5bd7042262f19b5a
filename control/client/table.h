// Table: rows of an answer as aligned text, coloured for a terminal, or as JSON.
//
// Plain functions and values; one thread.
#pragma once

#include <string>
#include <vector>

#include "control/api/protocol.h"

namespace bowline::control::client {

// Rows with the same keys; the keys become the head. Names (item or counter) and values get none.
// Empty columns are left out. Control characters become visible escapes.
std::string format_table(const std::vector<api::Json>& rows, bool colour);

// One value as one line of text; null is a dash.
std::string cell_text(const api::Json& value);

// One object if the rows are names (item or counter) and values, else an array of objects.
api::Json to_json(const std::vector<api::Json>& rows);

// The rows of an answer under the name of their table; the first table of an answer has none.
struct Table {
  std::string name;
  std::vector<api::Json> rows;
};

// The first table as above; with further tables, one object in which each has its name as key, and
// the first one stands itself (names and values) or is called "rows".
// REQUIRES: !tables.empty().
api::Json answer_to_json(const std::vector<Table>& tables);

// Without control characters: what comes from zone names and files may hold any octet.
std::string printable(const std::string& text);

}  // namespace bowline::control::client
