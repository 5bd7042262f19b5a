// TcpServer: octets in and out of a connection, requests and replies.
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "dataplane/io/sockaddr.h"
#include "dataplane/net/proxy.h"
#include "dataplane/stream/tcp.h"

namespace bowline::dataplane {

using link::Counter;

// ---- Octets in and out --------------------------------------------------------------------------

bool TcpServer::would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

void TcpServer::read(Id id) {
  Connection& connection = connections_[id];
  const ssize_t size =
      ::recv(connection.socket.get(), input_->octets, sizeof input_->octets, 0);
  if (size < 0) {
    if (!would_block()) close(id, Counter::tcp_closed_error);
    return;
  }
  // A client may end its side and still wait for answers.
  if (size == 0) connection.ended = true;
  restarted_ = false;
  if (connection.refused) {  // whatever it was
    settle(id);
    return;
  }
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
  const bool done = connection.outstanding() == 0;
  if (connection.ended && done) {
    close(id, Counter::tcp_closed_by_peer);
    return false;
  }
  if (connection.refused && done && !connection.shut) {
    connection.shut = true;
    (void)::shutdown(connection.socket.get(), SHUT_WR);
  }
  count_held(connection);
  const bool reads = connection.shut || (!connection.ended && connection.may_take());
  const bool writes = !connection.replies.empty();
  watch_for(id, (reads ? std::uint32_t{EPOLLIN} : 0) | (writes ? std::uint32_t{EPOLLOUT} : 0));
  const Waiting waiting = waits_for(connection);
  if (restarted_ || expiry_.kind_of(id) != waiting) expiry_.enter(id, waiting, now_ms_);
  return true;
}

void TcpServer::count_held(Connection& connection) {
  const std::size_t held = connection.requests.held() + connection.replies.held();
  held_ += held - connection.held;
  connection.held = static_cast<std::uint32_t>(held);
}

void TcpServer::watch_for(Id id, std::uint32_t interest) {
  Connection& connection = connections_[id];
  if (interest == connection.interest) return;
  connection.interest = interest;
  epoll_event event{};
  event.events = interest;
  event.data.u64 = event_of(id, connection.generation);
  (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.socket.get(), &event);
}

Waiting TcpServer::waits_for(const Connection& connection) const {
  if (connection.shut) return Waiting::kEnd;
  if (!connection.replies.empty()) return Waiting::kTransfer;
  if (connection.asks != 0) return Waiting::kControl;
  return connection.requests.empty() ? Waiting::kRequest : Waiting::kTransfer;
}

// ---- Requests -----------------------------------------------------------------------------------

// Answers what was kept of the stream and what has come, as far as the client takes answers.
bool TcpServer::serve(Id id, dns::Bytes fresh) {
  Connection& connection = connections_[id];
  dns::Bytes stream = connection.requests.join(fresh);
  if (connection.may_be_proxied) [[unlikely]] {
    bool wait = false;
    if (!take_proxy_header(id, stream, wait)) return false;
    if (wait) {
      connection.requests.keep(stream);
      return true;
    }
  }
  while (connection.may_take()) {
    const std::size_t count = take_batch(connection, stream);
    if (count == 0) break;
    restarted_ = true;
    if (!answer_batch(id, count)) return false;
  }
  connection.requests.keep(connection.refused ? dns::Bytes{} : stream);
  return true;
}

// Takes the PROXY header, if there is one, off the front of a connection's first octets. `wait`:
// more of them must come first. From then on the client counts as the one that the proxy named.
bool TcpServer::take_proxy_header(Id id, dns::Bytes& stream, bool& wait) {
  Connection& connection = connections_[id];
  net::ProxyHeader header;
  const net::ProxyFinding finding = net::read_proxy_header(stream, header);
  wait = finding == net::ProxyFinding::kMore;
  if (wait) return true;
  connection.may_be_proxied = false;
  if (finding == net::ProxyFinding::kNone) return true;
  if (finding == net::ProxyFinding::kWrong) {
    link_.counters.add(header.fault);
    close(id, Counter::tcp_closed_malformed);
    return false;
  }
  link_.counters.add(Counter::proxied);
  stream = stream.subspan(header.size);
  if (!header.has_client) return true;
  clients_.leave(seat_, connection.group);
  connection.group = clients_.group_of(header.client);
  (void)clients_.arrive(seat_, connection.group);
  connection.client = std::make_unique<link::Endpoint>(header.client);
  return true;
}

// Copies requests from `stream` to the frames that their answers will be in. For a client that has
// replies to read one at a time: they may be large.
std::size_t TcpServer::take_batch(Connection& connection, dns::Bytes& stream) {
  const std::size_t room = kMaxOutstanding - connection.outstanding();
  const std::size_t most =
      connection.replies.empty() ? std::min<std::size_t>(kStreamBurst, room) : 1;
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

void TcpServer::count_request(const answer::Query& query, const Connection& connection) {
  link_.counters.add(Counter::received_tcp);
  if (!connection.local) {
    link_.counters.add(connection.ipv6 ? Counter::received_ipv6 : Counter::received_ipv4);
  }
  if (query.action == answer::Action::kDrop || !query.facts.has_edns) return;
  link_.counters.add(Counter::edns);
  if (query.facts.edns.dnssec_ok) link_.counters.add(Counter::dnssec_ok);
}

// A message without a header ends what is taken of the stream, as with the peers: where it ends,
// and with it where the next begins, is not to be believed. What came before it is answered. All
// else that is malformed gets its FORMERR, and the next message its answer.
bool TcpServer::answer_batch(Id id, std::size_t count) {
  const answer::Sources& sources = link_.sources();
  answer::answer_burst({queries_.get(), count}, sources, *scratch_);
  Connection& connection = connections_[id];
  std::size_t replies = 0;
  for (std::size_t i = 0; i < count && !connection.refused; ++i) {
    answer::Query& query = queries_[i];
    count_request(query, connection);
    if (query.action == answer::Action::kAsk) {
      if (ask(id, query)) continue;
      answer::answer_error(query, dns::Rcode::kServFail, sources);
    }
    link_.counters.add(query.reason);
    if (query.action == answer::Action::kSend) {
      dns::store_u16(query.message - kLengthSize, static_cast<std::uint16_t>(query.size));
      link_.counters.add(Counter::bytes_sent, query.size);
      batch_[replies++] = {query.message - kLengthSize, kLengthSize + query.size};
    } else if (query.reason == Counter::drop_short_message) {
      connection.refused = true;
      link_.counters.add(Counter::tcp_closed_malformed);
    }
  }
  return send_batch(id, replies);
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
    context.packet_peer = to_endpoint(address);
  }
  context.peer = connection.client ? *connection.client : context.packet_peer;
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
