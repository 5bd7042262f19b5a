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
  const std::size_t file = place.file == Place::kNoFile ? 0 : std::size_t{place.file} + 1;
  if (of_file_.size() <= file) of_file_.resize(file + 1);
  if (++of_file_[file] > kMaxOfFile || problems_.size() == kMaxShown) return;
  problems_.push_back({place, message});
}

void Problems::add_file(std::uint32_t file, const std::string& message) {
  add({file, 0, 0}, message);
}

bool Problems::is_full(std::uint32_t file) const {
  const std::size_t at = std::size_t{file} + 1;
  return at < of_file_.size() && of_file_[at] >= kMaxOfFile;
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
    const bool has_file = problem.place.file != Place::kNoFile;
    const std::string& origin = has_file ? (*files_)[problem.place.file] : origin_;
    text += origin;
    if (has_file && problem.place.line > 0) {
      text += ":" + std::to_string(problem.place.line) + ":" +
              std::to_string(problem.place.column);
    }
    text += (origin.empty() ? "" : ": ") + problem.message;
  }
  if (total_ > ordered.size()) {
    text += "\nand " + std::to_string(total_ - ordered.size()) + " more";
  }
  return text;
}

}  // namespace bowline::control::config
