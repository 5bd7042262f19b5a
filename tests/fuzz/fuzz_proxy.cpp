// PROXY headers: reading one never leaves its octets, says the same however much stands behind it,
// and what it says can be written as a header that says it again. Needs: dataplane_dep.
//
// With the highest bit of the first octet the input stands behind the signature, so that what lies
// behind it is reached.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "dataplane/net/proxy.h"

namespace {

using namespace bowline;
using namespace bowline::dataplane;
using net::ProxyFinding;

void demand(bool condition) {
  if (!condition) std::abort();
}

bool same(const net::ProxyHeader& one, const net::ProxyHeader& other) {
  return one.size == other.size && one.has_client == other.has_client &&
         one.client == other.client && one.fault == other.fault;
}

// The header of that client, over IPv6 also where it has an IPv4 address.
std::vector<std::uint8_t> write_header(const link::Endpoint& client) {
  std::vector<std::uint8_t> octets(net::kProxySignature,
                                   net::kProxySignature + net::kProxySignatureSize);
  octets.insert(octets.end(), {0x21, 0x21, 0, 36});
  octets.insert(octets.end(), client.address.begin(), client.address.end());
  octets.resize(octets.size() + 16 + 4);
  dns::store_u16(&octets[octets.size() - 4], client.port);
  return octets;
}

void check_header(const std::vector<std::uint8_t>& octets, const net::ProxyHeader& header) {
  demand(header.size >= net::kProxyFixedSize && header.size <= octets.size() &&
         header.size <= net::kMaxProxySize);
  // What stands behind it does not matter, and nothing less is enough.
  net::ProxyHeader again;
  const std::vector<std::uint8_t> alone(octets.begin(),
                                        octets.begin() + static_cast<std::ptrdiff_t>(header.size));
  demand(net::read_proxy_header(alone, again) == ProxyFinding::kHeader && same(again, header));
  const std::vector<std::uint8_t> less(alone.begin(), alone.end() - 1);
  demand(net::read_proxy_header(less, again) == ProxyFinding::kMore);
  if (!header.has_client) return;
  const auto written = write_header(header.client);
  demand(net::read_proxy_header(written, again) == ProxyFinding::kHeader &&
         again.client == header.client && again.size == written.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 || size > 4096) return 0;
  // Exactly as long as what is read: what is read beyond it is seen.
  std::vector<std::uint8_t> octets;
  if ((data[0] & 0x80) != 0) {
    octets.assign(net::kProxySignature, net::kProxySignature + net::kProxySignatureSize);
  }
  octets.insert(octets.end(), data + 1, data + size);
  net::ProxyHeader header;
  const ProxyFinding found = net::read_proxy_header(octets, header);
  if (octets.size() >= net::kProxySignatureSize) {
    demand((found == ProxyFinding::kNone) != net::has_proxy_signature(octets));
  }
  if (found == ProxyFinding::kHeader) check_header(octets, header);
  if (found == ProxyFinding::kWrong) demand(header.fault != link::Counter{});
  return 0;
}
