// Fuzzer of the control protocol, from the socket to the verb. Needs api_dep.
//
// The input: how many octets to send at once, what the command does, then what the client sends.
// A second client asks something sound afterwards. Properties: whatever came before, that one gets
// its answer; all that is written back are frames; a connection ends only as the protocol says; a
// request that is taken holds what a request may hold; the memory of a client stays bounded.
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "control/api/commands.h"
#include "control/api/server.h"

using namespace bowline;
using namespace bowline::control::api;

namespace {

constexpr std::size_t kMaxRounds = 10'000;
constexpr std::uint64_t kNow_ms = 1'000'000;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string socket_path() { return "/tmp/bowline-fuzz-" + std::to_string(::getpid()) + ".sock"; }

std::uint8_t behaviour = 0;

void produce(const std::shared_ptr<Response>& response) {
  response->produce_with([left = 3](Response& to) mutable {
    to.row({{"zone", "example."}, {"value", left}});
    if (--left > 0) return true;
    to.end();
    return false;
  });
}

void handle(const Request& request, std::shared_ptr<Response> response) {
  require(request.verb.size() <= kMaxRequest);
  std::size_t octets = 0;
  for (const std::string& argument : request.arguments) octets += argument.size();
  require(octets <= kMaxRequest);
  require(request.peer.uid == ::getuid());
  const Command* const command = find_command(request.verb);
  const std::string why = command != nullptr
                              ? check_arguments(*command, request.arguments)
                              : "unknown command " + request.verb;
  if (!why.empty()) return response->fail({request.verb, "invalid parameter", why});
  switch (behaviour % 4) {
    case 0:
      return produce(response);
    case 1:
      for (const std::string& argument : request.arguments) response->text(argument);
      return response->end();
    case 2:
      for (const std::string& argument : request.arguments) {
        response->failure({argument, "no such zone found", {}});
      }
      response->progress(1, 2, "zones");
      return response->end();
    default:
      response->end();
      return response->end("again, which is dropped");
  }
}

link::Fd connect() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, socket_path().c_str());
  link::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  require(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

// Takes what has come. False: the server has ended the connection.
bool take(const link::Fd& fd, std::string& into) {
  char octets[4096];
  for (;;) {
    const ssize_t got = ::recv(fd.get(), octets, sizeof octets, MSG_DONTWAIT);
    if (got > 0) into.append(octets, static_cast<std::size_t>(got));
    if (got == 0) return false;
    if (got < 0) return errno == EAGAIN;
  }
}

// Counts the ends among the frames; whatever is there is frames, but the last may be in part.
std::size_t count_ends(std::string octets) {
  std::size_t ends = 0;
  for (Json frame;;) {
    const Frame result = take_frame(octets, kMaxFrame, frame);
    if (result == Frame::kPartial) return ends;
    require(result == Frame::kComplete && frame.is_object());
    ends += frame.contains("end");
  }
}

void ask_something_sound(Server& server) {
  const link::Fd client = connect();
  std::string request, answer;
  append_frame(request, {{"verb", "status"}, {"args", Json::array()}});
  require(::send(client.get(), request.data(), request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(request.size()));
  for (std::size_t round = 0; count_ends(answer) == 0; ++round) {
    require(round < kMaxRounds);
    server.handle_events(kNow_ms);
    require(take(client, answer));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::unique_ptr<Server> server = [] {
    auto opened = Server::open({socket_path()}, {0, 16}, handle);
    require(opened.ok());
    std::atexit([] { (void)::unlink(socket_path().c_str()); });
    return std::move(*opened);
  }();
  if (size < 2) return 0;
  const std::size_t at_once = data[0] + 1U;
  behaviour = data[1];
  std::string octets(reinterpret_cast<const char*>(data + 2), size - 2), answer;
  {
    const link::Fd client = connect();
    bool alive = true;
    for (std::size_t sent = 0; alive && sent < octets.size();) {
      const std::size_t now = std::min(at_once, octets.size() - sent);
      const ssize_t taken =
          ::send(client.get(), octets.data() + sent, now, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (taken > 0) sent += static_cast<std::size_t>(taken);
      server->handle_events(kNow_ms);
      alive = take(client, answer);
    }
    for (int i = 0; alive && i < 8; ++i) {
      server->handle_events(kNow_ms);
      alive = take(client, answer);
    }
    (void)count_ends(answer);
  }
  ask_something_sound(*server);
  for (std::size_t round = 0; server->clients() != 0; ++round) {
    require(round < kMaxRounds);
    server->handle_events(kNow_ms);
  }
  return 0;
}
