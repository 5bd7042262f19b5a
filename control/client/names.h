// Names of zones, entries and counters, as the running server tells them, for completion.
//
// One thread. What cannot be had, for whatever reason, is no name: completion never complains.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "control/client/complete.h"
#include "control/client/options.h"
#include "control/client/remote.h"

namespace bowline::control::client {

class ServerNames final : public NameSource {
 public:
  explicit ServerNames(const Options& options) : options_(options) {}

  std::vector<std::string> zones(std::string_view prefix) override;
  std::vector<std::string> ids(std::string_view section, std::string_view prefix) override;
  std::vector<std::string> counters(std::string_view prefix) override;

 private:
  // Values of `key` in the rows of the answer that begin with the prefix.
  std::vector<std::string> ask(const Ask& ask, const char* key, std::string_view prefix) const;

  const Options options_;
};

}  // namespace bowline::control::client
