// Commands on the drop list of the XDP programs: drop-add, drop-remove, drop-list.
#include <string>
#include <vector>

#include <fmt/format.h>

#include "control/config/address_text.h"
#include "control/config/prefix.h"
#include "control/main/parts.h"
#include "ebpf/steer.h"

namespace bowline::control {

namespace {

// Rows written to a client before the next look at its socket.
constexpr std::size_t kRowsAPart = 256;

// Reads prefixes and ranges of addresses; on a bad one the answer is ended.
bool read_prefixes(const api::Request& request, const Answer& answer,
                   std::vector<config::Prefix>& prefixes) {
  for (const std::string& text : request.arguments) {
    const auto value = config::parse_address_value(config::Type::kRange, text);
    if (!value) {
      answer->fail({{}, "invalid parameter",
                    fmt::format("{}: not a prefix, allowed is {}", text, value.error())});
      return false;
    }
    const auto more = config::split_range(value->range());
    prefixes.insert(prefixes.end(), more.begin(), more.end());
  }
  return true;
}

const char* origin_name(std::uint8_t origins) {
  switch (origins) {
    case STEER_DROP_BY_HAND:
      return "by hand";
    case STEER_DROP_CONFIGURED:
      return "configuration";
    default:
      return "configuration, by hand";
  }
}

void drop_add(const Parts& parts, const api::Request& request, const Answer& answer) {
  std::vector<config::Prefix> prefixes;
  if (!read_prefixes(request, answer, prefixes)) return;
  const auto change = parts.xdp_maps.drop_list().add(prefixes);
  if (!change) return answer->end(change.error());
  answer->text(fmt::format("{} of {} prefixes are new", change->added, prefixes.size()));
  answer->end();
}

void drop_remove(const Parts& parts, const api::Request& request, const Answer& answer) {
  std::vector<config::Prefix> prefixes;
  if (!read_prefixes(request, answer, prefixes)) return;
  const auto change = parts.xdp_maps.drop_list().remove(prefixes);
  if (!change) return answer->end(change.error());
  const std::size_t stay = prefixes.size() - change->removed;
  answer->text(fmt::format("{} prefixes removed{}", change->removed,
                           stay == 0 ? std::string()
                                     : fmt::format(", {} stay in dataplane.drop", stay)));
  answer->end();
}

void drop_list(const Parts& parts, const Answer& answer) {
  auto entries = parts.xdp_maps.drop_list().entries();
  if (!entries) return answer->end(entries.error());
  answer->table("prefixes");
  if (entries->empty()) answer->text("no prefix is dropped");
  answer->produce_with(
      [entries = std::move(*entries), next = std::size_t{0}](api::Response& to) mutable {
        const std::size_t end = std::min(next + kRowsAPart, entries.size());
        for (; next < end; ++next) {
          to.row("prefixes", {{"prefix", entries[next].prefix.to_text()},
                              {"origin", origin_name(entries[next].origins)}});
        }
        if (next < entries.size()) return true;
        to.end();
        return false;
      });
}

}  // namespace

void add_drop_verbs(Dispatch& dispatch, const Parts& parts) {
  dispatch.add("drop-add", [&parts](const api::Request& request, const Answer& answer) {
    drop_add(parts, request, answer);
  });
  dispatch.add("drop-remove", [&parts](const api::Request& request, const Answer& answer) {
    drop_remove(parts, request, answer);
  });
  dispatch.add("drop-list",
               [&parts](const api::Request&, const Answer& answer) { drop_list(parts, answer); });
}

}  // namespace bowline::control
