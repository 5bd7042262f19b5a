// Options of bowline-pktgen: the command line as values that do not contradict each other.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "dns/result.h"
#include "perf/pktgen/addresses.h"
#include "perf/pktgen/outcome.h"
#include "perf/pktgen/plan.h"
#include "perf/pktgen/zone_source.h"

namespace bowline::perf::pktgen {

struct Options {
  std::string device;
  std::uint16_t queues = 1;
  Endpoint server;
  Sources sources;
  std::optional<Mac> server_mac, client_mac;

  std::string queries, pcap, zone, origin;  // one of the first three is not empty
  Mix mix = Mix::kInOrder;
  std::array<double, kKinds> kinds{};       // weights by Kind
  double dnssec_ok = 0;                     // share

  Load load;
  bool find_rate = false;
  double loss = 0;                          // bound, a share
  std::string json;                         // file, "-" for stdout, or empty
  bool quiet = false;

  bool json_on_stdout() const { return json == "-"; }
  // "in-order", "uniform", "hot" or "zipf".
  const char* mix_name() const;
};

// The options, or what to end with: the exit code, after help or version (to stdout) or one line
// with what is wrong (to stderr).
std::variant<Options, int> parse_options(int argc, const char* const* argv);

// "0.01%", "20%" or "20": percent, as a share. "existing=90,nxdomain=5": weights by Kind.
dns::Result<double> parse_percent(const std::string& text);
dns::Result<std::array<double, kKinds>> parse_kinds(const std::string& text);

}  // namespace bowline::perf::pktgen
