// Messages written record by record and block by block: compression, borders of size, bounds, and
// a random model: whatever was added is read back.
#include "dns/builder.h"

#include <catch2/catch.hpp>

#include <algorithm>

#include "octets.h"

namespace bowline::dns {
namespace {

using namespace test;

NameView view(const Octets& wire) { return {wire.data(), wire.size()}; }

// A record in the form of the zone tables.
Octets stored(RrType type, const Octets& rdata, std::uint32_t ttl = 3600) {
  return record(pointer(12), type, rdata, 1, ttl);
}

// A buffer with a request for `qname`, and a builder of its answer.
struct Answer {
  Octets buffer;
  std::size_t question_end;
  MessageBuilder builder;

  explicit Answer(const Octets& qname, std::size_t limit = kMaxMessageSize,
                  std::size_t reserve = 0)
      : buffer(header(0x0100, 1, 0, 0, 0) + question(qname)),
        question_end(buffer.size()),
        builder((buffer.resize(limit, 0xa5), MutableBytes(buffer)), question_end, limit, reserve) {}

  Octets finish(std::uint16_t flags = 0x8400) {
    const std::size_t size = builder.finish(flags);
    return {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size)};
  }
};

// A record as it was added and as it is read back.
struct Flat {
  Section section;
  Octets owner;
  RrType type;
  unsigned rr_class;
  std::uint32_t ttl;
  Octets rdata;  // names expanded

  bool operator==(const Flat&) const = default;
};

// Expands the names of the few types that these tests write.
Octets expand(Bytes message, const MessageReader::Record& record) {
  WireReader reader(message.first(record.rdata_offset + record.rdata_size), record.rdata_offset);
  Octets rdata;
  if (record.rdata_size == 0) return rdata;
  unsigned names = 0;
  if (record.type == RrType::kMx) rdata = u16(reader.u16());
  if (record.type == RrType::kSoa || record.type == RrType::kMinfo) names = 2;
  if (record.type == RrType::kNs || record.type == RrType::kCname || record.type == RrType::kMx ||
      record.type == RrType::kPtr) {
    names = 1;
  }
  for (; names > 0; --names) {
    const std::optional<Name> name = Name::from_message(reader);
    REQUIRE(name);
    rdata.insert(rdata.end(), name->data(), name->data() + name->size());
  }
  const Bytes rest = reader.bytes(reader.remaining());
  rdata.insert(rdata.end(), rest.begin(), rest.end());
  return rdata;
}

std::vector<Flat> read_back(const Octets& message) {
  std::vector<Flat> records;
  MessageReader reader(message);
  MessageReader::Record each;
  while (reader.next(each)) {
    const Bytes owner = each.owner.view().bytes();
    records.push_back({each.section, Octets(owner.begin(), owner.end()), each.type, each.rr_class,
                       each.ttl, expand(message, each)});
  }
  REQUIRE(reader.at_end());
  return records;
}

const Octets kExample = name("example.com.");
const Octets kWww = name("www.example.com.");
const Octets kNs1 = name("ns1.example.com.");

}  // namespace

