// The control sockets: requests, slow and idle and hostile clients.
#include "control/api/server.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <thread>

#include "control/client/connection.h"

namespace {

using namespace bowline;
using namespace control::api;

std::string socket_path() { return "/tmp/bowline-api-" + std::to_string(::getpid()) + ".sock"; }

// A server whose clock is moved by hand, and whose rounds are run by hand.
struct Bench {
  explicit Bench(Server::Handler handler, std::uint64_t timeout_ms = 0) {
    auto opened = Server::open({socket_path()}, {timeout_ms, 128}, std::move(handler));
    REQUIRE(opened);
    server = std::move(*opened);
  }
  void round() {
    pollfd wanted{server->poll_fd(), POLLIN, 0};
    (void)::poll(&wanted, 1, 10);
    server->handle_events(now_ms);
  }
  link::Fd connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, socket_path().c_str());
    link::Fd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
    REQUIRE(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    const std::size_t before = server->clients();
    while (server->clients() == before) round();
    return fd;
  }
  // What the client has got so far, as frames.
  std::vector<Json> receive(const link::Fd& fd) {
    std::string buffer;
    char octets[4096];
    for (ssize_t got = 0; (got = ::recv(fd.get(), octets, sizeof octets, MSG_DONTWAIT)) > 0;) {
      buffer.append(octets, static_cast<std::size_t>(got));
    }
    std::vector<Json> frames;
    for (Json content; take_frame(buffer, kMaxFrame, content) == Frame::kComplete;) {
      frames.push_back(content);
    }
    return frames;
  }

  std::uint64_t now_ms = 1'000'000;
  std::unique_ptr<Server> server;
};

