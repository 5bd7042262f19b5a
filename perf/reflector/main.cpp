// reflector: sends every DNS question back as its own answer. What it reaches is a link's limit.
//
//   reflector --xdp INTERFACE[:QUEUE] [--port N]
//   reflector --dpdk DEVICE              as EAL takes it: net_memif0,role=server,...
//
// Prints one line when it serves and its counts at the end (SIGTERM, SIGINT).
#include <CLI/CLI.hpp>
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <string>

#include "perf/reflector/ports.h"

namespace {

using bowline::dns::Error;
using bowline::dns::Result;
using bowline::perf::Counts;

std::atomic<bool> g_stop{false};
static_assert(std::atomic<bool>::is_always_lock_free, "set by a signal handler");

void on_signal(int) { g_stop = true; }

void catch_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
}

Result<Counts> reflect_on_interface(const std::string& text, std::uint16_t port) {
  const std::size_t colon = text.find(':');
  std::uint32_t queue = 0;
  if (colon != std::string::npos) {
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + colon + 1, end, queue);
    if (parsed.ec != std::errc() || parsed.ptr != end) {
      return Error{"after the colon of " + text + " goes the number of a queue"};
    }
  }
  return bowline::perf::reflect_xdp(text.substr(0, colon), queue, port, g_stop);
}

}  // namespace

int main(int argc, char** argv) {
  std::string interface, device;
  std::uint16_t port = 53;
  CLI::App app("Sends every DNS question back as its own answer: the limit of a link.");
  auto* const link = app.add_option_group("link")->require_option(1);
  link->add_option("--xdp", interface, "interface and queue, eth0:0, by AF_XDP");
  link->add_option("--dpdk", device, "a device as EAL takes it, by DPDK");
  app.add_option("--port", port, "UDP port that --xdp takes from the kernel");
  CLI11_PARSE(app, argc, argv);

  catch_signals();
  const auto counts = interface.empty() ? bowline::perf::reflect_dpdk(device, g_stop)
                                        : reflect_on_interface(interface, port);
  if (!counts) {
    std::fprintf(stderr, "reflector: %s\n", counts.error().c_str());
    return 1;
  }
  std::printf("received %lu, reflected %lu, in %lu bursts\n", counts->received, counts->reflected,
              counts->bursts);
  return 0;
}