TEST_CASE("names are compressed as far as they are known") {
  const struct {
    std::string_view description;
    Octets qname, owner;
    RrType type;
    Octets rdata;
    Octets expected;  // owner, and behind the fixed part the rdata
    Octets expected_rdata;
  } rows[] = {
      {"owner is the question's name", kWww, kWww, RrType::kA, Octets(4), pointer(12), Octets(4)},
      {"in another case", name("WWW.example.com."), kWww, RrType::kA, Octets(4), pointer(12),
       Octets(4)},
      {"owner is a suffix", kWww, kExample, RrType::kA, Octets(4), pointer(16), Octets(4)},
      {"owner shares a suffix", kWww, kNs1, RrType::kA, Octets(4),
       Octets{3, 'n', 's', '1'} + pointer(16), Octets(4)},
      {"owner shares the last label", kWww, name("a.net.com."), RrType::kA, Octets(4),
       Octets{1, 'a', 3, 'n', 'e', 't'} + pointer(24), Octets(4)},
      {"owner shares octets but no label", kWww, name("xexample.com."), RrType::kA, Octets(4),
       Octets{8, 'x', 'e', 'x', 'a', 'm', 'p', 'l', 'e'} + pointer(24), Octets(4)},
      {"owner is foreign", kWww, name("a.b."), RrType::kA, Octets(4), name("a.b."), Octets(4)},
      {"owner is the root", kWww, {0}, RrType::kA, Octets(4), {0}, Octets(4)},
      {"the root was asked for", {0}, {0}, RrType::kA, Octets(4), {0}, Octets(4)},
      {"NS below the question", kExample, kExample, RrType::kNs, kNs1, pointer(12),
       Octets{3, 'n', 's', '1'} + pointer(12)},
      {"NS in another case is written in full", kExample, kExample, RrType::kNs,
       name("ns1.EXAMPLE.com."), pointer(12), Octets{3, 'n', 's', '1', 7} +
       Octets{'E', 'X', 'A', 'M', 'P', 'L', 'E'} + pointer(20)},
      {"MX", kExample, kExample, RrType::kMx, u16(10) + kNs1, pointer(12),
       u16(10) + Octets{3, 'n', 's', '1'} + pointer(12)},
      {"SOA", kWww, kExample, RrType::kSoa, kNs1 + name("host.ns1.example.com.") + Octets(20, 1),
       pointer(16), Octets{3, 'n', 's', '1'} + pointer(16) + Octets{4, 'h', 'o', 's', 't'} +
       pointer(45) + Octets(20, 1)},
      {"SRV is not compressed", kExample, kExample, RrType::kSrv, Octets(6) + kNs1, pointer(12),
       Octets(6) + kNs1},
      {"DNAME is not compressed", kExample, kExample, RrType::kDname, kNs1, pointer(12), kNs1},
      {"NS without rdata, as in UPDATE", kExample, kExample, RrType::kNs, {}, pointer(12), {}},
      {"NS is the root", kExample, kExample, RrType::kNs, {0}, pointer(12), {0}},
  };
  for (const auto& row : rows) {
    INFO(row.description);
    const Octets expected = record(row.expected, row.type, row.expected_rdata);
    Answer answer(row.qname);
    answer.builder.begin(Section::kAnswer);
    REQUIRE(answer.builder.add(view(row.owner), row.type, 1, 3600, row.rdata));
    const Octets message = answer.finish();
    CHECK(cut(Bytes(message).subspan(answer.question_end), message.size() - answer.question_end) ==
          expected);

    Answer same(row.qname);
    same.builder.begin(Section::kAnswer);
    REQUIRE(same.builder.add_block(view(row.owner), false, stored(row.type, row.rdata), 1));
    CHECK(same.finish() == message);
  }
}

TEST_CASE("a block of the question's name is copied as it is stored") {
  const Octets block = stored(RrType::kA, {192, 0, 2, 1}) + stored(RrType::kA, {192, 0, 2, 2}) +
                       stored(RrType::kRrsig, Octets(60, 7));
  Answer answer(kWww);
  answer.builder.begin(Section::kAnswer);
  REQUIRE(answer.builder.add_block(view(kWww), true, block, 3));
  CHECK(answer.builder.count(Section::kAnswer) == 3);
  const Octets message = answer.finish();
  CHECK(message == header(0x8400, 1, 3, 0, 0) + question(kWww) + block);
}

TEST_CASE("the root as the question's name is written out, for that is shorter") {
  const Octets rdata[] = {{192, 0, 2, 1}, {192, 0, 2, 2}};
  Answer answer({0});
  answer.builder.begin(Section::kAnswer);
  REQUIRE(answer.builder.add_block(view({0}), true, stored(RrType::kA, rdata[0]) +
                                                        stored(RrType::kA, rdata[1]), 2));
  CHECK(answer.finish() == header(0x8400, 1, 2, 0, 0) + question({0}) +
                               record({0}, RrType::kA, rdata[0]) +
                               record({0}, RrType::kA, rdata[1]));
}

