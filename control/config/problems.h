// Errors of a configuration, collected with their places.
//
// Private to this folder.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "control/config/entry.h"

namespace bowline::control::config {

using FileNames = std::vector<std::string>;

class Problems {
 public:
  // `files` may grow while problems are added. `origin` stands before problems that have no place
  // in a file; it may be empty.
  explicit Problems(std::shared_ptr<const FileNames> files, std::string origin = {})
      : files_(std::move(files)), origin_(std::move(origin)) {}

  void add(Place place, const std::string& message);
  // A problem of the file as a whole.
  void add_file(std::uint32_t file, const std::string& message);

  bool empty() const { return total_ == 0; }
  std::size_t count() const { return total_; }
  // Whether nothing more of this file would be shown, so that reading on is of no use.
  bool is_full(std::uint32_t file) const;
  // One line for each, in the order of files and lines, without a final line end. Those without a
  // file come last.
  std::string to_text() const;

  const FileNames& files() const { return *files_; }

 private:
  struct Problem {
    Place place;
    std::string message;
  };

  std::shared_ptr<const FileNames> files_;
  std::string origin_;
  std::vector<Problem> problems_;
  std::vector<std::uint32_t> of_file_;  // [0]: without a file
  std::size_t total_ = 0;
};

}  // namespace bowline::control::config