void send_text(const link::Fd& fd, const Json& content) {
  std::string frame;
  append_frame(frame, content);
  REQUIRE(::send(fd.get(), frame.data(), frame.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(frame.size()));
}

bool is_closed(const link::Fd& fd) {
  char octet = 0;
  return ::recv(fd.get(), &octet, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

void echo(const Request& request, const std::shared_ptr<Response>& response) {
  for (const std::string& argument : request.arguments) response->text(argument);
  response->end(request.verb == "fail" ? "it failed" : "");
}

}  // namespace

TEST_CASE("requests are answered one after the other, also when sent together") {
  Bench bench(echo);
  const link::Fd client = bench.connect();
  send_text(client, {{"verb", "ok"}, {"args", {"a", "b"}}});
  send_text(client, {{"verb", "fail"}});
  std::vector<Json> frames;
  while (frames.size() < 4) {
    bench.round();
    for (Json& frame : bench.receive(client)) frames.push_back(frame);
  }
  REQUIRE(frames.size() == 4);
  CHECK(frames[0]["text"] == "a");
  CHECK(frames[1]["text"] == "b");
  CHECK(frames[2]["end"]["ok"] == true);
  CHECK(frames[3]["end"]["ok"] == false);
  CHECK(frames[3]["end"]["error"] == "it failed");
}

TEST_CASE("the socket is for its owner and group only") {
  Bench bench(echo);
  struct stat found {};
  REQUIRE(::stat(socket_path().c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0220);  // as that of knotd
}

TEST_CASE("a socket file left by a killed process is replaced") {
  {
    link::Fd left(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, socket_path().c_str());
    REQUIRE(::bind(left.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  Bench bench(echo);
  const link::Fd client = bench.connect();
  CHECK(bench.server->clients() == 1);
}

TEST_CASE("an answer may be written by another thread, later") {
  std::shared_ptr<Response> kept;
  Bench bench([&](const Request&, std::shared_ptr<Response> response) { kept = response; });
  const link::Fd client = bench.connect();
  send_text(client, {{"verb", "slow"}});
  while (!kept) bench.round();
  CHECK(bench.receive(client).empty());
  std::thread([&] {
    kept->row({{"zone", "example."}});
    kept->end();
  }).join();
  std::vector<Json> frames;
  while (frames.size() < 2) {
    bench.round();
    for (Json& frame : bench.receive(client)) frames.push_back(frame);
  }
  CHECK(frames[0]["row"]["zone"] == "example.");
}

TEST_CASE("a long answer waits for a slow reader in bounded memory") {
  const std::string line(1000, 'x');
  std::size_t produced = 0;
  constexpr std::size_t kLines = 20'000;  // 20 MB
  Bench bench([&](const Request&, const std::shared_ptr<Response>& response) {
    response->produce_with([&](Response& to) {
      for (int i = 0; i < 100 && produced < kLines; ++i, ++produced) to.text(line);
      if (produced < kLines) return true;
      to.end();
      return false;
    });
  });
  const link::Fd client = bench.connect();
  send_text(client, {{"verb", "all"}});
  for (int i = 0; i < 200; ++i) bench.server->handle_events(bench.now_ms);
  CHECK(produced * line.size() < (1 << 20));  // with what the kernel keeps of a socket
  std::size_t got = 0;
  char octets[65536];
  while (produced < kLines || got < kLines * line.size()) {
    bench.server->handle_events(bench.now_ms);
    const ssize_t now = ::recv(client.get(), octets, sizeof octets, MSG_DONTWAIT);
    if (now > 0) got += static_cast<std::size_t>(now);
  }
  CHECK(produced == kLines);
}

TEST_CASE("hostile requests end the connection") {
  Bench bench(echo);
  const Json requests[] = {Json::array(), {{"verb", 1}}, {{"args", {"a"}}},
                           {{"verb", "x"}, {"args", "a"}}, {{"verb", "x"}, {"args", {1}}}};
  for (const Json& request : requests) {
    const link::Fd client = bench.connect();
    send_text(client, request);
    for (int i = 0; i < 100 && !is_closed(client); ++i) bench.round();
    CHECK(is_closed(client));
  }
  const link::Fd large = bench.connect();
  REQUIRE(::send(large.get(), "\x7f\xff\xff\xff", 4, MSG_NOSIGNAL) == 4);
  for (int i = 0; i < 100 && !is_closed(large); ++i) bench.round();
  CHECK(is_closed(large));
  CHECK(bench.server->clients() == 0);
}

TEST_CASE("a thousand idle clients neither hurt nor stay") {
  Bench bench(echo, 5'000);
  std::vector<link::Fd> idle;
  for (int i = 0; i < 1'000; ++i) idle.push_back(bench.connect());
  CHECK(bench.server->clients() == 1'000);
  const link::Fd client = bench.connect();
  send_text(client, {{"verb", "ok"}});
  std::vector<Json> frames;
  while (frames.empty()) {
    bench.round();
    frames = bench.receive(client);
  }
  CHECK(frames[0]["end"]["ok"] == true);
  bench.now_ms += 5'500;
  bench.round();
  CHECK(bench.server->clients() == 0);
  CHECK(is_closed(idle[0]));
}

TEST_CASE("who waits for us is not idle") {
  std::shared_ptr<Response> kept;
  Bench bench([&](const Request&, std::shared_ptr<Response> response) { kept = response; }, 5'000);
  const link::Fd client = bench.connect();
  send_text(client, {{"verb", "slow"}});
  while (!kept) bench.round();
  bench.round();
  bench.now_ms += 60'000;
  bench.round();
  CHECK(bench.server->clients() == 1);
}

TEST_CASE("a request has to come in time, octet by octet too") {
  Bench bench(echo, 5'000);
  const link::Fd client = bench.connect();
  std::string frame;
  append_frame(frame, {{"verb", "ok"}});
  for (std::size_t i = 0; i < 8; ++i) {
    (void)::send(client.get(), &frame[i], 1, MSG_NOSIGNAL);
    bench.round();
    bench.now_ms += 1'000;
  }
  bench.round();
  CHECK(bench.server->clients() == 0);
}

TEST_CASE("an answer that took long is not cut off as late") {
  std::shared_ptr<Response> kept;
  Bench bench([&](const Request&, std::shared_ptr<Response> response) { kept = response; }, 5'000);
  const link::Fd client = bench.connect();
  send_text(client, {{"verb", "slow"}});
  while (!kept) bench.round();
  bench.round();
  bench.now_ms += 60'000;
  kept->end();
  std::vector<Json> frames;
  for (int i = 0; i < 100 && frames.empty(); ++i) {
    bench.round();
    frames = bench.receive(client);
  }
  REQUIRE(frames.size() == 1);
  CHECK(frames[0]["end"]["ok"] == true);
}

TEST_CASE("a reader that stops is ended, one that is slow is not") {
  const std::string line(10'000, 'x');
  Bench bench(
      [&](const Request&, const std::shared_ptr<Response>& response) {
        response->produce_with([&](Response& to) {
          to.text(line);
          return true;
        });
      },
      5'000);
  const link::Fd slow = bench.connect();
  const link::Fd stopped = bench.connect();
  send_text(slow, {{"verb", "all"}});
  send_text(stopped, {{"verb", "all"}});
  std::vector<char> octets(1 << 20);
  for (int second = 0; second < 60; ++second) {
    for (int i = 0; i < 30; ++i) bench.server->handle_events(bench.now_ms);
    CHECK(::recv(slow.get(), octets.data(), octets.size(), MSG_DONTWAIT) > 0);
    bench.now_ms += 1'000;
  }
  CHECK(bench.server->clients() == 1);
}

TEST_CASE("failures are told one by one, and the end is not ok") {
  std::vector<std::string> observed;
  Bench bench([&](const Request& request, const std::shared_ptr<Response>& response) {
    response->observe([&](const Failure& failure) {
      observed.push_back(failure.zone + "|" + failure.error + "|" + failure.data);
    });
    response->failure({"nosuch", "no such zone found", {}});
    response->progress(1, 4, "zones");
    if (request.verb == "some") response->fail({{}, "operation failed for some zones", "@ SOA"});
    response->end();
    response->text("after the end, dropped");
  });
  const link::Fd client = bench.connect();
  for (const char* const verb : {"some", "none"}) {
    send_text(client, {{"verb", verb}});
    std::vector<Json> frames;
    while (frames.empty() || !frames.back().contains("end")) {
      bench.round();
      for (Json& frame : bench.receive(client)) frames.push_back(frame);
    }
    REQUIRE(frames.size() == 3);
    CHECK(frames[0]["failure"] == Json({{"zone", "nosuch"}, {"error", "no such zone found"}}));
    CHECK(frames[1]["progress"] == Json({{"done", 1}, {"total", 4}, {"what", "zones"}}));
    CHECK(frames[2]["end"]["ok"] == false);
    CHECK(frames[2]["end"].contains("error") == (verb == std::string("some")));
  }
  CHECK(observed == std::vector<std::string>{"nosuch|no such zone found|",
                                             "|operation failed for some zones|@ SOA",
                                             "nosuch|no such zone found|"});
}

TEST_CASE("a server leaves the socket file of the one that came after it") {
  auto first = std::make_unique<Bench>(echo);
  Bench second(echo);
  first.reset();
  CHECK(::access(socket_path().c_str(), F_OK) == 0);
  const link::Fd client = second.connect();
  CHECK(second.server->clients() == 1);
}

TEST_CASE("several sockets serve side by side") {
  const std::string more = socket_path() + ".2";
  auto opened = Server::open({socket_path(), more}, {0, 5}, echo);
  REQUIRE(opened);
  CHECK(::access(more.c_str(), F_OK) == 0);
  opened->reset();
  CHECK(::access(more.c_str(), F_OK) != 0);
}
