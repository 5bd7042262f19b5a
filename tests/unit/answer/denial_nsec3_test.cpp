// Proofs with NSEC3 where there is more than one plain chain; and that a burst changes no answer.
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <random>

#include "answer/proof_burst.h"
#include "served.h"

namespace bowline::answer::test {

namespace {

dns::Name name_of(const std::string& text) { return *dns::Name::from_text(text); }

std::string base32hex(const Nsec3Hash& hash) {
  std::string text;
  unsigned bits = 0, count = 0;
  for (const std::uint8_t octet : hash) {
    bits = bits << 8 | octet;
    for (count += 8; count >= 5; count -= 5) {
      text += "0123456789abcdefghijklmnopqrstuv"[bits >> (count - 5) & 31];
    }
  }
  return text;
}

// The NSEC3 records of a zone under construction, and what their owners stand for.
struct Chain {
  std::string tag;   // names the chain in replies: TAG(name)
  std::string apex;
  std::uint8_t salt;
  unsigned iterations;
  std::map<std::string, std::string> names;  // by hash

  Chain(std::string of, std::string below, std::uint8_t salted, unsigned iterated,
        const std::vector<std::string>& labels)
      : tag(std::move(of)), apex(std::move(below)), salt(salted), iterations(iterated) {
    Nsec3Hasher hasher;
    for (const std::string& label : labels) {
      const std::string name = label.empty() ? apex : label + "." + apex;
      const dns::Name wire = name_of(name);
      names[base32hex(hasher.hash({wire, {&salt, 1}, iterations}))] = name;
    }
  }

  std::string parameters() const {
    char text[32];
    std::snprintf(text, sizeof text, "1 0 %u %02x", iterations, salt);
    return text;
  }
  std::string announced() const { return apex + " 0 NSEC3PARAM " + parameters() + "\n"; }
  std::string records() const {
    std::string text;
    for (auto at = names.begin(); at != names.end(); ++at) {
      const auto next = std::next(at) == names.end() ? names.begin() : std::next(at);
      text += at->first + "." + apex + " 60 NSEC3 " + parameters() + " " + next->first + " A\n";
    }
    return text;
  }

