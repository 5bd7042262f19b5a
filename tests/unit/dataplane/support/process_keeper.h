// ProcessKeeper: a Process in a thread, to which the test plays keeper.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "dataplane/process.h"
#include "support/frames.h"
#include "support/small_zone.h"

namespace bowline::dataplane::test {

using link::HandoverMessage;
using link::HandoverType;

constexpr int kPatience_ms = 5000;  // for what must come; nothing waits this long when all is well

inline HandoverMessage make_hello(unsigned workers) {
  HandoverMessage hello;
  hello.type = HandoverType::kHello;
  hello.threads = workers + 1;
  hello.workers = workers;
  hello.cores.fill(link::kNoCore);
  return hello;
}

struct ProcessKeeper {
  ProcessKeeper() : channel(std::move(link::make_handover_pair().value())) {
    for (int i = 0; i < kMostThreads + 1; ++i) bells.emplace_back(::eventfd(0, EFD_NONBLOCK));
    udp = link::Fd(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    tcp = link::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    for (const int socket : {udp.get(), tcp.get()}) {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      socklen_t size = sizeof address;
      REQUIRE(::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0);
      REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
      (socket == udp.get() ? udp_address : tcp_address) = address;
    }
    REQUIRE(::listen(tcp.get(), 16) == 0);
  }
  ~ProcessKeeper() { end(); }

  void start_process(DpdkPorts* dpdk = nullptr) {
    thread = std::thread([this, dpdk] {
      Process process(channel.child.get(), dpdk);
      const auto outcome = process.run();
      error = outcome ? "" : outcome.error();
    });
  }
  // Everything but tables and exchange. `ports` is sent between listeners and go; the last worker
  // has the socket.
  void furnish(const HandoverMessage& hello = make_hello(1),
               const std::function<void()>& ports = [] {}) {
    threads = hello.threads;
    send(hello);
    for (unsigned i = 0; i <= threads; ++i) {
      HandoverMessage bell;
      bell.type = HandoverType::kDoorbell;
      bell.index = i < threads ? i : link::kServiceBell;
      send(bell, bells[i].get());
    }
    for (const int socket : {udp.get(), tcp.get()}) {
      HandoverMessage listener;
      listener.type = HandoverType::kListener;
      listener.transport = socket == udp.get() ? link::Transport::kUdp : link::Transport::kTcp;
      listener.worker = socket == udp.get() ? hello.workers - 1 : link::kEveryWorker;
      send(listener, socket);
    }
    ports();
    send(HandoverType::kGo);
  }
  void send_port_listener(unsigned port, const link::Endpoint& endpoint, std::uint32_t index) {
    HandoverMessage message;
    message.type = HandoverType::kPortListener;
    message.port.number = static_cast<std::uint16_t>(port);
    message.endpoint = endpoint;
    message.index = index;
    send(message);
  }
  void send_device(unsigned port, unsigned worker, unsigned queues = 1) {
    HandoverMessage message;
    message.type = HandoverType::kDpdkDevice;
    message.port.number = static_cast<std::uint16_t>(port);
    message.port.queues = queues;
    message.worker = worker;
    message.set_text("net_fake0");
    send(message, bells[0].get());  // no TAP, but a descriptor
  }
  void pair(std::uint64_t pairing, std::uint64_t generation) {
    exchange = std::move(link::create_exchange({pairing, generation, threads}, {}).value());
    exchange.mapping->control.ready.store(1);
    HandoverMessage message;
    message.type = HandoverType::kExchange;
    message.pairing = pairing;
    message.generation = generation;
    message.threads = threads;
    send(message, exchange.fd.get());
  }
  void send_chunks(const SmallZone& zone, std::uint64_t generation) {
    std::uint64_t serial = 0;
    for (const SmallZone::Chunk& chunk : zone.chunks()) {
      HandoverMessage message;
      message.type = HandoverType::kChunk;
      message.generation = generation;
      message.index = chunk.index;
      message.size = chunk.size;
      message.serial = ++serial;
      send(message, chunk.fd.get());
    }
  }
  void send(HandoverType type, std::uint64_t generation = 0, std::uint64_t pairing = 0) {
    HandoverMessage message;
    message.type = type;
    message.generation = generation;
    message.pairing = pairing;
    send(message);
  }
  void send(const HandoverMessage& message, int fd = -1, int second_fd = -1) {
    const int both[2] = {fd, second_fd};
    const std::span<const int> fds(both, (fd >= 0) + (second_fd >= 0));
    REQUIRE(link::send_handover(channel.keeper.get(), message, fds) == link::Send::kSent);
  }
  // The next message of the process.
  HandoverMessage receive() {
    static link::Received received;
    pollfd wanted{channel.keeper.get(), POLLIN, 0};
    REQUIRE(::poll(&wanted, 1, kPatience_ms) == 1);
    REQUIRE(link::receive_handover(channel.keeper.get(), received) == link::Receive::kMessage);
    return received.message;
  }
  void end() {
    if (!thread.joinable()) return;
    HandoverMessage stop;
    stop.type = HandoverType::kStop;
    (void)link::send_handover(channel.keeper.get(), stop);
    thread.join();
  }

  static constexpr int kMostThreads = 4;

  link::HandoverPair channel;
  unsigned threads = 2;
  std::vector<link::Fd> bells;  // of the threads; the last that was sent is the service bell
  link::Fd udp, tcp;
  sockaddr_in udp_address{}, tcp_address{};
  link::NewExchange exchange;
  std::thread thread;
  std::string error;
};

inline Octets ask_udp(const ProcessKeeper& keeper, const Octets& question,
                      int wait_ms = kPatience_ms) {
  link::Fd client(::socket(AF_INET, SOCK_DGRAM, 0));
  REQUIRE(::connect(client.get(), reinterpret_cast<const sockaddr*>(&keeper.udp_address),
                    sizeof keeper.udp_address) == 0);
  REQUIRE(::send(client.get(), question.data(), question.size(), 0) > 0);
  pollfd wanted{client.get(), POLLIN, 0};
  if (::poll(&wanted, 1, wait_ms) != 1) return {};
  Octets reply(4096);
  reply.resize(static_cast<std::size_t>(::recv(client.get(), reply.data(), reply.size(), 0)));
  return reply;
}

// The last octet of the address of www.example.test.
inline int answer(const ProcessKeeper& keeper) {
  const Octets reply = ask_udp(keeper, make_question("www.example.test."));
  return reply.size() > 12 ? reply.back() : -1;
}

}  // namespace bowline::dataplane::test
