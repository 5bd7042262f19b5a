// bowline-pktgen: sends DNS questions over a DPDK device and reports what came back. READ FIRST
//
//   questions   query_file, capture or zone_source -> question_set; plan draws their order
//   sending     generator: plan -> frames (flow, sums) -> device, as pacer or window allow
//   answers     device -> frames -> tracker (which question?) -> histogram; check, of a sample
//   neighbours  answers ARP and neighbour discovery for the sources
//   search      which rates --find-rate tries
//   report      text, JSON
#include <rte_ethdev.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "perf/pktgen/capture.h"
#include "perf/pktgen/generator.h"
#include "perf/pktgen/options.h"
#include "perf/pktgen/query_file.h"
#include "perf/pktgen/report.h"
#include "perf/pktgen/search.h"

namespace {

using namespace bowline;
using namespace bowline::perf;
using namespace bowline::perf::pktgen;

constexpr auto kLinkTime = std::chrono::seconds(10);  // for the other end to connect
constexpr Mac kUnknownServer = {2, 0, 0, 0, 0, 2};    // locally administered
constexpr std::uint64_t kSeed = 1;                    // a run can be repeated

std::atomic<bool> stop{false};

void on_signal(int) { stop.store(true, std::memory_order_relaxed); }

int fail(const std::string& message) {
  std::fprintf(stderr, "bowline-pktgen: %s\n", message.c_str());
  return 1;
}

// What to ask and in which order.
struct Questions {
  QuestionSet set;
  ZoneSource zone;
  bool of_zone = false;
  Plan plan;

  const QuestionSet& all() const { return of_zone ? zone.questions : set; }
};

dns::Result<void> read_zone(const Options& options, Questions& out) {
  auto zone = read_zone_source(options.zone, options.origin);
  if (!zone) return dns::Error{zone.error()};
  out.zone = std::move(*zone);
  out.of_zone = true;
  constexpr const char* kMissing[] = {
      ": no RRset that it is authoritative for", ": no delegation in it",
      ": a wildcard at its apex leaves no name that does not exist"};
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    Pool& pool = out.zone.pools[kind];
    pool.weight = options.kinds[kind];
    if (pool.weight > 0 && pool.begin == pool.end) {
      return dns::Error{options.zone + kMissing[kind] + "; leave this kind out of --kinds"};
    }
  }
  return {};
}

dns::Result<void> read_questions(const Options& options, Questions& out) {
  auto done = !options.zone.empty()   ? read_zone(options, out)
              : !options.pcap.empty() ? read_capture(options.pcap, out.set)
                                      : read_query_file(options.queries, out.set);
  if (!done) return done;
  const Pool all{0, static_cast<std::uint32_t>(out.set.size()), 1};
  const std::span<const Pool> pools =
      out.of_zone ? std::span<const Pool>(out.zone.pools) : std::span<const Pool>(&all, 1);
  out.plan = make_plan(options.mix, pools, options.dnssec_ok, kSeed);
  return {};
}

bool wait_for_link(const Device& device) {
  const auto end = std::chrono::steady_clock::now() + kLinkTime;
  rte_eth_link link{};
  while (std::chrono::steady_clock::now() < end && !stop) {
    if (rte_eth_link_get_nowait(device.port, &link) == 0 &&
        link.link_status == RTE_ETH_LINK_UP) {
      return true;
    }
    usleep(1000);
  }
  return false;
}

// Both ends, with MACs that were given, asked for, or made up.
Ends find_ends(const Options& options, const Device& device) {
  Ends ends{{}, kUnknownServer, options.sources, options.server};
  rte_ether_addr own{};
  if (options.client_mac) {
    ends.client_mac = *options.client_mac;
  } else if (rte_eth_macaddr_get(device.port, &own) == 0) {
    std::copy_n(own.addr_bytes, ends.client_mac.size(), ends.client_mac.begin());
  }
  const auto found = options.server_mac ? options.server_mac : find_server(device, ends, stop);
  if (found) {
    ends.server_mac = *found;
  } else if (!options.quiet) {
    std::fprintf(stderr, "bowline-pktgen: nobody says which MAC %s has; asking %s (--server-mac)\n",
                 options.server.address.to_text().c_str(), to_text(kUnknownServer).c_str());
  }
  return ends;
}

// Trials: with a window first, to know where to begin; then at the rates of the search.
void find_rate(const Options& options, Generator& generator, Findings& findings) {
  const auto measure = [&](std::uint64_t rate) {
    Load load = options.load;
    load.rate = rate;
    findings.trials.push_back({rate, generator.run(load, [](const Outcome&) {})});
    const Outcome& outcome = findings.trials.back().outcome;
    if (!options.quiet) {
      std::fprintf(stderr, "%-22s %13s answers/s  lost %.4g %%\n",
                   rate == 0 ? "with a window:" : ("at " + with_commas(rate) + "/s:").c_str(),
                   with_commas(static_cast<std::uint64_t>(outcome.answers_per_second())).c_str(),
                   100 * outcome.loss());
    }
    return TrialResult{rate, outcome.sent_per_second(), outcome.loss()};
  };
  measure(0);
  RateSearch search(findings.trials[0].outcome.answers_per_second(), options.loss);
  for (auto rate = search.next(); rate && !stop; rate = search.next()) search.tell(measure(*rate));
  findings.found_rate = search.found();
  findings.limited_by_sender = search.limited_by_sender();
  const auto at_found = std::find_if(
      findings.trials.begin(), findings.trials.end(),
      [&](const Trial& trial) { return trial.rate == findings.found_rate; });
  findings.outcome = at_found->outcome;
}

bool write_json(const Options& options, const Findings& findings) {
  const std::string text = report_json(options, findings).dump() + "\n";
  if (options.json_on_stdout()) return std::fputs(text.c_str(), stdout) >= 0;
  std::ofstream file(options.json);
  return static_cast<bool>(file << text << std::flush);
}

int conclude(const Options& options, const Findings& findings) {
  if (!options.json_on_stdout()) {
    std::fputs(report_text(options, findings, isatty(STDOUT_FILENO) == 1).c_str(), stdout);
  }
  if (!options.json.empty() && !write_json(options, findings)) {
    return fail("cannot write " + options.json);
  }
  if (findings.outcome.answers == 0) {
    return fail("no answer from " + options.server.address.to_text() + ": does it serve port " +
                std::to_string(options.server.port) + " on this link, and can it reach " +
                options.sources.first.to_text() + "?");
  }
  if (findings.outcome.wrong != 0) return fail("wrong answer to " + findings.outcome.first_wrong);
  return 0;
}

int run(const Options& options) {
  Questions questions;
  if (const auto read = read_questions(options, questions); !read) return fail(read.error());
  const auto device = open_device("bowline-pktgen", options.device, options.queues);
  if (!device) return fail(device.error());
  if (!wait_for_link(*device)) {
    close_device(*device);
    return fail("nobody took the other end of " + options.device + " within 10 s");
  }
  Findings findings;
  findings.questions = questions.all().size();
  const Ends ends = find_ends(options, *device);
  Generator generator(*device, ends, questions.all(), questions.plan,
                      questions.of_zone ? &questions.zone : nullptr, stop);
  if (options.find_rate) {
    find_rate(options, generator, findings);
  } else {
    findings.outcome = generator.run(options.load, [&](const Outcome& so_far) {
      if (!options.quiet) print_progress(so_far);
    });
  }
  close_device(*device);
  return conclude(options, findings);
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = parse_options(argc, argv);
  if (const int* const code = std::get_if<int>(&options)) return *code;
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return run(std::get<Options>(options));
}
