#include "control/confdb/source.h"

#include <unistd.h>

#include "control/confdb/database.h"

namespace bowline::control::confdb {

namespace {

constexpr std::string_view kFilePrefix = "file:";
constexpr std::string_view kDatabasePrefix = "confdb:";

}  // namespace

std::string Source::to_text() const {
  return std::string(is_database() ? kDatabasePrefix : kFilePrefix) + path;
}

dns::Result<Source> parse_source(std::string_view text) {
  for (const auto& [prefix, kind] : {std::pair(kFilePrefix, Source::Kind::kFile),
                                     std::pair(kDatabasePrefix, Source::Kind::kDatabase)}) {
    if (text.starts_with(prefix) && text.size() > prefix.size()) {
      return Source{kind, std::string(text.substr(prefix.size()))};
    }
  }
  return dns::Error{"'" + std::string(text) +
                    "' is no source of a configuration: it is file:PATH or confdb:PATH"};
}

Source default_source() {
  const std::string data = std::string(kDefaultDatabase) + "/" + kDataFile;
  if (::access(data.c_str(), F_OK) == 0) return {Source::Kind::kDatabase, kDefaultDatabase};
  return {Source::Kind::kFile, kDefaultFile};
}

dns::Result<config::Config> load(const Source& source, const config::LoadOptions& options) {
  if (!source.is_database()) return config::load_config(source.path, options);
  if (auto sound = Database::verify(source.path); !sound) return dns::Error{sound.error()};
  auto database = Database::open(source.path, {.read_only = true});
  if (!database) return dns::Error{database.error()};
  return (*database)->load(Part::kAll, options);
}

}  // namespace bowline::control::confdb
