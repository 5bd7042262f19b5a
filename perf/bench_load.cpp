// Measures loading: zone text to published tables, stage by stage, for one zone and for several on
// one and two threads; and what the tables take in memory beside the zone's wire size.
//
//   bench_load [--delegations N] [--zones Z] [--rounds R] [--stage NAME] [--pages 4k|2m]
//              [--file FILE --origin NAME] [--json]
//
// The zone is the one of `make_zone.py delegations`, but for its seed; or FILE. Each figure is the
// best of R rounds. Text comes from the page cache.
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "control/store/zone_checks.h"
#include "control/store/zone_loader.h"
#include "dns/zone_file.h"
#include "dns/zone_scanner.h"
#include "link/chunks.h"
#include "link/publish.h"
#include "zones/builder.h"
#include "zones/layout.h"
#include "zones/publisher.h"
#include "zones/zone_block.h"

namespace {

using namespace bowline;
namespace store = control::store;
using Clock = std::chrono::steady_clock;

constexpr std::uint8_t kSecret[link::kHashSecretBytes] = {1, 2, 3, 4, 5, 6, 7, 8};
constexpr double kWireShare = 1.3;       // goal for the tables: of the wire size ...
constexpr double kOctetsOfName = 48;     // ... and for each name
constexpr std::uint64_t kHosters = 4001;  // as make_zone.py
constexpr std::uint64_t kServers = 977;

struct Options {
  std::uint64_t delegations = 1'000'000;
  unsigned zones = 10;
  unsigned rounds = 3;
  std::string stage;  // only this one; empty: all
  std::string pages = "4k";
  std::string file;
  std::string origin;
  bool json = false;
};

[[noreturn]] void die(const std::string& reason) {
  std::fprintf(stderr, "bench_load: %s\n", reason.c_str());
  std::exit(1);
}

// ---- Zones ------------------------------------------------------------------------------------

struct ZoneText {
  control::config::Zone zone;
  std::uint64_t size = 0;
};

std::string label(std::uint64_t number, std::mt19937_64& random) {
  static constexpr const char* kSyllables[] = {"ba", "co", "di", "fu", "ge", "ha",  "jo", "ki",
                                               "lu", "me", "no", "pa", "qui", "ro", "si", "tu"};
  std::string text;
  for (unsigned i = 0; i < 3; ++i) text += kSyllables[random() % std::size(kSyllables)];
  return text + std::to_string(number);
}

void write_delegations(std::uint64_t count, const std::string& apex, const std::string& path) {
  std::mt19937_64 random(1);
  std::string text = "$ORIGIN " + apex +
                     "\n$TTL 3600\n@ SOA ns1 hostmaster 2026112101 7200 900 1209600 300\n@ NS ns1\n"
                     "@ NS ns2\nns1 A 192.0.2.1\nns2 A 192.0.2.2\n";
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string name = label(i, random);
    const std::string host = "ns" + std::to_string(i % kServers) + ".hoster" +
                             std::to_string(i % kHosters) + ".test.";
    if (i % 2 == 0) {
      text += name + " NS " + host + '\n' + name + " NS b." + host + '\n';
      continue;
    }
    text += name + " NS ns." + name + '\n' + name + " NS " + host + '\n';
    text += "ns." + name + " A 10." + std::to_string(i >> 16 & 255) + '.' +
            std::to_string(i >> 8 & 255) + '.' + std::to_string(i & 255) + '\n';
  }
  std::ofstream out(path, std::ios::binary);
  out << text;
  if (!out.flush()) die("cannot write " + path);
}

// The zones to be loaded, as files in a folder that goes away with this.
class Files {
 public:
  explicit Files(const Options& options) {
    std::string pattern = std::filesystem::temp_directory_path() / "bench-load-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) die("cannot make " + pattern);
    folder_ = pattern;
    if (options.file.empty()) {
      one.push_back(make("registry.test.", options.delegations));
    } else {
      one.push_back(take(options.file, options.origin));
    }
    for (unsigned i = 0; i < options.zones; ++i) {
      many.push_back(make("z" + std::to_string(i) + ".test.",
                          options.delegations / options.zones));
    }
  }
  ~Files() { std::filesystem::remove_all(folder_); }

  std::vector<ZoneText> one;
  std::vector<ZoneText> many;

 private:
  static ZoneText take(const std::string& path, const std::string& origin) {
    auto name = dns::Name::from_text(origin);
    if (!name) die(name.error());
    ZoneText text;
    text.zone.name = name->lower();
    text.zone.file = path;
    std::error_code error;
    text.size = std::filesystem::file_size(path, error);
    if (error) die(path + ": " + error.message());
    return text;
  }
  ZoneText make(const std::string& apex, std::uint64_t count) const {
    const std::string path = folder_ + "/" + apex + "zone";
    write_delegations(count, apex, path);
    return take(path, apex);
  }

  std::string folder_;
};

// ---- Tables -----------------------------------------------------------------------------------

