// Octets in any pieces, whole messages out; replies in, octets out in any pieces.
#include "dataplane/stream/connection.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <random>

#include "../support/frames.h"

namespace bowline::dataplane::test {
namespace {

Octets framed(const Octets& message) {
  Octets octets = {static_cast<std::uint8_t>(message.size() >> 8),
                   static_cast<std::uint8_t>(message.size())};
  octets.insert(octets.end(), message.begin(), message.end());
  return octets;
}

std::uint64_t seed() {
  const char* const text = std::getenv("BOWLINE_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 7766;
}

Octets random_message(std::mt19937_64& random) {
  const std::size_t sizes[] = {0, 1, 12, 40, 300, 4000, 65535};
  Octets message(sizes[random() % std::size(sizes)]);
  for (std::uint8_t& octet : message) octet = static_cast<std::uint8_t>(random());
  return message;
}

TEST_CASE("take_message: whole messages only") {
  struct Case {
    Octets stream;
    bool taken;
    std::size_t message_size, left;
  };
  for (const Case& one : std::vector<Case>{
           {{}, false, 0, 0},
           {{0}, false, 0, 1},
           {{0, 0}, true, 0, 0},
           {{0, 1}, false, 0, 2},
           {{0, 1, 9}, true, 1, 0},
           {{0, 1, 9, 0}, true, 1, 1},
           {{1, 0, 9}, false, 0, 3},
       }) {
    dns::Bytes stream = one.stream;
    dns::Bytes message;
    CHECK(take_message(stream, message) == one.taken);
    CHECK(message.size() == one.message_size);
    CHECK(stream.size() == one.left);
  }
}

TEST_CASE("RequestBuffer: messages survive being cut anywhere, and idle holds nothing") {
  std::mt19937_64 random(seed());
  INFO("BOWLINE_SEED=" << seed());
  for (int round = 0; round < 50; ++round) {
    std::vector<Octets> sent;
    Octets wire;
    for (std::size_t i = 0; i < 1 + random() % 6; ++i) {
      sent.push_back(random_message(random));
      const Octets one = framed(sent.back());
      wire.insert(wire.end(), one.begin(), one.end());
    }
    RequestBuffer buffer;
    std::vector<Octets> got;
    for (std::size_t at = 0; at < wire.size();) {
      const std::size_t most = random() % 3 == 0 ? 3 : 70000;
      const std::size_t piece = std::min(wire.size() - at, 1 + random() % most);
      const Octets fresh(wire.begin() + static_cast<long>(at),
                         wire.begin() + static_cast<long>(at + piece));
      at += piece;
      dns::Bytes stream = buffer.join(fresh);
      dns::Bytes message;
      // Now and then nothing may be taken, as from a client that does not read.
      while (random() % 5 != 0 && take_message(stream, message)) {
        got.emplace_back(message.begin(), message.end());
      }
      buffer.keep(stream);
    }
    dns::Bytes stream = buffer.join({});
    dns::Bytes message;
    while (take_message(stream, message)) got.emplace_back(message.begin(), message.end());
    buffer.keep(stream);
    CHECK(got == sent);
    CHECK(buffer.empty());
  }
}

TEST_CASE("ReplyQueue: what goes in comes out, and replies are counted as they end") {
  std::mt19937_64 random(seed());
  INFO("BOWLINE_SEED=" << seed());
  for (int round = 0; round < 50; ++round) {
    ReplyQueue queue;
    Octets wanted, got;
    unsigned put = 0, finished = 0;
    for (int step = 0; step < 40; ++step) {
      if (random() % 2 == 0) {
        const Octets message = random_message(random);
        const Octets whole = framed(message);
        std::size_t sent = 0;
        if (random() % 2 == 0) {
          queue.append_message(message);
        } else {
          if (queue.empty()) sent = random() % whole.size();
          queue.append(whole, sent);
        }
        wanted.insert(wanted.end(), whole.begin() + static_cast<long>(sent), whole.end());
        ++put;
      } else if (!queue.empty()) {
        const dns::Bytes unsent = queue.unsent();
        REQUIRE(!unsent.empty());
        const std::size_t count = random() % (unsent.size() + 1);
        got.insert(got.end(), unsent.begin(), unsent.begin() + static_cast<long>(count));
        finished += queue.advance(count);
      }
      CHECK(queue.messages() == put - finished);
      CHECK(queue.size() == wanted.size() - got.size());
    }
    const dns::Bytes rest = queue.unsent();
    got.insert(got.end(), rest.begin(), rest.end());
    finished += queue.advance(rest.size());
    CHECK(got == wanted);
    CHECK(finished == put);
    CHECK(queue.empty());
  }
}

}  // namespace
}  // namespace bowline::dataplane::test
