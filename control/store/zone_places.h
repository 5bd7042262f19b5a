// Where in its files the records of a zone stand that break a rule.
//
// Any thread of control. Tables do not know lines, so the files are read again; only zones with
// findings pay for it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "control/config/config.h"
#include "control/store/zone_checks.h"

namespace bowline::control::store {

// The findings as text, in the same order: "FILE:LINE: OWNER: what is wrong". Without a line if the
// record is not in the files any more.
std::vector<std::string> place_findings(const config::Zone& zone,
                                        std::span<const Finding> findings);

}  // namespace bowline::control::store