  // TAG(name) in place of the owner of an NSEC3.
  Lines named(Lines lines) const {
    for (std::string& line : lines) {
      for (const auto& [hash, name] : names) {
        const std::size_t at = line.find(hash + "." + apex);
        if (at == std::string::npos) continue;
        line.replace(at, hash.size() + 1 + apex.size(), tag + "(" + name + ")");
      }
    }
    return lines;
  }
};

const std::vector<std::string> kLabels = {"",      "ns",   "www",    "*.wild", "wild",
                                          "here",  "down", "d.down", "cut",    "alias"};

std::string content(const std::string& apex) {
  return "$ORIGIN " + apex + "\n$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\n"
         "ns A 192.0.2.1\nwww A 192.0.2.2\n*.wild A 192.0.2.3\nhere A 192.0.2.4\n"
         "d.down A 192.0.2.5\ncut NS ns.cut\nns.cut A 192.0.2.6\nalias CNAME www\n";
}

// The owners of the proofs of a reply, each once.
Lines proofs_of(const Chain& chain, const Lines& reply) {
  Lines found;
  for (const std::string& line : chain.named(reply)) {
    if (line.find(" NSEC3 ") == std::string::npos && line.find(" NSEC ") == std::string::npos) {
      continue;
    }
    const std::size_t from = line.find(' ') + 1;
    found.push_back(line.substr(from, line.find(' ', from) - from));
  }
  return found;
}

bool all_start_with(const Lines& lines, const std::string& prefix) {
  return !lines.empty() && std::all_of(lines.begin(), lines.end(), [&](const std::string& line) {
    return line.rfind(prefix, 0) == 0;
  });
}

const char* const kAbsent[] = {"x.%s A +do",      "x.www.%s A +do",  "www.%s AAAA +do",
                               "a.wild.%s A +do", "a.wild.%s MX +do", "down.%s A +do",
                               "x.down.%s A +do", "cut.%s A +do",    "y.cut.%s A +do",
                               "cut.%s DS +do",   "%s DS +do",       "%s NSEC3 +do"};

std::string question_of(const char* pattern, const std::string& apex) {
  std::string text = pattern;
  return text.replace(text.find("%s"), 2, apex);
}

}  // namespace

TEST_CASE("of several NSEC3 chains one is proved with") {
  const Chain first("H", "two.test.", 0xaa, 1, kLabels);
  const Chain second("other", "two.test.", 0xbb, 3, kLabels);
  // Only the first one's parameters, both (RFC 5155 10.4), and both in the other order in the file.
  for (const std::string& announced :
       {first.announced(), first.announced() + second.announced(),
        second.announced() + first.announced()}) {
    Served served({{"two.test.", content("two.test.") + announced + second.records() +
                                     first.records()}});
    for (const char* pattern : kAbsent) {
      const std::string question = question_of(pattern, "two.test.");
      INFO(question << " with " << announced);
      CHECK(all_start_with(proofs_of(first, served.ask(question)), "H("));
    }
  }
}

TEST_CASE("what a zone is proved with") {
  const Chain chain("H", "z.test.", 0xaa, 1, kLabels);
  const std::string nsec = "z.test. 60 NSEC www.z.test. NS SOA NSEC\n"
                           "www.z.test. 60 NSEC z.test. A NSEC\n";
  struct Row {
    const char* description;
    std::string records;
    Lines proofs;
  };
  const Row rows[] = {
      {"NSEC", nsec, {"www.z.test.", "z.test."}},
      {"NSEC3", chain.announced() + chain.records(), {"H(z.test.)", "H("}},
      {"NSEC3 before NSEC", nsec + chain.announced() + chain.records(), {"H(z.test.)", "H("}},
      {"NSEC3 that is still being made", nsec + chain.records(), {"www.z.test.", "z.test."}},
      {"NSEC3 that is announced and not there", nsec + chain.announced(),
       {"www.z.test.", "z.test."}},
      {"NSEC3 alone without parameters", chain.records(), {}},
      {"parameters with unknown flags", nsec + "z.test. 0 NSEC3PARAM 1 1 1 aa\n" + chain.records(),
       {"www.z.test.", "z.test."}},
      {"parameters with an unknown hash", nsec + "z.test. 0 NSEC3PARAM 2 0 1 aa\n" +
                                              chain.records(),
       {"www.z.test.", "z.test."}},
      {"not signed", "", {}},
  };
  for (const Row& row : rows) {
    INFO(row.description);
    Served served({{"z.test.", content("z.test.") + row.records}});
    const Lines proofs = proofs_of(chain, served.ask("zz.z.test. A +do"));
    if (row.proofs.size() == 2 && row.proofs[1] == "H(") {
      CHECK(all_start_with(proofs, "H("));
      CHECK(std::count(proofs.begin(), proofs.end(), row.proofs[0]) == 1);
    } else {
      CHECK(proofs == row.proofs);
    }
    CHECK(proofs_of(chain, served.ask("zz.z.test. A")).empty());  // without DO
  }
}

// RFC 5155 10.3, RFC 9276 3.2: validators must see what they do not want to check.
TEST_CASE("iterations that are proved with") {
  for (const auto& [iterations, is_proved] :
       {std::pair(0U, true), {150U, true}, {151U, true}, {500U, true}, {2500U, true},
        {2501U, false}}) {
    INFO(iterations);
    const Chain chain("H", "i.test.", 0xcc, iterations, kLabels);
    Served served({{"i.test.", content("i.test.") + chain.announced() + chain.records()}});
    for (const char* pattern : kAbsent) {
      const std::string question = question_of(pattern, "i.test.");
      INFO(question);
      CHECK(proofs_of(chain, served.ask(question)).empty() == !is_proved);
    }
    // The proof of an NXDOMAIN is complete at the most iterations, too.
    const Lines proofs = proofs_of(chain, served.ask("q.www.i.test. A +do"));
    CHECK(std::count(proofs.begin(), proofs.end(), "H(www.i.test.)") == (is_proved ? 1 : 0));
    CHECK((proofs.size() >= 2) == is_proved);
  }
}

// RFC 5155 7.2.8
TEST_CASE("owners of NSEC3 as names") {
  const Chain plain("H", "o.test.", 0xdd, 0, kLabels);
  const std::string bare = plain.names.begin()->first + ".o.test.";
  const std::string taken = std::next(plain.names.begin())->first + ".o.test.";
  Served served({{"o.test.", content("o.test.") + plain.announced() + plain.records() + taken +
                                 " A 192.0.2.9\n"}});
  struct Row {
    const char* description;
    std::string question;
    const char* first_line;
    bool has_answer;
  };
  const Row rows[] = {
      {"NSEC3 is no data of the name", bare + " NSEC3 +do", "NXDOMAIN aa", false},
      {"nor its signatures", bare + " RRSIG +do", "NXDOMAIN aa", false},
      {"nor for ANY", bare + " ANY +do +tcp", "NXDOMAIN aa", false},
      {"it is nobody's parent", "x." + bare + " A +do", "NXDOMAIN aa", false},
      {"other data makes it a name", taken + " A +do", "NOERROR aa", true},
      {"which still has no NSEC3", taken + " NSEC3 +do", "NOERROR aa", false},
  };
  for (const Row& row : rows) {
    INFO(row.description << ": " << row.question);
    const Lines reply = served.ask(row.question);
    CHECK(reply.at(0) == row.first_line);
    CHECK((reply.at(1).rfind("answer ", 0) == 0) == row.has_answer);
  }
}

TEST_CASE("a burst has the answers of its questions one by one") {
  const Chain first("H", "a.test.", 0xaa, 2, kLabels);
  const Chain second("H", "b.test.", 0xbb, 0, kLabels);
  std::vector<ZoneText> zones = {
      {"a.test.", content("a.test.") + "off CNAME x.b.test.\n*.star CNAME y.wild.b.test.\n" +
                      first.announced() + first.records()},
      {"b.test.", content("b.test.") + second.announced() + second.records()},
      {"c.test.", content("c.test.")}};
  Served alone(zones), together(zones);
  std::mt19937 random(20260101);
  std::vector<Message> requests;
  for (unsigned i = 0; i < 4000; ++i) {
    const char* const apexes[] = {"a.test.", "b.test.", "c.test.", "sub.a.test.", "away.test."};
    const char* const prefixes[] = {"",     "www.",  "x.",    "y.x.", "q.wild.", "cut.", "z.cut.",
                                    "down.", "alias.", "off.", "k.star."};
    const char* const types[] = {"A", "AAAA", "DS", "NSEC3", "RRSIG", "ANY", "SOA"};
    const std::string name = std::string(prefixes[random() % std::size(prefixes)]) +
                             apexes[random() % std::size(apexes)];
    requests.push_back(make_request(name + " " + types[random() % std::size(types)] +
                                    (random() % 8 == 0 ? "" : " +do")));
  }
  const std::vector<Result> wanted = alone.send_all(requests, 1);
  const std::vector<Result> got = together.send_all(requests, kBurst);
  REQUIRE(wanted.size() == got.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    INFO("question " << i);
    CHECK(wanted[i].message == got[i].message);
  }
}

namespace {

// A zone block for the parameters alone.
struct Parameters {
  struct {
    zones::Zone zone{};
    std::uint8_t tail[8] = {0};  // the root, then the salt
  } block;

