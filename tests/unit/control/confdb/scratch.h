// Scratch: a folder of a test's own, gone with it; and databases made of text.
#pragma once

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "control/confdb/database.h"
#include "control/config/export.h"

namespace bowline::test {

class Scratch {
 public:
  Scratch() {
    char name[] = "/tmp/bowline-confdb-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(*this / name) << text;
    return *this / name;
  }

 private:
  std::string path_;
};

inline control::config::Config parse(const std::string& text) {
  auto config = control::config::load_config_text(text);
  if (!config) FAIL(config.error());
  return *config;
}

// Commits what leads from one to the other; the number.
inline std::uint64_t commit(control::confdb::Database& database,
                            const control::config::Config& from,
                            const control::config::Config& to) {
  auto number = database.commit({control::config::compare(from, to), "test", 1000, 0, {}});
  if (!number) FAIL(number.error());
  return *number;
}

inline std::unique_ptr<control::confdb::Database> make_database(
    const std::string& path, const control::config::Config& config,
    const control::confdb::Database::Options& options = {}) {
  auto made = control::confdb::Database::create(path, options);
  if (!made) FAIL(made.error());
  commit(**made, parse(""), config);
  return std::move(*made);
}

inline std::string text_of(control::confdb::Database& database) {
  auto config = database.load();
  if (!config) FAIL(config.error());
  return control::config::export_text(*config);
}

}  // namespace bowline::test
