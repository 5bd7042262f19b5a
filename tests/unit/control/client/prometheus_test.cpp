// The text format of Prometheus; tests/system/test_control_client.py reads it with its own parser.
#include "control/client/prometheus.h"

#include <catch2/catch.hpp>

using namespace bowline::control;
using api::Json;

namespace {

Json counter(const char* name, const Json& value) { return {{"counter", name}, {"value", value}}; }

}  // namespace

TEST_CASE("prometheus: sums grow, states do not; ids become labels and stand together") {
  const std::string text = client::prometheus_text({
      counter("server.zone-count", 3),
      counter("mod-stats.query-type[A]", 5),
      counter("server.other", 1),
      counter("mod-stats.query-type[AAAA]", 0),
  });
  CHECK(
      text ==
      "# HELP bowline_server_zone_count Counter server.zone-count of bowlinec stats.\n"
      "# TYPE bowline_server_zone_count gauge\n"
      "bowline_server_zone_count 3\n"
      "# HELP bowline_mod_stats_query_type_total Counter mod-stats.query-type of bowlinec stats.\n"
      "# TYPE bowline_mod_stats_query_type_total counter\n"
      "bowline_mod_stats_query_type_total{id=\"A\"} 5\n"
      "bowline_mod_stats_query_type_total{id=\"AAAA\"} 0\n"
      "# HELP bowline_server_other_total Counter server.other of bowlinec stats.\n"
      "# TYPE bowline_server_other_total counter\n"
      "bowline_server_other_total 1\n");
}

TEST_CASE("prometheus: the sentences of the tables of counters are the help") {
  const std::string text = client::prometheus_text({counter("dataplane.rcode-noerror", 1)});
  CHECK_THAT(text, Catch::Contains("# HELP bowline_dataplane_rcode_noerror_total "));
  CHECK_THAT(text, !Catch::Contains("of bowlinec stats"));
}

TEST_CASE("prometheus: names are valid whatever the server says, labels are escaped") {
  CHECK_THAT(client::prometheus_text({counter("a b\nc.d\"", 1)}),
             Catch::Contains("bowline_a_b_c_d__total 1\n"));
  CHECK_THAT(client::prometheus_text({counter("m.n[x\"\\\n]", 1)}),
             Catch::Contains("bowline_m_n_total{id=\"x\\\"\\\\\\n\"} 1\n"));
}

TEST_CASE("prometheus: rows that are no counters are left out") {
  CHECK(client::prometheus_text({{{"item", "x"}, {"value", 1}},
                                 counter("a.b", "text"),
                                 Json({{"counter", 5}, {"value", 5}}),
                                 Json::object()})
            .empty());
}
