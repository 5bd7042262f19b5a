// hardening 44 and 45: floods of options, doubled ones, and OPT records that stand where some other
// program might overlook them.
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "served.h"

namespace bowline::answer::test {

namespace {

Message operator+(Message a, const Message& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Message u16(unsigned value) {
  return {static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}

Message option(unsigned code, const Message& value = {}) {
  return u16(code) + u16(static_cast<unsigned>(value.size())) + value;
}

Message opt(const Message& options, unsigned udp_size = 1232, unsigned flags = 0,
            const Message& owner = {0}) {
  return owner + u16(41) + u16(udp_size) + u16(0) + u16(flags) +
         u16(static_cast<unsigned>(options.size())) + options;
}

const Message kAddress = Message{0xc0, 12} + u16(1) + u16(1) + Message(4) + u16(4) + Message(4);
const Message kTsig = Message{1, 'k', 0} + u16(250) + u16(255) + Message(6);

// The question with the given records behind it.
Message request_of(const std::vector<Message>& answer, const std::vector<Message>& authority,
                   const std::vector<Message>& additional) {
  Message message = make_request("mail.example.test. A");
  unsigned word = 6;
  for (const auto* section : {&answer, &authority, &additional}) {
    dns::store_u16(&message[word], static_cast<std::uint16_t>(section->size()));
    for (const Message& record : *section) message = message + record;
    word += 2;
  }
  return message;
}

Message with_options(const Message& options) { return request_of({}, {}, {opt(options)}); }

Served serve() {
  link::Settings settings;
  settings.udp_max_payload_ipv4 = 4096;
  settings.nsid.length = 3;
  for (unsigned i = 0; i < 3; ++i) settings.nsid.bytes[i] = static_cast<std::uint8_t>("box"[i]);
  return Served::samples(settings);
}

const std::string kAnswer = "answer mail.example.test. 3600 A 192.0.2.25";
constexpr unsigned kNsid = 3, kClientSubnet = 8, kExpire = 9, kCookie = 10, kKeepalive = 11,
                   kPadding = 12, kChain = 13, kKeyTag = 14, kExtendedError = 15,
                   kReportChannel = 18, kZoneVersion = 19, kUnknown = 65001;

}  // namespace

TEST_CASE("a flood of options gets FORMERR and nothing of it is used") {
  Served served = serve();
  for (const unsigned code : {0U, kNsid, kPadding, kKeyTag, kUnknown}) {
    for (const unsigned count : {1U, 31U, 32U, 33U, 1000U, 16000U}) {
      Message options;
      for (unsigned i = 0; i < count; ++i) options = std::move(options) + option(code);
      INFO(count << " of " << code);
      const Result result = served.send(with_options(options), true);
      REQUIRE(result.action == Action::kSend);
      if (count > 32) {
        CHECK(to_lines(result.message) == Lines{"FORMERR", "opt 4096"});
      } else {
        CHECK(to_lines(result.message) ==
              Lines{"NOERROR aa", kAnswer, code == kNsid ? "opt 4096 option3=box" : "opt 4096"});
      }
    }
  }
}

TEST_CASE("all pairs of doubled options are answered as each option once") {
  struct Kind {
    unsigned code;
    Message first, second;
  };
  const std::vector<Kind> kinds = {
      {kNsid, {}, {1, 2}},
      {kClientSubnet, {0, 1, 8, 0, 10}, {0, 1, 99, 0, 1}},
      {kExpire, {}, {0, 0, 0, 1}},
      {kCookie, Message(8, 1), Message(7, 2)},  // the second is malformed, and not looked at
      {kKeepalive, {}, {0, 1}},
      {kPadding, Message(100), {}},
      {kChain, {0}, {1, 'a', 0}},
      {kKeyTag, {1, 2}, {3}},
      {kExtendedError, {0, 1}, {}},
      {kReportChannel, {0}, {63}},
      {kZoneVersion, {}, {1}},
      {kUnknown, {1}, {2}},
  };
  Served served = serve();
  for (const Kind& a : kinds) {
    for (const Kind& b : kinds) {
      const Message once = option(a.code, a.first) + (a.code == b.code ? Message{}
                                                      : option(b.code, b.first));
      const Message plain = served.send(with_options(once)).message;
      REQUIRE(to_lines(plain).front() == "NOERROR aa");
      const Message orders[] = {
          once + option(a.code, a.second) + option(b.code, b.second),
          once + option(b.code, b.second) + option(a.code, a.second),
          option(a.code, a.first) + option(a.code, a.second) + once + option(b.code, b.second),
      };
      for (const Message& options : orders) {
        INFO(a.code << " and " << b.code);
        CHECK(served.send(with_options(options)).message == plain);
      }
    }
  }
}

TEST_CASE("sizes of a cookie that are forbidden get FORMERR") {
  Served served = serve();
  for (unsigned size = 0; size <= 64; ++size) {
    INFO(size);
    const bool allowed = size == 8 || (size >= 16 && size <= 40);
    const Message request = with_options(option(kCookie, Message(size)));
    CHECK(to_lines(served.send(request).message) ==
          (allowed ? Lines{"NOERROR aa", kAnswer, "opt 4096"} : Lines{"FORMERR", "opt 4096"}));
  }
}

TEST_CASE("OPT records out of place, and none but the first is used") {
  // The good one asks for nothing; the bad one for everything that could show.
  const Message good = opt({}, 600);
  const Message bad = opt(option(kNsid), 65535, 0x8000);
  const Message named = opt(option(kNsid), 65535, 0x8000, {1, 'a', 0});
  const Message pointed = opt(option(kNsid), 65535, 0x8000, {0xc0, 29});  // to the question's root
  const Message cut = opt(Message{0, 3, 0}, 65535, 0x8000);
  const Message running_over = opt(Message{0, 3, 0, 9}, 65535, 0x8000);
  Message future = opt(option(kNsid), 65535, 0x8000);
  future[6] = 1;
  const Lines plain_error = {"FORMERR"};
  const Lines edns_error = {"FORMERR", "opt 4096"};
  const struct {
    const char* description;
    Message request;
    Lines reply;
  } cases[] = {
      // RFC 6891 6.1.1: OPT may stand anywhere in the additional section.
      {"OPT not last", request_of({}, {}, {good, kAddress}), {"NOERROR aa", kAnswer, "opt 4096"}},
      {"OPT between records", request_of({}, {}, {kAddress, bad, kAddress}),
       {"NOERROR aa", kAnswer, "opt 4096 do option3=box"}},
      {"OPT behind records of other sections", request_of({kAddress}, {kAddress}, {good}),
       {"NOERROR aa", kAnswer, "opt 4096"}},
      {"OPT behind TSIG", request_of({}, {}, {kTsig, bad}), plain_error},
      {"two OPTs", request_of({}, {}, {good, bad}), edns_error},
      {"two OPTs, a record between", request_of({}, {}, {good, kAddress, bad}), edns_error},
      {"two OPTs, the other way round", request_of({}, {}, {bad, good}),
       {"FORMERR", "opt 4096 do option3=box"}},
      {"the second of another version", request_of({}, {}, {good, future}), edns_error},
      {"the second with an owner", request_of({}, {}, {good, named}), edns_error},
      {"the second malformed", request_of({}, {}, {good, cut}), edns_error},
      {"three OPTs", request_of({}, {}, {good, good, bad}), edns_error},
      {"two OPTs before TSIG", request_of({}, {}, {good, bad, kTsig}), edns_error},
      {"OPT in the answer section", request_of({bad}, {}, {}), plain_error},
      {"OPT in the authority section", request_of({}, {bad}, {}), plain_error},
      {"OPT in the answer section and a good one", request_of({bad}, {}, {good}), plain_error},
      {"OPT in the authority section and a good one", request_of({}, {bad}, {good}), plain_error},
      {"OPT with an owner", request_of({}, {}, {named}), plain_error},
      {"OPT whose owner is a pointer to the root", request_of({}, {}, {pointed}), plain_error},
      {"OPT with an owner before a good one", request_of({}, {}, {named, good}), plain_error},
      {"OPT with an owner behind a good one", request_of({}, {}, {good, named}), edns_error},
      {"an option cut", request_of({}, {}, {cut}), {"FORMERR", "opt 4096 do"}},
      {"an option that runs over the end of OPT", request_of({}, {}, {running_over, kAddress}),
       {"FORMERR", "opt 4096 do"}},
      {"OPT beyond ARCOUNT", request_of({}, {}, {}) + bad, plain_error},
      {"a second OPT beyond ARCOUNT", request_of({}, {}, {good}) + bad, edns_error},
      {"version 1 and a second OPT: its options are not ours to read",
       request_of({}, {}, {future, good}),
       {"FORMERR", "opt 4096 do"}},
  };
  Served served = serve();
  for (const auto& one : cases) {
    INFO(one.description);
    const Result result = served.send(one.request);
    REQUIRE(result.action == Action::kSend);
    CHECK(to_lines(result.message) == one.reply);
  }
}

TEST_CASE("the sizes of a second OPT are not used either") {
  Served served = serve();
  const std::string name = "large.example.test. TXT";
  Message request = make_request(name + " +edns=512");
  const Message whole = served.ask_raw(name + " +edns=4096").message;
  REQUIRE(whole.size() > 512);
  dns::store_u16(&request[10], 2);
  const Result result = served.send(request + opt({}, 4096));
  CHECK(to_lines(result.message) == Lines{"FORMERR", "opt 4096"});
}

}  // namespace bowline::answer::test
