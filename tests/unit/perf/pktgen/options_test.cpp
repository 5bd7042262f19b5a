#include "perf/pktgen/options.h"

#include <catch2/catch.hpp>

#include <sstream>

using namespace bowline::perf::pktgen;

namespace {

// The options of a command line with what is always needed before it.
std::variant<Options, int> parse(const std::string& text, bool complete = true) {
  std::istringstream in((complete ? "--device d --server 192.0.2.1 " : "") + text);
  std::vector<std::string> words = {"bowline-pktgen"};
  for (std::string word; in >> word;) words.push_back(word);
  std::vector<const char*> arguments;
  for (const std::string& word : words) arguments.push_back(word.c_str());
  return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

Options good(const std::string& text) {
  const auto parsed = parse(text);
  INFO(text);
  REQUIRE(std::holds_alternative<Options>(parsed));
  return std::get<Options>(parsed);
}

}  // namespace

TEST_CASE("what is not said") {
  const Options options = good("--queries f");
  CHECK(options.server.port == 53);
  CHECK(options.sources.first.to_text() == "192.0.2.2");
  CHECK(options.load.rate == 0);
  CHECK(options.load.window == 512);
  CHECK(options.load.seconds == 5);
  CHECK(options.load.timeout_ns == 20'000'000);
  CHECK(options.mix == Mix::kInOrder);
  CHECK(good("--zone f").mix == Mix::kUniform);
  CHECK(good("--queries f --rate 5").load.timeout_ns == 200'000'000);
  CHECK(good("--queries f --find-rate").loss == Approx(0.0001));
}

TEST_CASE("what is said") {
  const Options options =
      good("--zone f --mix zipf --kinds existing=3,nxdomain=1 --do 20% --rate 7 --seconds 9 "
           "--source 192.0.2.128/25 --server-mac 02:00:00:00:00:09 --timeout 3 --json - "
           "--queues 4");
  CHECK(std::string(options.mix_name()) == "zipf");
  CHECK(options.kinds[static_cast<std::size_t>(Kind::kExisting)] ==
        Approx(3 * options.kinds[static_cast<std::size_t>(Kind::kNxdomain)]));
  CHECK(options.kinds[static_cast<std::size_t>(Kind::kDelegation)] == 0);
  CHECK(options.dnssec_ok == Approx(0.2));
  CHECK(options.load.rate == 7);
  CHECK(options.load.window == 0);
  CHECK(options.load.timeout_ns == 3'000'000);
  CHECK(options.sources.count == 126);
  CHECK(options.server_mac->at(5) == 9);
  CHECK(options.json_on_stdout());
  CHECK(options.queues == 4);
}

TEST_CASE("what cannot work is refused") {
  for (const char* bad : {
           "", "--queries f --zone f", "--queries f --pcap f", "--queries f --kinds existing=1",
           "--pcap f --origin x", "--pcap f --do 1%", "--queries f --rate 0",
           "--queries f --rate 2000000000", "--queries f --rate x", "--queries f --window 0",
           "--queries f --window 65537", "--queries f --rate 1 --window 1",
           "--queries f --rate 1 --find-rate", "--queries f --window 1 --find-rate",
           "--queries f --loss 1%", "--queries f --find-rate --loss 101%",
           "--queries f --seconds 0", "--queries f --seconds 86401", "--queries f --timeout 0",
           "--queries f --do x", "--queries f --do -1%", "--zone f --mix cold", "--zone f --kinds existing",
           "--zone f --kinds existing=0", "--zone f --kinds other=1",
           "--zone f --kinds existing=1,,",
           "--queries f --queues 0", "--queries f --queues 65", "--queries f --source 2001:db8::1",
           "--queries f --source 192.0.2.0/24", "--queries f --server-mac ff:ff:ff:ff:ff:ff",
           "--queries f --client-mac x", "--queries f --unknown", "--queries f extra"}) {
    const auto parsed = parse(bad);
    INFO(bad);
    REQUIRE(std::holds_alternative<int>(parsed));
    CHECK(std::get<int>(parsed) == 2);
  }
  CHECK(std::get<int>(parse("--server 192.0.2.1 --queries f", false)) == 2);
  CHECK(std::get<int>(parse("--device d --queries f", false)) == 2);
  CHECK(std::get<int>(parse("--device d --server example.com --queries f", false)) == 2);
}

TEST_CASE("help is no error") {
  CHECK(std::get<int>(parse("--help", false)) == 0);
  CHECK(std::get<int>(parse("--version", false)) == 0);
}

TEST_CASE("percent and kinds") {
  CHECK(*parse_percent("0.01%") == Approx(0.0001));
  CHECK(*parse_percent("100") == 1);
  CHECK(*parse_percent("0") == 0);
  for (const char* bad : {"", "%", "1%%", "nan", "inf", "1x", "-1", "101", " 1"}) {
    INFO(bad);
    CHECK_FALSE(parse_percent(bad));
  }
  const auto kinds = parse_kinds("delegation=100");
  REQUIRE(kinds);
  CHECK((*kinds)[static_cast<std::size_t>(Kind::kDelegation)] == 1);
}
