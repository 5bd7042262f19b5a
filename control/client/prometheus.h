// Prometheus: counters in the text exposition format 0.0.4.
//
// Pure; one thread.
#pragma once

#include <string>
#include <vector>

#include "control/api/protocol.h"

namespace bowline::control::client {

// Rows of `stats`: {"counter": "module.name" or "module.name[id]", "value": n}. A metric is called
// bowline_module_name, with _total if it only grows, and has the label `id`. Rows that are not such
// are left out.
std::string prometheus_text(const std::vector<api::Json>& rows);

}  // namespace bowline::control::client