class Tables {
 public:
  explicit Tables(bool huge_pages)
      : chunks_(std::move(link::ChunkWriter::reserve(huge_pages).value())),
        heap(chunks_.at<std::byte>(0), [this](unsigned index, std::size_t size) {
          return chunks_.create(index, size).ok();
        }) {
    zones::Arena arena(heap);
    arena.free(arena.allocate(16), 16);  // makes chunk 0
    header_ = link::init_tables(chunks_.at<std::byte>(0), chunks_.size(0), 1,
                                zones::kTablesLayout, kSecret);
    std::copy(std::begin(kSecret), std::end(kSecret), secret.bytes.begin());
    publisher = std::make_unique<zones::Publisher>(heap, *header_, link::Settings{}, nullptr);
  }

  std::uint64_t chunk_octets() const { return chunks_.stats().bytes; }

 private:
  link::ChunkWriter chunks_;
  link::TablesHeader* header_ = nullptr;

 public:
  zones::Heap heap;
  dns::HashKey secret;
  std::unique_ptr<zones::Publisher> publisher;
};

// ---- Stages -----------------------------------------------------------------------------------

struct Counts {
  std::uint64_t records = 0;
  std::uint64_t wire = 0;  // octets of all records uncompressed
};

void scan(const ZoneText& text) {
  dns::ZoneWindow window;
  if (!window.open(text.zone.file).empty()) die("cannot open " + text.zone.file);
  dns::ZoneScanner scanner(window);
  while (scanner.next()) {
  }
}

// Returns what was read; with a builder, adds it.
Counts read(const ZoneText& text, zones::ZoneBuilder* builder) {
  constexpr std::size_t kFixed = 10;  // type, class, TTL, size of the rdata
  Counts counts;
  dns::ZoneFileOptions options;
  options.origin = text.zone.name;
  const auto result =
      dns::read_zone_file(text.zone.file, options, [&](const dns::ZoneRecord& record) {
        ++counts.records;
        counts.wire += record.owner.size() + kFixed + record.rdata.size();
        if (builder != nullptr) {
          (void)builder->add(record.owner, record.type, record.ttl, record.rdata);
        }
        return true;
      });
  if (!result.ok()) die(result.errors.front().to_text());
  return counts;
}

void publish(Tables& tables, std::vector<zones::ZoneDraft> drafts) {
  if (!tables.publisher->publish(std::move(drafts)).ok()) die("cannot publish");
}

