// What `bowlinec status` says of the network ports that the dataplane polls.
//
// Control's main thread. The numbers are the dataplane's own words, fit to be shown.
#pragma once

#include <cstdint>

#include "control/api/response.h"
#include "link/exchange.h"

namespace bowline::control {

// Workers of the dataplane by the kind of port whose queues they poll, of `workers` in all.
struct WorkersByKind {
  std::uint32_t sockets = 0;
  std::uint32_t xdp = 0;
  std::uint32_t dpdk = 0;
};
WorkersByKind count_workers(const link::Exchange& exchange, std::uint32_t workers);

// Writes the tables "ports" (a row for each) and "queues" (a row for each queue of each port).
void write_port_rows(const link::Exchange& exchange, api::Response& response);

}  // namespace bowline::control
