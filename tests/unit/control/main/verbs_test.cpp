// What the commands of the server answer: status, zones, records, counters.
#include <poll.h>

#include <functional>
#include <future>

#include <catch2/catch.hpp>

#include "../store/bench.h"
#include "control/main/conf_verbs.h"
#include "control/main/counters.h"
#include "control/main/parts.h"

namespace {

using namespace bowline;
using namespace control;
using api::Json;

struct Answered {
  std::vector<Json> rows, failures, progress;
  std::vector<std::string> texts;
  Json end;

  bool ok() const { return end.value("ok", false); }
  // The value of an item or counter.
  Json value(const std::string& name) const {
    for (const Json& row : rows) {
      if (row.value("item", row.value("counter", "")) == name) return row["value"];
    }
    return "absent";
  }
};

// A server with zones in a folder, without keeper and dataplane.
struct Bench {
  Bench() {
    folder.write("good.zone", store::zone_text(7, "*.w 60 TXT \"a b\" \"c\\\"d\"\n"
                                                  "Ns1 3600 AAAA ::1\n"));
    folder.write("more.zone", store::zone_text(8));
    folder.write("bad.zone", "broken\n");
    auto loaded = config::load_config_text(
        "remote:\n  - id: primary\n    address: 192.0.2.53\n"
        "template:\n  - id: default\n    storage: " + folder.path() + "\n    file: \"%s.zone\"\n"
        "zone:\n  - domain: good\n  - domain: more\n    master: primary\n  - domain: bad\n",
        "test.conf", {false, false});
    if (!loaded) FAIL(loaded.error());
    config = std::make_shared<const config::Config>(std::move(*loaded));
    add_server_verbs(dispatch, parts);
    add_drop_verbs(dispatch, parts);
    add_zone_verbs(dispatch, parts);
    add_stats_verbs(dispatch, parts);
  }
  void load() {
    on_store([&] { zones.update(config, store::Which::kAll); });
    loading = false;
  }
  // What belongs to the store's thread.
  void on_store(const std::function<void()>& job) {
    std::promise<void> done;
    store_thread.post([&] {
      job();
      done.set_value();
    });
    done.get_future().wait();
  }
  Answered ask(const std::string& verb, std::vector<std::string> arguments = {},
               bool blocking = true, bool force = false) {
    const auto outbox = std::make_shared<api::Outbox>();
    const auto answer = std::make_shared<api::Response>(outbox, 1);
    dispatch.run({verb, std::move(arguments), force, blocking, false, {}}, answer);
    Answered got;
    for (parts_taken = 0; got.end.is_null();) {
      if (answer->producer() && !answer->producer()(*answer)) answer->produce_with({});
      ++parts_taken;
      take(*outbox, got);
      waiting.tell_progress();
      if (got.end.is_null() && !answer->producer()) {
        pollfd wake{outbox->wake_fd(), POLLIN, 0};
        (void)::poll(&wake, 1, 100);
      }
      if (between) between();
    }
    return got;
  }
  static void take(api::Outbox& outbox, Answered& got) {
    std::string octets;
    for (const auto& item : outbox.take()) octets += item.frames;
    for (Json frame; api::take_frame(octets, api::kMaxFrame, frame) == api::Frame::kComplete;) {
      if (frame.contains("row") && !frame.contains("table")) got.rows.push_back(frame["row"]);
      if (frame.contains("failure")) got.failures.push_back(frame["failure"]);
      if (frame.contains("progress")) got.progress.push_back(frame["progress"]);
      if (frame.contains("text")) got.texts.push_back(frame["text"]);
      if (frame.contains("end")) got.end = frame["end"];
    }
  }

