// The control protocol: frames of JSON over a UNIX socket, between bowlinec and bowline-control.
//
// A frame is its length (32 bits, network order) and so many octets of JSON. The client sends one
// request,
//   {"verb": "zone-status", "args": ["example.com"], "force": false, "blocking": true,
//    "extended": false}
// (all but the verb may be absent; commands.h has the verbs)
// and gets any number of rows and texts and one end, then may send the next request:
//   {"row": {"zone": "example.com.", "serial": 1}}    of a table; all its rows have the same keys
//   {"table": "ports", "row": {...}}                  the same for a further table, by its name
//   {"table": "ports"}                                it is there, be it without rows
//   {"text": "..."}                                   something for a person
//   {"progress": {"done": 1, "total": 9, "what": "zones"}}   of a long command; total 0: unknown
//   {"failure": {"zone": "nosuch", "error": "no such zone found", "data": "..."}}
//                                                     of a part; the command goes on with the rest
//   {"end": {"ok": true}}
//   {"end": {"ok": false, "error": "...", "data": "...", "zone": "..."}}
// Of a failure and of an end that is not ok, "zone" (as the client named it) and "data" (what else
// it is about) may be absent; "error", knotc's words for people in parentheses, is absent at an end
// whose failures have all been told.
// Plain functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace bowline::control::api {

using Json = nlohmann::ordered_json;

inline constexpr std::size_t kMaxRequest = 64 << 10;  // some thousand zone names
inline constexpr std::size_t kMaxFrame = 1 << 20;     // one row or text

void append_frame(std::string& out, const Json& content);

enum class Frame : std::uint8_t { kComplete, kPartial, kTooLarge, kMalformed };

// Takes the first frame off `buffer`. `content` is set only on kComplete; then the frame is
// removed.
Frame take_frame(std::string& buffer, std::size_t most, Json& content);

}  // namespace bowline::control::api