// Text to published, as control does it: each thread takes the next zone.
void load(const std::vector<ZoneText>& texts, unsigned threads, Tables& tables) {
  std::vector<store::LoadedZone> results(texts.size());
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> workers;
  for (unsigned i = 0; i < threads; ++i) {
    workers.emplace_back([&] {
      zones::Arena arena(tables.heap);
      for (std::size_t n = 0; (n = next.fetch_add(1)) < texts.size();) {
        store::load_zone(texts[n].zone, arena, tables.secret, {}, results[n]);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  std::vector<zones::ZoneDraft> drafts;
  for (store::LoadedZone& result : results) {
    if (!result.draft) die(result.errors.front());
    drafts.push_back(std::move(*result.draft));
  }
  publish(tables, std::move(drafts));
}

class Bench {
 public:
  explicit Bench(const Options& options) : options_(options), files_(options) {}

  nlohmann::ordered_json run() {
    const std::uint64_t one = files_.one[0].size;
    std::uint64_t many = 0;
    for (const ZoneText& text : files_.many) many += text.size;
    const Counts counts = read(files_.one[0], nullptr);
    records_ = counts.records;
    for (unsigned round = 0; round < options_.rounds; ++round) {
      stage("scan", one, [&] { scan(files_.one[0]); });
      stage("read", one, [&] { (void)read(files_.one[0], nullptr); });
      stages_of_one(one);
      whole("whole", files_.one, 1, one);
      if (files_.many.empty()) continue;
      whole("many_1_thread", files_.many, 1, many);
      whole("many_2_threads", files_.many, 2, many);
    }
    if (result_["stages"].contains("many_1_thread") &&
        result_["stages"].contains("many_2_threads")) {
      result_["two_threads_to_one"] = best_["many_1_thread"] / best_["many_2_threads"];
    }
    result_["text_octets"] = one;
    result_["records"] = counts.records;
    memory(counts);
    return result_;
  }

 private:
  bool wanted(const char* name) const { return options_.stage.empty() || options_.stage == name; }

  void note(const char* name, std::uint64_t octets, double seconds) {
    const auto [at, added] = best_.try_emplace(name, seconds);
    if (!added) at->second = std::min(at->second, seconds);
    result_["stages"][name] = {{"ms", at->second * 1e3},
                               {"mb_per_second", static_cast<double>(octets) / at->second / 1e6}};
    if (octets == files_.one[0].size) {
      result_["stages"][name]["ns_per_record"] =
          at->second * 1e9 / static_cast<double>(records_);
    }
  }

  void stage(const char* name, std::uint64_t octets, const std::function<void()>& run) {
    if (!wanted(name)) return;
    const auto begin = Clock::now();
    run();
    note(name, octets, std::chrono::duration<double>(Clock::now() - begin).count());
  }

  // Reading with the records kept, building, checking, publishing: one after the other.
  void stages_of_one(std::uint64_t octets) {
    if (!wanted("fill") && !wanted("build") && !wanted("check") && !wanted("publish")) return;
    Tables tables(options_.pages == "2m");
    zones::Arena arena(tables.heap);
    const ZoneText& text = files_.one[0];
    zones::ZoneBuilder builder(arena, tables.secret, text.zone.name);
    const auto since = [](Clock::time_point begin) {
      return std::chrono::duration<double>(Clock::now() - begin).count();
    };
    const auto fill = Clock::now();
    (void)read(text, &builder);
    note("fill", octets, since(fill));
    const auto build = Clock::now();
    auto draft = builder.build();
    note("build", octets, since(build));
    if (!draft) die(draft.error());
    const auto& zone = *tables.heap.base().at<zones::Zone>(draft->zone());
    const auto check = Clock::now();
    (void)store::check_zone_contents(tables.heap.base(), zone, false, tables.secret);
    note("check", octets, since(check));
    std::vector<zones::ZoneDraft> drafts;
    drafts.push_back(std::move(*draft));
    const auto published = Clock::now();
    publish(tables, std::move(drafts));
    note("publish", octets, since(published));
  }

  void whole(const char* name, const std::vector<ZoneText>& texts, unsigned threads,
             std::uint64_t octets) {
    if (!wanted(name)) return;
    Tables tables(options_.pages == "2m");
    const auto begin = Clock::now();
    load(texts, threads, tables);
    note(name, octets, std::chrono::duration<double>(Clock::now() - begin).count());
  }

  // What one zone's blocks take, against the goal.
  void memory(const Counts& counts) {
    Tables tables(options_.pages == "2m");
    load(files_.one, 1, tables);
    const zones::View view = tables.publisher->current();
    const auto key = std::make_unique<dns::NameKey>();
    dns::make_name_key(tables.secret, files_.one[0].zone.name, *key);
    const zones::Zone* const zone = zones::find_zone(view, *key, key->depth);
    if (zone == nullptr) die("the zone is not there");
    std::uint64_t used = 0;
    const auto ref = static_cast<zones::Ref>(
        (reinterpret_cast<const std::byte*>(zone) - view.base.address) / link::kGranule);
    zones::for_each_zone_block(view.base, ref, [&](zones::Ref, std::size_t size) {
      used += zones::allocated_size(size);
    });
    const double limit = kWireShare * static_cast<double>(counts.wire) +
                         kOctetsOfName * static_cast<double>(zone->names.count);
    rusage usage{};
    (void)::getrusage(RUSAGE_SELF, &usage);
    result_["names"] = zone->names.count;
    result_["wire_octets"] = counts.wire;
    result_["table_octets"] = used;
    result_["chunk_octets"] = tables.chunk_octets();
    result_["limit_octets"] = static_cast<std::uint64_t>(limit);
    result_["table_to_limit"] = static_cast<double>(used) / limit;
    result_["most_rss_octets"] = static_cast<std::uint64_t>(usage.ru_maxrss) << 10;
  }

  const Options& options_;
  Files files_;
  std::uint64_t records_ = 0;
  std::map<std::string, double> best_;
  nlohmann::ordered_json result_;
};

void print(const nlohmann::ordered_json& result) {
  std::printf("%-16s %10s %10s %12s\n", "stage", "ms", "MB/s", "ns a record");
  for (const auto& [name, stage] : result["stages"].items()) {
    std::printf("%-16s %10.1f %10.1f", name.c_str(), stage["ms"].get<double>(),
                stage["mb_per_second"].get<double>());
    if (stage.contains("ns_per_record")) {
      std::printf(" %12.1f", stage["ns_per_record"].get<double>());
    }
    std::printf("\n");
  }
  if (result.contains("two_threads_to_one")) {
    std::printf("two threads to one: %.2f\n", result["two_threads_to_one"].get<double>());
  }
  std::printf("%lu records, %lu names; wire %lu, tables %lu of at most %lu octets (%.2f)\n",
              result["records"].get<std::uint64_t>(), result["names"].get<std::uint64_t>(),
              result["wire_octets"].get<std::uint64_t>(),
              result["table_octets"].get<std::uint64_t>(),
              result["limit_octets"].get<std::uint64_t>(), result["table_to_limit"].get<double>());
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Measures loading of zone files"};
  app.add_option("--delegations", options.delegations)->check(CLI::PositiveNumber);
  app.add_option("--zones", options.zones, "of the runs with several zones; 0: none");
  app.add_option("--rounds", options.rounds)->check(CLI::PositiveNumber);
  app.add_option("--stage", options.stage, "only this one");
  app.add_option("--pages", options.pages)->check(CLI::IsMember({"4k", "2m"}));
  CLI::Option* const file = app.add_option("--file", options.file, "in place of the zone made up");
  app.add_option("--origin", options.origin, "of FILE")->needs(file);
  app.add_flag("--json", options.json);
  CLI11_PARSE(app, argc, argv);
  const nlohmann::ordered_json result = Bench(options).run();
  if (options.json) {
    std::printf("%s\n", result.dump(1).c_str());
  } else {
    print(result);
  }
}
