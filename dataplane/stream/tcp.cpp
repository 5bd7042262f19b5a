#include "dataplane/stream/tcp.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "dataplane/io/sockaddr.h"
#include "link/wakeup.h"

namespace bowline::dataplane {

using link::Counter;

namespace {

constexpr int kEventsPerRound = 64;

// What an epoll event belongs to: the doorbell, a listener, or a connection with its generation, so
// that an event for a client that is gone does not hit its successor.
constexpr std::uint64_t kDoorbellEvent = UINT64_MAX;
constexpr std::uint64_t kListenerEvents = UINT64_MAX - UINT16_MAX - 1;

std::uint64_t event_of(Expiry::Id id, std::uint32_t generation) {
  return std::uint64_t{generation} << 32 | id;
}

bool watch(int epoll, int fd, std::uint32_t events, std::uint64_t data) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = data;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

TcpServer::TcpServer(std::vector<TcpListener> listeners, int doorbell, ThreadLink& link,
                     TcpClients& clients, Clock clock)
    : listeners_(std::move(listeners)),
      doorbell_(doorbell),
      link_(link),
      clients_(clients),
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
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    // EXCLUSIVE: one new client wakes one thread.
    if (!watch(epoll_.get(), listeners_[i].socket, EPOLLIN | EPOLLEXCLUSIVE,
               kListenerEvents + i)) {
      failure_ = "cannot watch a TCP socket";
    }
  }
  expiry_.set_limit(Waiting::kControl, kControlWait_ms);
}

TcpServer::~TcpServer() {
  for (const Connection& connection : connections_) {
    if (connection.socket) clients_.fetch_sub(1, std::memory_order_relaxed);
  }
}

void TcpServer::run() {
  while (!link_.stop_requested()) turn(-1);
}

void TcpServer::turn(int timeout_ms) {
  now_ms_ = clock_();
  take_settings();
  std::array<epoll_event, kEventsPerRound> events;
  const bool may_block = link_.before_sleep();
  const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(),
                                 may_block ? wait_ms(timeout_ms) : 0);
  if (may_block) link_.after_sleep();
  now_ms_ = clock_();
  link_.begin();
  for (int i = 0; i < count; ++i) {
    handle_event(events[i].data.u64, events[i].events);
    link_.end();  // one view for each client's requests: a round may be long
    link_.begin();
  }
  link_.take_replies([this](const link::Reply& reply) { pass_on(reply); });
  drop_forgotten_asks();
  link_.end();
  expire();
}

void TcpServer::take_settings() {
  const link::Settings& settings = *link_.begin().settings;
  expiry_.set_limit(Waiting::kRequest, settings.tcp_idle_timeout_ms);
  expiry_.set_limit(Waiting::kTransfer, settings.tcp_io_timeout_ms);
  max_clients_ = settings.tcp_max_clients;
  link_.end();
}

int TcpServer::wait_ms(int timeout_ms) const {
  const std::uint64_t next_ms = expiry_.next_ms();
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
    const bool idle = expiry_.kind_of(id) == Waiting::kRequest;
    close(id, idle ? Counter::tcp_closed_idle : Counter::tcp_closed_io);
  }
}

// ---- Clients come and go ------------------------------------------------------------------------

