#include "perf/pktgen/options.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <tuple>

#include "perf/pktgen/pacer.h"

namespace bowline::perf::pktgen {
namespace {

constexpr int kUsage = 2;  // exit code
constexpr std::uint64_t kMaxSeconds = 86'400;
constexpr std::uint64_t kMaxWindow = 65'536;  // more is in no ring or socket's buffer on the way
constexpr std::uint64_t kDefaultWindow = 512;
constexpr std::uint16_t kMaxQueues = 64;
// A lost question takes room in a window: 20 ms are much for a link, little for a run.
constexpr std::uint64_t kWindowTimeout_ms = 20, kRateTimeout_ms = 200, kMaxTimeout_ms = 60'000;

constexpr const char* kAbout =
    "Sends DNS questions over a DPDK device and measures the answers.\n\n"
    "  bowline-pktgen --device net_memif0,role=client,socket=/run/x.sock,socket-abstract=no \\\n"
    "                 --server 192.0.2.1 --zone example.zone --mix zipf\n"
    "  bowline-pktgen --device net_af_packet0,iface=eth1 --server 192.0.2.1@5300 \\\n"
    "                 --source 192.0.2.128/25 --queries FILE --rate 500000 --json -\n"
    "  bowline-pktgen --device 0000:3b:00.1 --queues 4 --server 2001:db8::1 \\\n"
    "                 --zone example.zone --find-rate --loss 0.01%\n";
constexpr const char* kEnd =
    "Questions go to the server's address and no other. Ctrl-C ends early with the report.\n"
    "Exit code 0: answered, and right as far as checked; 1: not so; 2: these options cannot work.";

// As the command line has them, before they are looked at together.
struct Words {
  std::string server, sources, server_mac, client_mac, mix, kinds, dnssec_ok, loss;
  std::optional<std::uint64_t> rate, window, timeout_ms;
};

const std::map<std::string, Mix> kMixes = {
    {"uniform", Mix::kUniform}, {"hot", Mix::kHot}, {"zipf", Mix::kZipf}};
const std::array<std::string, kKinds> kKindNames = {"existing", "delegation", "nxdomain"};

void declare_link(CLI::App& app, Options& out, Words& words) {
  constexpr const char* kGroup = "Link";
  app.add_option("--device", out.device, "device as DPDK's EAL takes it: a virtual one or a PCI "
                 "address")->required()->group(kGroup);
  app.add_option("--queues", out.queues, "queue pairs, all polled by one thread [1]")
      ->check(CLI::Range(std::uint16_t{1}, kMaxQueues))->group(kGroup);
  app.add_option("--server", words.server, "ADDRESS or ADDRESS@PORT to ask")
      ->required()->group(kGroup);
  app.add_option("--server-mac", words.server_mac, "its MAC [asked for by ARP or neighbour "
                 "discovery; 02:00:00:00:00:02 if nobody says]")->group(kGroup);
  app.add_option("--client-mac", words.client_mac, "our MAC [the device's]")->group(kGroup);
  app.add_option("--source", words.sources, "ADDRESS or ADDRESS/LENGTH to ask from, all hosts of "
                 "it in turn [the neighbour of the server's address]")->group(kGroup);
}

void declare_questions(CLI::App& app, Options& out, Words& words) {
  constexpr const char* kGroup = "Questions (one of --queries, --pcap, --zone)";
  app.add_option("--queries", out.queries, "file of dnsperf: a name and a type on each line")
      ->group(kGroup);
  app.add_option("--pcap", out.pcap, "capture: the DNS messages to UDP port 53 in it")
      ->group(kGroup);
  app.add_option("--zone", out.zone, "zone file: answers are compared with it")->group(kGroup);
  app.add_option("--origin", out.origin, "of the zone file [the file's name without .zone]")
      ->group(kGroup);
  app.add_option("--mix", words.mix, "uniform, hot (1,000 names) or zipf [as they stand in the "
                 "file; of a zone uniform]")->group(kGroup);
  app.add_option("--kinds", words.kinds, "weights for a zone: existing=90,nxdomain=5,delegation=5 "
                 "[existing=100]")->group(kGroup);
  app.add_option("--do", words.dnssec_ok, "percent of questions with EDNS and DO [0]")
      ->group(kGroup);
}

void declare_load(CLI::App& app, Options& out, Words& words) {
  constexpr const char* kGroup = "Load";
  app.add_option("--seconds", out.load.seconds, "of sending, or of each trial [5]")->group(kGroup);
  app.add_option("--window", words.window, "as fast as answers come, with so many questions under "
                 "way [512]")->group(kGroup);
  app.add_option("--rate", words.rate, "questions a second, answered or not")->group(kGroup);
  app.add_flag("--find-rate", out.find_rate, "find the highest rate that loses at most --loss")
      ->group(kGroup);
  app.add_option("--loss", words.loss, "bound for --find-rate [0.01%]")->group(kGroup);
  app.add_option("--timeout", words.timeout_ms, "milliseconds, then a question is lost [20 with a "
                 "window, 200 at a rate]")->group(kGroup);
}

void declare_report(CLI::App& app, Options& out) {
  constexpr const char* kGroup = "Report";
  app.add_option("--json", out.json, "write the figures to a file, or to stdout (-) instead of the "
                 "report")->group(kGroup);
  app.add_flag("--quiet", out.quiet, "no progress on stderr")->group(kGroup);
}

dns::Result<void> settle_link(Options& out, const Words& words) {
  const auto server = parse_endpoint(words.server);
  if (!server) return dns::Error{"--server: " + server.error()};
  out.server = *server;
  out.sources = neighbour_of(out.server.address);
  if (!words.sources.empty()) {
    const auto sources = parse_sources(words.sources);
    if (!sources) return dns::Error{"--source: " + sources.error()};
    out.sources = *sources;
  }
  if (out.sources.first.v6 != out.server.address.v6) {
    return dns::Error{"--source and --server are not of one family: both IPv4 or both IPv6"};
  }
  if (out.sources.contains(out.server.address.bytes())) {
    return dns::Error{"--source holds the server's address; take a prefix beside it"};
  }
  for (const auto& [name, text, mac] : {std::tuple{"--server-mac: ", &words.server_mac,
                                                   &out.server_mac},
                                        {"--client-mac: ", &words.client_mac, &out.client_mac}}) {
    if (text->empty()) continue;
    const auto parsed = parse_mac(*text);
    if (!parsed) return dns::Error{name + parsed.error()};
    *mac = *parsed;
  }
  return {};
}

dns::Result<void> settle_questions(Options& out, const Words& words) {
  const int sources = !out.queries.empty() + !out.pcap.empty() + !out.zone.empty();
  if (sources != 1) {
    return dns::Error{sources == 0 ? "no questions: give --queries, --pcap or --zone"
                                   : "--queries, --pcap and --zone exclude each other"};
  }
  if (out.zone.empty() && (!words.kinds.empty() || !out.origin.empty())) {
    return dns::Error{"--kinds and --origin say what to make of a zone: they need --zone"};
  }
  out.mix = out.zone.empty() ? Mix::kInOrder : Mix::kUniform;
  if (!words.mix.empty()) {
    const auto found = kMixes.find(words.mix);
    if (found == kMixes.end()) return dns::Error{"--mix is uniform, hot or zipf, not " + words.mix};
    out.mix = found->second;
  }
  const auto kinds = parse_kinds(words.kinds.empty() ? "existing=100" : words.kinds);
  if (!kinds) return dns::Error{"--kinds: " + kinds.error()};
  out.kinds = *kinds;
  if (words.dnssec_ok.empty()) return {};
  if (!out.pcap.empty()) {
    return dns::Error{"--do does not go with --pcap: captured messages are sent as they are"};
  }
  const auto share = parse_percent(words.dnssec_ok);
  if (!share) return dns::Error{"--do: " + share.error()};
  out.dnssec_ok = *share;
  return {};
}

dns::Result<void> settle_load(Options& out, const Words& words) {
  Load& load = out.load;
  if (words.rate.has_value() + words.window.has_value() + out.find_rate > 1) {
    return dns::Error{"--rate, --window and --find-rate exclude each other"};
  }
  if (words.rate && (*words.rate == 0 || *words.rate > kMaxRate)) {
    return dns::Error{"--rate is from 1 to " + std::to_string(kMaxRate) + " questions a second; "
                      "without it, as many are sent as are answered"};
  }
  if (words.window && (*words.window == 0 || *words.window > kMaxWindow)) {
    return dns::Error{"--window is from 1 to " + std::to_string(kMaxWindow) + " questions"};
  }
  if (load.seconds == 0 || load.seconds > kMaxSeconds) {
    return dns::Error{"--seconds is from 1 to " + std::to_string(kMaxSeconds)};
  }
  if (!words.loss.empty() && !out.find_rate) return dns::Error{"--loss needs --find-rate"};
  const auto loss = parse_percent(words.loss.empty() ? "0.01%" : words.loss);
  if (!loss) return dns::Error{"--loss: " + loss.error()};
  out.loss = *loss;
  load.rate = words.rate.value_or(0);
  load.window = load.rate != 0 ? 0 : words.window.value_or(kDefaultWindow);
  const std::uint64_t usual = load.rate != 0 || out.find_rate ? kRateTimeout_ms : kWindowTimeout_ms;
  const std::uint64_t timeout = words.timeout_ms.value_or(usual);
  if (timeout == 0 || timeout > kMaxTimeout_ms) {
    return dns::Error{"--timeout is from 1 to " + std::to_string(kMaxTimeout_ms) + " ms"};
  }
  load.timeout_ns = timeout * 1'000'000;
  return {};
}

int refuse(std::string why) {
  for (char& c : why) {
    if (c == '\n') c = ' ';  // CLI11 has a line for each option
  }
  std::fprintf(stderr, "bowline-pktgen: %s\n", why.c_str());
  return kUsage;
}

}  // namespace

const char* Options::mix_name() const {
  for (const auto& [name, known] : kMixes) {
    if (known == mix) return name.c_str();
  }
  return "in-order";
}

dns::Result<double> parse_percent(const std::string& text) {
  const std::string_view number =
      std::string_view(text).substr(0, text.size() - (text.ends_with('%') ? 1 : 0));
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc() || end != number.data() + number.size() || !(value >= 0) ||
      value > 100) {
    return dns::Error{"no percentage from 0 to 100: " + text};
  }
  return value / 100;
}

