// Plain: answers as knotc 3.2 prints them, for scripts that were written for it.
//
// Pure functions; one thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "control/api/protocol.h"

namespace bowline::control::client {

struct PlainLook {
  bool colour = false;
  bool extended = false;  // zone-status: empty values, too
};

// The line of one row of that command's answer, without a line end; empty: knotc has no such line.
std::string plain_line(std::string_view command, const api::Json& row, const PlainLook& look = {});

// What a command without rows prints when it is done ("OK", "Reloaded"); empty: nothing. Where it
// is not empty, what the server says in words is no part of the plain answer.
std::string_view plain_success(std::string_view command, std::span<const std::string> arguments);

// The line of an error that the server reports (frames "failure" and "end", {"zone", "error"}): the
// reason and what was named, in knotc's order.
std::string plain_error(std::string_view command, std::span<const std::string> arguments,
                        const api::Json& failure);

// What `status` prints of its rows (item and value): "Running", or the lines of a detail, without a
// final line end.
std::string plain_status(std::span<const std::string> arguments, std::span<const api::Json> rows);

// An item with its values: "section[id].item = value value".
std::string setting_text(const api::Json& row);

}  // namespace bowline::control::client
