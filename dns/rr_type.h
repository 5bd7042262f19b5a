// RrType: the RR types of the IANA registry, from the one table rr_type.def.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bowline::dns {

// Any 16-bit value is a type; the registry's have names: RrType::kA, kNs, kSoa, ...
enum class RrType : std::uint16_t;

}  // namespace bowline::dns
