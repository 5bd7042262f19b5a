// hardening 48: replies around every limit of size, to the octet, with every combination of the
// options that exist; and RRsets that go in whole or not at all.
#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "served.h"

namespace bowline::answer::test {

namespace {

constexpr std::uint32_t kLimits[] = {512, 513, 1231, 1232, 1233, 65534, 65535};
constexpr std::size_t kQuestion = 12 + 19 + 4;  // header, s12345.sizes.test., type and class
constexpr std::size_t kRecord = 12;      // pointer, type, class, TTL, RDLENGTH
constexpr std::size_t kOpt = 11;
constexpr std::size_t kSignature = kRecord + 18 + 1 + 64;  // the signer is the root

// What a request says besides the question.
struct Options {
  bool edns, dnssec, nsid, cookie;
};

// Every combination; without EDNS there is one.
std::vector<Options> all_options() {
  std::vector<Options> all = {{false, false, false, false}};
  for (unsigned bits = 0; bits < 8; ++bits) {
    all.push_back({true, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0});
  }
  return all;
}

// What stands in the reply besides question and TXT records.
std::size_t opt_octets(const Options& options, std::size_t nsid) {
  if (!options.edns) return 0;
  return kOpt + (options.nsid && nsid != 0 ? 4 + nsid : 0);
}
std::size_t extra_octets(const Options& options, std::size_t nsid) {
  return opt_octets(options, nsid) + (options.dnssec ? kSignature : 0);
}

std::string owner_of(std::size_t plain) {
  std::string digits = std::to_string(plain);
  return "s" + std::string(5 - digits.size(), '0') + digits + ".sizes.test.";
}

// A TXT record with so many octets of rdata.
std::string txt(const std::string& owner, std::size_t rdata) {
  std::string line = owner + " TXT";
  while (rdata > 0) {
    const std::size_t string = std::min<std::size_t>(256, rdata);
    line += " \"" + std::string(string - 1, 'x') + "\"";
    rdata -= string;
  }
  return line + "\n";
}

// An RRset whose reply has `plain` octets without OPT and signature. Large ones have three records,
// for a line of text has an end.
std::string rrset_of(std::size_t plain) {
  const std::string owner = owner_of(plain);
  std::size_t room = plain - kQuestion - kRecord;
  std::string text;
  for (std::size_t first = 20000; room > 30000; ++first) {
    text += txt(owner, first);
    room -= first + kRecord;
  }
  return text + txt(owner, room) + owner +
         " RRSIG TXT 13 3 3600 20360101000000 20260101000000 1 . " + std::string(86, 'A') + "==\n";
}

// The sizes without extras that make some reply as large as a limit, or an octet off.
std::set<std::size_t> plain_sizes(std::size_t nsid) {
  std::set<std::size_t> sizes;
  for (const std::uint32_t limit : kLimits) {
    for (const Options& options : all_options()) {
      for (const int off : {-1, 0, 1}) {
        sizes.insert(static_cast<std::size_t>(static_cast<int>(limit) + off) -
                     extra_octets(options, nsid));
      }
    }
  }
  return sizes;
}

Served serve(std::uint16_t udp_max, std::size_t nsid) {
  link::Settings settings;
  settings.udp_max_payload_ipv4 = settings.udp_max_payload_ipv6 = udp_max;
  settings.nsid.length = static_cast<std::uint8_t>(nsid);
  std::memset(settings.nsid.bytes, 'n', nsid);
  std::string text = "$TTL 3600\n@ SOA ns hostmaster 1 1 1 1 1\n@ NS ns\nns A 192.0.2.1\n";
  for (const std::size_t plain : plain_sizes(nsid)) text += rrset_of(plain);
  return Served({{"sizes.test.", text}}, settings);
}

Message request_for(std::size_t plain, const Options& options, std::uint16_t client) {
  Message message = make_request(owner_of(plain) + " TXT");
  if (!options.edns) return message;
  message[11] = 1;
  std::vector<std::uint8_t> tail(kOpt);
  dns::store_u16(&tail[1], dns::code_of(dns::RrType::kOpt));
  dns::store_u16(&tail[3], client);
  if (options.dnssec) tail[7] = 0x80;
  if (options.nsid) tail.insert(tail.end(), {0, 3, 0, 0});
  if (options.cookie) tail.insert(tail.end(), {0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8});
  dns::store_u16(&tail[9], static_cast<std::uint16_t>(tail.size() - kOpt));
  message.insert(message.end(), tail.begin(), tail.end());
  return message;
}

// How one request comes in.
struct Way {
  bool stream;
  std::uint16_t client;    // the size in its OPT
  std::uint32_t size_max;  // what the transport carries
};

// RFC 1035 4.2.1, RFC 6891 6.2.3 to 6.2.5, RFC 7766 8, as plain as can be.
std::uint32_t limit_of(const Way& way, const Options& options, std::uint16_t udp_max) {
  if (way.stream) return std::min<std::uint32_t>(way.size_max, 65535);
  std::uint32_t limit = 512;
  if (options.edns && way.client > 512 && udp_max > 512) {
    limit = std::min<std::uint32_t>(way.client, udp_max);
  }
  return std::min(limit, way.size_max);
}

struct Setup {
  Served& served;
  std::uint16_t udp_max;
  std::size_t nsid;
};

// One reply: exactly as large as it should be, whole or empty.
bool is_right(const Setup& setup, const Way& way, const Options& options, std::size_t plain) {
  const std::uint32_t limit = limit_of(way, options, setup.udp_max);
  const std::size_t whole = plain + extra_octets(options, setup.nsid);
  const bool fits = whole <= limit;
  const Result result =
      setup.served.send(request_for(plain, options, way.client), way.stream, way.size_max);
  const std::size_t size =
      fits ? whole : kQuestion + opt_octets(options, setup.nsid);
  if (result.action != Action::kSend || result.message.size() != size) return false;
  const unsigned flags = 0x8400U | (fits ? 0 : 0x0200);
  if (result.truncated == fits || dns::load_u16(&result.message[2]) != flags) return false;
  const unsigned records = (plain > 60000 ? 3 : 1) + (options.dnssec ? 1 : 0);
  return dns::load_u16(&result.message[6]) == (fits ? records : 0) &&
         dns::load_u16(&result.message[8]) == 0 &&
         dns::load_u16(&result.message[10]) == (options.edns ? 1 : 0) &&
         to_lines(result.message).back() != "malformed reply";
}

// All ways to come to a limit of around `limit`.
std::vector<Way> ways_to(std::uint32_t limit) {
  const auto client = static_cast<std::uint16_t>(limit);
  std::vector<Way> ways = {{true, 512, limit}, {true, 65535, limit}, {false, client, 65535},
                           {false, 65535, limit}, {false, client, limit}};
  if (limit == 512) {
    constexpr std::uint16_t kSmall[] = {0, 1, 511};
    for (const std::uint16_t small : kSmall) ways.push_back({false, small, 65535});
  }
  return ways;
}

// Returns how many replies were looked at.
unsigned check_sizes(std::uint16_t udp_max, std::size_t nsid) {
  Served served = serve(udp_max, nsid);
  const Setup setup{served, udp_max, nsid};
  unsigned count = 0;
  for (const std::uint32_t limit : kLimits) {
    for (const Options& options : all_options()) {
      for (const Way& way : ways_to(limit)) {
        for (const int off : {-1, 0, 1}) {
          const auto whole = static_cast<std::size_t>(static_cast<int>(limit) + off);
          ++count;
          if (is_right(setup, way, options, whole - extra_octets(options, nsid))) continue;
          CAPTURE(udp_max, nsid, limit, whole, options.edns, options.dnssec, options.nsid,
                  options.cookie, way.stream, way.client, way.size_max);
          FAIL_CHECK("size, TC or contents are wrong");
        }
      }
    }
  }
  return count;
}

}  // namespace

TEST_CASE("replies of exactly the limit, an octet less and an octet more") {
  constexpr std::uint16_t kUdpMax[] = {512, 1231, 1232, 1233, 65535};
  for (const std::uint16_t udp_max : kUdpMax) {
    CHECK(check_sizes(udp_max, 9) >= 7 * 9 * 5 * 3);
  }
}

TEST_CASE("replies around their limit when NSID is long, or not configured") {
  for (const std::size_t nsid : {0, 255}) {
    CHECK(check_sizes(1232, nsid) >= 7 * 9 * 5 * 3);
  }
}

namespace {

// Records of each owner and type, by section; a signature counts for the type that it covers.
using Counts = std::map<std::string, unsigned>;

Counts count_rrsets(const Message& reply) {
  Counts counts;
  for (const std::string& line : to_lines(reply)) {
    std::istringstream words(line);
    std::string section, owner, ttl, type, rest;
    if (!(words >> section >> owner >> ttl >> type >> rest)) continue;
    if (section != "answer" && section != "authority" && section != "additional") continue;
    ++counts[section + " " + owner + " " + type + (type == "RRSIG" ? " " + rest : "")];
  }
  return counts;
}

std::string addresses(const std::string& owner, unsigned count) {
  std::string text;
  for (unsigned i = 0; i < count; ++i) {
    text += owner + " A 192.0.2." + std::to_string(i + 1) + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("at every size each RRset of a reply is whole or absent, with its signature") {
  const std::string zone =
      "$TTL 3600\n@ SOA ns hostmaster 1 1 1 1 1\n@ NS ns\nns A 192.0.2.1\n"
      "mail MX 1 a\nmail MX 2 b\nmail MX 3 c\n" + addresses("a", 11) + addresses("b", 13) +
      addresses("c", 17) + addresses("many", 60) +
      "sub NS a.sub\nsub NS b.sub\n" + addresses("a.sub", 12) + addresses("b.sub", 21);
  std::vector<ZoneText> zones = {{"whole.test.", zone}};
  for (const std::string apex : {"signed.test", "hashed.test"}) {
    zones.push_back({apex + ".", sample(apex + ".zone")});
  }
  link::Settings settings;
  settings.udp_max_payload_ipv4 = 4096;
  settings.nsid.length = 9;
  Served served(zones, settings);
  for (const std::string question :
       {"mail.whole.test. MX", "many.whole.test. A", "x.sub.whole.test. A", "signed.test. NS",
        "signed.test. DNSKEY", "x.signed.test. A", "a.wild.signed.test. MX", "x.hashed.test. A",
        "secure.signed.test. A", "plain.hashed.test. A", "signed.test. ANY"}) {
    for (const std::string options : {"", " +do", " +nsid", " +do +nsid"}) {
      const std::string ask = question + options + " +edns=4096";
      const Counts whole = count_rrsets(served.ask_raw(ask).message);
      REQUIRE_FALSE(whole.empty());
      bool cut = false;
      for (unsigned size = 512; size <= 1500; ++size) {
        const Result result = served.ask_raw(ask + " +max=" + std::to_string(size));
        INFO(ask << " in " << size);
        REQUIRE(result.message.size() <= size);
        const Counts counts = count_rrsets(result.message);
        for (const auto& [rrset, count] : counts) {
          INFO(rrset);
          REQUIRE(whole.contains(rrset));
          REQUIRE(count == whole.at(rrset));
        }
        // Signatures stand or fall with what they cover.
        for (const auto& [rrset, count] : whole) {
          const std::size_t at = rrset.find(" RRSIG ");
          if (at == std::string::npos || question.find("RRSIG") != std::string::npos) continue;
          const std::string covered = rrset.substr(0, at) + rrset.substr(at + 6);
          INFO(rrset);
          REQUIRE(counts.contains(rrset) == counts.contains(covered));
        }
        // Without TC nothing is missing but addresses that only save a question.
        for (const auto& [rrset, count] : whole) {
          const bool optional = rrset.starts_with("additional") && question.find("sub") ==
                                std::string::npos;
          if (!result.truncated && !optional) REQUIRE(counts.contains(rrset));
        }
        cut = cut || counts != whole;
      }
      // Some of the answers are larger than 512 octets in any case.
      if (question.find("whole.test") != std::string::npos) CHECK(cut);
    }
  }
}

}  // namespace bowline::answer::test