  store::Folder folder;
  store::TablesBench tables;
  std::shared_ptr<const config::Config> config;
  store::ZoneStore zones{tables.tables(), 2};
  link::HandoverPair pair = std::move(*link::make_handover_pair());
  store::KeeperChannel keeper{pair.child.get(), 1};
  service::Service service{{tables.tables().heap().base(), &tables.tables().header(),
                            &tables.tables().own_slots(), tables.tables().secret()},
                           [](std::uint64_t, const std::string&) {}};
  XdpMaps xdp_maps;
  link::HandoverMessage hello = [] {
    link::HandoverMessage message;
    message.generation = 1;
    message.workers = 2;
    message.threads = 5;
    return message;
  }();
  std::atomic<std::uint64_t> newest_pairing{1};
  std::atomic<bool> loading{true};
  Report reload_report;
  bool reload_refuses = false;
  store::StoreThread store_thread{[this] { tables.tables().upkeep(); }};
  Waiting waiting{store_thread, zones.progress()};
  Parts parts{hello, tables.pairing(), newest_pairing, loading, 0, keeper, tables.tables(), zones,
              store_thread, service, xdp_maps, waiting, [] { return std::size_t{3}; },
              [this](const std::function<void()>& checked) {
                if (!reload_refuses) checked();
                return reload_report;
              }};
  Dispatch dispatch;
  std::size_t parts_taken = 0;
  std::function<void()> between;  // called after each part of an answer
};

}  // namespace

TEST_CASE("each command of the table has its function, or is local") {
  Bench bench;
  struct NoHistory : confdb::History {
    dns::Result<std::uint64_t> commit(const confdb::NewCommit&) override { return 0; }
    dns::Result<std::vector<confdb::Commit>> commits() const override {
      return std::vector<confdb::Commit>();
    }
    dns::Result<std::vector<config::Change>> changes(std::uint64_t) const override {
      return std::vector<config::Change>();
    }
    dns::Result<std::optional<confdb::Unconfirmed>> unconfirmed() const override {
      return std::optional<confdb::Unconfirmed>();
    }
    dns::Result<void> confirm() override { return {}; }
  } history;
  ConfTransaction transaction({[&] { return bench.config; }, [](auto) { return Report(); },
                               [](const auto& job) { job(); }, [] { return 0; }, history});
  ConfVerbs conf({transaction, history, [&] { return bench.config; }, bench.waiting, {}});
  conf.add_to(bench.dispatch);
  const auto missing = bench.dispatch.missing();
  for (const std::string_view name : missing) UNSCOPED_INFO(name);
  CHECK(missing.empty());
}

TEST_CASE("status tells details in rows of their own") {
  Bench bench;
  CHECK(bench.ask("status").value("state") == "loading");
  bench.load();
  const Answered all = bench.ask("status");
  CHECK(all.ok());
  CHECK(all.value("state") == "serving");
  CHECK(all.value("zones-configured") == 3);
  CHECK(all.value("zones-served") == 2);
  CHECK(all.value("control-clients") == 3);
  const Answered version = bench.ask("status", {"version"});
  REQUIRE(version.rows.size() == 1);
  CHECK(version.value("version") == all.value("version"));
  const Answered workers = bench.ask("status", {"workers"});
  CHECK(workers.value("udp-workers") == 2);
  CHECK(workers.value("tcp-workers") == 3);
  CHECK(workers.value("xdp-workers") == 0);
  CHECK(workers.value("background-workers") == 2);
  CHECK(workers.value("background-running") == 0);
  CHECK(workers.value("background-pending") == 0);
  CHECK(bench.ask("status", {"cert-key"}).value("cert-key").is_null());
  CHECK(bench.ask("status", {"configure"}).value("version") == all.value("version"));
  const Answered wrong = bench.ask("status", {"foo"});
  CHECK(wrong.end["error"] == "invalid parameter");
}

TEST_CASE("what is no command is refused with a reason") {
  Bench bench;
  CHECK(bench.ask("no-such").end["error"] == "invalid command");
  CHECK(bench.ask("zone-check").end["error"] == "invalid command");  // a local one
  CHECK(bench.ask("stop", {"now"}).end["error"] == "invalid parameter");
}

TEST_CASE("before the first load commands on zones say to wait") {
  Bench bench;
  for (const char* const verb : {"zone-status", "zone-read", "zone-stats", "zone-reload"}) {
    CAPTURE(verb);
    CHECK(bench.ask(verb, {"good"}).end["error"] == "resource is busy");
  }
}

