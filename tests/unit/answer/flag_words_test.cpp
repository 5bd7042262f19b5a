// hardening 47: every flag word, every kind of counts and class, and the outcome that a slow and
// obvious reading of the RFCs gives it.
#include <array>
#include <cstring>
#include <iostream>
#include <vector>

#include <catch2/catch.hpp>

#include "served.h"

namespace bowline::answer::test {

namespace {

constexpr std::uint16_t kClasses[] = {1, 3, 254, 255, 7};  // IN, CH, NONE, ANY, one that nobody has
constexpr std::uint16_t kCounts[] = {0, 1, 2, 65535};
constexpr std::size_t kRoom = 512;

// QDCOUNT, ANCOUNT, NSCOUNT, ARCOUNT.
using Counts = std::array<std::uint16_t, 4>;

// A request with what is known of it by construction.
struct Shape {
  Counts counts;
  bool truthful;  // the sections hold as much as the counts say
  std::uint16_t rr_class;
  Message request;
};

const Message kAddress = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 192, 0, 2, 1};

void append(Message& message, const Message& part) {
  message.insert(message.end(), part.begin(), part.end());
}

Message question_of(std::uint16_t rr_class) {
  Message asked = make_request("mail.example.test. A");
  asked.erase(asked.begin(), asked.begin() + 12);
  dns::store_u16(&asked[asked.size() - 2], rr_class);
  return asked;
}

// With `full`, as many questions and records as the counts say (none for 65535, which is never
// true); without, one question alone.
Shape make_shape(const Counts& counts, bool full, std::uint16_t rr_class) {
  Shape shape{counts, true, rr_class, Message(12)};
  dns::store_u16(&shape.request[0], 0xbeef);
  for (unsigned section = 0; section < 4; ++section) {
    dns::store_u16(&shape.request[4 + 2 * section], counts[section]);
    const unsigned held = full ? counts[section] % 65535U : section == 0 ? 1 : 0;
    shape.truthful = shape.truthful && held == counts[section];
    for (unsigned i = 0; i < held; ++i) {
      append(shape.request, section == 0 ? question_of(rr_class) : kAddress);
    }
  }
  return shape;
}

// What must come of a request.
struct Outcome {
  Action action;
  std::uint16_t flags = 0;         // of the reply, with the RCODE
  bool with_question = false;      // the question comes back
  bool with_answer = false;        // and one address
};

// The reference. It knows a zone with an address of class IN at the name asked for, nothing of CH,
// and no other kind of request than QUERY.
Outcome reference(const Shape& shape, std::uint16_t word) {
  const bool qr = (word & 0x8000) != 0;
  const unsigned opcode = word >> 11 & 0xf;
  const bool rd = (word & 0x0100) != 0;
  // RFC 1035 7.1: a response that nobody asked for is not answered.
  if (qr) return {Action::kDrop};
  Outcome outcome{Action::kSend, 0, false, false};
  // RFC 1035 4.1.1: QR is set; opcode and RD are copied. RFC 4035 3.1.6: AD is clear in what is not
  // validated, CD in what is authoritative. RA: no recursion here. TC: nothing is cut. Z: zero.
  outcome.flags = static_cast<std::uint16_t>(0x8000 | opcode << 11 | (rd ? 0x0100 : 0));
  // One question can be repeated whatever else is wrong (RFC 9619: no other number is a request).
  outcome.with_question = shape.counts[0] == 1;
  const bool is_query = opcode == 0;
  const bool is_notify = opcode == 4;
  const bool is_update = opcode == 5;
  if (!is_query && !is_notify && !is_update) {
    outcome.flags |= 4;  // RFC 1035 4.1.1, RFC 8906 3.1.4: NOTIMP
  } else if (shape.counts[0] != 1 || !shape.truthful) {
    outcome.flags |= 1;  // RFC 9619 4, RFC 2136 3.1.1: FORMERR
  } else if (shape.rr_class != 1 && !(shape.rr_class == 255 && is_query)) {
    outcome.flags |= 5;  // nothing is served outside IN: REFUSED
  } else if (!is_query) {
    return {Action::kAsk};
  } else {
    // NOERROR, with AA unless other classes were asked for, too (RFC 1035 3.2.5, 6.2).
    outcome.flags |= shape.rr_class == 1 ? 0x0400 : 0;
    outcome.with_answer = true;
  }
  return outcome;
}

// The whole reply, octet by octet.
Message reply_of(const Shape& shape, const Outcome& outcome) {
  Message reply(12);
  dns::store_u16(&reply[0], 0xbeef);
  dns::store_u16(&reply[2], outcome.flags);
  dns::store_u16(&reply[4], outcome.with_question ? 1 : 0);
  dns::store_u16(&reply[6], outcome.with_answer ? 1 : 0);
  if (outcome.with_question) append(reply, question_of(shape.rr_class));
  if (outcome.with_answer) {
    append(reply, {0xc0, 12, 0, 1, 0, 1, 0, 0, 0x0e, 0x10, 0, 4, 192, 0, 2, 25});
  }
  return reply;
}

// Sends a shape with flag words one after the other, in whole bursts.
class Sender {
 public:
  explicit Sender(Served& served) : served_(served), buffers_(kBurst, Message(kRoom)) {}

  void send(const Shape& shape, unsigned step) {
    shape_ = &shape;
    for (unsigned word = 0; word <= 0xffff; word += step) {
      put(static_cast<std::uint16_t>(word));
      if (filled_ == kBurst) burst();
    }
    burst();
  }
  std::uint64_t sent() const { return sent_; }