TEST_CASE("a block of another owner writes it once and points to it") {
  const Octets rdata[] = {{192, 0, 2, 1}, {192, 0, 2, 2}, {192, 0, 2, 3}};
  const Octets block = stored(RrType::kA, rdata[0]) + stored(RrType::kA, rdata[1]) +
                       stored(RrType::kA, rdata[2]);
  Answer answer(kWww);
  answer.builder.begin(Section::kAdditional);
  REQUIRE(answer.builder.add_block(view(kNs1), false, block, 3));
  const Octets first = Octets{3, 'n', 's', '1'} + pointer(16);
  const unsigned at = static_cast<unsigned>(answer.question_end);
  Octets expected = header(0x8400, 1, 0, 0, 3) + question(kWww) +
                    record(first, RrType::kA, rdata[0]) +
                    record(pointer(at), RrType::kA, rdata[1]) +
                    record(pointer(at), RrType::kA, rdata[2]);
  CHECK(answer.finish() == expected);
}

TEST_CASE("blocks with names, of the root, and beyond the reach of pointers are read back") {
  const struct {
    std::string_view description;
    Octets qname, owner;
    bool owner_is_qname;
    RrType type;
    std::vector<Octets> rdata;
    std::size_t filler;  // octets of rdata written before
  } rows[] = {
      {"NS of the question", kExample, kExample, true, RrType::kNs, {kNs1, kExample, {0}}, 0},
      {"NS of a cut", kWww, kExample, false, RrType::kNs, {kNs1, name("ns2.example.com.")}, 0},
      {"NS of the root", {0}, {0}, true, RrType::kNs, {name("a.root."), name("b.root.")}, 0},
      {"SOA of the root", kWww, {0}, false, RrType::kSoa,
       {name("a.root.") + name("b.root.") + Octets(20)}, 0},
      {"A of the root", kWww, {0}, false, RrType::kA, {Octets(4, 1), Octets(4, 2)}, 0},
      {"A across the reach of pointers", kWww, name("x.y.z."), false, RrType::kA,
       {Octets(4, 1), Octets(4, 2)}, 0x3fff - 44},
      {"A beyond the reach of pointers", kWww, name("x.y.z."), false, RrType::kA,
       {Octets(4, 1), Octets(4, 2), Octets(4, 3)}, 0x4000},
      {"MX beyond the reach of pointers", kWww, name("x.y.z."), false, RrType::kMx,
       {u16(1) + name("x.y.z."), u16(2) + name("y.z."), u16(3) + kWww}, 0x4000},
  };
  for (const auto& row : rows) {
    INFO(row.description);
    Answer answer(row.qname);
    answer.builder.begin(Section::kAnswer);
    std::vector<Flat> expected = {
        {Section::kQuestion, row.qname, RrType::kA, 1, 0, {}},
        {Section::kAnswer, row.qname, RrType::kTxt, 1, 5, Octets(row.filler)}};
    REQUIRE(answer.builder.add(view(row.qname), RrType::kTxt, 1, 5, Octets(row.filler)));
    Octets block;
    for (const Octets& rdata : row.rdata) {
      block = block + stored(row.type, rdata, 60);
      expected.push_back({Section::kAnswer, row.owner, row.type, 1, 60, rdata});
    }
    REQUIRE(answer.builder.add_block(view(row.owner), row.owner_is_qname, block,
                                     static_cast<unsigned>(row.rdata.size())));
    CHECK(read_back(answer.finish()) == expected);
  }
}

TEST_CASE("a name is pointed to up to the last offset that a pointer has") {
  const Octets owner = name("owner.");
  for (const std::size_t offset : {0x3ffeu, 0x3fffu, 0x4000u, 0x4001u}) {
    INFO(offset);
    Answer answer(kWww);
    answer.builder.begin(Section::kAnswer);
    const std::size_t filler = offset - answer.question_end - 12;
    REQUIRE(answer.builder.add(view(kWww), RrType::kNull, 1, 0, Octets(filler)));
    REQUIRE(answer.builder.size() == offset);
    REQUIRE(answer.builder.add(view(owner), RrType::kA, 1, 0, Octets(4)));
    const std::size_t before = answer.builder.size();
    REQUIRE(answer.builder.add(view(owner), RrType::kA, 1, 0, Octets(4)));
    const std::size_t owner_size = answer.builder.size() - before - 14;
    CHECK(owner_size == (offset <= 0x3fff ? 2 : owner.size()));
    CHECK(read_back(answer.finish()).back().owner == owner);
  }
}

