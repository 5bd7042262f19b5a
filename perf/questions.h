// Questions: prepared Ethernet frames with one DNS question each, and the check of what comes back.
//
// IPv4, UDP with checksum, one query type. The id of a question is its number, so an answer says
// itself which question it belongs to. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "dns/result.h"
#include "dns/wire.h"

namespace bowline::perf {

inline constexpr std::size_t kMaxQuestions = 65'536;  // ids of DNS
// Ethernet, IPv4, UDP, DNS header, longest name, type and class.
inline constexpr std::size_t kMaxQuestionFrame = 14 + 20 + 8 + 12 + 255 + 4;

struct Ends {
  std::array<std::uint8_t, 6> client_mac{};
  std::array<std::uint8_t, 6> server_mac{};
  std::uint32_t client = 0;  // host order
  std::uint32_t server = 0;
  std::uint16_t port = 53;
};

class Questions {
 public:
  // Adds the question "`name` A". Error: what is wrong with the name. REQUIRES: size() <
  // kMaxQuestions.
  dns::Result<void> add(const std::string& name, const Ends& ends);

  std::size_t size() const { return frames_.size(); }

  // The frame of question `number`, valid until the next add().
  dns::Bytes frame(std::size_t number) const {
    return {frames_[number].octets.data(), frames_[number].size};
  }

  // Whether `frame` has QR set and can be one of the answers; only such a frame has an rcode().
  static bool is_answer(dns::Bytes frame);
  // The lower four bits of RCODE. REQUIRES: is_answer(frame).
  static unsigned rcode(dns::Bytes frame);

  // Whether the answer goes back to where its question came from and repeats it octet for octet,
  // with a right IPv4 and UDP checksum. REQUIRES: is_answer(answer).
  bool matches(dns::Bytes answer) const;

 private:
  struct Frame {
    std::array<std::uint8_t, kMaxQuestionFrame> octets;
    std::size_t size = 0;
  };

  std::vector<Frame> frames_;
};

}  // namespace bowline::perf
