#include "control/api/server.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace bowline::control::api {

namespace {

// Identifiers of what epoll watches: the outbox, listeners, then clients.
constexpr std::uint64_t kOutboxId = 0;
constexpr std::uint64_t kFirstListener = 1;
constexpr std::uint64_t kFirstClient = 1 << 16;
constexpr std::size_t kEventsARound = 64;
constexpr std::uint64_t kSweepEvery_ms = 500;
constexpr std::size_t kReadAtOnce = 16 << 10;
// As of knotd: the server's user and group may connect, for which the kernel asks to write.
constexpr mode_t kSocketMode = 0220;

dns::Error socket_error(const std::string& path, const std::string& why) {
  return {
      fmt::format("cannot listen on {}: {}: change control.listen or server.rundir", path, why)};
}

}  // namespace

Server::Server(const Options& options, Handler handler)
    : options_(options),
      handler_(std::move(handler)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      outbox_(std::make_shared<Outbox>()),
      next_id_(kFirstClient) {}

Server::~Server() {
  // Unless a server that came after this one listens there by now.
  for (const SocketFile& file : files_) {
    struct stat found {};
    if (::lstat(file.path.c_str(), &found) == 0 && found.st_ino == file.inode) {
      (void)::unlink(file.path.c_str());
    }
  }
}

dns::Result<std::unique_ptr<Server>> Server::open(const std::vector<std::string>& paths,
                                                  const Options& options, Handler handler) {
  std::unique_ptr<Server> server(new Server(options, std::move(handler)));
  if (!server->epoll_ || !server->watch(server->outbox_->wake_fd(), kOutboxId, EPOLLIN, true)) {
    return dns::Error{"cannot make the control socket's epoll: raise the limit of open files"};
  }
  for (const std::string& path : paths) {
    if (auto done = server->listen(path); !done) return dns::Error{done.error()};
  }
  return server;
}

dns::Result<void> Server::listen(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return socket_error(path, "the path is too long");
  std::memcpy(address.sun_path, path.data(), path.size());
  link::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) (void)::unlink(path.c_str());
  // Nobody can connect before listen(), by when the permissions are set.
  if (!socket || ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::chmod(path.c_str(), kSocketMode) != 0 || ::listen(socket.get(), options_.backlog) != 0 ||
      ::lstat(path.c_str(), &found) != 0 ||
      !watch(socket.get(), kFirstListener + listeners_.size(), EPOLLIN, true)) {
    return socket_error(path, std::strerror(errno));
  }
  listeners_.push_back(std::move(socket));
  files_.push_back({path, found.st_ino});
  return {};
}

bool Server::watch(int fd, std::uint64_t id, std::uint32_t events, bool add) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  return ::epoll_ctl(epoll_.get(), add ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event) == 0;
}

void Server::handle_events(std::uint64_t now_ms) {
  std::array<epoll_event, kEventsARound> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const std::uint64_t id = events[static_cast<std::size_t>(i)].data.u64;
    const std::uint32_t what = events[static_cast<std::size_t>(i)].events;
    if (id == kOutboxId) continue;
    if (id < kFirstClient) {
      accept(id - kFirstListener, now_ms);
      continue;
    }
    const auto found = clients_.find(id);
    if (found == clients_.end()) continue;
    Client& client = found->second;
    bool alive = (what & (EPOLLHUP | EPOLLERR)) == 0;
    if (alive && (what & EPOLLIN) != 0) {
      alive = read(client, now_ms) && start_request(id, client);
    }
    if (alive && (what & EPOLLOUT) != 0) alive = write(id, client, now_ms);
    if (!alive) clients_.erase(found);
  }
  fetch_outbox(now_ms);
  end_late(now_ms);
}

void Server::accept(std::size_t listener, std::uint64_t now_ms) {
  for (std::size_t i = 0; i < kEventsARound; ++i) {
    link::Fd socket(
        ::accept4(listeners_[listener].get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) return;
    if (clients_.size() >= kMaxClients) make_room();
    const std::uint64_t id = next_id_++;
    if (!watch(socket.get(), id, EPOLLIN, true)) continue;
    Client client;
    client.peer = find_peer(socket.get());
    client.socket = std::move(socket);
    client.active_ms = now_ms;
    clients_.emplace(id, std::move(client));
  }
}

void Server::make_room() {
  const auto longest = std::ranges::min_element(clients_, [](const auto& a, const auto& b) {
    return std::pair(a.second.response != nullptr, a.second.active_ms) <
           std::pair(b.second.response != nullptr, b.second.active_ms);
  });
  if (longest != clients_.end()) clients_.erase(longest);
}

bool Server::read(Client& client, std::uint64_t now_ms) {
  std::array<char, kReadAtOnce> octets;
  const ssize_t got = ::recv(client.socket.get(), octets.data(), octets.size(), 0);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) return false;
  if (client.in.empty()) client.active_ms = now_ms;
  client.in.append(octets.data(), static_cast<std::size_t>(got));
  return true;
}

// Begins the next request if it is there. While one is being answered, nothing more is read.
bool Server::start_request(std::uint64_t id, Client& client) {
  Json content;
  switch (take_frame(client.in, kMaxRequest, content)) {
    case Frame::kPartial:
      return true;
    case Frame::kComplete:
      break;
    default:
      return false;
  }
  std::optional<Request> request = read_request(content);
  if (!request) return false;
  request->peer = client.peer;
  client.response = std::make_shared<Response>(outbox_, id);
  client.ended = false;
  if (!watch(client.socket.get(), id, EPOLLOUT, false)) return false;
  handler_(*request, client.response);
  return true;
}

void Server::fetch_outbox(std::uint64_t now_ms) {
  for (Outbox::Item& item : outbox_->take()) {
    const auto found = clients_.find(item.client);
    if (found == clients_.end()) continue;
    Client& client = found->second;
    if (client.out.empty()) client.active_ms = now_ms;
    client.out += item.frames;
    client.ended |= item.end;
    (void)watch(client.socket.get(), item.client, EPOLLOUT, false);
  }
}

bool Server::write(std::uint64_t id, Client& client, std::uint64_t now_ms) {
  if (client.response && client.response->producer() &&
      client.out.size() - client.sent < kMaxUnsent) {
    if (!client.response->producer()(*client.response)) client.response->produce_with({});
    fetch_outbox(now_ms);
  }
  if (client.sent < client.out.size()) {
    const ssize_t sent = ::send(client.socket.get(), client.out.data() + client.sent,
                                client.out.size() - client.sent, MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    client.sent += static_cast<std::size_t>(sent);
    client.active_ms = now_ms;
  }
  if (client.sent < client.out.size()) return true;
  client.out.clear();
  client.out.shrink_to_fit();
  client.sent = 0;
  if (client.response && client.response->producer()) return true;
  if (!client.ended) return watch(client.socket.get(), id, 0, false);  // until the outbox has more
  client.response.reset();
  client.ended = false;
  return watch(client.socket.get(), id, EPOLLIN, false) && start_request(id, client);
}

// A client whose request is at work, and who has taken what there was, is not late.
void Server::end_late(std::uint64_t now_ms) {
  if (options_.timeout_ms == 0 || now_ms - swept_ms_ < kSweepEvery_ms) return;
  swept_ms_ = now_ms;
  std::erase_if(clients_, [&](const auto& entry) {
    const Client& client = entry.second;
    const bool waits_for_us = client.response && client.out.empty() && !client.response->producer();
    return !waits_for_us && now_ms - client.active_ms > options_.timeout_ms;
  });
}

}  // namespace bowline::control::api
