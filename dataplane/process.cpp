#include "dataplane/process.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "dataplane/worker.h"

namespace bowline::dataplane {

using link::HandoverMessage;
using link::HandoverType;

namespace {

// How long a first root, or a thread's move, may go unseen.
constexpr int kWatchfulWait_ms = 2;
// The beat in the exchange is promised once a second.
constexpr int kRestingWait_ms = 500;
// Messages taken before everything else is looked at again.
constexpr int kMessagesPerRound = 64;

void name_thread(std::thread& thread, const char* kind, unsigned number) {
  const std::string name = std::string(kind) + "-" + std::to_string(number);
  (void)::pthread_setname_np(thread.native_handle(), name.c_str());
}

void pin_thread(std::thread& thread, unsigned worker, int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(core), &set);
  const int error = ::pthread_setaffinity_np(thread.native_handle(), sizeof set, &set);
  if (error == 0) return;
  std::fprintf(stderr, "cannot keep thread %u on core %d: %s: change dataplane.cores\n", worker,
               core, std::strerror(error));
}

// All of one worker that polls sockets.
struct SocketWorker {
  SocketWorker(unsigned index, PairingBoard& board, std::vector<SocketsIo::Listener> listeners,
               int doorbell, bool poll_busy)
      : link(index, board),
        io(std::move(listeners), doorbell, link.counters),
        worker(io, link, {.poll_busy = poll_busy, .listeners = {}}) {}

  ThreadLink link;
  SocketsIo io;
  Worker<SocketsIo> worker;
};

struct StreamThread {
  StreamThread(unsigned index, PairingBoard& board, std::vector<TcpListener> listeners,
               int doorbell, TcpClients& clients)
      : link(index, board), server(std::move(listeners), doorbell, link, clients) {}

  ThreadLink link;
  TcpServer server;
};

}  // namespace

Process::~Process() { stop_threads(); }

dns::Result<void> Process::run() {
  auto served = serve();
  if (!served) send(HandoverType::kFailed, 0, 0, served.error());
  return served;
}

dns::Result<void> Process::serve() {
  if (::fcntl(channel_, F_SETFL, O_NONBLOCK) != 0) {
    return dns::Error{std::string("cannot use the channel to bowlined: ") + std::strerror(errno)};
  }
  while (!stop_) {
    wait();
    link::Received received;
    for (int i = 0; i < kMessagesPerRound && !stop_; ++i) {
      const link::Receive outcome = link::receive_handover(channel_, received);
      if (outcome == link::Receive::kNothing) break;
      if (outcome == link::Receive::kMalformed) {
        return dns::Error{std::string("the keeper sent a malformed message: ") + received.why +
                          ": bowlined and bowline-dataplane must be of one build"};
      }
      stop_ = outcome == link::Receive::kClosed;
      if (stop_) break;
      if (auto handled = handle(received); !handled) return handled;
    }
    if (auto updated = update(); !updated) return updated;
  }
  stop_threads();
  return {};
}

void Process::wait() const {
  const bool watchful = pairings_.size() > 1 || exchanges_.size() > 1 ||
                        tables_.awaits_newer_than(serving_);
  pollfd wanted{channel_, POLLIN, 0};
  (void)::poll(&wanted, 1, watchful ? kWatchfulWait_ms : kRestingWait_ms);
}

// ---- What the keeper says -----------------------------------------------------------------------

dns::Result<void> Process::handle(link::Received& received) {
  const HandoverMessage& message = received.message;
  switch (message.type) {
    case HandoverType::kHello:
      return greet(message);
    case HandoverType::kListener:
      return take_listener(received);
    case HandoverType::kXdpQueue:
    case HandoverType::kDpdkDevice:
    case HandoverType::kPortListener:
      return ports_.take(received);
    case HandoverType::kDoorbell:
      take_doorbell(received);
      return {};
    case HandoverType::kExchange:
      return take_exchange(received);
    case HandoverType::kUnpaired:
      if (!exchanges_.empty() && exchanges_.back().number == message.pairing) {
        exchanges_.back().control_lives = false;
      }
      return {};
    case HandoverType::kChunk:
      return take_chunk(received);
    case HandoverType::kWithdraw:
      tables_.unmap(message.generation, message.index);
      return {};
    case HandoverType::kDropGeneration:
      forget_generation(message.generation);
      return {};
    case HandoverType::kGo:
      go_ = true;
      return {};
    case HandoverType::kStop:
      stop_ = true;
      return {};
    default:
      return {};  // for control
  }
}

dns::Result<void> Process::greet(const HandoverMessage& hello) {
  const bool sound = hello.threads <= link::kMaxThreads && hello.workers >= 1 &&
                     hello.workers < hello.threads && !greeted_;
  if (!sound) {
    return dns::Error{"the keeper's greeting has impossible thread counts: bowlined and "
                      "bowline-dataplane must be of one build"};
  }
  hello_ = hello;
  greeted_ = true;
  return {};
}

