// ZoneWindow: the part of a zone file that is in memory, sliding over the file as it is scanned.
//
// One scanner owns one window; any thread. Files are read, not mapped: a file cut short while it is
// mapped would kill the process (SIGBUS).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace bowline::dns {

// What is read at once: stays in a core's L2 cache, and a system call costs nothing beside it.
inline constexpr std::size_t kWindowSize = std::size_t{512} << 10;
// The longest entry. 65,535 octets of rdata take 256 KiB of text as \DDD; the rest is room for
// comments between the parentheses.
inline constexpr std::size_t kMaxEntrySize = std::size_t{4} << 20;
// Readable octets behind the text, for vector loads.
inline constexpr std::size_t kWindowPadding = 64;

class ZoneWindow {
 public:
  enum class More : std::uint8_t { kRead, kTooLong, kFailed };

  ZoneWindow() = default;
  ~ZoneWindow();
  ZoneWindow(const ZoneWindow&) = delete;
  ZoneWindow& operator=(const ZoneWindow&) = delete;

  // Opens a regular file. Not empty: the reason why it cannot.
  std::string open(const std::string& path);
  // Takes `text`, which outlives the window.
  void use(std::string_view text);

  // The text in memory. *end() is a line feed that is not part of it, so scans need no bound.
  const char* begin() const { return buffer_.get(); }
  const char* end() const { return buffer_.get() + held_; }
  // Whether the text up to end() is the last. It then ends in a line feed, added where missing.
  bool ended() const { return ended_; }

  // Reads on, giving up what precedes `keep`, which becomes begin().
  // REQUIRES: begin() <= keep <= end(), !ended().
  More more(const char* keep);

  std::uint64_t done() const { return done_; }  // octets taken from the file
  std::uint64_t size() const { return size_; }  // of the file when it was opened
  int error() const { return error_; }          // errno of kFailed

  // Of the file that is open: whether its mode lets everybody read it, and its path without
  // symbolic links (empty if the system does not tell).
  bool is_public() const { return public_; }
  std::string real_path() const;

 private:
  void start(std::uint64_t size);
  bool fill();
  void finish();

  int fd_ = -1;
  bool public_ = false;
  std::string_view text_;  // what of it is still to be taken; without a file
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;  // of the text; behind it are a line feed and the padding
  std::size_t held_ = 0;
  bool ended_ = false;
  int error_ = 0;
  std::uint64_t done_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace bowline::dns
