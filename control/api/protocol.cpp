#include "control/api/protocol.h"

namespace bowline::control::api {

namespace {

constexpr std::size_t kHead = 4;

}  // namespace

void append_frame(std::string& out, const Json& content) {
  const std::string text = content.dump(-1, ' ', false, Json::error_handler_t::replace);
  for (int shift = 24; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(text.size() >> shift & 0xff));
  }
  out += text;
}

Frame take_frame(std::string& buffer, std::size_t most, Json& content) {
  if (buffer.size() < kHead) return Frame::kPartial;
  std::size_t size = 0;
  for (std::size_t i = 0; i < kHead; ++i) {
    size = size << 8 | static_cast<unsigned char>(buffer[i]);
  }
  if (size > most) return Frame::kTooLarge;
  if (buffer.size() < kHead + size) return Frame::kPartial;
  const std::string_view text = std::string_view(buffer).substr(kHead, size);
  // Depth: the parser of this library keeps its own stack, not the thread's.
  content = Json::parse(text, nullptr, false);
  buffer.erase(0, kHead + size);
  return content.is_discarded() ? Frame::kMalformed : Frame::kComplete;
}

}  // namespace bowline::control::api