 private:
  void put(std::uint16_t word) {
    Message& buffer = buffers_[filled_];
    const Message& request = shape_->request;
    std::memcpy(buffer.data(), request.data(), request.size());
    dns::store_u16(&buffer[2], word);
    Query& query = queries_[filled_];
    query.message = buffer.data();
    query.size = static_cast<std::uint32_t>(request.size());
    query.capacity = query.size_max = kRoom;
    words_[filled_++] = word;
  }

  void burst() {
    served_.answer(std::span(queries_).first(filled_));
    for (std::size_t i = 0; i < filled_; ++i) judge(queries_[i], words_[i]);
    sent_ += filled_;
    filled_ = 0;
  }

  void judge(const Query& query, std::uint16_t word) {
    const Outcome outcome = reference(*shape_, word);
    const dns::Bytes got = query.bytes();
    bool same = query.action == outcome.action && !query.truncated;
    if (outcome.action == Action::kSend) {
      const Message& wanted = expected(outcome);
      same = same && got.size() == wanted.size() &&
             std::memcmp(got.data(), wanted.data(), got.size()) == 0;
    } else {
      Message request = shape_->request;
      dns::store_u16(&request[2], word);
      same = same && got.size() == request.size() &&
             std::memcmp(got.data(), request.data(), got.size()) == 0;
    }
    if (same) return;
    CAPTURE(word, shape_->rr_class, shape_->counts[0], shape_->counts[1], shape_->counts[2],
            shape_->counts[3], shape_->truthful, static_cast<int>(query.action), got.size());
    FAIL("not what the reference says");
  }

  // One buffer: replies to one shape differ in their flags only, or in what they hold.
  const Message& expected(const Outcome& outcome) {
    const std::size_t kind = (outcome.with_question ? 1 : 0) + (outcome.with_answer ? 2 : 0);
    Message& reply = replies_[kind];
    if (known_[kind] != shape_) {
      known_[kind] = shape_;
      reply = reply_of(*shape_, outcome);
    }
    dns::store_u16(&reply[2], outcome.flags);
    return reply;
  }

  Served& served_;
  const Shape* shape_ = nullptr;
  std::vector<Message> buffers_;
  std::array<Query, kBurst> queries_;
  std::array<std::uint16_t, kBurst> words_{};
  std::size_t filled_ = 0;
  std::array<Message, 4> replies_;
  std::array<const Shape*, 4> known_{};
  std::uint64_t sent_ = 0;
};

// All four counts together are for the long run; here one of the last three is not 0.
std::vector<Shape> make_shapes(bool all) {
  std::vector<Shape> shapes;
  for (unsigned code = 0; code < 256; ++code) {
    const Counts counts = {kCounts[code & 3], kCounts[code >> 2 & 3], kCounts[code >> 4 & 3],
                           kCounts[code >> 6]};
    unsigned others = 0;
    for (unsigned i = 1; i < 4; ++i) others += counts[i] != 0 ? 1 : 0;
    if (!all && others > 1) continue;
    for (const std::uint16_t rr_class : kClasses) {
      for (const bool full : {false, true}) shapes.push_back(make_shape(counts, full, rr_class));
    }
  }
  return shapes;
}

// Sanitizers are ten times slower: every eleventh word still meets each value of each bit.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr unsigned kStep = 11;
#else
constexpr unsigned kStep = 1;
#endif

std::uint64_t send_shapes(const std::vector<Shape>& shapes, unsigned step) {
  Served served = Served::samples();
  Sender sender(served);
  for (const Shape& shape : shapes) sender.send(shape, step);
  return sender.sent();
}

}  // namespace

TEST_CASE("every flag word with every kind of counts and class has its outcome") {
  const std::uint64_t sent = send_shapes(make_shapes(false), kStep);
  CHECK(sent >= 400 * (65536 / kStep));
}

// By tests/fuzz/long headers: the flag words with all 256 combinations of counts.
TEST_CASE("every flag word with all counts and classes has its outcome", "[.][long]") {
  const std::uint64_t sent = send_shapes(make_shapes(true), 1);
  std::cout << "headers: executions " << sent << "\n";
  CHECK(sent == 256ULL * 5 * 2 * 65536);
}

// What the reference takes for granted of QUERY: the name of the server in class CH, when it is
// known, is the one answer outside IN, and keeps to the same flags.
TEST_CASE("every flag word about the server's own name") {
  link::Settings settings;
  settings.version.length = 1;
  settings.version.bytes[0] = 'b';
  Served served = Served::samples(settings);
  const Message plain = make_request("version.bind. TXT +class=3");
  for (unsigned word = 0; word < 0x8000; ++word) {
    Message request = plain;
    dns::store_u16(&request[2], static_cast<std::uint16_t>(word));
    const Result result = served.send(request, false, kRoom);
    const unsigned opcode = word >> 11;
    const unsigned rcode = opcode == 0 ? 0 : opcode == 4 || opcode == 5 ? 5 : 4;
    REQUIRE(result.action == Action::kSend);
    REQUIRE(dns::load_u16(&result.message[2]) == (0x8000 | (word & 0x7900) | rcode));
    REQUIRE(dns::load_u16(&result.message[6]) == (opcode == 0 ? 1 : 0));
  }
}

}  // namespace bowline::answer::test
