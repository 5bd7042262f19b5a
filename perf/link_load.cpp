// Load over one DPDK device (net_memif, net_af_xdp): keeps a window of questions under way and
// counts the answers, second by second. It ends by itself and prints one JSON object.
//
//   link_load --device net_memif0,role=client,socket=PATH,socket-abstract=no
//              (--names FILE | --pattern h%.zone --count N) [--seconds S] [--window W]
//
// Any server that answers Ethernet frames at the other end will do.
#include <CLI/CLI.hpp>
#include <arpa/inet.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "perf/eal.h"
#include "perf/questions.h"

namespace {

using namespace bowline;
using namespace bowline::perf;
using Clock = std::chrono::steady_clock;

constexpr auto kLinkTime = std::chrono::seconds(10);    // for the other end to connect
constexpr auto kLossTime = std::chrono::milliseconds(20);  // without any answer: they are lost
constexpr unsigned kSample = 64;  // every so many answers one is compared with its question
constexpr std::array<std::uint8_t, 6> kClientMac = {2, 0, 0, 0, 0, 1};  // locally administered
constexpr std::array<std::uint8_t, 6> kServerMac = {2, 0, 0, 0, 0, 2};

struct Options {
  std::string device, names, pattern = "h%.example.", client = "192.0.2.2", server = "192.0.2.1";
  unsigned count = 1, seconds = 5, window = 512;
};

struct Totals {
  std::uint64_t sent = 0, answers = 0, lost = 0, strange = 0, checked = 0, wrong = 0;
  std::array<std::uint64_t, 16> rcodes{};
  std::vector<std::uint64_t> per_second;
};

dns::Result<Questions> prepare(const Options& options) {
  Ends ends;
  ends.client_mac = kClientMac;
  ends.server_mac = kServerMac;
  if (inet_pton(AF_INET, options.client.c_str(), &ends.client) != 1 ||
      inet_pton(AF_INET, options.server.c_str(), &ends.server) != 1) {
    return dns::Error{"--client and --server take IPv4 addresses"};
  }
  ends.client = ntohl(ends.client);
  ends.server = ntohl(ends.server);
  Questions questions;
  std::ifstream file(options.names);
  if (!options.names.empty() && !file) return dns::Error{"cannot read " + options.names};
  const std::size_t limit = options.names.empty() ? options.count : kMaxQuestions;
  const std::size_t mark = options.pattern.find('%');
  std::string name;
  while (questions.size() < limit) {
    if (!options.names.empty()) {
      if (!(file >> name)) break;
    } else {
      name = options.pattern;
      if (mark != name.npos) name.replace(mark, 1, std::to_string(questions.size()));
    }
    if (const auto added = questions.add(name, ends); !added) return dns::Error{added.error()};
  }
  if (questions.size() == 0) return dns::Error{options.names + " has no name in it"};
  return questions;
}

bool wait_for_link(std::uint16_t port) {
  const auto end = Clock::now() + kLinkTime;
  rte_eth_link link{};
  while (Clock::now() < end) {
    if (rte_eth_link_get_nowait(port, &link) == 0 && link.link_status == RTE_ETH_LINK_UP) {
      return true;
    }
  }
  return false;
}

class Load {
 public:
  Load(const Device& device, const Questions& questions, unsigned window)
      : device_(device), questions_(questions), window_(window) {}

  // Sends and counts until `end`, and keeps the count as one more of per_second.
  void run(Clock::time_point end) {
    const std::uint64_t before = totals.answers;
    last_answer_ = Clock::now();
    for (auto now = last_answer_; now < end; now = Clock::now()) {
      if (receive()) {
        last_answer_ = now;
      } else if (under_way_ != 0 && now - last_answer_ > kLossTime) {
        totals.lost += under_way_;
        under_way_ = 0;
      }
      send();
    }
    totals.per_second.push_back(totals.answers - before);
  }

  Totals totals;

