#include "control/client/remote.h"

#include <unistd.h>

#include "control/client/local.h"
#include "control/confdb/database.h"
#include "control/config/default_paths.h"

namespace bowline::control::client {

namespace {

// Of a database the zones, which may be a million, need not be read to find the socket.
dns::Result<config::Config> load_without_zones(const confdb::Source& source) {
  const config::LoadOptions options{.resolve_system = false};
  if (!source.is_database()) return confdb::load(source, options);
  const auto database = confdb::Database::open(source.path, {.read_only = true});
  if (!database) return dns::Error{database.error()};
  return (*database)->load(confdb::Part::kWithoutZones, options);
}

}  // namespace

dns::Result<Remote> Remote::find(const Options& options) {
  const unsigned timeout_s = options.timeout_s.value_or(kDefaultTimeout_s);
  if (!options.socket.empty()) return Remote(options.socket, timeout_s);
  const confdb::Source source = source_of(options);
  const bool is_named = !options.config.empty() || !options.database.empty();
  // Who may use the socket need not be able to read the configuration.
  if (!is_named && ::access(source.path.c_str(), R_OK) != 0) {
    return Remote(config::kDefaultSocket, timeout_s);
  }
  const auto loaded = load_without_zones(source);
  if (!loaded) return dns::Error{loaded.error()};
  const auto sockets = loaded->control().listen;
  if (sockets.empty()) return dns::Error{"control.listen is empty: use -s SOCKET"};
  return Remote(sockets.front(), timeout_s);
}

Remote::Failure Remote::ask(const Ask& ask,
                            const std::function<bool(const api::Json&)>& take) const {
  auto connection = Connection::open(socket_, timeout_s_);
  if (!connection) return {kNotReached, connection.error()};
  if (auto sent = connection->send(ask); !sent) return {kNoAnswer, sent.error()};
  for (;;) {
    const auto frame = connection->receive();
    if (!frame) return {kNoAnswer, frame.error()};
    if (!take(*frame) || frame->contains("end")) return {};
  }
}

}  // namespace bowline::control::client
