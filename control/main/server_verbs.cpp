// Commands on the server as a whole: status, stop, reload.
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/version.h>

#include "control/main/parts.h"
#include "control/main/port_rows.h"

namespace bowline::control {

namespace {

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

void item(const Answer& answer, const char* name, const api::Json& value) {
  answer->row({{"item", name}, {"value", value}});
}

void write_workers(const Parts& parts, const Answer& answer) {
  const store::Pairing::Current last = parts.pairing.last();
  const WorkersByKind workers = last.exchange
                                    ? count_workers(**last.exchange, parts.hello.workers)
                                    : WorkersByKind{parts.hello.workers};
  item(answer, "udp-workers", workers.sockets);
  item(answer, "tcp-workers", parts.hello.threads - parts.hello.workers);
  item(answer, "xdp-workers", workers.xdp);
  item(answer, "dpdk-workers", workers.dpdk);
  const store::LoadProgress& load = parts.zones.progress();
  const std::size_t total = load.total, begun = load.done + load.running;
  const std::size_t running = total > 0 ? load.running.load() : parts.store_thread.busy() ? 1 : 0;
  item(answer, "background-workers", parts.zones.threads());
  item(answer, "background-running", running);
  item(answer, "background-pending",
       parts.store_thread.waiting() + (total > begun ? total - begun : 0));
}

void write_processes(const Parts& parts, const Answer& answer) {
  const store::Pairing::Current paired = parts.pairing.get();
  const std::uint64_t generation = parts.hello.generation;
  item(answer, "dataplane",
       paired.exchange && (*paired.exchange)->dataplane.ready.load() != 0 ? "serving" : "down");
  item(answer, "dataplane-pid", sibling("bowline-dataplane"));
  // Each start of either process has a number, but the first of both has one (keeper/keeper.cpp).
  item(answer, "dataplane-restarts", parts.newest_pairing.load() - generation);
  item(answer, "control-pid", ::getpid());
  item(answer, "control-restarts", generation - 1);
  item(answer, "keeper-pid", ::getppid());
}

void write_memory(const Parts& parts, const Answer& answer) {
  const link::ChunkStats chunks = parts.tables.stats();
  const zones::Heap::Usage heap = parts.tables.heap().usage();
  item(answer, "tables-chunks", chunks.chunks);
  item(answer, "tables-memory", megabytes(chunks.bytes));
  item(answer, "tables-used", megabytes(heap.chunk_octets - heap.free_octets));
  item(answer, "tables-pages",
       chunks.huge_bytes == chunks.bytes ? "2 MiB"
       : chunks.huge_bytes == 0          ? "4 KiB"
                                         : megabytes(chunks.huge_bytes) + " of 2 MiB, rest 4 KiB");
}

void write_ports(const Parts& parts, const Answer& answer) {
  const store::Pairing::Current last = parts.pairing.last();
  if (last.exchange) return write_port_rows(**last.exchange, *answer);
  answer->table("ports");
  answer->table("queues");
}

void write_everything(const Parts& parts, const Answer& answer) {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  item(answer, "version", BOWLINE_VERSION);
  const auto now_s = static_cast<std::uint64_t>(now.tv_sec);
  item(answer, "uptime", duration(now_s - parts.started_ms / 1000));
  item(answer, "state", parts.loading ? "loading" : "serving");
  item(answer, "zones-configured", parts.zones.configured());
  item(answer, "zones-served", parts.zones.served());
  item(answer, "epoch", parts.tables.header().line.epoch.load(std::memory_order_acquire));
  item(answer, "generation", parts.hello.generation);
  write_workers(parts, answer);
  write_processes(parts, answer);
  write_memory(parts, answer);
  item(answer, "control-clients", parts.clients());
  item(answer, "restart-needed", fmt::format("{}", fmt::join(parts.awaiting_restart(), ", ")));
  write_ports(parts, answer);
}

// What this program was built of.
void write_build(const Answer& answer) {
  item(answer, "version", BOWLINE_VERSION);
  item(answer, "compiler", __VERSION__);
  item(answer, "json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR,
                                   NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH));
  item(answer, "spdlog", fmt::format("{}.{}.{}", SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR,
                                     SPDLOG_VER_PATCH));
}

void status(const Parts& parts, const api::Request& request, const Answer& answer) {
  const std::string detail = request.arguments.empty() ? std::string() : request.arguments.front();
  if (detail == "version") {
    item(answer, "version", BOWLINE_VERSION);
  } else if (detail == "workers") {
    write_workers(parts, answer);
  } else if (detail == "configure") {
    write_build(answer);
  } else if (detail == "cert-key") {
    // No listener speaks TLS, so there is no certificate whose key could be named.
    item(answer, "cert-key", nullptr);
  } else {
    write_everything(parts, answer);
  }
  answer->end();
}

void reload(const Parts& parts, const api::Request& request, const Answer& answer) {
  // What is not blocking is answered when the configuration has been read: then it is known whether
  // it is accepted.
  parts.waiting.post(answer, [&parts, answer, blocking = request.blocking] {
    const Report report = parts.reload([&] {
      if (!blocking) answer->end();
    });
    write_report(*answer, report);
  });
}

void stop(const Parts& parts, const Answer& answer) {
  answer->text("stopping");
  answer->end();
  parts.keeper.send(link::HandoverType::kStop);
}

}  // namespace

void add_server_verbs(Dispatch& dispatch, const Parts& parts) {
  dispatch.add("status", [&parts](const api::Request& request, const Answer& answer) {
    status(parts, request, answer);
  });
  dispatch.add("reload", [&parts](const api::Request& request, const Answer& answer) {
    reload(parts, request, answer);
  });
  dispatch.add("stop",
               [&parts](const api::Request&, const Answer& answer) { stop(parts, answer); });
}

}  // namespace bowline::control
