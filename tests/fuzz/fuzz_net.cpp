// Frames: parsing never reads out of bounds, and a reply, if one is made, is a good frame back to
// the sender. Needs: dataplane_dep.
//
// The first octet chooses how long the reply is; the rest is the frame. With its highest bit the
// IPv4 and UDP checksums are mended first, so that what lies behind them is reached. A device that
// completes the checksums of a reply must come to the frame that is made without one.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "dataplane/net/checksum.h"
#include "dataplane/net/client.h"
#include "dataplane/net/headers.h"
#include "dataplane/net/parse.h"
#include "dataplane/net/reply.h"

namespace {

using namespace bowline;
using namespace bowline::dataplane;

constexpr std::size_t kBufferSize = 2048;

void demand(bool condition) {
  if (!condition) std::abort();
}

// Both families, all addresses, the port of the corpus and any other that is asked for.
std::vector<net::Listener> listeners() {
  return {{.address = {}, .ipv6 = false, .any = true, .port = 53},
          {.address = {}, .ipv6 = true, .any = true, .port = 53}};
}

void mend_checksums(std::vector<std::uint8_t>& frame) {
  using namespace net;
  if (frame.size() < kEthernetSize + kIpv4Size || dns::load_u16(&frame[12]) != kEtherIpv4) return;
  std::uint8_t* const ip = &frame[kEthernetSize];
  const std::size_t header = std::size_t{ip[0] & 15U} * 4;
  if (header < kIpv4Size || frame.size() < kEthernetSize + header + kUdpSize) return;
  std::memset(ip + kIpv4ChecksumOffset, 0, 2);
  const std::uint16_t checksum = finish_checksum(add_octets(0, ip, header));
  std::memcpy(ip + kIpv4ChecksumOffset, &checksum, 2);
  std::memset(ip + header + kUdpChecksumOffset, 0, 2);
}

void check_reply(const net::Frame& reply, const net::Datagram& request, std::size_t size,
                 std::uint16_t client_port) {
  const net::Listener clients[] = {
      {.address = {}, .ipv6 = false, .any = true, .port = client_port},
      {.address = {}, .ipv6 = true, .any = true, .port = client_port}};
  net::Datagram datagram;
  const dns::Bytes frame(reply.data, reply.size);
  const auto refusal = net::parse(frame, clients, datagram);
  // The request may have come to an address that is none for a source, or from a group's MAC
  // address.
  const bool only_its_addresses = refusal == link::Counter::drop_bad_source;
  demand(!refusal || only_its_addresses);
  if (refusal) return;
  demand(datagram.ipv6 == request.ipv6);
  demand(datagram.payload_size == size);
}

// What a device does that was asked for both checksums (kIpFilled, kUdpFilled).
void complete_checksums(const net::Frame& reply, const net::Datagram& request) {
  using namespace net;
  std::uint8_t* const ip = reply.data + request.ip;
  const std::size_t ip_size = request.ipv6 ? kIpv6Size : kIpv4Size;
  if (!request.ipv6) {
    demand(load_host<std::uint16_t>(ip + kIpv4ChecksumOffset) == 0);
    const std::uint16_t checksum = finish_checksum(add_octets(0, ip, ip_size));
    std::memcpy(ip + kIpv4ChecksumOffset, &checksum, 2);
  }
  std::uint8_t* const udp = ip + ip_size;
  const std::uint16_t checksum =
      finish_checksum(add_octets(0, udp, dns::load_u16(udp + kUdpLengthOffset)));
  const std::uint16_t sent = checksum == 0 ? 0xffff : checksum;
  std::memcpy(udp + kUdpChecksumOffset, &sent, 2);
}

// Frames that no checksum refuses are read alike by those that check none of their own.
void check_trust(const std::vector<std::uint8_t>& frame, const std::vector<net::Listener>& all,
                 const net::Datagram& datagram) {
  net::Datagram trusted;
  trusted.device = net::kIpChecked | net::kUdpChecked;
  demand(!net::parse(frame, all, trusted));
  demand(trusted.ip == datagram.ip && trusted.udp == datagram.udp &&
         trusted.payload_size == datagram.payload_size && trusted.ipv6 == datagram.ipv6 &&
         trusted.listener == datagram.listener);
}

void check_offload(std::vector<std::uint8_t> buffer, net::Datagram datagram, std::size_t size,
                   const net::Frame& wanted) {
  datagram.device = net::kIpFilled | net::kUdpFilled;
  const net::Frame made = net::make_reply(buffer.data(), datagram, size);
  complete_checksums(made, datagram);
  demand(made.size == wanted.size && std::memcmp(made.data, wanted.data, made.size) == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 || size > kBufferSize) return 0;
  const std::uint8_t choice = data[0];
  // Exactly as long as the frame: what is read beyond it is seen.
  std::vector<std::uint8_t> frame(data + 1, data + size);
  if ((choice & 0x80) != 0) mend_checksums(frame);
  const auto all = listeners();
  net::Datagram datagram;
  if (net::parse(frame, all, datagram)) return 0;
  demand(datagram.udp + net::kUdpSize + datagram.payload_size <= frame.size());

  const std::uint16_t client_port = dns::load_u16(&frame[datagram.udp]);
  link::ClientContext context;
  net::describe(frame.data(), datagram, context);

  std::vector<std::uint8_t> buffer(kBufferSize);
  std::copy(frame.begin(), frame.end(), buffer.begin());
  const std::size_t most = net::payload_max(datagram, buffer.size(), net::kEthernetMtu);
  const std::size_t reply_size = most * (choice & 0x7fU) / 0x7f;
  check_trust(frame, all, datagram);
  const std::vector<std::uint8_t> request = buffer;
  const net::Frame reply = net::make_reply(buffer.data(), datagram, reply_size);
  check_reply(reply, datagram, reply_size, client_port);
  check_offload(request, datagram, reply_size, reply);
  const std::vector<std::uint8_t> message(reply_size, choice);
  const std::size_t written = net::write_frame(buffer, context, message, net::kEthernetMtu);
  if (written != 0) check_reply({buffer.data(), written}, datagram, reply_size, client_port);
  return 0;
}