TEST_CASE("what does not fit leaves no trace") {
  const Octets block = stored(RrType::kNs, name("ns1.sub.example.com.")) +
                       stored(RrType::kNs, name("ns2.sub.example.com."));
  const Octets owner = name("sub.example.com.");
  Answer roomy(kWww);
  roomy.builder.begin(Section::kAuthority);
  REQUIRE(roomy.builder.add_block(view(owner), false, block, 2));
  const std::size_t needed = roomy.builder.size();
  for (std::size_t limit = roomy.question_end; limit <= needed; ++limit) {
    INFO("limit " << limit);
    Answer answer(kWww, limit);
    answer.builder.begin(Section::kAuthority);
    CHECK(answer.builder.add_block(view(owner), false, block, 2) == (limit == needed));
    CHECK(answer.builder.size() == (limit == needed ? needed : answer.question_end));
    CHECK(answer.builder.count(Section::kAuthority) == (limit == needed ? 2 : 0));
    // The names of the block that was given up are not pointed to.
    if (answer.builder.add(view(owner), RrType::kNull, 1, 0, {})) {
      CHECK(read_back(answer.finish()).back().owner == owner);
    }
  }
}

TEST_CASE("rollback gives up everything since the mark") {
  Answer answer(kWww);
  Answer never(kWww);
  for (Answer* each : {&answer, &never}) {
    each->builder.begin(Section::kAnswer);
    REQUIRE(each->builder.add(view(kNs1), RrType::kA, 1, 1, Octets(4)));
  }
  const MessageBuilder::Mark mark = answer.builder.mark();
  REQUIRE(answer.builder.add(view(name("gone.test.")), RrType::kNs, 1, 1, name("a.gone.test.")));
  answer.builder.rollback(mark);
  CHECK(answer.builder.count(Section::kAnswer) == 1);
  for (Answer* each : {&answer, &never}) {
    REQUIRE(each->builder.add(view(name("x.gone.test.")), RrType::kA, 1, 2, Octets(4)));
  }
  CHECK(answer.finish() == never.finish());
}

TEST_CASE("messages fill their limit to the octet and never pass it") {
  for (const std::size_t limit : {511u, 512u, 513u, 1231u, 1232u, 1233u, 65534u, 65535u}) {
    for (const Octets& options : {Octets{}, option(EdnsOption::kNsid, Octets(9)), Octets(200)}) {
      for (const int difference : {-1, 0, 1}) {
        const std::size_t reserve = kOptFixedSize + options.size();
        INFO("limit " << limit << ", options " << options.size() << ", " << difference);
        Answer answer(kWww, limit, reserve);
        answer.builder.begin(Section::kAnswer);
        const std::size_t rdata_size =
            answer.builder.space() - 12 + static_cast<std::size_t>(difference);
        const bool fits = answer.builder.add(view(kWww), RrType::kNull, 1, 0, Octets(rdata_size));
        CHECK(fits == (difference <= 0));
        answer.builder.begin(Section::kAdditional);
        answer.builder.write_opt(1232, 1, 0, 0x8000, options);
        const Octets message = answer.finish();
        if (fits) CHECK(message.size() == limit + static_cast<std::size_t>(difference));
        CHECK(answer.builder.space() == limit - message.size());
        const std::vector<Flat> records = read_back(message);
        CHECK(records.back().type == RrType::kOpt);
        CHECK(records.back().ttl == 0x01008000);
        CHECK(records.back().rr_class == 1232);
        CHECK(records.back().rdata == options);
      }
    }
  }
}