TEST_CASE("zone-status shows what filters choose, and failures by zone") {
  Bench bench;
  bench.load();
  const Answered all = bench.ask("zone-status");
  REQUIRE(all.rows.size() == 3);
  CHECK(all.rows[0]["zone"] == "bad.");
  CHECK(all.rows[0]["serial"].is_null());
  CHECK(all.rows[0]["status"] == "failed");
  CHECK(all.rows[1] ==
        Json({{"zone", "good."}, {"role", "master"}, {"serial", 7}, {"transaction", nullptr},
              {"freeze", nullptr}, {"catalog", nullptr}, {"events", all.rows[1]["events"]},
              {"status", "served"}, {"records", 5}, {"file", bench.folder.path() + "/good.zone"},
              {"error", ""}}));
  CHECK(all.rows[1]["events"].size() == 10);
  CHECK(all.rows[2]["role"] == "slave");
  CHECK(bench.ask("zone-status", {"--"}).rows == all.rows);
  const Answered chosen = bench.ask("zone-status", {"good", "+serial", "+expiration"});
  REQUIRE(chosen.rows.size() == 1);
  CHECK(chosen.rows[0] ==
        Json({{"zone", "good."}, {"serial", 7}, {"events", {{"expiration", nullptr}}}}));
  CHECK(bench.ask("zone-status", {"+role"}).rows[2] ==
        Json({{"zone", "more."}, {"role", "slave"}}));
  const Answered some = bench.ask("zone-status", {"nosuch", "GOOD.", "a..b"});
  CHECK(some.rows.size() == 1);
  REQUIRE(some.failures.size() == 2);
  CHECK(some.failures[0] == Json({{"zone", "nosuch"}, {"error", "no such zone found"}}));
  CHECK(some.failures[1]["error"] == "invalid parameter");
  CHECK((!some.ok() && !some.end.contains("error")));
  CHECK(bench.ask("zone-status", {"+foo"}).end["error"] == "invalid parameter");
}

TEST_CASE("zone-reload waits and tells failures, or answers at once") {
  Bench bench;
  bench.load();
  bench.folder.write("good.zone", store::zone_text(9));
  CHECK(bench.ask("zone-reload", {"good"}).ok());
  CHECK(bench.ask("zone-status", {"good"}).rows[0]["serial"] == 9);
  const Answered some = bench.ask("zone-reload", {"bad", "nosuch", "good"});
  REQUIRE(some.failures.size() == 2);
  CHECK(some.failures[0]["zone"] == "nosuch");
  CHECK(some.failures[1]["zone"] == "bad");
  CHECK(some.failures[1]["error"] == "failed");
  CHECK(some.failures[1]["data"].get<std::string>().find("bad.zone:1") != std::string::npos);
  CHECK(!some.ok());
  const Answered all = bench.ask("zone-reload");
  CHECK(all.end["error"] == "operation failed for some zones");
  CHECK(all.failures.size() == 1);
  CHECK(bench.ask("zone-reload", {"bad"}, false).ok());  // the log has the error
  CHECK(!bench.ask("zone-reload", {"nosuch"}, false).ok());
  bench.folder.write("bad.zone", store::zone_text(1));
  CHECK(bench.ask("zone-reload", {"--"}).ok());
}

TEST_CASE("jobs that wait are bounded") {
  Bench bench;
  bench.load();
  std::mutex hold;
  {
    const std::lock_guard lock(hold);
    bench.store_thread.post([&] { const std::lock_guard wait(hold); });
    while (!bench.store_thread.busy()) {
    }
    for (std::size_t i = 0; i < Waiting::kMaxJobs; ++i) {
      REQUIRE(bench.ask("zone-reload", {"more"}, false).ok());
    }
    CHECK(bench.ask("zone-reload", {"more"}, false).end["error"] == "resource is busy");
    CHECK(bench.ask("zone-reload", {"more"}, true).end["error"] == "resource is busy");
    CHECK(bench.ask("status", {"workers"}).value("background-pending") == Waiting::kMaxJobs);
    CHECK(bench.ask("status", {"workers"}).value("background-running") == 1);
  }
  CHECK(bench.ask("reload").end.is_object());
}

TEST_CASE("who waits hears how far the loading is, until the end") {
  Bench bench;
  store::LoadProgress progress;
  Waiting waiting(bench.store_thread, progress);
  const auto outbox = std::make_shared<api::Outbox>();
  auto answer = std::make_shared<api::Response>(outbox, 1);
  std::mutex hold;
  {
    const std::lock_guard lock(hold);
    waiting.post({"zone-reload", {}, false, true, false, {}}, answer, [&, answer] {
      const std::lock_guard wait(hold);
      answer->end();
    });
    waiting.tell_progress();  // nothing is being loaded yet
    progress.total = 4;
    progress.done = 1;
    waiting.tell_progress();
    waiting.tell_progress();  // too soon to be told again
    Answered got;
    Bench::take(*outbox, got);
    CHECK(got.progress ==
          std::vector<Json>{{{"done", 1}, {"total", 4}, {"what", "zones"}}});
    CHECK(got.end.is_null());
  }
  Answered got;
  while (got.end.is_null()) Bench::take(*outbox, got);
  waiting.tell_progress();
  Bench::take(*outbox, got);
  CHECK(got.progress.empty());
}

