// The tables against a std::map: random changes through ZoneWriter, with readers running.
//
// What a reader must always see: one whole version. Each commit writes its number into the TXT
// record of two names at once; a reader that finds different numbers in one view has seen a torn
// version. It also walks a stretch of the ordered index and demands that names ascend and are in
// the hash index. BOWLINE_OPERATIONS sets the number of changes (10^6 in `./test --long`),
// BOWLINE_SEED the seed.
#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "link/epoch.h"
#include "tables.h"
#include "zones/tree.h"
#include "zones/walker.h"

using namespace bowline;
using namespace bowline::zones;
using dns::RrType;

namespace {

std::uint64_t operations() {
  const char* const text = std::getenv("BOWLINE_OPERATIONS");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 30000;
}

using Rdata = std::vector<std::uint8_t>;
using Model = std::map<std::string, std::map<RrType, std::set<Rdata>>>;  // by text of the owner

class Reader {
 public:
  Reader(test::Tables& tables, link::EpochSlots& slots, unsigned slot)
      : tables_(tables), epoch_(slots, slot, tables.header()), random_(test::seed() + slot) {}

  void run(const std::atomic<bool>& stop) {
    const dns::NameKey first = tables_.key("stamp-a.test."), second = tables_.key("z.stamp.test.");
    epoch_.go_online();
    while (!stop.load(std::memory_order_relaxed)) {
      const Ref root = epoch_.enter();
      const View view{tables_.base(), tables_.base().at<Root>(root)};
      const Zone& zone = *find_zone(view, first, first.depth);
      if (stamp(view.base, zone, first) != stamp(view.base, zone, second)) ++faults;
      walk(view.base, zone);
      epoch_.leave();
      ++views;
      if (random_() % 64 == 0) {
        epoch_.go_offline();
        epoch_.go_online();
      }
    }
    epoch_.go_offline();
  }

  std::atomic<std::uint64_t> views{0};
  std::atomic<std::uint64_t> faults{0};

 private:
  static std::vector<std::uint8_t> stamp(Base base, const Zone& zone, const dns::NameKey& key) {
    const Node* const node = find_node(base, zone, key, key.depth);
    if (node == nullptr) return {};
    std::vector<std::uint8_t> octets;
    for_each_record(find_rrset(base, *node, RrType::kTxt).records,
                    [&](dns::Bytes rdata, std::uint32_t) {
                      octets.assign(rdata.begin(), rdata.end());
                    });
    return octets;
  }

  void walk(Base base, const Zone& zone) {
    const dns::NameKey from = tables_.key(std::string(1, static_cast<char>('a' + random_() % 6)) +
                                          ".test.");
    TreePath path;
    const std::size_t own_size = static_cast<std::size_t>(from.size) - zone.apex_size;
    TreeKey previous = TreeKey::of_owner({from.lower.data(), own_size});
    const Node* node = tree_floor(base, zone.order, previous, path);
    for (int step = 0; node != nullptr && step < 8; ++step) {
      const TreeKey key = TreeKey::of_node(*node);
      if (step > 0 && previous.compare(key) >= 0) ++faults;
      previous = key;
      dns::NameKey name;
      dns::make_name_key(tables_.secret(), owner_name(zone, *node), name);
      if (find_node(base, zone, name, name.depth) != node) ++faults;
      node = tree_next(base, path);
    }
  }