dns::Result<void> Process::take_listener(link::Received& received) {
  const HandoverMessage& message = received.message;
  if (message.transport != link::Transport::kUdp && message.transport != link::Transport::kTcp) {
    return dns::Error{"the keeper sent a listener of a transport that this build does not serve"};
  }
  const int socket = received.fds[0].get();
  const int flags = ::fcntl(socket, F_GETFL);
  if (flags < 0 || ::fcntl(socket, F_SETFL, flags | O_NONBLOCK) != 0) {
    return dns::Error{std::string("cannot use a socket of the keeper: ") + std::strerror(errno)};
  }
  listeners_.push_back({message, std::move(received.fds[0])});
  return {};
}

void Process::take_doorbell(link::Received& received) {
  if (received.message.index == link::kServiceBell) {
    service_bells_.push_back(std::move(received.fds[0]));
  } else if (received.message.index < link::kMaxThreads && threads_.empty()) {
    doorbells_[received.message.index] = std::move(received.fds[0]);
  }
}

dns::Result<void> Process::take_exchange(const link::Received& received) {
  const HandoverMessage& message = received.message;
  auto mapping = link::attach_exchange(received.fds[0].get(),
                                       {message.pairing, message.generation, message.threads});
  if (!mapping) return dns::Error{mapping.error()};
  link::Exchange& exchange = **mapping;
  exchange.dataplane.mapped_through.store(tables_.mapped_through(message.generation),
                                          std::memory_order_release);
  exchanges_.push_back({std::move(*mapping), message.pairing, message.generation, true});
  return {};
}

dns::Result<void> Process::take_chunk(const link::Received& received) {
  const HandoverMessage& message = received.message;
  const std::uint64_t generation = message.generation;
  auto mapped = tables_.map({generation, message.index, message.size, message.serial},
                            received.fds[0].get());
  if (!mapped) return mapped;
  if (!exchanges_.empty() && exchanges_.back().generation == generation) {
    exchanges_.back().mapping->dataplane.mapped_through.store(
        tables_.mapped_through(generation), std::memory_order_release);
  }
  return {};
}

// Its control is gone. With a root it goes on serving, until something newer does; without one it
// never will.
void Process::forget_generation(std::uint64_t generation) {
  if (generation != serving_ && !tables_.published(generation)) tables_.drop(generation);
}

void Process::send(HandoverType type, std::uint64_t generation, std::uint64_t pairing,
                   std::string_view text) {
  HandoverMessage message;
  message.type = type;
  message.generation = generation;
  message.pairing = pairing;
  message.set_text(text);
  (void)link::send_handover(channel_, message);  // a keeper that is gone ends us anyway
}

// ---- Pairings -----------------------------------------------------------------------------------

// Brings the threads to the newest of everything, and lets go of what they have left.
dns::Result<void> Process::update() {
  if (!exchanges_.empty()) {
    exchanges_.back().mapping->dataplane.beat.fetch_add(1, std::memory_order_relaxed);
  }
  if (!greeted_ || !go_) return {};
  if (auto opened = open_ports(); !opened) return opened;
  if (exchanges_.empty()) return {};
  ports_.show(*exchanges_.back().mapping, exchanges_.back().number);
  want_newest();
  if (pairings_.empty()) return {};
  if (threads_.empty()) {
    if (auto started = start_threads(); !started) return started;
  }
  settle();
  report_corrupt();
  return {};
}

// Privileges are held until then, so it waits for nothing.
dns::Result<void> Process::open_ports() {
  if (ports_open_) return {};
  const auto opened = ports_.open(hello_);
  if (!opened) return dns::Error{opened.error()};
  ports_open_ = true;
  if (*opened) send(HandoverType::kDevicesOpen);
  return {};
}

void Process::want_newest() {
  const auto generation = tables_.servable();
  if (!generation) return;
  Mapped& exchange = exchanges_.back();
  const bool own = exchange.generation == *generation;
  Pairing next;
  next.header = tables_.header(*generation);
  next.tables = tables_.view(*generation);
  std::copy_n(next.header->hash_secret, next.secret.bytes.size(), next.secret.bytes.begin());
  next.slots = own ? &exchange.mapping->slots : &own_slots_;
  next.exchange = exchange.mapping.get();
  next.number = exchange.number;
  next.asks_open = own && exchange.control_lives;
  next.service_bell = service_bells_.empty() ? -1 : service_bells_.back().get();
  if (!pairings_.empty()) {
    const Pairing& now = *pairings_.back();
    const bool same = now.header == next.header && now.slots == next.slots &&
                      now.number == next.number && now.asks_open == next.asks_open &&
                      now.service_bell == next.service_bell;
    if (same) return;
  }
  serving_ = *generation;
  pairings_.push_back(std::make_unique<const Pairing>(next));
  board_.want(*pairings_.back());
  ring_doorbells();
}

