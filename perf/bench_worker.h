// BenchWorker: the real worker between two ends of a wire in memory, with the client at its other
// end. For bench_answer; one for each thread, made and used by it.
//
// A full ring of 1,024 questions is filled, then drained, so that frames come from the second-level
// cache as from a NIC that writes there. Only draining is timed, from the frame of the question to
// the finished frame of the reply: all headers and checksums read and written, counters counted.
// Every reply is counted and a sample read in full.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <type_traits>

#include "bench_asker.h"
#include "bench_clock.h"
#include "bench_counters.h"
#include "bench_tables.h"
#include "dataplane/io/memory.h"
#include "dataplane/net/parse.h"
#include "dataplane/worker.h"

namespace bowline::perf {

struct WorkerFigures {
  std::uint64_t answers = 0;
  std::uint64_t octets = 0;    // of all replies, from the Ethernet header on
  std::uint64_t verified = 0;    // replies read in full
  std::uint64_t signatures = 0;  // RRSIGs in those
  Stretch serving;
  CoreWork work;  // of the same stretches
  double filling_s = 0;
  StageCycles stages;  // with StageProbe
  std::string fault;   // the first one, in words
};

// Probe: answer::NoProbe, or StageProbe for cycles by stage.
template <typename Probe>
class BenchWorker {
 public:
  // REQUIRES: `tables` and `board` outlive it; `index` is no other's.
  BenchWorker(const BenchTables& tables, dataplane::PairingBoard& board, unsigned index,
              bool dnssec_ok, unsigned burst)
      : tables_(tables),
        dnssec_ok_(dnssec_ok),
        asker_(tables, dnssec_ok, index + 1),
        io_(burst),
        link_(index, board),
        worker_(io_, link_, {.poll_busy = true, .listeners = {server()}}, probe()) {}

  // Serves whole rings while more(figures) says so, after one that counts for nothing: caches, page
  // tables, branch predictors.
  template <typename More>
  WorkerFigures run(More&& more) {
    round();
    for (std::size_t i = 0; i < io_.sent().size(); ++i) verify(i);
    figures_.answers = figures_.octets = 0;
    figures_.serving = {};
    figures_.work = {};
    figures_.filling_s = 0;
    figures_.stages = {};
    while (figures_.fault.empty() && more(figures_)) {
      round();
      verify(figures_.answers % MemoryIo::kMaxBuffers);
      verify(asked_[0] % MemoryIo::kMaxBuffers);
    }
    return figures_;
  }

 private:
  using MemoryIo = dataplane::MemoryIo;
  static constexpr bool kProbed = std::is_same_v<Probe, StageProbe>;

  static dataplane::net::Listener server() {
    return {.address = {192, 0, 2, 53}, .ipv6 = false, .any = false, .port = kBenchPort};
  }

  Probe probe() {
    if constexpr (kProbed) return {&figures_.stages};
    return {};
  }

  void round() {
    io_.forget_sent();
    const double fill_start = seconds_of(CLOCK_MONOTONIC);
    for (std::size_t i = 0; i < MemoryIo::kMaxBuffers; ++i) {
      io_.arrive(asker_.ask(io_.next_buffer(), asked_[i]));
    }
    const CoreWork work = counters_.now();
    const Stretch start = Stretch::now();
    if constexpr (kProbed) figures_.stages.start();
    drain();
    figures_.serving.add(start, Stretch::now());
    figures_.work.add(work, counters_.now());
    figures_.filling_s += start.wall_s - fill_start;
    figures_.answers += io_.sent().size();
    for (const MemoryIo::Sent& sent : io_.sent()) figures_.octets += sent.size;
    if (io_.sent().size() != MemoryIo::kMaxBuffers) figures_.fault = "some questions got no reply";
  }

  // A function of its own: perf/instructions counts what is called from here.
  [[gnu::noinline]] void drain() {
    while (!io_.idle()) worker_.breathe();
  }

  // Reads reply `i`. A round starts at slot 0, so that its question is number i as well.
  void verify(std::size_t i) {
    if (!figures_.fault.empty()) return;
    const MemoryIo::Sent& sent = io_.sent()[i];
    dataplane::net::Datagram datagram;
    const dataplane::net::Listener client{.address = {192, 0, 2, 1}, .ipv6 = false, .any = false,
                                          .port = dns::load_u16(sent.data + kUdpAt + 2)};
    if (dataplane::net::parse({sent.data, sent.size}, {&client, 1}, datagram)) {
      figures_.fault = "a reply's headers or checksums are wrong";
      return;
    }
    const dns::Bytes reply(sent.data + datagram.udp + dataplane::net::kUdpSize,
                           datagram.payload_size);
    const CheckedReply checked = tables_.check_reply(asked_[sent.slot], dnssec_ok_, reply);
    figures_.fault = checked.fault;
    figures_.signatures += checked.signatures;
    ++figures_.verified;
  }

  const BenchTables& tables_;
  const bool dnssec_ok_;
  BenchAsker asker_;
  MemoryIo io_;
  dataplane::ThreadLink link_;
  WorkerFigures figures_;
  const BenchCounters counters_;
  dataplane::Worker<MemoryIo, Probe> worker_;
  std::array<std::uint64_t, MemoryIo::kMaxBuffers> asked_{};  // by slot
};

}  // namespace bowline::perf
