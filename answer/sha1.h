// SHA-1 (FIPS 180-4) by the CPU's own instructions, of one message or of two side by side: a round
// waits for the one before it, so two take little longer than one.
//
// For NSEC3 hashes only, whose messages are short. Any thread; no state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace bowline::answer {

inline constexpr std::size_t kSha1Block = 64;
inline constexpr std::size_t kSha1Size = 20;

// Octets behind a message of `size` that pad_sha1() writes at the most.
inline constexpr std::size_t kSha1Padding = kSha1Block + 8;

// Completes the message of `size` octets at `octets` to whole blocks; gives back how many.
// REQUIRES: kSha1Padding octets more may be written.
std::size_t pad_sha1(std::uint8_t* octets, std::size_t size);

struct Sha1Message {
  const std::uint8_t* octets;  // padded
  std::uint8_t* digest;        // gets kSha1Size octets
};

// Whether the CPU has the instructions that these two take.
bool has_sha1_instructions();
// REQUIRES: has_sha1_instructions().
void sha1_native(const Sha1Message& message, std::size_t blocks);
// Two messages of as many blocks.
void sha1_native_pair(const std::array<Sha1Message, 2>& messages, std::size_t blocks);

}  // namespace bowline::answer