  test::Tables& tables_;
  link::EpochReader epoch_;
  std::mt19937_64 random_;
};

std::string random_owner(std::mt19937_64& random) {
  static constexpr std::string_view kLabels[] = {"a", "b", "c", "d", "e", "f", "*", "B", "\\000",
                                                 "longer-label-to-fill-a-line", "x1", "x2"};
  std::string text;
  for (std::uint64_t depth = random() % 5; depth > 0; --depth) {
    text += std::string(kLabels[random() % std::size(kLabels)]) + ".";
  }
  if (random() % 2 == 0) text = "n" + std::to_string(random() % 3000) + "." + text;
  return text + "test.";
}

Rdata random_rdata(std::mt19937_64& random, RrType type) {
  if (type == RrType::kA) return {10, 0, 0, static_cast<std::uint8_t>(random() % 6)};
  if (type == RrType::kTxt) {
    Rdata rdata(1 + random() % 200, static_cast<std::uint8_t>('a' + random() % 3));
    rdata[0] = static_cast<std::uint8_t>(rdata.size() - 1);
    return rdata;
  }
  const dns::Name target = test::name("t" + std::to_string(random() % 3) + ".test.");
  return {target.data(), target.data() + target.size()};
}

std::string canonical_text(dns::NameView name) { return dns::Name(name).lower().to_text(); }

void compare(const test::Tables& tables, const Zone& zone, const Model& model) {
  std::size_t seen = 0;
  Cursor cursor(tables.base(), zone.order);
  while (const Node* node = cursor.next()) {
    if (node->rrset_count == 0) continue;
    const std::string text = canonical_text(owner_name(zone, *node));
    INFO(text);
    const auto wanted = model.find(text);
    REQUIRE(wanted != model.end());
    ++seen;
    REQUIRE(node->rrset_count == wanted->second.size());
    for (const auto& [type, rdatas] : wanted->second) {
      std::set<Rdata> found;
      for_each_record(find_rrset(tables.base(), *node, type).records,
                      [&](dns::Bytes rdata, std::uint32_t) {
                        found.insert(Rdata(rdata.begin(), rdata.end()));
                      });
      REQUIRE(found == rdatas);
    }
  }
  REQUIRE(seen == model.size());
}

class Changes {
 public:
  explicit Changes(test::Tables& tables) : tables_(tables), arena_(tables.heap()) {
    tables.load("test.", {{"test.", RrType::kSoa, test::kSoaText}});
    model["test."][RrType::kSoa].insert(test::rdata(RrType::kSoa, test::kSoaText));
  }

  // One transaction of `count` changes; some are thrown away.
  void transact(unsigned count) {
    const Zone& zone = *tables_.zone("test.");
    ZoneWriter writer(arena_, tables_.secret(), zone);
    before_.clear();
    for (unsigned i = 0; i < count; ++i) change(writer);
    if (random() % 16 == 0) return undo();  // the writer's destructor aborts
    stamp(writer, "stamp-a.test.");
    stamp(writer, "z.stamp.test.");
    tables_.publish(writer.finish());
    ++commits;
  }

  Model model;
  std::mt19937_64 random{test::seed()};
  std::uint64_t commits = 0;

 private:
  // The model's entry of a name; what it was before this transaction is kept for undo().
  std::map<RrType, std::set<Rdata>>& entry(const std::string& owner) {
    before_.try_emplace(owner, model[owner]);
    return model[owner];
  }

  void undo() {
    for (auto& [owner, rrsets] : before_) {
      if (rrsets.empty()) {
        model.erase(owner);
      } else {
        model[owner] = std::move(rrsets);
      }
    }
  }

  void change(ZoneWriter& writer) {
    static constexpr RrType kTypes[] = {RrType::kA, RrType::kA, RrType::kTxt, RrType::kNs,
                                        RrType::kDname};
    const dns::Name owner = test::name(random_owner(random));
    const RrType type = kTypes[random() % std::size(kTypes)];
    const std::string text = canonical_text(owner);
    const Rdata rdata = random_rdata(random, type);
    auto& rrsets = entry(text);
    switch (random() % 5) {
      case 0:
      case 1:
        REQUIRE(writer.add(owner, type, 60, rdata).ok());
        rrsets[type].insert(rdata);
        break;
      case 2: {
        const auto removed = writer.remove(owner, type, rdata);
        REQUIRE(removed.ok());
        REQUIRE(*removed == (rrsets[type].erase(rdata) != 0));
        break;
      }
      case 3:
        REQUIRE(writer.remove_rrset(owner, type).ok());
        rrsets.erase(type);
        break;
      default: {
        const Rdata other = random_rdata(random, type);
        const dns::Bytes both[] = {rdata, other};
        REQUIRE(writer.replace_rrset(owner, type, 60, both).ok());
        rrsets[type] = {rdata, other};
      }
    }
    if (rrsets[type].empty()) rrsets.erase(type);
    if (rrsets.empty()) model.erase(text);
  }

