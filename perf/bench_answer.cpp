// bench_answer: answers a second and core of the whole packet path, without a kernel or a wire.
//
// Ethernet frames with questions about made-up zones are put into the 1,024 buffers of a memory
// port, the real worker takes them from there to the finished frame of the reply: all headers and
// checksums read and written, counters counted. Only the worker's part is timed; making the
// questions is not (it is reported as fill_ns_per_query). A full ring is filled, then drained, so
// that frames come from the second-level cache as from a NIC that writes there. Every reply's
// headers are checked and a sample read in full.
#include <x86intrin.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "bench_tables.h"
#include "dataplane/io/memory.h"
#include "dataplane/net/checksum.h"
#include "dataplane/net/headers.h"
#include "dataplane/worker.h"

namespace bowline::perf {
namespace {

using dataplane::MemoryIo;
using dns::store_u16;

constexpr std::uint16_t kPort = 53;
constexpr std::size_t kUdpAt = dataplane::net::kEthernetSize + dataplane::net::kIpv4Size;
constexpr std::size_t kMessageAt = kUdpAt + dataplane::net::kUdpSize;

struct Options {
  TablesPlan plan;
  unsigned workers = 1;
  unsigned burst = answer::kBurst;
  double seconds = 2;
  bool json = false;
};

// xorshift64* (Vigna): fast, and random enough to defeat the caches.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 2 + 1) {}
  std::uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1d;
  }
  // REQUIRES: bound < 2^32.
  std::uint64_t below(std::uint64_t bound) {
    return (next() >> 32) * bound >> 32;
  }

 private:
  std::uint64_t state_;
};

double seconds_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// A stretch of time on three clocks. Wall time is what counts; CPU time tells when others
// disturbed.
struct Stretch {
  double wall_s = 0, cpu_s = 0;
  std::uint64_t cycles = 0;

  static Stretch now() {
    return {seconds_of(CLOCK_MONOTONIC), seconds_of(CLOCK_THREAD_CPUTIME_ID), __rdtsc()};
  }
  void add(const Stretch& from, const Stretch& to) {
    wall_s += to.wall_s - from.wall_s;
    cpu_s += to.cpu_s - from.cpu_s;
    cycles += to.cycles - from.cycles;
  }
};

// Makes the frames of questions; one for each worker.
class Asker {
 public:
  Asker(const Options& options, const BenchTables& tables, std::uint64_t seed)
      : options_(options), tables_(tables), random_(seed) {
    std::uint8_t* ip = frame_ + dataplane::net::kEthernetSize;
    const std::uint8_t ethernet[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};
    std::memcpy(frame_, ethernet, sizeof ethernet);
    const std::uint8_t ipv4[] = {0x45, 0,  0, 0, 0, 0, 0x40, 0, 64, 17,
                                 0,    0,  192, 0, 2, 1, 192, 0, 2, 53};
    std::memcpy(ip, ipv4, sizeof ipv4);
    store_u16(frame_ + kUdpAt + 2, kPort);
    const std::uint8_t header[] = {0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
    std::memcpy(frame_ + kMessageAt, header, sizeof header);
    if (options_.plan.dnssec_ok) frame_[kMessageAt + 11] = 1;
  }

  // Writes a question to `frame`, returns its size; `number` is the name that it asks for.
  std::size_t ask(std::uint8_t* frame, std::uint64_t& number) {
    using namespace dataplane::net;
    const std::uint64_t bits = random_.next();
    number = random_.below(options_.plan.mix == Mix::kHot
                               ? std::min(kHotNames, options_.plan.names)
                               : options_.plan.names);
    std::memcpy(frame, frame_, kMessageAt + dns::kHeaderSize);
    std::uint8_t* const message = frame + kMessageAt;
    store_u16(message, static_cast<std::uint16_t>(bits));
    std::uint8_t* at = message + dns::kHeaderSize;
    at += tables_.write_question(number, bits >> 16, at);
    store_u16(at, 1);
    store_u16(at + 2, 1);
    at += 4;
    if (options_.plan.dnssec_ok) {
      static constexpr std::uint8_t kOpt[] = {0, 0, 41, 4, 208, 0, 0, 0x80, 0, 0, 0};
      std::memcpy(at, kOpt, sizeof kOpt);
      at += sizeof kOpt;
    }
    const auto udp_size = static_cast<std::uint16_t>(at - frame - kUdpAt);
    store_u16(frame + kEthernetSize + kIpv4LengthOffset,
              static_cast<std::uint16_t>(udp_size + kIpv4Size));
    const std::uint16_t ip_checksum =
        finish_checksum(add_octets(0, frame + kEthernetSize, kIpv4Size));
    std::memcpy(frame + kEthernetSize + kIpv4ChecksumOffset, &ip_checksum, 2);
    std::uint8_t* udp = frame + kUdpAt;
    store_u16(udp, static_cast<std::uint16_t>(1024 + (bits >> 48) % 60000));
    store_u16(udp + kUdpLengthOffset, udp_size);
    std::uint64_t sum = pseudo_header_sum(kProtocolUdp, udp_size);
    sum = add_octets(sum, frame + kEthernetSize + kIpv4SourceOffset, 8);
    const std::uint16_t checksum = finish_checksum(add_octets(sum, udp, udp_size));
    std::memcpy(udp + kUdpChecksumOffset, &checksum, 2);
    return static_cast<std::size_t>(at - frame);
  }

 private:
  const Options& options_;
  const BenchTables& tables_;
  Random random_;
  std::uint8_t frame_[kMessageAt + dns::kHeaderSize] = {};
};

struct WorkerResult {
  std::uint64_t answers = 0;
  std::uint64_t verified = 0;
  Stretch serving;
  double filling_s = 0;
  std::string fault;
};

// One worker with its port and the client at the other end of its wire.
class Bench {
 public:
  Bench(const Options& options, const BenchTables& tables, dataplane::PairingBoard& board,
        unsigned index)
      : options_(options),
        tables_(tables),
        asker_(options, tables, index + 1),
        io_(options.burst),
        link_(index, board),
        worker_(io_, link_, {.poll_busy = true, .listeners = {listener()}}) {}

