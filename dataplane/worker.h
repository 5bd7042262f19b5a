// Worker: one core, one port, run to completion. READ FIRST: the whole life of a packet is below.
//
//   receive -> net::parse -> answer_burst -> net::make_reply -> send -> flush
//                         |       | what control must answer
//                         |       +--> ask ~~> control ~~> reply ring -> answer_to
//                         +--> take_proxied, where server.proxy-allowlist is set
//
// A burst goes through each step together, so that the latency of memory is paid once, and is
// answered from one version of the tables. Nothing here allocates, locks or calls the system: that
// is left to the port (io/). One thread.
//
// The probe is told where a stage ends, for benchmarks; in production it is nothing (burst.h).
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "answer/burst.h"
#include "answer/limits.h"
#include "answer/query.h"
#include "answer/scratch.h"
#include "dataplane/io/packet_io.h"
#include "dataplane/net/parse.h"
#include "dataplane/net/proxy.h"
#include "dataplane/net/reply.h"
#include "dataplane/thread_link.h"

namespace bowline::dataplane {

// Empty rounds between two sleeps: the first one sees what rang the doorbell.
inline constexpr unsigned kIdleRounds = 8;

struct WorkerOptions {
  bool poll_busy = false;                // never sleep
  std::vector<net::Listener> listeners;  // of ports that move frames
  std::size_t mtu = net::kEthernetMtu;   // the same
};

template <PacketIo Io, typename Probe = answer::NoProbe>
class Worker {
 public:
  Worker(Io& io, ThreadLink& link, WorkerOptions options, Probe probe = {})
      : io_(io),
        link_(link),
        options_(std::move(options)),
        probe_(probe),
        queries_(std::make_unique<answer::Query[]>(answer::kBurst)),
        scratch_(std::make_unique<answer::Scratch>()) {}

  // Serves packets until the process is to end.
  void run() {
    unsigned patience = kIdleRounds;
    while (!link_.stop_requested()) {
      if (breathe()) {
        patience = Io::kPatience;
      } else if (!options_.poll_busy && --patience == 0) {
        sleep();
        patience = kIdleRounds;
      }
    }
  }

  // Serves one burst. False: there was nothing to do.
  bool breathe() {
    using answer::PathStage;
    const answer::Sources& sources = link_.begin();
    const std::span<Packet> packets = io_.receive();
    probe_.ended(PathStage::kReceive);
    std::size_t count = take_queries(packets);
    if (sources.settings->proxy_ranges != 0) [[unlikely]] {
      count = take_proxied(count, *sources.settings);
    }
    probe_.ended(PathStage::kParse);
    answer::answer_burst({queries_.get(), count}, sources, *scratch_, probe_);
    for (std::size_t i = 0; i < count; ++i) finish(*packets_[i], queries_[i], sources);
    probe_.ended(PathStage::kReply);
    bool busy = !packets.empty();
    link_.take_replies([&](const link::Reply& reply) {
      busy = true;
      pass_on(reply);
    });
    if (busy) io_.flush();
    count_round();
    link_.end();
    probe_.ended(PathStage::kCommit);
    return busy;
  }

 private:
  // What a burst adds to the counters, kept in registers until its end.
  struct Tally {
    std::uint64_t received = 0;
    std::uint64_t ipv6 = 0;
    std::uint64_t questions = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t bytes_sent = 0;
    std::uint64_t edns = 0;
    std::uint64_t dnssec_ok = 0;
    std::uint64_t truncated = 0;
  };

  // Who asks, where it is not who sent the packet.
  struct Client {
    bool proxied = false;
    link::Endpoint endpoint;
  };

  // Finds the DNS message of each packet; what has none is dropped. Returns how many have.
  std::size_t take_queries(std::span<Packet> packets) {
    if constexpr (Io::kFrames) {
      for (const Packet& packet : packets) {
        __builtin_prefetch(packet.data);
        __builtin_prefetch(packet.data + link::kCacheLine);
      }
    }
    std::size_t count = 0;
    for (Packet& packet : packets) {
      if (open(packet, queries_[count])) packets_[count++] = &packet;
    }
    tally_.received = packets.size();
    tally_.questions = count;
    return count;
  }

  // Points `query` to the message in `packet`.
  bool open(Packet& packet, answer::Query& query) {
    query.message = packet.data;
    query.size = packet.size;
    query.capacity = packet.capacity;
    query.size_max = packet.capacity;
    if constexpr (Io::kFrames) {
      const auto refusal =
          net::parse({packet.data, packet.size}, options_.listeners, packet.datagram);
      if (refusal) [[unlikely]] {
        if (io_.pass(packet, *refusal)) return false;
        link_.counters.add(*refusal);
        io_.drop(packet);
        return false;
      }
      const auto headers_size = static_cast<std::uint32_t>(packet.datagram.udp + net::kUdpSize);
      query.message += headers_size;
      query.size = packet.datagram.payload_size;
      query.capacity -= headers_size;
      query.size_max = static_cast<std::uint32_t>(
          net::payload_max(packet.datagram, packet.capacity, options_.mtu));
    }
    query.ipv6 = packet.datagram.ipv6;
    tally_.ipv6 += query.ipv6;
    tally_.bytes_received += query.size;
    return true;
  }

