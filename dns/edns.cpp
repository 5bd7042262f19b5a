// EDNS(0): reading OPT and option values, writing options.
#include "dns/edns.h"

#include <algorithm>
#include <cassert>

namespace bowline::dns {
namespace {

constexpr std::uint16_t kDnssecOkBit = 0x8000;  // RFC 3225 3
constexpr std::size_t kSubnetFixedSize = 4;     // family and two prefix lengths
constexpr std::uint8_t kSerialVersion = 0;      // RFC 9660 7.2

bool is_cookie_size(std::size_t size) {
  return size == kClientCookieSize || (size >= kClientCookieSize + kMinServerCookieSize &&
                                       size <= kClientCookieSize + kMaxServerCookieSize);
}

// Prefix bits that an address of `family` can have. Family 0 stands for "no address" and is sent
// with an empty prefix by clients that want no client subnet used upstream.
std::optional<unsigned> address_bits(std::uint16_t family) {
  switch (family) {
    case 0: return 0;
    case 1: return 32;
    case 2: return 128;
    default: return std::nullopt;
  }
}

// RFC 7871 7.1.2: bits behind the prefix are zero.
bool is_tail_zero(const ClientSubnet& subnet) {
  const unsigned used_bits = subnet.source_prefix % 8;
  if (used_bits == 0) return true;
  return (subnet.address[subnet.source_prefix / 8] & (0xff >> used_bits)) == 0;
}

void note_client_subnet(Edns& edns, Bytes value) {
  if (edns.has_client_subnet) return;
  edns.has_client_subnet = true;
  const std::optional<ClientSubnet> subnet = read_client_subnet(value);
  // RFC 7871 6: the scope is 0 in a query.
  if (!subnet || subnet->scope_prefix != 0) return;
  edns.client_subnet_valid = true;
  edns.client_subnet = *subnet;
}

bool note_cookie(Edns& edns, std::size_t offset, std::size_t size) {
  if (edns.has_cookie) return true;
  if (!is_cookie_size(size)) return false;
  edns.has_cookie = true;
  edns.cookie_offset = static_cast<std::uint16_t>(offset);
  edns.cookie_size = static_cast<std::uint8_t>(size);
  return true;
}

bool note_option(Edns& edns, EdnsOption code, Bytes value, std::size_t offset) {
  switch (code) {
    case EdnsOption::kNsid: edns.has_nsid = true; return true;
    case EdnsOption::kExpire: edns.has_expire = true; return true;
    case EdnsOption::kTcpKeepalive: edns.has_keepalive = true; return true;
    case EdnsOption::kPadding: edns.has_padding = true; return true;
    case EdnsOption::kZoneVersion: edns.has_zone_version = true; return true;
    case EdnsOption::kClientSubnet: note_client_subnet(edns, value); return true;
    case EdnsOption::kCookie: return note_cookie(edns, offset, value.size());
    default: return true;
  }
}

// Makes `edns` what the fixed fields say. In place: a value that is made elsewhere field by field
// and copied as a whole waits for its own stores.
void take_fixed(std::uint16_t rr_class, std::uint32_t ttl, Edns& edns) {
  static constexpr Edns kNothing{};
  edns = kNothing;
  edns.udp_size = rr_class;
  edns.extended_rcode = static_cast<std::uint8_t>(ttl >> 24);
  edns.version = static_cast<std::uint8_t>(ttl >> 16);
  edns.flags = static_cast<std::uint16_t>(ttl);
  edns.dnssec_ok = (static_cast<std::uint16_t>(ttl) & kDnssecOkBit) != 0;
}

bool read_options(Bytes message, std::size_t offset, std::size_t size, Edns& edns) {
  WireReader reader(message.first(offset + size), offset);
  while (reader.remaining() > 0) {
    const auto code = static_cast<EdnsOption>(reader.u16());
    const Bytes value = reader.bytes(reader.u16());
    if (!reader.ok() || edns.option_count == kMaxEdnsOptions) return false;
    ++edns.option_count;
    if (!note_option(edns, code, value, reader.position() - value.size())) return false;
  }
  edns.options_offset = static_cast<std::uint16_t>(offset);
  edns.options_size = static_cast<std::uint16_t>(size);
  return true;
}

// Writes code and length if the whole option fits.
bool begin_option(WireWriter& out, EdnsOption code, std::size_t size) {
  if (size > 0xffff || out.remaining() < kOptionHeaderSize + size) {
    out.fail();
    return false;
  }
  out.u16(static_cast<std::uint16_t>(code));
  out.u16(static_cast<std::uint16_t>(size));
  return true;
}

std::optional<NameView> read_whole_name(Bytes value) {
  const std::optional<NameView> name = NameView::parse(value);
  return name && name->size() == value.size() ? name : std::nullopt;
}

}  // namespace

bool read_opt(Bytes message, std::uint16_t rr_class, std::uint32_t ttl, std::size_t offset,
              std::size_t size, Edns& edns) {
  take_fixed(rr_class, ttl, edns);
  if (read_options(message, offset, size, edns)) return true;
  take_fixed(rr_class, ttl, edns);
  return false;
}

std::optional<Llq> read_llq(Bytes value) {
  WireReader reader(value);
  Llq llq{};
  llq.version = reader.u16();
  llq.opcode = reader.u16();
  llq.error = reader.u16();
  llq.id = static_cast<std::uint64_t>(reader.u32()) << 32;
  llq.id |= reader.u32();
  llq.lease_s = reader.u32();
  if (!reader.ok() || reader.remaining() != 0) return std::nullopt;
  return llq;
}

std::optional<UpdateLease> read_update_lease(Bytes value) {
  if (value.size() != 4 && value.size() != 8) return std::nullopt;
  UpdateLease lease{load_u32(value.data()), std::nullopt};
  if (value.size() == 8) lease.key_lease_s = load_u32(&value[4]);
  return lease;
}

std::optional<ClientSubnet> read_client_subnet(Bytes value) {
  if (value.size() < kSubnetFixedSize) return std::nullopt;
  ClientSubnet subnet;
  subnet.family = load_u16(value.data());
  subnet.source_prefix = value[2];
  subnet.scope_prefix = value[3];
  const std::optional<unsigned> bits = address_bits(subnet.family);
  if (!bits || subnet.source_prefix > *bits || subnet.scope_prefix > *bits) return std::nullopt;
  const Bytes address = value.subspan(kSubnetFixedSize);
  // RFC 7871 6: neither fewer nor more octets than the prefix needs.
  if (address.size() != (subnet.source_prefix + 7u) / 8) return std::nullopt;
  std::copy(address.begin(), address.end(), subnet.address.begin());
  if (!is_tail_zero(subnet)) return std::nullopt;
  return subnet;
}

std::optional<Cookie> read_cookie(Bytes value) {
  if (!is_cookie_size(value.size())) return std::nullopt;
  return Cookie{value.first(kClientCookieSize), value.subspan(kClientCookieSize)};
}

std::optional<std::uint32_t> read_expire(Bytes value) {
  if (value.size() != 4) return std::nullopt;
  return load_u32(value.data());
}

std::optional<std::uint16_t> read_keepalive(Bytes value) {
  if (value.size() != 2) return std::nullopt;
  return load_u16(value.data());
}

std::optional<NameView> read_chain(Bytes value) { return read_whole_name(value); }

std::optional<NameView> read_report_channel(Bytes value) { return read_whole_name(value); }

std::optional<std::size_t> read_key_tags(Bytes value) {
  if (value.empty() || value.size() % 2 != 0) return std::nullopt;
  return value.size() / 2;
}

std::optional<ExtendedError> read_extended_error(Bytes value) {
  if (value.size() < 2) return std::nullopt;
  const Bytes text = value.subspan(2);
  return ExtendedError{static_cast<ExtendedErrorCode>(load_u16(value.data())),
                       {reinterpret_cast<const char*>(text.data()), text.size()}};
}

std::optional<std::uint16_t> read_tag(Bytes value) {
  if (value.size() != 2) return std::nullopt;
  return load_u16(value.data());
}

std::optional<ZoneVersion> read_zone_version(Bytes value) {
  if (value.size() < 2) return std::nullopt;
  const ZoneVersion version{value[0], value[1], value.subspan(2)};
  if (version.type == kSerialVersion && version.version.size() != 4) return std::nullopt;
  return version;
}

void write_option(WireWriter& out, EdnsOption code, Bytes value) {
  if (begin_option(out, code, value.size())) out.bytes(value);
}

void write_nsid(WireWriter& out, Bytes nsid) { write_option(out, EdnsOption::kNsid, nsid); }

void write_expire(WireWriter& out, std::uint32_t seconds) {
  if (begin_option(out, EdnsOption::kExpire, 4)) out.u32(seconds);
}

void write_keepalive(WireWriter& out, std::uint16_t units_of_100_ms) {
  if (begin_option(out, EdnsOption::kTcpKeepalive, 2)) out.u16(units_of_100_ms);
}

void write_extended_error(WireWriter& out, ExtendedErrorCode code, std::string_view text) {
  if (!begin_option(out, EdnsOption::kExtendedError, 2 + text.size())) return;
  out.u16(static_cast<std::uint16_t>(code));
  out.bytes({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

void write_client_subnet(WireWriter& out, const ClientSubnet& subnet, std::uint8_t scope) {
  const std::size_t address_size = (subnet.source_prefix + 7u) / 8;
  assert(address_size <= subnet.address.size());
  if (!begin_option(out, EdnsOption::kClientSubnet, kSubnetFixedSize + address_size)) return;
  out.u16(subnet.family);
  out.u8(subnet.source_prefix);
  out.u8(scope);
  out.bytes(Bytes(subnet.address).first(address_size));
}

void write_cookie(WireWriter& out, Bytes client, Bytes server) {
  assert(client.size() == kClientCookieSize && is_cookie_size(client.size() + server.size()));
  if (!begin_option(out, EdnsOption::kCookie, client.size() + server.size())) return;
  out.bytes(client);
  out.bytes(server);
}

void write_padding(WireWriter& out, std::size_t size) {
  if (!begin_option(out, EdnsOption::kPadding, size)) return;
  for (; size > 0; --size) out.u8(0);
}

void write_report_channel(WireWriter& out, NameView agent) {
  write_option(out, EdnsOption::kReportChannel, agent.bytes());
}

void write_zone_serial(WireWriter& out, std::uint8_t label_count, std::uint32_t serial) {
  if (!begin_option(out, EdnsOption::kZoneVersion, 6)) return;
  out.u8(label_count);
  out.u8(kSerialVersion);
  out.u32(serial);
}

}  // namespace bowline::dns