dns::Result<std::array<double, kKinds>> parse_kinds(const std::string& text) {
  std::array<double, kKinds> out{};
  double sum = 0;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    const std::size_t equals = std::min(part.find('='), part.size());
    const auto kind = std::find(kKindNames.begin(), kKindNames.end(), part.substr(0, equals));
    const auto weight = parse_percent(part.substr(std::min(equals + 1, part.size())));
    if (kind == kKindNames.end() || !weight) {
      return dns::Error{"expected parts such as existing=90, nxdomain=5 or delegation=5, found " +
                        part};
    }
    out[static_cast<std::size_t>(kind - kKindNames.begin())] = *weight;
    sum += *weight;
    begin = end + 1;
  }
  if (sum == 0) return dns::Error{"all weights are 0"};
  return out;
}

std::variant<Options, int> parse_options(int argc, const char* const* argv) {
  Options out;
  out.load.seconds = 5;
  Words words;
  CLI::App app(kAbout, "bowline-pktgen");
  app.footer(kEnd);
  app.set_version_flag("--version", std::string("bowline-pktgen ") + BOWLINE_VERSION);
  declare_link(app, out, words);
  declare_questions(app, out, words);
  declare_load(app, out, words);
  declare_report(app, out);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    return refuse(std::string(error.what()) + "; see --help");
  }
  for (const auto& settle : {settle_link, settle_questions, settle_load}) {
    if (const auto settled = settle(out, words); !settled) return refuse(settled.error());
  }
  return out;
}

}  // namespace bowline::perf::pktgen