  void run(const std::atomic<bool>& stop, WorkerResult& result) {
    round(result);  // caches, page tables, branch predictors
    verify_all(result);
    result.answers = 0;
    result.serving = {};
    result.filling_s = 0;
    while (!stop.load(std::memory_order_relaxed) && result.fault.empty()) {
      round(result);
      verify(result, result.answers % MemoryIo::kMaxBuffers);
      verify(result, asked_[0] % MemoryIo::kMaxBuffers);
    }
  }

 private:
  static dataplane::net::Listener listener() {
    return {.address = {192, 0, 2, 53}, .ipv6 = false, .any = false, .port = kPort};
  }

  void round(WorkerResult& result) {
    io_.forget_sent();
    const double fill_start = seconds_of(CLOCK_MONOTONIC);
    for (std::size_t i = 0; i < MemoryIo::kMaxBuffers; ++i) {
      io_.arrive(asker_.ask(io_.next_buffer(), asked_[i]));
    }
    const Stretch start = Stretch::now();
    while (!io_.idle()) worker_.breathe();
    result.serving.add(start, Stretch::now());
    result.filling_s += start.wall_s - fill_start;
    result.answers += io_.sent().size();
    if (io_.sent().size() != MemoryIo::kMaxBuffers) result.fault = "some questions got no reply";
  }

  void verify_all(WorkerResult& result) {
    for (std::size_t i = 0; i < io_.sent().size(); ++i) verify(result, i);
  }

  // Reads reply `i`. A round starts at slot 0, so that its question is number i as well.
  void verify(WorkerResult& result, std::size_t i) {
    if (!result.fault.empty()) return;
    const MemoryIo::Sent& sent = io_.sent()[i];
    dataplane::net::Datagram datagram;
    const dataplane::net::Listener client{
        .address = {192, 0, 2, 1}, .ipv6 = false, .any = false,
        .port = dns::load_u16(sent.data + kUdpAt + 2)};
    if (dataplane::net::parse({sent.data, sent.size}, {&client, 1}, datagram)) {
      result.fault = "a reply's headers or checksums are wrong";
      return;
    }
    result.fault = tables_.check_reply(asked_[sent.slot],
                                       {sent.data + datagram.udp + 8, datagram.payload_size});
    ++result.verified;
  }

