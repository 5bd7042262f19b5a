#include "control/client/table.h"

#include <fmt/format.h>

#include <algorithm>

namespace bowline::control::client {

namespace {

constexpr const char* kBold = "\x1b[1m";
constexpr const char* kRed = "\x1b[31m";
constexpr const char* kGreen = "\x1b[32m";
constexpr const char* kYellow = "\x1b[33m";
constexpr const char* kPlain = "\x1b[0m";
constexpr std::size_t kGap = 2;

// Words for states have one meaning wherever they stand.
const char* colour_of(const std::string& text) {
  if (text == "served" || text == "serving" || text == "up") return kGreen;
  if (text == "failed" || text == "down") return kRed;
  if (text == "loading" || text == "served, file failed" || text == "generic copy") return kYellow;
  return nullptr;
}

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

bool is_pairs(const std::vector<api::Json>& rows) {
  return !rows.empty() && rows[0].size() == 2 && rows[0].contains("value") &&
         (rows[0].contains("item") || rows[0].contains("counter"));
}

struct Column {
  std::string name;
  std::size_t width = 0;
  bool numeric = true;
  bool empty = true;
};

std::vector<Column> measure(const std::vector<api::Json>& rows, bool with_head) {
  std::vector<Column> columns;
  for (const auto& [key, value] : rows[0].items()) columns.push_back({key});
  for (const api::Json& row : rows) {
    for (Column& column : columns) {
      const api::Json value = row.value(column.name, api::Json());
      const std::string text = cell_text(value);
      column.width = std::max(column.width, width_of(text));
      column.numeric &= value.is_number() || value.is_null();
      column.empty &= text.empty();
    }
  }
  for (Column& column : columns) {
    if (with_head) column.width = std::max(column.width, column.name.size());
  }
  std::erase_if(columns, [](const Column& column) { return column.empty; });
  return columns;
}

void append_cell(std::string& line, const Column& column, const std::string& text,
                 const char* colour, bool last) {
  const std::string fill(column.width - std::min(column.width, width_of(text)), ' ');
  if (column.numeric) line += fill;
  line += colour != nullptr ? colour + text + kPlain : text;
  if (!column.numeric && !last) line += fill;
  if (!last) line.append(kGap, ' ');
}

}  // namespace

std::string printable(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || octet == 0x7f) {
      out += fmt::format("\\{:03}", octet);
    } else {
      out += c;
    }
  }
  return out;
}

std::string cell_text(const api::Json& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return printable(value.get<std::string>());
  if (!value.is_array() && !value.is_object()) return value.dump();
  std::string text;
  for (const auto& [key, inner] : value.items()) {
    const std::string shown = cell_text(inner);
    if (value.is_object() && shown == "-") continue;
    text += text.empty() ? "" : " ";
    text += value.is_object() ? printable(key) + " " + shown : shown;
  }
  return text;
}

std::string format_table(const std::vector<api::Json>& rows, bool colour) {
  if (rows.empty()) return {};
  const bool with_head = !is_pairs(rows);
  const std::vector<Column> columns = measure(rows, with_head);
  std::string out;
  if (with_head) {
    for (const Column& column : columns) {
      append_cell(out, column, column.name, colour ? kBold : nullptr, &column == &columns.back());
    }
    out += '\n';
  }
  for (const api::Json& row : rows) {
    for (const Column& column : columns) {
      const std::string text = cell_text(row.value(column.name, api::Json()));
      append_cell(out, column, text, colour ? colour_of(text) : nullptr,
                  &column == &columns.back());
    }
    out += '\n';
  }
  return out;
}

api::Json to_json(const std::vector<api::Json>& rows) {
  if (!is_pairs(rows)) return api::Json(rows);
  api::Json object = api::Json::object();
  for (const api::Json& row : rows) {
    auto name = row.begin();
    auto value = std::next(name);
    object[name->is_string() ? name->get<std::string>() : name->dump()] = *value;
  }
  return object;
}

api::Json answer_to_json(const std::vector<Table>& tables) {
  api::Json out = to_json(tables.front().rows);
  if (tables.size() == 1) return out;
  if (out.is_array()) out = out.empty() ? api::Json::object() : api::Json({{"rows", out}});
  for (std::size_t i = 1; i < tables.size(); ++i) {
    out[tables[i].name] = api::Json(tables[i].rows);
  }
  return out;
}

}  // namespace bowline::control::client
