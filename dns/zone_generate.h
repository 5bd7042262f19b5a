// $GENERATE: ranges and templates, with the meaning that BIND's manual gives them.
//
// Pure functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bowline::dns {

inline constexpr std::size_t kMaxGenerateText = 4096;  // a template, and what a step makes of it
inline constexpr unsigned kMaxGenerateWidth = 255;     // no name is longer

struct GenerateRange {
  std::uint32_t start = 0;
  std::uint32_t stop = 0;
  std::uint32_t step = 1;

  std::uint64_t count() const { return (std::uint64_t{stop} - start) / step + 1; }
};

// "start-stop" or "start-stop/step": numbers below 2^31, start <= stop, step >= 1.
std::optional<GenerateRange> read_generate_range(std::string_view text);

enum class GenerateFault : std::uint8_t { kNone, kModifier, kNegative, kLongText };

// What was expected instead.
std::string_view to_text(GenerateFault fault);

// Appends `text` to `out` with each $ and ${offset,width,base} replaced by `value`. $$ is a dollar
// sign, written \$; escapes stay as they are.
GenerateFault expand_generate(std::string_view text, std::uint32_t value, std::string& out);

}  // namespace bowline::dns