// When all threads use the wanted pairing nothing older is needed.
void Process::settle() {
  const auto threads = static_cast<unsigned>(threads_.size());
  if (!board_.all_use_wanted(threads)) return;
  Mapped& exchange = exchanges_.back();
  exchange.mapping->dataplane.ready.store(1, std::memory_order_release);
  while (pairings_.size() > 1) pairings_.pop_front();
  while (exchanges_.size() > 1) exchanges_.pop_front();
  while (service_bells_.size() > 1) service_bells_.erase(service_bells_.begin());
  tables_.drop_older_than(serving_);
  if (settled_ == serving_) return;
  settled_ = serving_;
  send(HandoverType::kSettled, serving_);
}

void Process::report_corrupt() {
  const std::uint64_t number = board_.corrupt();
  if (number == 0 || number == reported_corrupt_) return;
  reported_corrupt_ = number;
  send(HandoverType::kCorrupt, 0, number, "a ring between control and the dataplane is malformed");
}

void Process::ring_doorbells() {
  for (std::size_t i = 0; i < threads_.size(); ++i) ::eventfd_write(doorbells_[i].get(), 1);
}

// ---- Threads ------------------------------------------------------------------------------------

// What can fail comes before the word that we are ready, and the first answer after it: whoever
// ends this process on seeing an answer ends one that was ready (RestartPolicy).
dns::Result<void> Process::start_threads() {
  std::vector<ThreadTask> tasks;
  for (unsigned i = 0; i < hello_.threads; ++i) {
    if (!doorbells_[i]) return dns::Error{"the keeper sent too few doorbells"};
    auto task = i < hello_.workers ? prepare_worker(i) : prepare_stream(i - hello_.workers);
    if (!task) return dns::Error{task.error()};
    tasks.push_back(std::move(*task));
  }
  send(HandoverType::kReady);
  for (ThreadTask& task : tasks) {
    std::thread& thread = threads_.emplace_back(std::move(task.serve));
    name_thread(thread, task.kind, task.number);
    if (task.core >= 0 && task.core < CPU_SETSIZE) pin_thread(thread, task.number, task.core);
  }
  return {};
}

std::vector<SocketsIo::Listener> Process::udp_listeners(unsigned worker) const {
  std::vector<SocketsIo::Listener> listeners;
  for (const Listening& each : listeners_) {
    const HandoverMessage& told = each.announcement;
    if (told.transport != link::Transport::kUdp) continue;
    if (told.worker != worker && told.worker != link::kEveryWorker) continue;
    link::Fd socket(::fcntl(each.socket.get(), F_DUPFD_CLOEXEC, 0));
    if (!socket) continue;
    listeners.push_back({std::move(socket), static_cast<std::uint16_t>(told.index), told.role});
  }
  return listeners;
}

std::vector<TcpListener> Process::tcp_listeners(unsigned stream) const {
  std::vector<TcpListener> listeners;
  for (const Listening& each : listeners_) {
    const HandoverMessage& told = each.announcement;
    if (told.transport != link::Transport::kTcp) continue;
    if (told.worker != hello_.workers + stream && told.worker != link::kEveryWorker) continue;
    listeners.push_back(
        {each.socket.get(), static_cast<std::uint16_t>(told.index), told.role});
  }
  return listeners;
}

dns::Result<ThreadTask> Process::prepare_worker(unsigned worker) {
  auto task = ports_.serves(worker)
                  ? ports_.prepare_worker(worker, board_, doorbells_[worker].get(),
                                          (hello_.flags & link::kPollBusy) != 0)
                  : prepare_socket_worker(worker);
  if (task) task->core = hello_.cores[worker];
  return task;
}

dns::Result<ThreadTask> Process::prepare_socket_worker(unsigned worker) {
  auto serving = std::make_shared<SocketWorker>(worker, board_, udp_listeners(worker),
                                                doorbells_[worker].get(),
                                                (hello_.flags & link::kPollBusy) != 0);
  return ThreadTask{[serving] { serving->worker.run(); }, "worker", worker, link::kNoCore};
}

dns::Result<ThreadTask> Process::prepare_stream(unsigned stream) {
  const unsigned index = hello_.workers + stream;
  auto serving = std::make_shared<StreamThread>(index, board_, tcp_listeners(stream),
                                                doorbells_[index].get(), clients_);
  if (!serving->server.failure().empty()) {
    return dns::Error{"stream thread " + std::to_string(stream) + " " +
                      serving->server.failure() + ": raise the limit of open files (ulimit -n)"};
  }
  return ThreadTask{[serving] { serving->server.run(); }, "stream", stream, hello_.cores[index]};
}

void Process::stop_threads() {
  board_.request_stop();
  ring_doorbells();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace bowline::dataplane