void TcpServer::accept_clients(std::uint16_t listener) {
  for (unsigned i = 0; i < kAcceptsPerRound; ++i) {
    link::Fd socket(::accept4(listeners_[listener].socket, nullptr, nullptr,
                              SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (would_block()) return;
      link_.counters.add(Counter::tcp_accept_failed);
      if (errno != EMFILE && errno != ENFILE) return;
      // Descriptors have run out: the client that waits is worth more than the one that idles.
      const Id longest = expiry_.longest();
      if (longest == Expiry::kNobody) return;
      close(longest, Counter::tcp_over_limit);
      continue;
    }
    add_client(listener, std::move(socket));
  }
}

void TcpServer::add_client(std::uint16_t listener, link::Fd socket) {
  link_.counters.add(Counter::tcp_accepted);
  if (clients_.fetch_add(1, std::memory_order_relaxed) >= max_clients_) {
    const Id longest = expiry_.longest();
    if (longest == Expiry::kNobody) {  // all clients are those of other threads
      clients_.fetch_sub(1, std::memory_order_relaxed);
      return link_.counters.add(Counter::tcp_over_limit);
    }
    close(longest, Counter::tcp_over_limit);
  }
  const int on = 1;
  (void)::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  int family = AF_INET;
  socklen_t size = sizeof family;
  (void)::getsockopt(socket.get(), SOL_SOCKET, SO_DOMAIN, &family, &size);
  if (free_.empty()) {
    free_.push_back(static_cast<Id>(connections_.size()));
    connections_.emplace_back();
  }
  const Id id = free_.back();
  Connection& connection = connections_[id];
  const std::uint32_t generation = (connection.generation + 1) & INT32_MAX;
  if (!watch(epoll_.get(), socket.get(), EPOLLIN, event_of(id, generation))) {
    clients_.fetch_sub(1, std::memory_order_relaxed);
    return link_.counters.add(Counter::tcp_closed_error);
  }
  free_.pop_back();
  connection = {};
  connection.socket = std::move(socket);
  connection.generation = generation;
  connection.interest = EPOLLIN;
  connection.listener = listener;
  connection.ipv6 = family == AF_INET6;
  expiry_.enter(id, Waiting::kRequest, now_ms_);
}

void TcpServer::close(Id id, Counter reason) {
  link_.counters.add(reason);
  Connection& connection = connections_[id];
  const std::uint32_t generation = connection.generation;
  connection = {};  // closes the socket, which ends its place in epoll
  connection.generation = generation;
  expiry_.leave(id);
  free_.push_back(id);
  clients_.fetch_sub(1, std::memory_order_relaxed);
}

// ---- Octets in and out --------------------------------------------------------------------------

void TcpServer::read(Id id) {
  const ssize_t size =
      ::recv(connections_[id].socket.get(), input_->octets, sizeof input_->octets, 0);
  if (size < 0) {
    if (!would_block()) close(id, Counter::tcp_closed_error);
    return;
  }
  // A client may end its side and still wait for answers.
  if (size == 0) connections_[id].ended = true;
  restarted_ = false;
  if (serve(id, {input_->octets, static_cast<std::size_t>(size)})) settle(id);
}

// There is room in the socket: first for what waits, then for answers to what was not read.
void TcpServer::write(Id id) {
  restarted_ = false;
  if (flush(id) && serve(id, {})) settle(id);
}

void TcpServer::pass_on(const link::Reply& reply) {
  const link::ClientContext& client = reply.header.context;
  const Id id = client.stream;
  const bool known = client.transport == link::Transport::kTcp && id < connections_.size() &&
                     connections_[id].socket && connections_[id].asks != 0 &&
                     connections_[id].generation == client.stream_generation;
  if (!known) return link_.counters.add(Counter::ask_stale);
  Connection& connection = connections_[id];
  if (reply.header.part == link::ReplyPart::kFinal) --connection.asks;
  restarted_ = true;
  if (reply.payload.empty()) {
    link_.counters.add(Counter::drop_by_control);
  } else {
    const dns::Bytes message(reinterpret_cast<const std::uint8_t*>(reply.payload.data()),
                             reply.payload.size());
    link_.counters.add(rcode_counter(message));
    link_.counters.add(Counter::bytes_sent, message.size());
    connection.replies.append_message(message);
  }
  if (flush(id) && serve(id, {})) settle(id);
}

// Sends what waits, as far as the socket takes it.
bool TcpServer::flush(Id id) {
  Connection& connection = connections_[id];
  while (!connection.replies.empty()) {
    const dns::Bytes unsent = connection.replies.unsent();
    const ssize_t sent = ::send(connection.socket.get(), unsent.data(), unsent.size(),
                                MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) {
      if (would_block()) return true;
      close(id, Counter::tcp_closed_error);
      return false;
    }
    if (connection.replies.advance(static_cast<std::size_t>(sent)) != 0) restarted_ = true;
  }
  return true;
}

// After anything has happened: what to watch for, and what the client is waiting for.
bool TcpServer::settle(Id id) {
  Connection& connection = connections_[id];
  if (connection.ended && connection.outstanding() == 0) {
    close(id, Counter::tcp_closed_by_peer);
    return false;
  }
  const bool reads = !connection.ended && connection.may_take();
  const bool writes = !connection.replies.empty();
  const std::uint32_t interest =
      (reads ? std::uint32_t{EPOLLIN} : 0) | (writes ? std::uint32_t{EPOLLOUT} : 0);
  if (interest != connection.interest) {
    connection.interest = interest;
    epoll_event event{};
    event.events = interest;
    event.data.u64 = event_of(id, connection.generation);
    (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.socket.get(), &event);
  }
  Waiting waiting = Waiting::kRequest;
  if (writes) {
    waiting = Waiting::kTransfer;
  } else if (connection.asks != 0) {
    waiting = Waiting::kControl;
  } else if (!connection.requests.empty()) {
    waiting = Waiting::kTransfer;
  }
  if (restarted_ || expiry_.kind_of(id) != waiting) expiry_.enter(id, waiting, now_ms_);
  return true;
}

// ---- Requests -----------------------------------------------------------------------------------

// Answers what was kept of the stream and what has come, as far as the client takes answers.
bool TcpServer::serve(Id id, dns::Bytes fresh) {
  Connection& connection = connections_[id];
  dns::Bytes stream = connection.requests.join(fresh);
  while (connection.may_take()) {
    const std::size_t count = take_batch(connection, stream);
    if (count == 0) break;
    restarted_ = true;
    if (!answer_batch(id, count)) return false;
  }
  connection.requests.keep(stream);
  return true;
}

// Copies requests from `stream` to the frames that their answers will be in.
std::size_t TcpServer::take_batch(Connection& connection, dns::Bytes& stream) {
  const std::size_t most =
      std::min<std::size_t>(kStreamBurst, kMaxOutstanding - connection.outstanding());
  std::size_t count = 0;
  dns::Bytes message;
  while (count < most && take_message(stream, message)) {
    answer::Query& query = queries_[count];
    query.message = frames_[count].message();
    query.size = static_cast<std::uint32_t>(message.size());
    query.capacity = query.size_max = dns::kMaxMessageSize;
    query.stream = true;
    if (!message.empty()) std::memcpy(query.message, message.data(), message.size());
    link_.counters.add(Counter::bytes_received, message.size());
    ++count;
  }
  return count;
}

void TcpServer::count_request(const answer::Query& query, bool ipv6) {
  link_.counters.add(Counter::received_tcp);
  link_.counters.add(ipv6 ? Counter::received_ipv6 : Counter::received_ipv4);
  if (query.action == answer::Action::kDrop || !query.facts.has_edns) return;
  link_.counters.add(Counter::edns);
  if (query.facts.edns.dnssec_ok) link_.counters.add(Counter::dnssec_ok);
}

bool TcpServer::answer_batch(Id id, std::size_t count) {
  const answer::Sources& sources = link_.sources();
  answer::answer_burst({queries_.get(), count}, sources, *scratch_);
  std::size_t replies = 0;
  bool malformed = false;
  for (std::size_t i = 0; i < count && !malformed; ++i) {
    answer::Query& query = queries_[i];
    count_request(query, connections_[id].ipv6);
    if (query.action == answer::Action::kAsk) {
      if (ask(id, query)) continue;
      answer::answer_error(query, dns::Rcode::kServFail, sources);
    }
    link_.counters.add(query.reason);
    if (query.action == answer::Action::kSend) {
      dns::store_u16(query.message - kLengthSize, static_cast<std::uint16_t>(query.size));
      link_.counters.add(Counter::bytes_sent, query.size);
      batch_[replies++] = {query.message - kLengthSize, kLengthSize + query.size};
    } else {
      // Where this message ends, and with it where the next begins, is not to be believed.
      malformed = query.reason == Counter::drop_short_message;
    }
  }
  if (!send_batch(id, replies)) return false;
  if (malformed) close(id, Counter::tcp_closed_malformed);
  return !malformed;
}

bool TcpServer::ask(Id id, const answer::Query& query) {
  Connection& connection = connections_[id];
  const TcpListener& listener = listeners_[connection.listener];
  link::ClientContext context;
  context.transport = link::Transport::kTcp;
  context.role = listener.role;
  context.listener = listener.index;
  context.max_reply = dns::kMaxMessageSize;
  context.stream = id;
  context.stream_generation = connection.generation;
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(connection.socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    context.peer = context.packet_peer = to_endpoint(address);
  }
  size = sizeof address;
  if (::getsockname(connection.socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    context.local = to_endpoint(address);
  }
  if (!link_.ask(query, context)) return false;
  ++connection.asks;
  return true;
}

// Sends the replies in batch_; what the socket does not take is queued.
bool TcpServer::send_batch(Id id, std::size_t count) {
  Connection& connection = connections_[id];
  std::size_t sent = 0;
  if (connection.replies.empty() && count != 0) {
    msghdr header{};
    header.msg_iov = batch_.data();
    header.msg_iovlen = count;
    const ssize_t result =
        ::sendmsg(connection.socket.get(), &header, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (result < 0 && !would_block()) {
      close(id, Counter::tcp_closed_error);
      return false;
    }
    if (result > 0) sent = static_cast<std::size_t>(result);
  }
  for (std::size_t i = 0; i < count; ++i) {
    const dns::Bytes framed(static_cast<const std::uint8_t*>(batch_[i].iov_base),
                            batch_[i].iov_len);
    if (sent >= framed.size()) {
      sent -= framed.size();
      continue;
    }
    connection.replies.append(framed, sent);
    sent = 0;
  }
  return true;
}

}  // namespace bowline::dataplane