  Parameters(std::uint8_t salt, std::uint16_t iterations) {
    block.zone.flags = zones::kZoneNsec3;
    block.zone.apex_size = 1;
    block.zone.salt_size = 1;
    block.zone.nsec3_iterations = iterations;
    block.tail[1] = salt;
  }
  const zones::Zone& zone() const { return block.zone; }
};

}  // namespace

TEST_CASE("hashes that a burst has foreseen are those of the hasher") {
  const dns::HashKey secret{{9, 8, 7}};
  Nsec3Hasher hasher;
  const auto places = std::make_unique<ProofBurst>();
  const Parameters zones[] = {{0x11, 0}, {0x22, 3}};
  std::vector<dns::NameKey> keys(90);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    dns::make_name_key(secret, name_of("n" + std::to_string(i % 50) + ".www.test."), keys[i]);
  }
  // More than there is room for, much of it twice; the second round must not see the first.
  for (unsigned round = 0; round < 3; ++round) {
    places->begin();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const zones::Zone& zone = zones[(i + round) % 2].zone();
      for (unsigned depth = 0; depth <= 3; ++depth) places->want(zone, keys[i], depth, i % 3 == 0);
    }
    places->look_up({}, hasher);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      for (unsigned depth = 0; depth <= 3; ++depth) {
        for (const bool wildcard : {false, true}) {
          for (const Parameters& each : zones) {
            const Nsec3Input input{keys[i].suffix(depth), zones::nsec3_salt(each.zone()),
                                   each.zone().nsec3_iterations, wildcard};
            CHECK(places->get({}, each.zone(), keys[i], depth, wildcard, hasher).hash ==
                  hasher.hash(input));
          }
        }
      }
    }
  }
  // The same place in memory may be another zone in the next burst.
  Parameters changed(0x33, 1);
  const Nsec3Hash before = places->get({}, changed.zone(), keys[0], 3, false, hasher).hash;
  changed = Parameters(0x44, 1);
  places->begin();
  CHECK(places->get({}, changed.zone(), keys[0], 3, false, hasher).hash != before);
}

}  // namespace bowline::answer::test