TEST_CASE("reload answers when the configuration is read, or when all is done") {
  Bench bench;
  bench.load();
  bench.reload_report.zones.failed = 1;
  CHECK(bench.ask("reload", {}, false).ok());
  CHECK(!bench.ask("reload", {}, true).ok());
  bench.reload_refuses = bench.reload_report.refused = true;
  bench.reload_report.errors = {"test.conf:1:1: wrong"};
  CHECK(!bench.ask("reload", {}, false).ok());
}

TEST_CASE("zone-read gives records as they are served") {
  Bench bench;
  bench.load();
  const Answered all = bench.ask("zone-read", {"good"});
  CHECK(all.ok());
  REQUIRE(all.rows.size() == 5);
  CHECK(all.rows[0] == Json({{"zone", "good."}, {"owner", "good."}, {"ttl", 3600}, {"type", "NS"},
                             {"rdata", "ns1.good."}}));
  CHECK(all.rows[1]["rdata"] == "ns1.good. host.good. 7 7200 1800 1209600 300");
  CHECK(all.rows[4] == Json({{"zone", "good."}, {"owner", "*.w.good."}, {"ttl", 60},
                             {"type", "TXT"}, {"rdata", "\"a b\" \"c\\\"d\""}}));
  struct Case {
    std::vector<std::string> arguments;
    std::size_t rows;
    const char* error;
  };
  const Case cases[] = {
      {{"good", "@"}, 2, ""},
      {{"good", "@", "SOA"}, 1, ""},
      {{"good", "ns1"}, 2, ""},
      {{"good", "NS1.good.", "aaaa"}, 1, ""},
      {{"good", "ns1", "TXT"}, 0, ""},
      {{"good", "w"}, 0, ""},  // an empty non-terminal is a node
      {{"good", "none"}, 0, "no such node in zone found"},
      {{"good", "other."}, 0, "no such node in zone found"},
      {{"good", "a..b"}, 0, "invalid parameter"},
      {{"good", "@", "XX"}, 0, "invalid parameter"},
      {{"bad"}, 0, ""},
      {{"bad", "@", "SOA"}, 0, "no such node in zone found"},
      {{"--"}, 8, ""},
      {{"--", "@", "SOA"}, 2, "operation failed for some zones"},
  };
  for (const Case& each : cases) {
    CAPTURE(each.arguments);
    const Answered answered = bench.ask("zone-read", each.arguments);
    CHECK(answered.rows.size() == each.rows);
    CHECK(answered.end.value("error", "") == each.error);
  }
  CHECK(bench.ask("zone-read", {"nosuch"}).failures.size() == 1);
}

TEST_CASE("zone-read gives NSEC3 records and signatures, and finds them by name") {
  Bench bench;
  const std::string hash = "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom";
  const std::string signature =
      " 3600 20300101000000 20200101000000 1 good. AAAA\n";
  bench.folder.write("good.zone", store::zone_text(7, hash + " 300 NSEC3 1 0 0 - " + hash +
                                                          " A\n@ 0 NSEC3PARAM 1 0 0 -\n"
                                                          "ns1 3600 RRSIG A 13 2" + signature));
  bench.load();
  const Answered all = bench.ask("zone-read", {"good"});
  CHECK(all.rows.size() == 6);
  CHECK(all.rows.back()["owner"] == hash + ".good.");
  CHECK(bench.ask("zone-read", {"good", hash}).rows == std::vector<Json>{all.rows.back()});
  CHECK(bench.ask("zone-read", {"good", "ns1", "RRSIG"}).rows.size() == 1);
  CHECK(bench.ask("zone-read", {"good", "ns1", "A"}).rows.size() == 1);
}