  // Takes the PROXY headers off the messages of those who may send them. What stands behind a
  // wrong one is dropped. Returns how many messages are left.
  std::size_t take_proxied(std::size_t count, const link::Settings& settings) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count; ++i) {
      Packet& packet = *packets_[i];
      if (const auto fault = take_proxy_header(packet, queries_[i], clients_[kept], settings)) {
        tally_.ipv6 -= queries_[i].ipv6;
        link_.counters.add(*fault);
        io_.drop(packet);
        continue;
      }
      if (kept != i) {
        packets_[kept] = &packet;
        queries_[kept] = queries_[i];
      }
      ++kept;
    }
    tally_.questions = kept;
    return kept;
  }

  // Moves the message up to where its PROXY header began, so that its reply will stand there, too.
  // Returns why it is to be dropped, if it is.
  std::optional<link::Counter> take_proxy_header(const Packet& packet, answer::Query& query,
                                                 Client& client, const link::Settings& settings) {
    client.proxied = false;
    if (!net::has_proxy_signature(query.bytes())) return std::nullopt;
    link::ClientContext context;
    if (!io_.describe(packet, context) || !net::may_proxy(settings, context.packet_peer)) {
      return std::nullopt;
    }
    net::ProxyHeader header;
    const net::ProxyFinding finding = net::read_proxy_header(query.bytes(), header);
    if (finding == net::ProxyFinding::kWrong) return header.fault;
    if (finding != net::ProxyFinding::kHeader) return link::Counter::drop_proxy_truncated;
    link_.counters.add(link::Counter::proxied);
    client = {header.has_client, header.client};
    const auto size = static_cast<std::uint32_t>(header.size);
    query.size -= size;
    tally_.bytes_received -= size;
    if (query.size != 0) std::memmove(query.message, query.message + size, query.size);
    return std::nullopt;
  }

  // Gives the packet to whoever owns it next.
  void finish(Packet& packet, answer::Query& query, const answer::Sources& sources) {
    if (query.action == answer::Action::kDrop) {
      link_.counters.add(query.reason);
      return io_.drop(packet);
    }
    tally_.edns += query.facts.has_edns;
    tally_.dnssec_ok += query.facts.has_edns && query.facts.edns.dnssec_ok;
    if (query.action == answer::Action::kAsk) [[unlikely]] {
      if (ask(packet, query)) return io_.drop(packet);
      answer::answer_error(query, dns::Rcode::kServFail, sources);
    }
    link_.counters.add(query.reason);
    tally_.truncated += query.truncated;
    tally_.bytes_sent += query.size;
    packet.size = query.size;
    if constexpr (Io::kFrames) {
      const net::Frame frame = net::make_reply(packet.data, packet.datagram, query.size);
      packet.data = frame.data;
      packet.size = static_cast<std::uint32_t>(frame.size);
    }
    io_.send(packet);
  }

  bool ask(const Packet& packet, const answer::Query& query) {
    link::ClientContext context;
    context.transport = link::Transport::kUdp;
    context.max_reply = static_cast<std::uint16_t>(query.limit);
    if (!io_.describe(packet, context)) return false;
    if (link_.sources().settings->proxy_ranges != 0) {
      const Client& client = clients_[static_cast<std::size_t>(&query - queries_.get())];
      if (client.proxied) context.peer = client.endpoint;
    }
    return link_.ask(query, context);
  }

  // Sends what control answered to the client that asked.
  void pass_on(const link::Reply& reply) {
    const dns::Bytes message(reinterpret_cast<const std::uint8_t*>(reply.payload.data()),
                             reply.payload.size());
    const link::ClientContext& client = reply.header.context;
    if (client.transport != link::Transport::kUdp || message.size() > client.max_reply) {
      return link_.counters.add(link::Counter::ask_stale);
    }
    if (message.empty()) return link_.counters.add(link::Counter::drop_by_control);
    link_.counters.add(rcode_counter(message));
    tally_.bytes_sent += message.size();
    io_.answer_to(client, message);
  }

  void count_round() {
    using link::Counter;
    link::Counters& counters = link_.counters;
    counters.add(Counter::loops);
    if (tally_.received != 0) {
      counters.add(Counter::received_udp, tally_.received);
      counters.add(Counter::received_ipv4, tally_.questions - tally_.ipv6);
      counters.add(Counter::received_ipv6, tally_.ipv6);
      counters.add(Counter::bytes_received, tally_.bytes_received);
      counters.add(Counter::edns, tally_.edns);
      counters.add(Counter::dnssec_ok, tally_.dnssec_ok);
      counters.add(Counter::truncated, tally_.truncated);
    }
    if (tally_.bytes_sent != 0) counters.add(Counter::bytes_sent, tally_.bytes_sent);
    tally_ = {};
  }

  void sleep() {
    if (!link_.before_sleep()) return;
    link_.counters.add(link::Counter::sleeps);
    io_.wait(link::kBeat_ms);
    link_.after_sleep();
  }

  Io& io_;
  ThreadLink& link_;
  const WorkerOptions options_;
  [[no_unique_address]] Probe probe_;
  std::unique_ptr<answer::Query[]> queries_;
  std::array<Packet*, answer::kBurst> packets_;  // of queries_[i]
  std::array<Client, answer::kBurst> clients_;   // of queries_[i], with an allowlist of proxies
  std::unique_ptr<answer::Scratch> scratch_;
  Tally tally_;
};

}  // namespace bowline::dataplane
