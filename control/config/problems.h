// Errors of a configuration, collected with their places.
//
// Private to this folder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "control/config/store.h"

namespace bowline::control::config {

class Problems {
 public:
  explicit Problems(const Store& store) : store_(store) {}

  void add(Place place, const std::string& message);
  // A problem of the file as a whole.
  void add_file(std::uint32_t file, const std::string& message);

  bool empty() const { return total_ == 0; }
  // Whether nothing more of this file would be shown, so that reading on is of no use.
  bool is_full(std::uint32_t file) const;
  // One line for each, in the order of files and lines, without a final line end.
  std::string to_text() const;

 private:
  struct Problem {
    Place place;
    std::string message;
  };

  const Store& store_;
  std::vector<Problem> problems_;
  std::vector<std::uint32_t> of_file_;
  std::size_t total_ = 0;
};

}  // namespace bowline::control::config
