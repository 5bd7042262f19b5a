// What `bowlinec status` says of ports, as the client makes it JSON and text.
#include "control/main/port_rows.h"

#include <catch2/catch.hpp>
#include <memory>

#include "control/client/table.h"

using namespace bowline;
using namespace bowline::control;

namespace {

// The tables that a client would put together.
std::vector<client::Table> tables_of(const link::Exchange& exchange) {
  const auto outbox = std::make_shared<api::Outbox>();
  api::Response response(outbox, 1);
  write_port_rows(exchange, response);
  std::string octets;
  for (const api::Outbox::Item& item : outbox->take()) octets += item.frames;
  std::vector<client::Table> tables{client::Table()};
  for (api::Json frame; api::take_frame(octets, api::kMaxFrame, frame) == api::Frame::kComplete;) {
    const auto name = frame["table"].get<std::string>();
    if (tables.back().name != name) tables.push_back({name, {}});
    if (frame.contains("row")) tables.back().rows.push_back(frame["row"]);
  }
  return tables;
}

class Ports {
 public:
  Ports() : exchange_(std::make_unique<link::Exchange>()) {
    announce_port(exchange_->ports[0], link::PortKind::kXdp, link::PortMode::kGenericCopy, "eth0",
                  2, 1500);
    announce_port(exchange_->ports[3], link::PortKind::kDpdk, link::PortMode::kPolled, "net_tap0",
                  1, 9000);
    exchange_->ports[0].link_up.store(1);
    exchange_->ports[0].speed_mbps.store(10'000);
    exchange_->ports[0].queue[1].received.store(7);
    exchange_->ports[3].queue[0].missed.store(9);
  }
  link::Exchange& operator*() { return *exchange_; }
  link::Exchange* operator->() { return exchange_.get(); }

 private:
  std::unique_ptr<link::Exchange> exchange_;
};

}  // namespace

TEST_CASE("ports: rows for ports and for their queues") {
  Ports ports;
  const auto tables = tables_of(*ports);
  REQUIRE(tables.size() == 3);
  CHECK(client::format_table(tables[1].rows, false) ==
        "port      kind  mode          queues  link  speed-mbps   mtu\n"
        "eth0      xdp   generic copy       2  up         10000  1500\n"
        "net_tap0  dpdk  polled             1  down           -  9000\n");
  CHECK(client::format_table(tables[2].rows, false) ==
        "port      queue  received  sent  missed  failed\n"
        "eth0          0         0     0       0       0\n"
        "eth0          1         7     0       0       0\n"
        "net_tap0      0         0     0       9       0\n");
  const api::Json json = client::answer_to_json(tables);
  CHECK(json["ports"].size() == 2);
  CHECK(json["ports"][0]["mode"] == "generic copy");
  CHECK(json["ports"][1]["speed-mbps"].is_null());
  CHECK(json["queues"][1]["received"] == 7);
}

TEST_CASE("ports: none, and what cannot be believed, show as empty tables") {
  Ports ports;
  ports->ports[0].queues.store(1000);
  ports->ports[3].kind.store(77);
  const api::Json json = client::answer_to_json(tables_of(*ports));
  CHECK(json == api::Json({{"ports", api::Json::array()}, {"queues", api::Json::array()}}));
}

TEST_CASE("ports: workers by kind") {
  Ports ports;
  const WorkersByKind workers = count_workers(*ports, 5);
  CHECK(workers.xdp == 2);
  CHECK(workers.dpdk == 1);
  CHECK(workers.sockets == 2);
  CHECK(count_workers(*ports, 1).sockets == 0);
}