TEST_CASE("a long zone-read is of one version, and within its budget") {
  Bench bench;
  std::string more;
  constexpr int kNames = 3'000;
  for (int i = 0; i < kNames; ++i) more += "n" + std::to_string(i) + " 60 TXT first\n";
  bench.folder.write("good.zone", store::zone_text(7, more));
  bench.load();
  SECTION("the zone is replaced again and again while it is read") {
    unsigned serial = 7;
    bench.between = [&] {
      std::string text = store::zone_text(++serial, "n1 60 TXT second\n");
      bench.folder.write("good.zone", text);
      bench.on_store([&] {
        (void)bench.zones.reload_zones({store::name("good.")});
        for (int i = 0; i < 4; ++i) bench.tables.tables().upkeep();
      });
    };
    const Answered all = bench.ask("zone-read", {"good"});
    CHECK(bench.parts_taken > 5);
    CHECK(all.ok());
    CHECK(all.rows.size() == kNames + 3);
    CHECK(std::ranges::none_of(all.rows, [](const Json& row) { return row["rdata"] == "second"; }));
  }
  SECTION("pins are revoked") {
    bench.between = [&] {
      bench.on_store([&] { (void)bench.zones.reload_zones({store::name("good.")}); });
      const std::uint64_t epoch = bench.tables.tables().publisher().epoch();
      CHECK(bench.tables.tables().pins().oldest_in_use(epoch, true) == epoch);
    };
    const Answered all = bench.ask("zone-read", {"good"});
    CHECK(all.end["error"] == "operation aborted");
    CHECK(all.rows.size() < kNames);
  }
  CHECK(bench.tables.tables().pins().count() == 0);
}

TEST_CASE("stats are chosen by module and counter, zeros with force only") {
  Bench bench;
  bench.load();
  const Answered some = bench.ask("stats");
  CHECK(some.value("server.zone-count") == 3);
  CHECK(some.value("dataplane.answers") == "absent");
  const Answered all = bench.ask("stats", {}, true, true);
  CHECK(all.value("dataplane.answers") == 0);
  CHECK(all.value("dataplane.received-udp") == 0);
  CHECK(all.value("control.asks-answered") == 0);
  CHECK(bench.ask("stats", {"server"}).rows.size() == 1);
  CHECK(bench.ask("stats", {"server.zone-count"}).rows.size() == 1);
  CHECK(bench.ask("stats", {"dataplane"}, true, true).rows.size() + 2 == all.rows.size());
  for (const char* const wrong : {"serve", "server.zone", "server.foo", "foo", "."}) {
    CAPTURE(wrong);
    const Answered answered = bench.ask("stats", {wrong});
    CHECK(answered.end["error"] == "invalid parameter");
    CHECK(answered.end["data"] == wrong);
  }
}

TEST_CASE("zone-stats are chosen by zone, module and counter") {
  Bench bench;
  bench.load();
  CHECK(bench.ask("zone-stats", {"good"}).rows ==
        std::vector<Json>{{{"zone", "good."}, {"counter", "zone.record-count"}, {"value", 5}}});
  CHECK(bench.ask("zone-stats", {"good", "zone.record-count"}).rows.size() == 1);
  CHECK(bench.ask("zone-stats", {"bad"}).rows.empty());
  CHECK(bench.ask("zone-stats", {"bad"}, true, true).rows.size() == 1);
  CHECK(bench.ask("zone-stats", {"--"}).rows.size() == 2);
  CHECK(bench.ask("zone-stats", {"--", "zone"}, true, true).rows.size() == 3);
  CHECK(bench.ask("zone-stats", {"good", "mod-stats"}).end["error"] == "not exists");
  CHECK(bench.ask("zone-stats", {"--", "foo"}).end["error"] == "operation failed for some zones");
  CHECK(bench.ask("zone-stats", {"nosuch"}).failures.size() == 1);
}

TEST_CASE("a counter is meant by its module, its name, or its name without values") {
  CHECK(is_meant("mod-stats.request-protocol[udp4]", "mod-stats.request-protocol"));
  CHECK(is_meant("mod-stats.request-protocol[udp4]", "mod-stats"));
  CHECK(is_meant("server.zone-count", ""));
  CHECK_FALSE(is_meant("mod-stats.request-protocol[udp4]", "mod-stats.request"));
  CHECK_FALSE(is_meant("server.zone-count", "server."));
}
