// What control answers to transfers, updates, notifications and signed messages, and how it bears a
// dataplane that breaks the rules of the rings.
#include "control/service/service.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <catch2/catch.hpp>
#include <mutex>

#include "../store/bench.h"
#include "control/service/refuse.h"

namespace {

using namespace bowline;
using namespace control;
using dns::Rcode;

std::vector<std::uint8_t> request(unsigned opcode, const std::string& zone, std::uint16_t type,
                                  bool edns = false) {
  const dns::Name name = store::name(zone);
  std::vector<std::uint8_t> out(600);
  dns::WireWriter writer(out);
  writer.u16(0x1234);
  writer.u16(static_cast<std::uint16_t>(opcode << 11 | 0x0120));  // RD and AD
  writer.u16(1);
  writer.u32(0);
  writer.u16(edns ? 1 : 0);
  writer.bytes(name.view().bytes());
  writer.u16(type);
  writer.u16(1);
  if (edns) {
    writer.u8(0);
    writer.u16(41);
    writer.u16(1232);
    writer.u32(0x8000);  // DO
    writer.u16(0);
  }
  out.resize(writer.size());
  return out;
}

std::vector<std::uint8_t> refuse(const std::vector<std::uint8_t>& message, link::AskKind kind,
                                 bool served) {
  dns::QueryFacts facts;
  (void)dns::read_query(message, facts);
  std::vector<std::uint8_t> out(service::kMaxRefusal);
  out.resize(service::write_refusal(message, facts, kind, {served}, out));
  return out;
}

Rcode rcode_of(const std::vector<std::uint8_t>& reply) {
  return static_cast<Rcode>(reply.at(3) & 15);
}

// A service over an exchange of one thread, with the test as the dataplane.
struct Pair {
  Pair() {
    auto made = link::create_exchange({1, 1, 1}, {});
    REQUIRE(made);
    bench.pairing().set(std::move(made->mapping), 1, 1);
    exchange = bench.pairing().get().exchange->get();
    asks = link::RingWriter<>(exchange->asks[0]);
    replies = link::RingReader<>(exchange->replies[0]);
    serving = std::make_unique<service::Service>(
        service::Service::Tables{bench.tables().heap().base(), &bench.tables().header(),
                                 &bench.tables().own_slots(), bench.tables().secret()},
        [this](std::uint64_t pairing, const std::string&) { corrupt = pairing; });
    serving->start(bench.pairing().get(), {bell.get(), {thread_bell.get()}});
  }
  void ask(const std::vector<std::uint8_t>& message, std::uint16_t worker = 0) {
    link::AskHeader header;
    header.kind = link::AskKind::kTransfer;
    header.context.worker = worker;
    header.context.stream = 77;
    REQUIRE(link::push_message(asks, header, std::as_bytes(std::span(message))) ==
            link::Push::kDone);
    exchange->service_sleep.wake_if_asleep(bell.get());
  }
  // The next reply; the service is running, so it comes.
  std::vector<std::uint8_t> reply() {
    std::uint32_t length = 0;
    while (replies.pop(buffer, length) == link::Pop::kEmpty) std::this_thread::yield();
    const auto read = link::read_reply(std::span(buffer).first(length));
    REQUIRE(read);
    CHECK(read->header.context.stream == 77);
    const auto* octets = reinterpret_cast<const std::uint8_t*>(read->payload.data());
    return {octets, octets + read->payload.size()};
  }
  void wait_corrupt() const {
    while (corrupt == 0) std::this_thread::yield();
  }

  store::TablesBench bench;
  link::Fd bell{::eventfd(0, EFD_NONBLOCK)};
  link::Fd thread_bell{::eventfd(0, EFD_NONBLOCK)};
  link::Exchange* exchange = nullptr;
  link::RingWriter<> asks;
  link::RingReader<> replies;
  std::vector<std::byte> buffer = std::vector<std::byte>(link::kMaxRingMessage);
  std::atomic<std::uint64_t> corrupt{0};
  std::unique_ptr<service::Service> serving;
};

}  // namespace

TEST_CASE("each kind of ask is refused with its own code, the question kept") {
  struct Case {
    unsigned opcode;
    link::AskKind kind;
    bool served;
    Rcode expected;
  };
  const Case cases[] = {
      {0, link::AskKind::kTransfer, true, Rcode::kRefused},
      {0, link::AskKind::kTransfer, false, Rcode::kNotAuth},
      {5, link::AskKind::kUpdate, true, Rcode::kRefused},
      {5, link::AskKind::kUpdate, false, Rcode::kNotAuth},
      {4, link::AskKind::kNotify, true, Rcode::kNotAuth},
      {4, link::AskKind::kNotify, false, Rcode::kNotAuth},
  };
  for (const Case& each : cases) {
    for (const bool edns : {false, true}) {
      const auto message = request(each.opcode, "example.test.", 252, edns);
      const auto reply = refuse(message, each.kind, each.served);
      CHECK(rcode_of(reply) == each.expected);
      CHECK(reply[0] == 0x12);
      CHECK(reply[1] == 0x34);
      CHECK(reply[2] == (0x80 | each.opcode << 3 | 1));  // QR, opcode and RD
      CHECK((reply[3] & 0xf0) == 0);
      CHECK(reply.size() == message.size());
      CHECK(std::equal(reply.begin() + 12, reply.begin() + 30, message.begin() + 12));
      if (edns) CHECK(reply[reply.size() - 4] == 0x80);  // DO comes back (RFC 3225 3)
    }
  }
}

