#include "control/client/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cstdint>

#include "control/client/table.h"

namespace bowline::control::client {

namespace {

constexpr std::size_t kUsualWidth = 80;
constexpr std::size_t kShortestBar = 10;

std::uint64_t number_of(const api::Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) return 0;
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, found->get<std::int64_t>()));
}

}  // namespace

std::string progress_text(const api::Json& progress, std::size_t width) {
  if (!progress.is_object()) return {};
  const std::uint64_t total = number_of(progress, "total");
  const std::uint64_t done = number_of(progress, "done");
  const auto what = progress.find("what");
  std::string text = fmt::format("{}", done);
  if (total != 0) text += fmt::format("/{}", total);
  if (what != progress.end() && what->is_string())
    text += " " + printable(what->get<std::string>());
  if (total != 0) {
    const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    text = fmt::format("{:3.0f} % {}", share * 100, text);
    const std::size_t used = text.size() + 3;  // brackets and a space
    if (used + kShortestBar <= width) {
      const std::size_t bar = width - used;
      const auto full = static_cast<std::size_t>(share * static_cast<double>(bar));
      text = fmt::format("[{}{}] {}", std::string(full, '#'), std::string(bar - full, '.'), text);
    }
  }
  return text.substr(0, width);
}

void Progress::show(const api::Json& progress) {
  if (terminal_ == nullptr) return;
  const std::size_t width = terminal_width(::fileno(terminal_)) - 1;  // the last column wraps
  std::string text = progress_text(progress, width);
  if (text == shown_) return;
  std::fprintf(terminal_, "\r\x1b[K%s", text.c_str());
  std::fflush(terminal_);
  shown_ = std::move(text);
}

void Progress::clear() {
  if (shown_.empty()) return;
  std::fputs("\r\x1b[K", terminal_);
  std::fflush(terminal_);
  shown_.clear();
}

std::size_t terminal_width(int fd) {
  winsize size{};
  return ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col : kUsualWidth;
}

}  // namespace bowline::control::client
