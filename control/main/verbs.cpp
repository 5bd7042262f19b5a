#include "control/main/verbs.h"

#include <unistd.h>

#include <ctime>
#include <fstream>
#include <string>

#include <fmt/format.h>

#include "control/config/address_text.h"
#include "control/config/prefix.h"
#include "control/main/port_rows.h"
#include "control/main/process.h"
#include "dns/name_text.h"
#include "ebpf/steer.h"

namespace bowline::control {

namespace {

// Rows written to a client before the next look at its socket.
constexpr std::size_t kRowsAPart = 256;

std::string megabytes(std::uint64_t octets) {
  return fmt::format("{:.1f} MiB", static_cast<double>(octets) / (1 << 20));
}

std::string duration(std::uint64_t seconds) {
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  if (seconds < 86400) return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
  return fmt::format("{} d {} h", seconds / 86400, seconds / 3600 % 24);
}

// The process of that name among the keeper's children, 0 if there is none. The kernel knows best.
pid_t sibling(const std::string& name) {
  const pid_t keeper = ::getppid();
  std::ifstream children(fmt::format("/proc/{}/task/{}/children", keeper, keeper));
  for (pid_t pid = 0; children >> pid;) {
    std::string comm;
    std::getline(std::ifstream(fmt::format("/proc/{}/comm", pid)) >> std::ws, comm);
    if (!comm.empty() && name.starts_with(comm)) return pid;
  }
  return 0;
}

void item(const Verbs::Answer& response, const char* name, const api::Json& value) {
  response->row({{"item", name}, {"value", value}});
}

api::Json zone_row(const store::ZoneStatus& zone, bool loading) {
  const char* state = zone.served ? (zone.error.empty() ? "served" : "served, file failed")
                                  : (loading ? "loading" : "failed");
  return {{"zone", zone.name.to_text()},
          {"status", state},
          {"serial", zone.served ? api::Json(zone.serial) : api::Json(nullptr)},
          {"records", zone.records},
          {"file", zone.file},
          {"error", zone.error}};
}

// What a person gets to read of an update, and its end.
void report_update(const Verbs::Answer& response, const store::UpdateReport& report) {
  for (const std::string& error : report.errors) response->text(error);
  const std::size_t looked_at = report.loaded + report.failed + report.removed + report.unchanged;
  if (looked_at == 0 && !report.errors.empty()) return response->end("nothing has changed");
  response->text(fmt::format("{} zones loaded, {} failed, {} removed, {} unchanged", report.loaded,
                             report.failed, report.removed, report.unchanged));
  response->end(report.ok() ? "" : "not everything was loaded; what was served before still is");
}

// Reads zone names; on a bad one the response is ended.
bool read_names(const api::Request& request, const Verbs::Answer& response,
                std::vector<dns::Name>& names) {
  const dns::Name root;
  for (const std::string& text : request.arguments) {
    auto name = dns::Name::from_text(text, &root);
    if (!name) {
      response->end(fmt::format("{}: not a zone name: {}", text, name.error()));
      return false;
    }
    names.push_back(*name);
  }
  return true;
}

// Reads prefixes and ranges of addresses; on a bad one the response is ended.
bool read_prefixes(const api::Request& request, const Verbs::Answer& response,
                   std::vector<config::Prefix>& prefixes) {
  for (const std::string& text : request.arguments) {
    const auto value = config::parse_address_value(config::Type::kRange, text);
    if (!value) {
      response->end(fmt::format("{}: not a prefix, allowed is {}", text, value.error()));
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

}  // namespace

enum class Verbs::Takes : std::uint8_t { kNothing, kAny, kSome };

struct Verbs::Row {
  std::string_view name;
  Verb verb;
  Takes arguments;
};

const Verbs::Row Verbs::kVerbs[] = {
    {"status", &Verbs::status, Takes::kNothing},
    {"zone-status", &Verbs::zone_status, Takes::kAny},
    {"reload", &Verbs::reload, Takes::kNothing},
    {"zone-reload", &Verbs::zone_reload, Takes::kAny},
    {"stats", &Verbs::stats, Takes::kNothing},
    {"drop-add", &Verbs::drop_add, Takes::kSome},
    {"drop-remove", &Verbs::drop_remove, Takes::kSome},
    {"drop-list", &Verbs::drop_list, Takes::kNothing},
    {"stop", &Verbs::stop, Takes::kNothing},
};

void Verbs::run(const api::Request& request, Answer response) {
  for (const Row& row : kVerbs) {
    if (row.name != request.verb) continue;
    if (row.arguments == Takes::kNothing && !request.arguments.empty()) {
      return response->end(fmt::format("{} takes no arguments", request.verb));
    }
    if (row.arguments == Takes::kSome && request.arguments.empty()) {
      return response->end(fmt::format("{} needs a prefix, such as 198.51.100.0/24", request.verb));
    }
    return (this->*row.verb)(request, std::move(response));
  }
  std::string known;
  for (const Row& row : kVerbs) known += (known.empty() ? "" : ", ") + std::string(row.name);
  response->end(fmt::format("unknown verb '{}'; there are: {}", request.verb, known));
}

void Verbs::status(const api::Request&, Answer response) {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const auto uptime = static_cast<std::uint64_t>(now.tv_sec) - process_.started_ms_ / 1000;
  const store::Pairing::Current paired = process_.pairing_.get();
  const link::ChunkStats chunks = process_.tables_->stats();
  const zones::Heap::Usage heap = process_.tables_->heap().usage();
  const std::uint64_t generation = process_.hello_.generation;
  item(response, "version", BOWLINE_VERSION);
  item(response, "uptime", duration(uptime));
  item(response, "state", process_.loading_ ? "loading" : "serving");
  item(response, "zones-configured", process_.zones_->configured());
  item(response, "zones-served", process_.zones_->served());
  item(response, "epoch",
       process_.tables_->header().line.epoch.load(std::memory_order_acquire));
  item(response, "generation", generation);
  const store::Pairing::Current last = process_.pairing_.last();
  const WorkersByKind workers =
      last.exchange ? count_workers(**last.exchange, process_.hello_.workers)
                    : WorkersByKind{process_.hello_.workers};
  item(response, "udp-workers", workers.sockets);
  item(response, "xdp-workers", workers.xdp);
  item(response, "dpdk-workers", workers.dpdk);
  item(response, "stream-threads", process_.hello_.threads - process_.hello_.workers);
  item(response, "dataplane",
       paired.exchange && (*paired.exchange)->dataplane.ready.load() != 0 ? "serving" : "down");
  item(response, "dataplane-pid", sibling("bowline-dataplane"));
  // Each start of either process has a number, but the first of both has one (keeper/keeper.cpp).
  item(response, "dataplane-restarts", process_.newest_pairing_.load() - generation);
  item(response, "control-pid", ::getpid());
  item(response, "control-restarts", generation - 1);
  item(response, "keeper-pid", ::getppid());
  item(response, "tables-chunks", chunks.chunks);
  item(response, "tables-memory", megabytes(chunks.bytes));
  item(response, "tables-used", megabytes(heap.chunk_octets - heap.free_octets));
  item(response, "tables-pages",
       chunks.huge_bytes == chunks.bytes ? "2 MiB"
       : chunks.huge_bytes == 0          ? "4 KiB"
                                         : megabytes(chunks.huge_bytes) + " of 2 MiB, rest 4 KiB");
  item(response, "control-clients", process_.server_->clients());
  if (last.exchange) {
    write_port_rows(**last.exchange, *response);
  } else {
    response->table("ports");
    response->table("queues");
  }
  response->end();
}

void Verbs::zone_status(const api::Request& request, Answer response) {
  const auto config = process_.zones_->config();
  if (!config) return response->end("the zones are not loaded yet; try again");
  const bool loading = process_.loading_;
  store::ZoneStore& zones = *process_.zones_;
  if (!request.arguments.empty()) {
    std::vector<dns::Name> names;
    if (!read_names(request, response, names)) return;
    std::string unknown;
    for (const dns::Name& name : names) {
      if (const auto index = config->zones().find(name)) {
        response->row(zone_row(zones.status(*config, *index), loading));
      } else {
        unknown += (unknown.empty() ? "" : ", ") + name.to_text();
      }
    }
    return response->end(unknown.empty() ? "" : "no such zone in the configuration: " + unknown);
  }
  response->produce_with(
      [config, &zones, loading, next = std::size_t{0}](api::Response& to) mutable {
        const std::size_t end = std::min(next + kRowsAPart, config->zones().size());
        for (; next < end; ++next) to.row(zone_row(zones.status(*config, next), loading));
        if (next < config->zones().size()) return true;
        to.end();
        return false;
      });
}

void Verbs::reload(const api::Request&, Answer response) {
  process_.keeper_->send(link::HandoverType::kReload);  // it looks at its own part
  process_.store_thread_->post([this_process = &process_, response] {
    report_update(response, this_process->reload(store::Which::kChanged));
  });
}

void Verbs::zone_reload(const api::Request& request, Answer response) {
  std::vector<dns::Name> names;
  if (!read_names(request, response, names)) return;
  process_.store_thread_->post([this_process = &process_, response, names = std::move(names)] {
    store::ZoneStore& zones = *this_process->zones_;
    report_update(response, names.empty() ? zones.update(zones.config(), store::Which::kAll)
                                          : zones.reload_zones(names));
  });
}

void Verbs::stats(const api::Request&, Answer response) {
  const store::Pairing::Current paired = process_.pairing_.last();
  if (!paired.exchange) return response->end("no dataplane has been there yet");
  const link::CounterTotals totals = link::sum_counters(**paired.exchange);
  const auto sum = [&](link::CounterGroup group) { return link::group_total(totals, group); };
  const auto row = [&](std::string_view name, std::uint64_t value) {
    response->row({{"counter", name}, {"value", value}});
  };
  row("answers", sum(link::CounterGroup::rcode));
  row("drops", sum(link::CounterGroup::drop));
  row("asks-answered", process_.service_->answered());
  for (std::size_t i = 0; i < link::kCounterCount; ++i) {
    row(link::kCounterInfo[i].name, totals[i]);
  }
  if (process_.xdp_maps_.empty()) return response->end();
  const auto xdp = process_.xdp_maps_.counters();
  if (!xdp) return response->end(xdp.error());
  for (std::size_t i = 0; i < ebpf::kCounterCount; ++i) {
    row(fmt::format("xdp-{}", ebpf::kCounterInfo[i].name), (*xdp)[i]);
  }
  response->end();
}

void Verbs::drop_add(const api::Request& request, Answer response) {
  std::vector<config::Prefix> prefixes;
  if (!read_prefixes(request, response, prefixes)) return;
  const auto change = process_.xdp_maps_.drop_list().add(prefixes);
  if (!change) return response->end(change.error());
  response->text(fmt::format("{} of {} prefixes are new", change->added, prefixes.size()));
  response->end();
}

void Verbs::drop_remove(const api::Request& request, Answer response) {
  std::vector<config::Prefix> prefixes;
  if (!read_prefixes(request, response, prefixes)) return;
  const auto change = process_.xdp_maps_.drop_list().remove(prefixes);
  if (!change) return response->end(change.error());
  const std::size_t stay = prefixes.size() - change->removed;
  response->text(fmt::format("{} prefixes removed{}", change->removed,
                             stay == 0 ? std::string()
                                       : fmt::format(", {} stay in dataplane.drop", stay)));
  response->end();
}

void Verbs::drop_list(const api::Request&, Answer response) {
  auto entries = process_.xdp_maps_.drop_list().entries();
  if (!entries) return response->end(entries.error());
  response->table("prefixes");
  if (entries->empty()) response->text("no prefix is dropped");
  response->produce_with(
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

void Verbs::stop(const api::Request&, Answer response) {
  response->text("stopping");
  response->end();
  process_.keeper_->send(link::HandoverType::kStop);
}

}  // namespace bowline::control