  void stamp(ZoneWriter& writer, const std::string& owner) {
    const std::string number = std::to_string(commits);
    Rdata rdata = {static_cast<std::uint8_t>(number.size())};
    rdata.insert(rdata.end(), number.begin(), number.end());
    const dns::Bytes one[] = {rdata};
    REQUIRE(writer.replace_rrset(test::name(owner), RrType::kTxt, 60, one).ok());
    entry(owner)[RrType::kTxt] = {rdata};
  }

  test::Tables& tables_;
  Arena arena_;
  Model before_;
};

}  // namespace

TEST_CASE("random changes match a map, and readers always see one whole version") {
  INFO("BOWLINE_SEED=" << test::seed() << " BOWLINE_OPERATIONS=" << operations());
  test::Tables tables;
  Changes changes(tables);
  auto slots = std::make_unique<link::EpochSlots>();
  std::atomic<bool> stop{false};
  Reader first(tables, *slots, 0), second(tables, *slots, 1);
  std::thread one([&] { first.run(stop); }), two([&] { second.run(stop); });

  constexpr unsigned kChanges = 20;
  const std::uint64_t rounds = operations() / kChanges;
  const std::uint64_t check_every = std::max<std::uint64_t>(rounds / 20, 1);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    changes.transact(kChanges);
    tables.publisher().reclaim(slots->oldest_in_use(tables.publisher().epoch()));
    if (round % check_every != 0) continue;
    const Zone& zone = *tables.zone("test.");
    const auto fault = check_version(tables.publisher().current(), tables.secret(), true);
    INFO("round " << round << ": " << fault.value_or(""));
    REQUIRE_FALSE(fault);
    compare(tables, zone, changes.model);
  }
  stop = true;
  one.join();
  two.join();
  CHECK(first.faults + second.faults == 0);
  CHECK(first.views > 0);
  CHECK(second.views > 0);
  CHECK(changes.commits > rounds / 2);
  tables.publisher().reclaim(slots->oldest_in_use(tables.publisher().epoch()));
  CHECK(tables.publisher().retired_blocks() == 0);
}

TEST_CASE("replacing a record again and again does not grow memory") {
  test::Tables tables;
  std::vector<test::Tables::Line> lines;
  std::vector<std::string> names;
  for (int i = 0; i < 2000; ++i) names.push_back("host" + std::to_string(i) + ".test.");
  for (const std::string& name : names) lines.push_back({name, RrType::kA, "192.0.2.1"});
  tables.load("test.", lines);
  Arena arena(tables.heap());
  const auto update = [&](unsigned i) {
    const std::vector<std::uint8_t> address = {10, 0, static_cast<std::uint8_t>(i >> 8),
                                               static_cast<std::uint8_t>(i)};
    const dns::Bytes one[] = {address};
    ZoneWriter writer(arena, tables.secret(), *tables.zone("test."));
    REQUIRE(writer.replace_rrset(test::name(names[i % names.size()]), RrType::kA, 60, one).ok());
    tables.publish(writer.finish());
    tables.publisher().reclaim(tables.publisher().epoch());
  };
  for (unsigned i = 0; i < 1000; ++i) update(i);
  const std::size_t before = tables.heap().usage().chunk_octets;
  for (unsigned i = 0; i < 20000; ++i) update(i);
  CHECK(tables.heap().usage().chunk_octets == before);
}

TEST_CASE("a change that takes the SOA away is refused and nothing has happened") {
  test::Tables tables;
  tables.load("test.", {{"a.test.", RrType::kA, "192.0.2.1"}});
  Arena arena(tables.heap());
  ZoneWriter writer(arena, tables.secret(), *tables.zone("test."));
  REQUIRE(writer.remove_rrset(test::name("test."), RrType::kSoa).ok());
  const auto draft = writer.finish();
  REQUIRE_FALSE(draft.ok());
  CHECK(draft.error() == "the change leaves the zone test. without a SOA record");
  CHECK_FALSE(check_version(tables.publisher().current(), tables.secret(), true));
  CHECK_FALSE(ZoneWriter(arena, tables.secret(), *tables.zone("test."))
                  .add(test::name("other."), RrType::kA, 1, test::rdata(RrType::kA, "192.0.2.1"))
                  .ok());
}
