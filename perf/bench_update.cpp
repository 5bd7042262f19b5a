// Measures one-record updates into a large zone while a reader runs: time from change to published,
// wrong answers seen, and memory before and after.
//
//   bench_update [--names N] [--updates N] [--json]
#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>
#include <vector>

#include "link/chunks.h"
#include "link/epoch.h"
#include "link/publish.h"
#include "zones/builder.h"
#include "zones/layout.h"
#include "zones/publisher.h"
#include "zones/writer.h"

namespace {

using namespace bowline;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kSeed = 1;
constexpr std::uint8_t kSecret[link::kHashSecretBytes] = {1, 2, 3, 4, 5, 6, 7, 8};

dns::Name name_of(std::uint64_t number) {
  return dns::Name::from_text("n" + std::to_string(number) + ".example.").value();
}

std::vector<std::uint8_t> address_of(std::uint64_t number, std::uint8_t version) {
  return {version, static_cast<std::uint8_t>(number >> 16), static_cast<std::uint8_t>(number >> 8),
          static_cast<std::uint8_t>(number)};
}

std::vector<std::uint8_t> soa() {
  const dns::Name apex = dns::Name::from_text("example.").value();
  std::vector<std::uint8_t> rdata(apex.data(), apex.data() + apex.size());
  rdata.insert(rdata.end(), apex.data(), apex.data() + apex.size());
  rdata.resize(rdata.size() + 20, 1);
  return rdata;
}

class Tables {
 public:
  Tables()
      : chunks_(std::move(link::ChunkWriter::reserve(false).value())),
        heap(chunks_.at<std::byte>(0),
             [this](unsigned index, std::size_t size) {
               return chunks_.create(index, size).ok();
             }) {
    zones::Arena arena(heap);
    arena.free(arena.allocate(16), 16);  // makes chunk 0
    header = link::init_tables(chunks_.at<std::byte>(0), chunks_.size(0), 1, zones::kTablesLayout,
                               kSecret);
    std::copy(std::begin(kSecret), std::end(kSecret), secret.bytes.begin());
    publisher = std::make_unique<zones::Publisher>(heap, *header, link::Settings{}, nullptr);
  }

  bool publish(dns::Result<zones::ZoneDraft> draft) {
    if (!draft) return false;
    std::vector<zones::ZoneDraft> drafts;
    drafts.push_back(std::move(*draft));
    return publisher->publish(std::move(drafts)).ok();
  }

 private:
  link::ChunkWriter chunks_;

