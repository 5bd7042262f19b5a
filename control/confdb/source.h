// Source: where the configuration comes from, a file or a database, and how that is said.
//
// Plain data and functions; any process, any thread. bowlined finds the source and hands its text
// to bowline-control; bowlinec finds it for its local operations.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "control/config/config.h"
#include "control/config/default_paths.h"
#include "dns/result.h"

namespace bowline::control::confdb {

using config::kDefaultDatabase;
using config::kDefaultFile;

struct Source {
  enum class Kind : std::uint8_t { kFile, kDatabase };

  Kind kind = Kind::kFile;
  std::string path;

  // "file:PATH" or "confdb:PATH".
  std::string to_text() const;
  bool is_database() const { return kind == Kind::kDatabase; }
  bool operator==(const Source&) const = default;
};

// The reverse of to_text(). The error names the two forms.
dns::Result<Source> parse_source(std::string_view text);

// What is used if neither is named: the database if one is there, else the file.
Source default_source();

// Reads and checks all of it, with this process's rights: not for the keeper, which reads a
// database by keeper/source_reader.h only. A database must not be open in this process; that it is
// sound is found out by a child process first.
dns::Result<config::Config> load(const Source& source, const config::LoadOptions& options = {});

}  // namespace bowline::control::confdb
