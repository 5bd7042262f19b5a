// Where the fields of Ethernet, IP and UDP headers stand, and the values that matter to us.
//
// Offsets from the start of each header. Read and written with dns::load_u16() and its kin.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bowline::dataplane::net {

// IEEE 802.3, 802.1Q.
inline constexpr std::size_t kMacSize = 6;
inline constexpr std::size_t kEthernetSize = 14;
inline constexpr std::size_t kEtherTypeOffset = 12;
inline constexpr std::size_t kVlanTagSize = 4;
inline constexpr std::size_t kEthernetMinSize = 60;  // without the frame check sequence
inline constexpr std::uint16_t kEtherIpv4 = 0x0800;
inline constexpr std::uint16_t kEtherIpv6 = 0x86dd;
inline constexpr std::uint16_t kEtherVlan = 0x8100;         // 802.1Q
inline constexpr std::uint16_t kEtherServiceVlan = 0x88a8;  // 802.1ad

// RFC 791 3.1.
inline constexpr std::size_t kIpv4Size = 20;  // without options
inline constexpr std::size_t kIpv4LengthOffset = 2;
inline constexpr std::size_t kIpv4IdOffset = 4;
inline constexpr std::size_t kIpv4FragmentOffset = 6;
inline constexpr std::size_t kIpv4TtlOffset = 8;
inline constexpr std::size_t kIpv4ProtocolOffset = 9;
inline constexpr std::size_t kIpv4ChecksumOffset = 10;
inline constexpr std::size_t kIpv4SourceOffset = 12;
inline constexpr std::size_t kIpv4DestinationOffset = 16;
inline constexpr std::uint16_t kIpv4DontFragment = 0x4000;
inline constexpr std::uint16_t kIpv4MoreFragments = 0x2000;
inline constexpr std::uint16_t kIpv4OffsetMask = 0x1fff;

// RFC 8200 3, 4.
inline constexpr std::size_t kIpv6Size = 40;
inline constexpr std::size_t kIpv6LengthOffset = 4;
inline constexpr std::size_t kIpv6NextOffset = 6;
inline constexpr std::size_t kIpv6HopLimitOffset = 7;
inline constexpr std::size_t kIpv6SourceOffset = 8;
inline constexpr std::size_t kIpv6DestinationOffset = 24;
inline constexpr std::uint8_t kNextHopByHop = 0;
inline constexpr std::uint8_t kNextRouting = 43;
inline constexpr std::uint8_t kNextFragment = 44;
inline constexpr std::uint8_t kNextDestinationOptions = 60;

// RFC 768.
inline constexpr std::size_t kUdpSize = 8;
inline constexpr std::size_t kUdpSourceOffset = 0;
inline constexpr std::size_t kUdpDestinationOffset = 2;
inline constexpr std::size_t kUdpLengthOffset = 4;
inline constexpr std::size_t kUdpChecksumOffset = 6;
inline constexpr std::uint8_t kProtocolUdp = 17;

inline constexpr std::uint8_t kReplyTtl = 64;  // RFC 1700's default, for TTL and hop limit

}  // namespace bowline::dataplane::net