TEST_CASE("a signed message gets NOTAUTH with an unsigned TSIG that says BADKEY") {
  auto message = request(0, "example.test.", 6);
  message[11] = 1;
  const std::vector<std::uint8_t> tsig = {
      1, 'k', 0, 0, 250, 0, 255, 0, 0, 0, 0, 0, 23,  // key "k.", TSIG, ANY, TTL 0, RDLENGTH
      1, 'h', 0, 1, 2, 3, 4, 5, 6, 1, 44,            // algorithm "h.", time signed, fudge 300
      0, 4, 9, 9, 9, 9, 0x12, 0x34, 0, 0, 0, 0};     // MAC, original id, error, other length
  message.insert(message.end(), tsig.begin(), tsig.end());
  const auto reply = refuse(message, link::AskKind::kSigned, true);
  CHECK(rcode_of(reply) == Rcode::kNotAuth);
  const std::vector<std::uint8_t> expected = {
      1, 'k', 0, 0, 250, 0, 255, 0, 0, 0, 0, 0, 19, 1, 'h', 0, 1, 2, 3, 4, 5, 6, 1, 44,
      0, 0, 0x12, 0x34, 0, 17, 0, 0};
  REQUIRE(reply.size() > expected.size());
  CHECK(std::equal(expected.begin(), expected.end(),
                   reply.end() - static_cast<long>(expected.size())));
  for (std::size_t cut = 12; cut < message.size(); ++cut) {
    std::vector<std::uint8_t> shorter(message.begin(), message.begin() + static_cast<long>(cut));
    CHECK(refuse(shorter, link::AskKind::kSigned, true).size() <= service::kMaxRefusal);
  }
}

TEST_CASE("asks come back answered on their own ring") {
  Pair pair;
  store::Folder folder;
  const auto message = request(0, "example.test.", 252);
  pair.ask(message);
  CHECK(rcode_of(pair.reply()) == Rcode::kNotAuth);
  config::Zone zone;
  zone.name = store::name("example.test.");
  zone.file = folder.write("z", store::zone_text(1));
  store::LoadedZone loaded;
  {
    zones::Arena arena(pair.bench.tables().heap());
    store::load_zone(zone, arena, pair.bench.tables().secret(), nullptr, loaded);
  }
  REQUIRE(loaded.draft);
  std::vector<zones::ZoneDraft> drafts;
  drafts.push_back(std::move(*loaded.draft));
  pair.exchange->dataplane.mapped_through = 1000;
  REQUIRE(pair.bench.tables().publisher().publish(std::move(drafts)));
  for (int i = 0; i < 1'000; ++i) {
    pair.ask(message);
    CHECK(rcode_of(pair.reply()) == Rcode::kRefused);
  }
  CHECK(pair.serving->answered() == 1'001);
}

TEST_CASE("a response or a cut header gets an empty reply: send nothing") {
  Pair pair;
  auto message = request(0, "example.test.", 252);
  message[2] |= 0x80;
  pair.ask(message);
  CHECK(pair.reply().empty());
  pair.ask({1, 2, 3});
  CHECK(pair.reply().empty());
}

TEST_CASE("a dataplane that breaks the rules is reported, and the service ends in order") {
  SECTION("an ask of another thread") {
    Pair pair;
    pair.ask(request(0, "example.test.", 252), 1);
    pair.wait_corrupt();
    CHECK(pair.corrupt == 1);
  }
  SECTION("a ring with an impossible cursor") {
    Pair pair;
    pair.exchange->asks[0].head = 12'345'678'901;
    (void)::eventfd_write(pair.bell.get(), 1);
    pair.wait_corrupt();
    CHECK(pair.corrupt == 1);
  }
  SECTION("an ask with a kind that is none") {
    Pair pair;
    link::AskHeader header;
    header.kind = static_cast<link::AskKind>(99);
    REQUIRE(link::push_message(pair.asks, header, {}) == link::Push::kDone);
    (void)::eventfd_write(pair.bell.get(), 1);
    pair.wait_corrupt();
    CHECK(pair.corrupt == 1);
  }
}