  const Options& options_;
  const BenchTables& tables_;
  Asker asker_;
  MemoryIo io_;
  dataplane::ThreadLink link_;
  dataplane::Worker<MemoryIo> worker_;
  std::array<std::uint64_t, MemoryIo::kMaxBuffers> asked_{};
};

std::vector<WorkerResult> run_workers(const Options& options, const BenchTables& tables,
                                      dataplane::PairingBoard& board) {
  std::vector<WorkerResult> results(options.workers);
  std::vector<std::thread> threads;
  std::atomic<bool> stop{false};
  for (unsigned i = 0; i < options.workers; ++i) {
    threads.emplace_back([&, i] {
      const auto bench = std::make_unique<Bench>(options, tables, board, i);
      bench->run(stop, results[i]);
    });
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(options.seconds));
  stop = true;
  for (std::thread& thread : threads) thread.join();
  return results;
}

const std::map<std::string, Mix> kMixes = {
    {"hit", Mix::kHit},               {"hot", Mix::kHot},     {"nxdomain", Mix::kNxdomain},
    {"delegation", Mix::kDelegation}, {"cname", Mix::kCname}, {"wildcard", Mix::kWildcard}};

const std::map<std::string, Dnssec> kDnssec = {
    {"none", Dnssec::kNone}, {"nsec", Dnssec::kNsec}, {"nsec3", Dnssec::kNsec3}};

template <typename Value>
std::string name_in(const std::map<std::string, Value>& names, Value wanted) {
  for (const auto& [name, value] : names) {
    if (value == wanted) return name;
  }
  return "";
}

int report(const Options& options, const BenchTables& tables, double build_s,
           const std::vector<WorkerResult>& results) {
  WorkerResult all;
  double answers_per_second = 0, answers_per_cpu_second = 0;
  for (const WorkerResult& each : results) {
    if (!each.fault.empty()) {
      std::fprintf(stderr, "bench_answer: %s\n", each.fault.c_str());
      return 1;
    }
    all.answers += each.answers;
    all.verified += each.verified;
    all.serving.cycles += each.serving.cycles;
    all.filling_s += each.filling_s;
    const auto answers = static_cast<double>(each.answers);
    answers_per_second += answers / each.serving.wall_s;
    answers_per_cpu_second += answers / each.serving.cpu_s;
  }
  const auto answers = static_cast<double>(all.answers);
  const nlohmann::ordered_json out = {
      {"names", options.plan.names},
      {"zones", options.plan.zones},
      {"mix", name_in(kMixes, options.plan.mix)},
      {"dnssec", name_in(kDnssec, options.plan.dnssec)},
      {"do", options.plan.dnssec_ok ? 1 : 0},
      {"workers", options.workers},
      {"burst", options.burst},
      {"pages", options.plan.huge_pages ? "2m" : "4k"},
      {"answers", all.answers},
      {"answers_per_second", answers_per_second},
      {"answers_per_second_per_worker", answers_per_second / options.workers},
      {"answers_per_cpu_second", answers_per_cpu_second},
      {"cycles_per_query", static_cast<double>(all.serving.cycles) / answers},
      {"fill_ns_per_query", all.filling_s * 1e9 / answers},
      {"fill_included", false},
      {"verified", all.verified},
      {"build_seconds", build_s},
      {"table_bytes", tables.stats().bytes},
  };
  if (options.json) {
    std::printf("%s\n", out.dump(2).c_str());
    return 0;
  }
  std::printf("%.2f million answers a second (%u workers), %.0f cycles each; %lu verified\n",
              answers_per_second / 1e6, options.workers,
              static_cast<double>(all.serving.cycles) / answers, all.verified);
  return 0;
}

int run(const Options& options) {
  const double start = seconds_of(CLOCK_MONOTONIC);
  auto tables = BenchTables::build(options.plan);
  if (!tables) {
    std::fprintf(stderr, "bench_answer: %s\n", tables.error().c_str());
    return 1;
  }
  const double build_s = seconds_of(CLOCK_MONOTONIC) - start;
  auto exchange = link::create_exchange({1, 1, options.workers}, {});
  if (!exchange) {
    std::fprintf(stderr, "bench_answer: %s\n", exchange.error().c_str());
    return 1;
  }
  dataplane::Pairing pairing;
  pairing.header = &(*tables)->header();
  pairing.tables = (*tables)->view();
  std::memcpy(pairing.secret.bytes.data(), pairing.header->hash_secret,
              pairing.secret.bytes.size());
  pairing.exchange = exchange->mapping.get();
  pairing.slots = &pairing.exchange->slots;
  pairing.number = 1;
  dataplane::PairingBoard board;
  board.want(pairing);
  return report(options, **tables, build_s, run_workers(options, **tables, board));
}

}  // namespace
}  // namespace bowline::perf

int main(int argc, char** argv) {
  using namespace bowline;
  perf::Options options;
  std::string pages = "4k";
  std::string mix = "hit";
  std::string dnssec = "none";
  int dnssec_ok = 0;
  CLI::App app("Answers a second of the whole packet path, in process.");
  app.add_option("--names", options.plan.names, "names in all zones")
      ->check(CLI::Range(1, 1 << 30));
  app.add_option("--zones", options.plan.zones, "zones they are spread over")
      ->check(CLI::Range(1, 1 << 24));
  app.add_option("--mix", mix, "what is asked: hit, hot, nxdomain, delegation, cname, wildcard")
      ->check(CLI::IsMember(perf::kMixes));
  app.add_option("--dnssec", dnssec, "how zones are signed: none, nsec, nsec3")
      ->check(CLI::IsMember(perf::kDnssec));
  app.add_option("--do", dnssec_ok, "1: questions with EDNS and DO")->check(CLI::Range(0, 1));
  app.add_option("--workers", options.workers, "worker threads")
      ->check(CLI::Range(1U, link::kMaxThreads));
  app.add_option("--burst", options.burst, "packets taken together")
      ->check(CLI::Range(std::size_t{1}, answer::kBurst));
  app.add_option("--pages", pages, "pages of the tables: 4k or 2m")
      ->check(CLI::IsMember({"4k", "2m"}));
  app.add_option("--seconds", options.seconds, "length of the run")->check(CLI::Range(0.1, 3600.0));
  app.add_flag("--json", options.json, "print JSON");
  CLI11_PARSE(app, argc, argv);
  options.plan.mix = perf::kMixes.at(mix);
  options.plan.dnssec = perf::kDnssec.at(dnssec);
  options.plan.huge_pages = pages == "2m";
  options.plan.dnssec_ok = dnssec_ok == 1;
  if (options.plan.zones > options.plan.names) {
    std::fprintf(stderr, "bench_answer: more zones than names: lower --zones\n");
    return 1;
  }
  return perf::run(options);
}
