// Errors of a configuration.
#include "control/config/problems.h"

#include <algorithm>
#include <tuple>

namespace bowline::control::config {
namespace {

constexpr std::uint32_t kMaxOfFile = 20;  // more do not help to mend the file
constexpr std::size_t kMaxShown = 200;    // over all files

}  // namespace

void Problems::add(Place place, const std::string& message) {
  ++total_;
  if (of_file_.size() <= place.file) of_file_.resize(place.file + 1);
  if (++of_file_[place.file] > kMaxOfFile || problems_.size() == kMaxShown) return;
  problems_.push_back({place, message});
}

void Problems::add_file(std::uint32_t file, const std::string& message) {
  add({file, 0, 0}, message);
}

bool Problems::is_full(std::uint32_t file) const {
  return file < of_file_.size() && of_file_[file] >= kMaxOfFile;
}

std::string Problems::to_text() const {
  std::vector<Problem> ordered = problems_;
  std::stable_sort(ordered.begin(), ordered.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.place.file, a.place.line, a.place.column) <
           std::tie(b.place.file, b.place.line, b.place.column);
  });
  std::string text;
  for (const Problem& problem : ordered) {
    if (!text.empty()) text += '\n';
    text += store_.file_names[problem.place.file];
    if (problem.place.line > 0) {
      text += ":" + std::to_string(problem.place.line) + ":" +
              std::to_string(problem.place.column);
    }
    text += ": " + problem.message;
  }
  if (total_ > ordered.size()) {
    text += "\nand " + std::to_string(total_ - ordered.size()) + " more";
  }
  return text;
}

}  // namespace bowline::control::config
