#include "dataplane/stream/tcp.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "dataplane/io/sockaddr.h"
#include "dataplane/net/proxy.h"
#include "link/wakeup.h"

namespace bowline::dataplane {

using link::Counter;

namespace {

constexpr int kEventsPerRound = 64;

// What an epoll event belongs to if it is not a connection: the doorbell, or a listener.
constexpr std::uint64_t kDoorbellEvent = UINT64_MAX;
constexpr std::uint64_t kListenerEvents = UINT64_MAX - UINT16_MAX - 1;

bool watch(int epoll, int fd, std::uint32_t events, std::uint64_t data) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = data;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0 || errno == EEXIST;
}

}  // namespace

TcpServer::TcpServer(std::vector<TcpListener> listeners, int doorbell, ThreadLink& link,
                     TcpClients& clients, Clock clock)
    : listeners_(std::move(listeners)),
      doorbell_(doorbell),
      link_(link),
      clients_(clients),
      seat_(clients.join(doorbell)),
      clock_(clock),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      exchange_number_(link.exchange_number()),
      queries_(std::make_unique<answer::Query[]>(kStreamBurst)),
      frames_(std::make_unique_for_overwrite<Frame[]>(kStreamBurst)),
      input_(std::make_unique_for_overwrite<Frame>()),
      scratch_(std::make_unique<answer::Scratch>()) {
  if (!watch(epoll_.get(), doorbell_, EPOLLIN, kDoorbellEvent)) {
    failure_ = "cannot watch the doorbell";
  }
  listen();
  expiry_.set_limit(Waiting::kControl, kControlWait_ms);
  expiry_.set_limit(Waiting::kEnd, kEndWait_ms);
}

TcpServer::~TcpServer() {
  for (const Connection& connection : connections_) {
    if (connection.socket) clients_.leave(seat_, connection.group);
  }
}

void TcpServer::run() {
  while (!link_.stop_requested()) turn(link::kBeat_ms);
}

void TcpServer::turn(int timeout_ms) {
  now_ms_ = clock_();
  take_settings();
  if (resume_ms_ != 0 && resume_ms_ <= now_ms_) listen();
  std::array<epoll_event, kEventsPerRound> events;
  const bool may_block = link_.before_sleep();
  const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(),
                                 may_block ? wait_ms(timeout_ms) : 0);
  if (may_block) link_.after_sleep();
  now_ms_ = clock_();
  link_.begin();
  for (int i = 0; i < count; ++i) {
    handle_event(events[i].data.u64, events[i].events);
    limit_held();
    link_.end();  // one view for each client's requests: a round may be long
    link_.begin();
  }
  link_.take_replies([this](const link::Reply& reply) { pass_on(reply); });
  drop_forgotten_asks();
  limit_held();
  expire();
  give_up_places();
  link_.counters.add(Counter::loops);
  link_.end();
}

void TcpServer::take_settings() {
  const link::Settings& settings = *link_.begin().settings;
  expiry_.set_limit(Waiting::kRequest, settings.tcp_idle_timeout_ms);
  expiry_.set_limit(Waiting::kTransfer, settings.tcp_io_timeout_ms);
  max_clients_ = settings.tcp_max_clients;
  link_.end();
}

int TcpServer::wait_ms(int timeout_ms) const {
  std::uint64_t next_ms = expiry_.next_ms();
  if (resume_ms_ != 0) next_ms = std::min(next_ms, resume_ms_);
  const bool has_clients = free_.size() != connections_.size();
  if (has_clients) next_ms = std::min(next_ms, now_ms_ + kSettingsLook_ms);
  if (next_ms == Expiry::kNever) return timeout_ms;
  if (next_ms <= now_ms_) return 0;
  const auto left_ms = static_cast<int>(std::min<std::uint64_t>(next_ms - now_ms_, INT_MAX));
  return timeout_ms < 0 ? left_ms : std::min(timeout_ms, left_ms);
}

