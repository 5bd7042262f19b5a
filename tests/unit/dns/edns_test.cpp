// EDNS: every option read and written, forbidden forms, floods and duplicates.
#include "dns/edns.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>

#include "octets.h"

namespace bowline::dns {
namespace {

using namespace test;

// Reads `options` as those of a query's OPT; `message` outlives the facts.
struct ReadOpt {
  Octets message;
  Edns edns;
  bool formed;

  explicit ReadOpt(const Octets& options, std::uint32_t ttl = 0)
      : message(cut(Octets(20) + options, 20 + options.size())),
        formed(read_opt(message, 1232, ttl, 20, options.size(), edns)) {}
};

using enum EdnsOption;

}  // namespace

TEST_CASE("the fixed part of OPT is read") {
  const ReadOpt opt({}, 0x12038001);
  CHECK(opt.formed);
  CHECK(opt.edns.udp_size == 1232);
  CHECK(opt.edns.extended_rcode == 0x12);
  CHECK(opt.edns.version == 3);
  CHECK(opt.edns.flags == 0x8001);
  CHECK(opt.edns.dnssec_ok);
  CHECK_FALSE(ReadOpt({}, 0x7fff).edns.dnssec_ok);
}

TEST_CASE("options set their facts") {
  const Octets all = option(kNsid, {}) + option(kExpire, {}) + option(kTcpKeepalive, {}) +
                     option(kPadding, Octets(3)) + option(kZoneVersion, {}) +
                     option(kCookie, Octets(24, 7)) +
                     option(kClientSubnet, u16(1) + Octets{20, 0, 192, 0, 0x20}) +
                     option(EdnsOption{65001}, {9});
  const ReadOpt opt(all);
  REQUIRE(opt.formed);
  const Edns& edns = opt.edns;
  CHECK(edns.has_nsid);
  CHECK(edns.has_expire);
  CHECK(edns.has_keepalive);
  CHECK(edns.has_padding);
  CHECK(edns.has_zone_version);
  CHECK(edns.option_count == 8);
  CHECK(edns.options_offset == 20);
  CHECK(edns.options_size == all.size());
  REQUIRE(edns.has_cookie);
  CHECK(edns.cookie_size == 24);
  CHECK(opt.message[edns.cookie_offset] == 7);
  CHECK(opt.message[edns.cookie_offset - 1u] == 24);
  REQUIRE(edns.client_subnet_valid);
  CHECK(edns.client_subnet.source_prefix == 20);
  CHECK(edns.client_subnet.address[2] == 0x20);

  std::vector<EdnsOption> seen;
  for_each_option(opt.message, edns, [&](EdnsOption code, Bytes value) {
    seen.push_back(code);
    if (code == EdnsOption{65001}) CHECK(value[0] == 9);
  });
  CHECK(seen == std::vector{kNsid, kExpire, kTcpKeepalive, kPadding, kZoneVersion, kCookie,
                            kClientSubnet, EdnsOption{65001}});
}

TEST_CASE("client subnets are valid as RFC 7871 says") {
  const struct {
    std::string_view description;
    Octets value;
    bool valid;
  } rows[] = {
      {"IPv4 /24", {0, 1, 24, 0, 192, 0, 2}, true},
      {"IPv4 /32", {0, 1, 32, 0, 192, 0, 2, 1}, true},
      {"IPv4 /0", {0, 1, 0, 0}, true},
      {"IPv4 /1", {0, 1, 1, 0, 0x80}, true},
      {"IPv4 /25", {0, 1, 25, 0, 192, 0, 2, 0x80}, true},
      {"IPv6 /56", {0, 2, 56, 0, 32, 1, 13, 184, 0, 0, 1}, true},
      {"IPv6 /128", Octets{0, 2, 128, 0} + Octets(16, 0xff), true},
      {"IPv6 /0", {0, 2, 0, 0}, true},
      {"no family, no address", {0, 0, 0, 0}, true},
      {"empty", {}, false},
      {"cut head", {0, 1, 24}, false},
      {"IPv4 /33", {0, 1, 33, 0, 192, 0, 2, 1, 0}, false},
      {"IPv6 /129", Octets{0, 2, 129, 0} + Octets(17), false},
      {"family 0 with a prefix", {0, 0, 8, 0, 10}, false},
      {"family 0 with an address", {0, 0, 0, 0, 10}, false},
      {"family 3", {0, 3, 8, 0, 10}, false},
      {"family 0xffff", {0xff, 0xff, 0, 0}, false},
      {"scope set in a query", {0, 1, 24, 24, 192, 0, 2}, false},
      {"an octet too few", {0, 1, 24, 0, 192, 0}, false},
      {"an octet too many", {0, 1, 24, 0, 192, 0, 2, 0}, false},
      {"an address behind /0", {0, 1, 0, 0, 0}, false},
      {"bits behind /20", {0, 1, 20, 0, 192, 0, 0x21}, false},
      {"bits behind /25", {0, 1, 25, 0, 192, 0, 2, 0x81}, false},
      {"bits behind /1", {0, 1, 1, 0, 0xc0}, false},
      {"bits behind IPv6 /31", {0, 2, 31, 0, 32, 1, 13, 185}, false},
  };
  for (const auto& row : rows) {
    INFO(row.description);
    const ReadOpt opt(option(kClientSubnet, row.value));
    CHECK(opt.formed);
    CHECK(opt.edns.has_client_subnet);
    CHECK(opt.edns.client_subnet_valid == row.valid);
  }
}

TEST_CASE("bits behind every prefix are found") {
  for (unsigned prefix = 0; prefix <= 128; ++prefix) {
    for (unsigned bit = 0; bit < (prefix + 7) / 8 * 8; ++bit) {
      Octets value = {0, 2, static_cast<std::uint8_t>(prefix), 0};
      value.resize(4 + (prefix + 7) / 8);
      value[4 + bit / 8] = static_cast<std::uint8_t>(0x80 >> bit % 8);
      INFO("bit " << bit << " of /" << prefix);
      CHECK(read_client_subnet(value).has_value() == (bit < prefix));
    }
  }
}

TEST_CASE("a cookie has 8 octets or 16 to 40") {
  for (std::size_t size = 0; size <= 300; ++size) {
    INFO(size);
    const bool allowed = size == 8 || (size >= 16 && size <= 40);
    CHECK(ReadOpt(option(kCookie, Octets(size))).formed == allowed);
    CHECK(read_cookie(Octets(size)).has_value() == allowed);
  }
}

TEST_CASE("options that do not fill OPT exactly are a fault and leave the fixed part") {
  const Octets good = option(kNsid, {1, 2, 3}) + option(kCookie, Octets(8));
  for (std::size_t size = 1; size < good.size(); ++size) {
    INFO(size);
    const ReadOpt opt(cut(good, size), 0x8000);
    CHECK(opt.formed == (size == 7));  // the border of the two options
    if (size == 7) continue;
    CHECK(opt.edns.dnssec_ok);
    CHECK(opt.edns.option_count == 0);
    CHECK(opt.edns.options_size == 0);
    CHECK_FALSE(opt.edns.has_nsid);
  }
}

TEST_CASE("a flood of options is refused") {
  CHECK(ReadOpt(Octets(4 * kMaxEdnsOptions)).formed);
  CHECK_FALSE(ReadOpt(Octets(4 * (kMaxEdnsOptions + 1))).formed);
  CHECK_FALSE(ReadOpt(Octets(4 * 16000)).formed);
  const Octets message = header(0, 1, 0, 0, 1) + question(name("a.")) + opt(Octets(4 * 16000));
  QueryFacts facts;
  CHECK(read_query(message, facts) == QueryFault::kMalformedOpt);
  CHECK(facts.has_edns);
}

TEST_CASE("of two options of one kind the first wins") {
  struct Kind {
    EdnsOption code;
    Octets first, second;
  };
  const std::vector<Kind> kinds = {
      {kNsid, {}, {1}},
      {kExpire, {}, {0, 0, 0, 1}},
      {kTcpKeepalive, {}, {0, 1}},
      {kPadding, Octets(5), {}},
      {kZoneVersion, {}, {0, 0}},
      {kCookie, Octets(8, 1), Octets(40, 2)},
      {kClientSubnet, {0, 1, 8, 0, 10}, {0, 1, 8, 0, 11}},
      {kChain, {0}, {1, 'a', 0}},
      {kKeyTag, {1, 2}, {3, 4}},
      {kExtendedError, {0, 1}, {0, 2}},
      {kReportChannel, {0}, {1, 'a', 0}},
  };
  // All pairs of kinds, each kind twice, in both orders.
  for (const Kind& a : kinds) {
    for (const Kind& b : kinds) {
      const ReadOpt opt(option(a.code, a.first) + option(b.code, b.first) +
                        option(b.code, b.second) + option(a.code, a.second));
      INFO(static_cast<unsigned>(a.code) << " and " << static_cast<unsigned>(b.code));
      REQUIRE(opt.formed);
      CHECK(opt.edns.option_count == 4);
      const auto is_in = [&](EdnsOption code) { return a.code == code || b.code == code; };
      CHECK(opt.edns.has_nsid == is_in(kNsid));
      CHECK(opt.edns.has_cookie == is_in(kCookie));
      CHECK(opt.edns.has_client_subnet == is_in(kClientSubnet));
      if (opt.edns.has_cookie) {
        CHECK(opt.edns.cookie_size == 8);
        CHECK(opt.message[opt.edns.cookie_offset] == 1);
      }
      if (opt.edns.has_client_subnet) CHECK(opt.edns.client_subnet.address[0] == 10);
    }
  }
  // A later one of a forbidden size is not looked at; a first one is a fault.
  CHECK(ReadOpt(option(kCookie, Octets(8)) + option(kCookie, Octets(9))).formed);
  CHECK_FALSE(ReadOpt(option(kCookie, Octets(9)) + option(kCookie, Octets(8))).formed);
  const ReadOpt bad_first(option(kClientSubnet, {1}) + option(kClientSubnet, {0, 1, 8, 0, 10}));
  CHECK(bad_first.edns.has_client_subnet);
  CHECK_FALSE(bad_first.edns.client_subnet_valid);
}

TEST_CASE("option values are read") {
  const Octets llq = u16(1) + u16(2) + u16(3) + u32(4) + u32(5) + u32(6);
  CHECK(read_llq(llq)->id == 0x400000005);
  CHECK(read_llq(llq)->lease_s == 6);
  CHECK(read_update_lease(u32(7))->lease_s == 7);
  CHECK_FALSE(read_update_lease(u32(7))->key_lease_s);
  CHECK(read_update_lease(u32(7) + u32(8))->key_lease_s == 8u);
  CHECK(read_expire(u32(9)) == 9u);
  CHECK(read_keepalive(u16(10)) == 10);
  CHECK(read_tag(u16(11)) == 11);
  CHECK(read_chain(name("example."))->size() == 9);
  CHECK(read_report_channel(name("a.b."))->size() == 5);
  CHECK(read_key_tags(u16(1) + u16(2)) == 2u);
  const Octets error = u16(18) + Octets{'n', 'o'};
  CHECK(read_extended_error(error)->code == ExtendedErrorCode::kProhibited);
  CHECK(read_extended_error(error)->text == "no");
  CHECK(read_cookie(Octets(8))->server.empty());
  CHECK(read_cookie(Octets(24))->server.size() == 16);
  CHECK(read_zone_version(Octets{2, 0} + u32(12))->label_count == 2);
}

TEST_CASE("option values of a wrong size are not read") {
  const struct {
    std::string_view description;
    std::function<bool(Bytes)> read;
    std::vector<std::size_t> sizes;  // that zeros may have
  } rows[] = {
      {"LLQ", [](Bytes v) { return read_llq(v).has_value(); }, {18}},
      {"update lease", [](Bytes v) { return read_update_lease(v).has_value(); }, {4, 8}},
      {"EXPIRE", [](Bytes v) { return read_expire(v).has_value(); }, {4}},
      {"keepalive", [](Bytes v) { return read_keepalive(v).has_value(); }, {2}},
      {"tag", [](Bytes v) { return read_tag(v).has_value(); }, {2}},
      {"chain", [](Bytes v) { return read_chain(v).has_value(); }, {1}},
      {"report channel", [](Bytes v) { return read_report_channel(v).has_value(); }, {1}},
      {"key tags", [](Bytes v) { return read_key_tags(v).has_value(); },
       {2, 4, 6, 8, 10, 12, 14, 16, 18, 20}},
      {"SOA serial", [](Bytes v) { return read_zone_version(v).has_value(); }, {6}},
      {"client subnet", [](Bytes v) { return read_client_subnet(v).has_value(); }, {4}},
  };
  for (const auto& row : rows) {
    for (std::size_t size = 0; size <= 20; ++size) {
      INFO(row.description << " of " << size);
      const bool allowed = std::ranges::find(row.sizes, size) != row.sizes.end();
      CHECK(row.read(cut(Octets(20), size)) == allowed);
    }
  }
  CHECK_FALSE(read_extended_error(Octets(1)));
  CHECK(read_extended_error(Octets(2)));
}

TEST_CASE("written options read back") {
  std::array<std::uint8_t, 512> buffer;
  WireWriter out(buffer);
  const Octets nsid = {'i', 'd'};
  const Octets client(8, 1), server(16, 2);
  const Octets agent = name("agent.example.");
  const ClientSubnet subnet = *read_client_subnet(Octets{0, 2, 36, 0, 32, 1, 13, 184, 0xf0});
  write_nsid(out, nsid);
  write_expire(out, 86400);
  write_keepalive(out, 300);
  write_extended_error(out, ExtendedErrorCode::kStaleAnswer, "old");
  write_client_subnet(out, subnet, 30);
  write_cookie(out, client, server);
  write_padding(out, 7);
  write_report_channel(out, NameView(agent.data(), agent.size()));
  write_zone_serial(out, 2, 2024);
  REQUIRE(out.ok());

  const ReadOpt opt(Octets(out.written().begin(), out.written().end()));
  REQUIRE(opt.formed);
  CHECK(opt.edns.option_count == 9);
  CHECK(opt.edns.cookie_size == 24);
  for_each_option(opt.message, opt.edns, [&](EdnsOption code, Bytes value) {
    INFO(static_cast<unsigned>(code));
    switch (code) {
      case kNsid: CHECK(std::ranges::equal(value, nsid)); break;
      case kExpire: CHECK(read_expire(value) == 86400u); break;
      case kTcpKeepalive: CHECK(read_keepalive(value) == 300); break;
      case kExtendedError: CHECK(read_extended_error(value)->text == "old"); break;
      case kClientSubnet:
        CHECK(read_client_subnet(value)->address == subnet.address);
        CHECK(read_client_subnet(value)->scope_prefix == 30);
        CHECK(value.size() == 9);
        break;
      case kCookie: CHECK(std::ranges::equal(read_cookie(value)->server, server)); break;
      case kPadding: CHECK(std::ranges::equal(value, Octets(7))); break;
      case kReportChannel: CHECK(std::ranges::equal(value, agent)); break;
      case kZoneVersion: CHECK(load_u32(&read_zone_version(value)->version[0]) == 2024); break;
      default: FAIL("an option that nobody wrote");
    }
  });
}

TEST_CASE("an option that does not fit writes nothing") {
  const Octets octets(8, 1);
  const std::vector<std::function<void(WireWriter&)>> writers = {
      [&](WireWriter& out) { write_nsid(out, octets); },
      [](WireWriter& out) { write_expire(out, 1); },
      [](WireWriter& out) { write_keepalive(out, 1); },
      [](WireWriter& out) { write_extended_error(out, ExtendedErrorCode::kOther, "text"); },
      [](WireWriter& out) { write_client_subnet(out, {1, 24, 0, {}}, 0); },
      [&](WireWriter& out) { write_cookie(out, octets, octets); },
      [](WireWriter& out) { write_padding(out, 9); },
      [](WireWriter& out) { write_report_channel(out, NameView()); },
      [](WireWriter& out) { write_zone_serial(out, 1, 1); },
  };
  for (std::size_t i = 0; i < writers.size(); ++i) {
    INFO("writer " << i);
    std::array<std::uint8_t, 64> whole;
    WireWriter roomy(whole);
    writers[i](roomy);
    REQUIRE(roomy.ok());
    Octets exact(roomy.size());
    WireWriter fitting(exact);
    writers[i](fitting);
    CHECK(fitting.ok());
    Octets small(roomy.size() - 1);
    WireWriter tight(small);
    writers[i](tight);
    CHECK_FALSE(tight.ok());
    CHECK(tight.size() == 0);
  }
}

}  // namespace bowline::dns