TEST_CASE("more can be reserved while there is room, for options that come up at the end") {
  for (const int missing : {0, 1}) {
    Answer answer(kWww, 512, kOptFixedSize);
    answer.builder.begin(Section::kAnswer);
    const std::size_t left = static_cast<std::size_t>(6 - missing);
    REQUIRE(answer.builder.add(view(kWww), RrType::kNull, 1, 0,
                               Octets(answer.builder.space() - 12 - left)));
    CHECK(answer.builder.section() == Section::kAnswer);
    const Octets options = missing == 0 ? option(EdnsOption::kExtendedError, Octets(2)) : Octets{};
    CHECK(answer.builder.reserve_more(6) == (missing == 0));
    CHECK(answer.builder.space() == (missing == 0 ? 0 : left));
    answer.builder.begin(Section::kAdditional);
    answer.builder.write_opt(1232, 0, 0, 0, options);
    const Octets message = answer.finish();
    CHECK(message.size() == 512 - (missing == 0 ? 0 : left));
    CHECK(read_back(message).back().rdata == options);
  }
}

TEST_CASE("header, counts and a message without a question") {
  Octets buffer = header(0x7fff, 9, 9, 9, 9) + Octets(500);
  MessageBuilder builder(buffer, kHeaderSize, 512, 0);
  builder.begin(Section::kAnswer);
  REQUIRE(builder.add(view(kWww), RrType::kA, 1, 1, Octets(4)));
  builder.begin(Section::kAdditional);
  REQUIRE(builder.add(view(kWww), RrType::kAaaa, 1, 1, Octets(16)));
  buffer.resize(builder.finish(0x8180));
  CHECK(cut(buffer, kHeaderSize) == header(0x8180, 0, 1, 0, 1));
  CHECK(read_back(buffer).back().owner == kWww);
}

TEST_CASE("64 kB of distinct names are written and read back (the time: perf/bench_parse)") {
  std::vector<Octets> owners;
  for (unsigned i = 0; i < 6000; ++i) {
    const std::string number = std::to_string(i);
    owners.push_back(name("h" + number + ".d" + std::to_string(i % 97) + ".x."));
  }
  Answer answer(kWww);
  answer.builder.begin(Section::kAnswer);
  std::size_t added = 0;
  for (std::size_t i = 0; i < owners.size(); i += 2) {
    added += answer.builder.add(view(owners[i]), RrType::kNs, 1, 1, owners[i + 1]) ? 1 : 0;
  }
  const Octets message = answer.finish();
  CHECK(2 * added > 3000);
  CHECK(read_back(message).size() == added + 1);
}

namespace {

// Random answers with the list of what they should hold.
class Model {
 public:
  explicit Model(std::uint64_t seed) : random_(seed) {
    for (unsigned i = 0; i < 12; ++i) names_.push_back(random_name());
  }

  void run() {
    const Octets qname = pick_name();
    const std::size_t limit = std::max<std::size_t>(300, random_() % 3 == 0 ? 65535 : below(4000));
    const std::size_t reserve = below(3) == 0 ? 0 : kOptFixedSize;
    Answer answer(qname, limit, reserve);
    expected_ = {{Section::kQuestion, qname, RrType::kA, 1, 0, {}}};
    for (section_ = Section::kAnswer; section_ <= Section::kAdditional;
         section_ = static_cast<Section>(static_cast<unsigned>(section_) + 1)) {
      answer.builder.begin(section_);
      for (std::size_t steps = below(limit > 5000 ? 400 : 20); steps > 0; --steps) {
        step(answer, qname);
      }
    }
    if (reserve != 0) {
      answer.builder.write_opt(1232, 0, 0, 0, {});
      expected_.push_back({Section::kAdditional, {0}, RrType::kOpt, 1232, 0, {}});
    }
    const Octets message = answer.finish();
    REQUIRE(message.size() <= limit);
    compare(read_back(message));
  }

 private:
  std::size_t below(std::size_t bound) { return random_() % bound; }