void TcpServer::handle_event(std::uint64_t data, std::uint32_t events) {
  if (data == kDoorbellEvent) return link::drain_event(doorbell_);
  if (data >= kListenerEvents) {
    return accept_clients(static_cast<std::uint16_t>(data - kListenerEvents));
  }
  const Id id = static_cast<Id>(data);
  const Connection& connection = connections_[id];
  if (!connection.socket || event_of(id, connection.generation) != data) return;
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) return close(id, Counter::tcp_closed_error);
  if ((events & EPOLLOUT) != 0) return write(id);
  if ((events & EPOLLIN) != 0) read(id);
}

// What was asked of a control that is gone is never answered: its clients ask again.
void TcpServer::drop_forgotten_asks() {
  if (link_.exchange_number() == exchange_number_) return;
  exchange_number_ = link_.exchange_number();
  for (Id id = 0; id < connections_.size(); ++id) {
    if (connections_[id].socket && connections_[id].asks != 0) {
      close(id, Counter::tcp_closed_error);
    }
  }
}

void TcpServer::expire() {
  for (Id id = expiry_.expired(now_ms_); id != Expiry::kNobody; id = expiry_.expired(now_ms_)) {
    if (last_look(id)) continue;
    const bool idle = expiry_.kind_of(id) == Waiting::kRequest;
    close(id, idle ? Counter::tcp_closed_idle : Counter::tcp_closed_io);
  }
}

// What a client sent or read while this thread was busy, or stopped, was in time; and to close with
// a request unread would be a reset. Returns whether it waits no more as it did.
bool TcpServer::last_look(Id id) {
  const std::uint32_t interest = connections_[id].interest;
  if ((interest & EPOLLOUT) != 0) {
    write(id);
  } else if ((interest & EPOLLIN) != 0) {
    read(id);
  }
  return expiry_.expired(now_ms_) != id;
}

// ---- Clients come and go ------------------------------------------------------------------------

void TcpServer::listen() {
  resume_ms_ = 0;
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    // EXCLUSIVE: one new client wakes one thread.
    if (!watch(epoll_.get(), listeners_[i].socket, EPOLLIN | EPOLLEXCLUSIVE,
               kListenerEvents + i)) {
      failure_ = "cannot watch a TCP socket";
      resume_ms_ = now_ms_ + kAcceptPause_ms;
    }
  }
}

// A client that cannot be accepted stays an event: without a pause this thread would spin.
void TcpServer::pause_accepting() {
  for (const TcpListener& each : listeners_) {
    (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, each.socket, nullptr);
  }
  resume_ms_ = now_ms_ + kAcceptPause_ms;
}

void TcpServer::accept_clients(std::uint16_t listener) {
  for (unsigned i = 0; i < kAcceptsPerRound; ++i) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    link::Fd socket(::accept4(listeners_[listener].socket, reinterpret_cast<sockaddr*>(&peer),
                              &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
      add_client(listener, std::move(socket), to_endpoint(peer));
      continue;
    }
    if (would_block()) return;
    const bool exhausted =
        errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    if (!exhausted) link_.counters.add(Counter::tcp_accept_failed);
    if (!exhausted) return;  // that client is gone
    // Said before it is looked whether there is a client.
    pollfd wanted{listeners_[listener].socket, POLLIN, 0};
    if (::poll(&wanted, 1, 0) == 0) return;
    link_.counters.add(Counter::tcp_accept_failed);
    // The client that waits is worth more than the one that idles.
    if (!make_place()) return pause_accepting();
  }
}

// Gives up a place of this thread, if it has clients.
bool TcpServer::make_place() {
  const Id id = least_missed();
  if (id == Expiry::kNobody) {
    if (const unsigned seat = clients_.fullest(seat_); seat != seat_) clients_.ask_for_place(seat);
    return false;
  }
  const bool crowds = clients_.of(connections_[id].group) > kClientsPerPrefix;
  close(id, crowds ? Counter::tcp_over_prefix : Counter::tcp_over_limit);
  return true;
}

