// Reads the configuration for the keeper, which must not open a database itself: it has privileges,
// and who serves from a database can write it.
//
// The keeper's thread only. A file is read in place. A database is read by a child that has become
// the owner of its directory and has no privileges; what comes back is text without zones, which
// the keeper has no use for. A child that crashes on a damaged database is an error.
#pragma once

#include <cstddef>
#include <cstdint>

#include "control/confdb/source.h"
#include "control/config/config.h"
#include "dns/result.h"

namespace bowline::control::keeper {

enum class Reading : std::uint8_t {
  kStart,  // what waits for conf-confirm is undone
  kAgain,  // of a running server
};

// `map_mib`: of -m, 0 if it was not given. The error of a database whose owner is another than its
// server.user says so: whoever can write it would choose whom we run as.
dns::Result<config::Config> read_source(const confdb::Source& source, Reading reading,
                                        std::size_t map_mib = 0);

}  // namespace bowline::control::keeper
