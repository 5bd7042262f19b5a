// The PROXY protocol, version 2: the header that a proxy puts before a client's octets to say whose
// they are (haproxy.org, proxy-protocol.txt 2.2).
//
// Called by a polled worker on what stands in a datagram, and by a stream thread on how a
// connection begins; only for sources that server.proxy-allowlist names. Pure functions, no
// allocation, any thread.
//
//   command, family              what comes of it
//   LOCAL                        the block is skipped: the proxy speaks for itself
//   PROXY, TCP or UDP over IP    the source in the block is the client
//   PROXY, anything else         refused: whose octets they are stays unknown, and taking them for
//                                the proxy's would give strangers the proxy's rights
//   another version or command   refused
//
// TLVs behind the addresses are skipped unread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "dns/wire.h"
#include "link/context.h"
#include "link/counters.h"
#include "link/settings.h"

namespace bowline::dataplane::net {

inline constexpr std::size_t kProxySignatureSize = 12;
inline constexpr std::uint8_t kProxySignature[kProxySignatureSize + 1] =
    "\r\n\r\n\0\r\nQUIT\n";
inline constexpr std::size_t kProxyFixedSize = 16;  // signature, version, family, length
// Octets of a whole header (hardening 56): as PowerDNS and dnsdist; addresses take 52 at most.
inline constexpr std::size_t kMaxProxySize = 512;

// Whether the octets begin like a PROXY header. No DNS question does: it would have 13 names to ask
// for in a datagram, and 2,641 over TCP.
inline bool has_proxy_signature(dns::Bytes octets) {
  return octets.size() >= kProxySignatureSize &&
         std::memcmp(octets.data(), kProxySignature, kProxySignatureSize) == 0;
}

enum class ProxyFinding : std::uint8_t {
  kNone,    // something else
  kMore,    // may be one, or is one, that is not all there yet
  kHeader,  // a good one
  kWrong,   // one that nothing may be believed of
};

struct ProxyHeader {
  std::size_t size = 0;          // kHeader: octets to skip
  bool has_client = false;       // kHeader: `client` says whose the rest is; else the proxy's own
  link::Endpoint client;
  link::Counter fault{};         // kWrong: why
};

// Reads what `octets` begin with. Of an empty span nothing can be said: kMore.
ProxyFinding read_proxy_header(dns::Bytes octets, ProxyHeader& header);

// Whether server.proxy-allowlist names the address.
bool may_proxy(const link::Settings& settings, const link::Endpoint& source);

}  // namespace bowline::dataplane::net