 public:
  zones::Heap heap;
  dns::HashKey secret;
  link::TablesHeader* header = nullptr;
  std::unique_ptr<zones::Publisher> publisher;
};

const zones::Zone* zone_of(const Tables& tables, zones::View view) {
  static thread_local dns::NameKey key;
  dns::make_name_key(tables.secret, dns::Name::from_text("example.").value(), key);
  return zones::find_zone(view, key, key.depth);
}

bool load(Tables& tables, std::uint64_t names) {
  zones::Arena arena(tables.heap);
  const dns::Name apex = dns::Name::from_text("example.").value();
  zones::ZoneBuilder builder(arena, tables.secret, apex);
  builder.add(apex, dns::RrType::kSoa, 3600, soa());
  for (std::uint64_t i = 0; i < names; ++i) {
    builder.add(name_of(i), dns::RrType::kA, 3600, address_of(i, 10));
  }
  return tables.publish(builder.build());
}

// Looks up random names until told to stop; an address must be that name's, of any version.
void read(Tables& tables, link::EpochSlots& slots, std::uint64_t names,
          const std::atomic<bool>& stop, std::uint64_t& reads, std::uint64_t& wrong) {
  link::EpochReader epoch(slots, 0, *tables.header);
  std::mt19937_64 random(kSeed);
  dns::NameKey key;
  epoch.go_online();
  while (!stop.load(std::memory_order_relaxed)) {
    const zones::Base base = tables.heap.base();
    const zones::View view{base, base.at<zones::Root>(epoch.enter())};
    const zones::Zone& zone = *zone_of(tables, view);
    for (int i = 0; i < 32; ++i) {
      const std::uint64_t number = random() % names;
      dns::make_name_key(tables.secret, name_of(number), key);
      const zones::Node* const node = zones::find_node(base, zone, key, key.depth);
      const zones::Rrset rrset =
          node == nullptr ? zones::Rrset{} : zones::find_rrset(base, *node, dns::RrType::kA);
      const auto wanted = address_of(number, 0);
      const bool right = rrset.count == 1 &&
                         std::equal(wanted.begin() + 1, wanted.end(), rrset.records.data() + 13);
      wrong += right ? 0 : 1;
      ++reads;
    }
    epoch.leave();
  }
  epoch.go_offline();
}

struct Figures {
  std::vector<double> microseconds;
  std::size_t octets_before = 0, octets_after = 0;
  std::uint64_t reads = 0, wrong = 0;
};

Figures run(Tables& tables, std::uint64_t names, std::uint64_t updates) {
  Figures figures;
  auto slots = std::make_unique<link::EpochSlots>();
  std::atomic<bool> stop{false};
  std::thread reader(
      [&] { read(tables, *slots, names, stop, figures.reads, figures.wrong); });
  zones::Arena arena(tables.heap);
  std::mt19937_64 random(kSeed + 1);
  for (std::uint64_t i = 0; i < updates; ++i) {
    const std::uint64_t number = random() % names;
    const auto address = address_of(number, static_cast<std::uint8_t>(i));
    const dns::Bytes one[] = {address};
    const auto begin = Clock::now();
    zones::ZoneWriter writer(arena, tables.secret, *zone_of(tables, tables.publisher->current()));
    const bool changed = writer.replace_rrset(name_of(number), dns::RrType::kA, 60, one).ok();
    if (!changed || !tables.publish(writer.finish())) break;
    figures.microseconds.push_back(
        std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
    tables.publisher->reclaim(slots->oldest_in_use(tables.publisher->epoch()));
    if (i == updates / 10) figures.octets_before = tables.heap.usage().chunk_octets;
  }
  stop = true;
  reader.join();
  figures.octets_after = tables.heap.usage().chunk_octets;
  std::sort(figures.microseconds.begin(), figures.microseconds.end());
  return figures;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t names = 1'000'000, updates = 100'000;
  bool json = false;
  CLI::App app("Measures one-record updates into a large zone while a reader runs.");
  app.add_option("--names", names, "names in the zone")->check(CLI::Range(1, 100'000'000));
  app.add_option("--updates", updates, "updates to make")->check(CLI::Range(10, 100'000'000));
  app.add_flag("--json", json, "print one JSON object");
  CLI11_PARSE(app, argc, argv);

  Tables tables;
  if (!load(tables, names)) {
    std::fprintf(stderr, "bench_update: the zone does not fit into memory; use fewer --names\n");
    return 1;
  }
  const Figures figures = run(tables, names, updates);
  if (figures.microseconds.size() != updates) {
    std::fprintf(stderr, "bench_update: update %zu failed\n", figures.microseconds.size());
    return 1;
  }
  const double median = figures.microseconds[updates / 2];
  const double p99 = figures.microseconds[updates * 99 / 100];
  if (json) {
    const nlohmann::json object = {{"names", names}, {"updates", updates},
                                   {"publish_us_median", median}, {"publish_us_p99", p99},
                                   {"reads", figures.reads}, {"wrong_answers", figures.wrong},
                                   {"table_octets_before", figures.octets_before},
                                   {"table_octets_after", figures.octets_after}};
    std::printf("%s\n", object.dump().c_str());
  } else {
    std::printf("%lu updates into %lu names: median %.1f us, p99 %.1f us to published\n", updates,
                names, median, p99);
    std::printf("%lu look-ups beside them, %lu wrong\n", figures.reads, figures.wrong);
    std::printf("tables: %zu MiB after a tenth of the updates, %zu MiB at the end\n",
                figures.octets_before >> 20,
                figures.octets_after >> 20);
  }
  return figures.wrong == 0 && figures.octets_after == figures.octets_before ? 0 : 1;
}