 private:
  bool receive() {
    rte_mbuf* frames[kDpdkBurst];
    const std::uint16_t count = rte_eth_rx_burst(device_.port, 0, frames, kDpdkBurst);
    for (std::uint16_t i = 0; i < count; ++i) {
      take({rte_pktmbuf_mtod(frames[i], std::uint8_t*), rte_pktmbuf_data_len(frames[i])});
    }
    if (count != 0) rte_pktmbuf_free_bulk(frames, count);
    return count != 0;
  }

  void take(dns::Bytes frame) {
    if (!Questions::is_answer(frame)) {
      ++totals.strange;
      return;
    }
    ++totals.answers;
    if (under_way_ != 0) --under_way_;
    ++totals.rcodes[Questions::rcode(frame)];
    if (totals.answers % kSample == 0) {
      ++totals.checked;
      totals.wrong += questions_.matches(frame) ? 0 : 1;
    }
  }

  void send() {
    const unsigned room = std::min<unsigned>(kDpdkBurst, window_ - under_way_);
    rte_mbuf* frames[kDpdkBurst];
    if (room == 0 || rte_pktmbuf_alloc_bulk(device_.buffers, frames, room) != 0) return;
    for (unsigned i = 0; i < room; ++i) {
      const dns::Bytes question = questions_.frame((next_ + i) % questions_.size());
      std::memcpy(rte_pktmbuf_append(frames[i], static_cast<std::uint16_t>(question.size())),
                  question.data(), question.size());
    }
    const std::uint16_t sent =
        rte_eth_tx_burst(device_.port, 0, frames, static_cast<std::uint16_t>(room));
    for (unsigned i = sent; i < room; ++i) rte_pktmbuf_free(frames[i]);
    next_ = (next_ + sent) % questions_.size();
    under_way_ += sent;
    totals.sent += sent;
  }

  const Device device_;
  const Questions& questions_;
  const unsigned window_;
  unsigned under_way_ = 0;
  std::size_t next_ = 0;
  Clock::time_point last_answer_;
};

void print(const Totals& totals, const Options& options, std::size_t questions) {
  nlohmann::json rcodes = nlohmann::json::object();
  for (std::size_t i = 0; i < totals.rcodes.size(); ++i) {
    if (totals.rcodes[i] != 0) rcodes[std::to_string(i)] = totals.rcodes[i];
  }
  const nlohmann::json out = {
      {"answers_per_second", static_cast<double>(totals.answers) / options.seconds},
      {"per_second", totals.per_second}, {"sent", totals.sent}, {"answers", totals.answers},
      {"lost", totals.lost}, {"strange", totals.strange}, {"rcodes", rcodes},
      {"checked", totals.checked}, {"wrong", totals.wrong}, {"window", options.window},
      {"questions", questions}};
  std::printf("%s\n", out.dump().c_str());
}

int fail(const std::string& message) {
  std::fprintf(stderr, "link_load: %s\n", message.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Keeps a window of DNS questions under way over a DPDK device, counts answers.");
  app.add_option("--device", options.device, "a device as EAL takes it")->required();
  auto* const names = app.add_option("--names", options.names, "file of names, one a word");
  app.add_option("--pattern", options.pattern, "name with % for a number")->excludes(names);
  app.add_option("--count", options.count, "how many numbers")
      ->check(CLI::Range(std::size_t{1}, kMaxQuestions));
  app.add_option("--seconds", options.seconds)->check(CLI::Range(1, 3600));
  app.add_option("--window", options.window, "questions under way")->check(CLI::Range(1, 2048));
  app.add_option("--client", options.client, "source address");
  app.add_option("--server", options.server, "destination address");
  CLI11_PARSE(app, argc, argv);

  const auto questions = prepare(options);
  if (!questions) return fail(questions.error());
  const auto device = open_device("link_load", options.device);
  if (!device) return fail(device.error());
  if (!wait_for_link(device->port)) {
    return fail("nobody took the other end of " + options.device + " within 10 s");
  }
  Load load(*device, *questions, options.window);
  const auto begin = Clock::now();
  for (unsigned i = 1; i <= options.seconds; ++i) load.run(begin + std::chrono::seconds(i));
  close_device(*device);
  print(load.totals, options, questions->size());
  return load.totals.answers != 0 && load.totals.wrong == 0 ? 0 : 1;
}