  Octets random_name() {
    static const Octets kLabels[] = {{1, 'a'}, {1, 'A'}, {1, 'b'}, {3, 'c', 'o', 'm'},
                                     {3, 'C', 'o', 'm'}, {3, 1, 'a', 0}, {2, 0xc0, 12},
                                     {7, 'e', 'x', 'a', 'm', 'p', 'l', 'e'},
                                     Octets{40} + Octets(40, 'l')};
    Octets wire;
    for (std::size_t labels = below(below(8) == 0 ? 6 : 4) + (below(9) == 0 ? 0 : 1); labels > 0;
         --labels) {
      wire = wire + kLabels[below(std::size(kLabels))];
    }
    return wire + Octets{0};
  }

  // Often one that was used before, or a child of it.
  Octets pick_name() {
    const std::size_t kind = below(8);
    const Octets& known = names_[below(names_.size())];
    if (kind == 0) return random_name();
    if (kind == 1 && known.size() < 200) {
      return Octets{2, 'n', static_cast<std::uint8_t>('0' + below(10))} + known;
    }
    if (kind == 2 && known.size() > 1) return {known.begin() + 1 + known[0], known.end()};
    return known;
  }

  Octets random_rdata(RrType type) {
    switch (type) {
      case RrType::kNs:
      case RrType::kCname:
      case RrType::kPtr: return pick_name();
      case RrType::kMx: return u16(static_cast<unsigned>(below(100))) + pick_name();
      case RrType::kMinfo: return pick_name() + pick_name();
      case RrType::kSoa: return pick_name() + pick_name() + Octets(20, 9);
      case RrType::kSrv: return Octets(6) + pick_name();
      default: return Octets(below(30), static_cast<std::uint8_t>(below(256)));
    }
  }

  void step(Answer& answer, const Octets& qname) {
    const MessageBuilder::Mark mark = answer.builder.mark();
    const std::size_t known = expected_.size();
    add(answer, qname);
    if (below(6) != 0) return;
    add(answer, qname);
    answer.builder.rollback(mark);
    expected_.resize(known);
  }

  void add(Answer& answer, const Octets& qname) {
    static constexpr RrType kTypes[] = {RrType::kA, RrType::kNs, RrType::kCname, RrType::kMx,
                                        RrType::kSoa, RrType::kPtr, RrType::kMinfo, RrType::kSrv,
                                        RrType::kTxt, RrType{65280}};
    const RrType type = kTypes[below(std::size(kTypes))];
    const bool is_qname = below(3) == 0;
    const Octets owner = is_qname ? qname : pick_name();
    const auto ttl = static_cast<std::uint32_t>(random_());
    const unsigned count = static_cast<unsigned>(1 + below(5));
    std::vector<Flat> added;
    Octets block;
    for (unsigned i = 0; i < count; ++i) {
      const Octets rdata = random_rdata(type);
      added.push_back({section_, owner, type, 1, ttl, rdata});
      block = block + stored(type, rdata, ttl);
    }
    const std::size_t before = answer.builder.size();
    const bool as_block = below(2) == 0;
    const bool fits = as_block
        ? answer.builder.add_block(view(owner), is_qname, block, count)
        : answer.builder.add(view(owner), type, 1, ttl, added[0].rdata);
    if (!as_block) added.resize(1);
    if (fits) {
      expected_.insert(expected_.end(), added.begin(), added.end());
    } else {
      REQUIRE(answer.builder.size() == before);
    }
  }

  void compare(const std::vector<Flat>& read) {
    REQUIRE(read.size() == expected_.size());
    for (std::size_t i = 0; i < read.size(); ++i) {
      REQUIRE(view(read[i].owner).equals(view(expected_[i].owner)));
      Flat same_owner = read[i];
      same_owner.owner = expected_[i].owner;
      REQUIRE((same_owner == expected_[i]));
    }
  }

  std::mt19937_64 random_;
  std::vector<Octets> names_;
  Section section_ = Section::kQuestion;
  std::vector<Flat> expected_;
};

}  // namespace

TEST_CASE("random answers are read back as they were added") {
  for (std::uint64_t i = 0; i < 3000; ++i) {
    INFO("BOWLINE_SEED=" << seed() << ", model " << i);
    Model(seed() + i).run();
  }
}

}  // namespace bowline::dns