// Makes room for a client that came when all places were taken, here or in the thread with most.
bool TcpServer::make_room() {
  const unsigned seat = clients_.fullest(seat_);
  if (seat == seat_) return make_place();
  clients_.ask_for_place(seat);
  return clients_.total() <= max_clients_ + kClientsInExcess;
}

void TcpServer::give_up_places() {
  for (std::uint32_t asked = clients_.take_asked(seat_); asked != 0; --asked) {
    if (least_missed() == Expiry::kNobody) return;
    (void)make_place();
  }
}

// Of the prefix that has most clients, if that is more than kClientsPerPrefix, the one that is
// missed least; else of all.
TcpServer::Id TcpServer::least_missed() {
  if (!clients_.crowded()) return expiry_.longest();
  Id best = Expiry::kNobody;
  std::uint32_t most = kClientsPerPrefix;
  const auto slots = static_cast<Id>(connections_.size());
  for (Id i = 0; i < std::min(slots, kMaxVictimsSeen); ++i) {
    next_seen_ = next_seen_ + 1 < slots ? next_seen_ + 1 : 0;
    if (!expiry_.has(next_seen_)) continue;
    const std::uint32_t clients = clients_.of(connections_[next_seen_].group);
    if (clients <= kClientsPerPrefix || clients < most) continue;
    if (clients > most || expiry_.goes_before(next_seen_, best)) best = next_seen_;
    most = clients;
  }
  return best == Expiry::kNobody ? expiry_.longest() : best;
}

void TcpServer::add_client(std::uint16_t listener, link::Fd socket, const link::Endpoint& peer) {
  link_.counters.add(Counter::tcp_accepted);
  const TcpClients::Group group = clients_.group_of(peer);
  if (clients_.arrive(seat_, group) > max_clients_ && !make_room()) {
    clients_.leave(seat_, group);
    return link_.counters.add(Counter::tcp_over_limit);
  }
  if (free_.empty()) {
    free_.push_back(static_cast<Id>(connections_.size()));
    connections_.emplace_back();
  }
  const Id id = free_.back();
  Connection& connection = connections_[id];
  const std::uint32_t generation = (connection.generation + 1) & INT32_MAX;
  if (!watch(epoll_.get(), socket.get(), EPOLLIN, event_of(id, generation))) {
    clients_.leave(seat_, group);
    return link_.counters.add(Counter::tcp_closed_error);
  }
  free_.pop_back();
  connection.socket = std::move(socket);
  connection.generation = generation;
  connection.interest = EPOLLIN;
  connection.listener = listener;
  connection.group = group;
  connection.local = peer == link::Endpoint{};
  connection.ipv6 = !peer.is_ipv4() && !connection.local;
  connection.may_be_proxied =
      !connection.local && net::may_proxy(*link_.sources().settings, peer);
  expiry_.enter(id, Waiting::kRequest, now_ms_);
}

void TcpServer::close(Id id, Counter reason) {
  Connection& connection = connections_[id];
  if (!connection.refused) link_.counters.add(reason);  // else counted when it was refused
  clients_.leave(seat_, connection.group);
  held_ -= connection.held;
  const std::uint32_t generation = connection.generation;
  connection = {};  // closes the socket, which ends its place in epoll
  connection.generation = generation;
  expiry_.leave(id);
  free_.push_back(id);
}

// Closes who holds most memory, until all together hold no more than they may.
void TcpServer::limit_held() {
  const auto slots = static_cast<Id>(connections_.size());
  while (held_ > kMaxHeld) {
    Id most = next_seen_;
    for (Id i = 0; i < std::min(slots, kMaxVictimsSeen); ++i) {
      next_seen_ = next_seen_ + 1 < slots ? next_seen_ + 1 : 0;
      if (connections_[next_seen_].held > connections_[most].held) most = next_seen_;
    }
    if (connections_[most].held != 0) close(most, Counter::tcp_over_memory);
  }
}

}  // namespace bowline::dataplane
