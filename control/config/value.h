// Values of configuration items: what a scalar of the file becomes once its type was checked.
//
// Plain data without ties to the file or to the option table. Used by every control-side process
// (keeper, control, client), from any thread.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cassert>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dns/name.h"
#include "dns/result.h"

namespace bowline::control::config {

// An address to bind or to reach, with a port where the item has one; or a UNIX socket's path.
struct Address {
  enum class Family : std::uint8_t { kIpv4, kIpv6, kUnix, kDevice };

  Family family = Family::kIpv4;
  bool has_port = false;  // false: the item's default applies, see `port`
  std::uint16_t port = 0;
  std::array<std::uint8_t, 16> bytes{};  // 4 of them for IPv4, network order
  std::string path;                      // kUnix: absolute path; kDevice: interface name

  bool is_ip() const { return family == Family::kIpv4 || family == Family::kIpv6; }
  // The address without its port.
  std::string host_text() const;
  // As the file writes it: addr@port, a path, or a device@port.
  std::string to_text() const;
  // For bind() and connect(); 0 for a device or for a path that is too long.
  socklen_t to_sockaddr(sockaddr_storage& out) const;

  bool operator==(const Address&) const = default;
};

// A block of addresses of one family, both ends included. Written ADDR, ADDR/INT or ADDR-ADDR.
struct AddressRange {
  Address::Family family = Address::Family::kIpv4;
  std::array<std::uint8_t, 16> first{};
  std::array<std::uint8_t, 16> last{};

  bool contains(Address::Family of, const std::array<std::uint8_t, 16>& bytes) const;
  bool operator==(const AddressRange&) const = default;
};

using Octets = std::vector<std::uint8_t>;

// One value. Which alternative it holds follows from the option's type (option.h):
//   BOOL: bool.  INT, TIME (seconds), SIZE (octets): a number.
//   STR, option words, references: std::string.  HEXSTR, BASE64: Octets.
//   ADDR[@INT], paths of sockets: Address.  Networks, ranges: AddressRange.  DNAME: dns::Name.
class Value {
 public:
  using Variant =
      std::variant<bool, std::int64_t, std::string, Octets, Address, AddressRange, dns::Name>;

  Value(Variant content) : content_(std::move(content)) {}

  // REQUIRES of each: the value holds that alternative.
  bool flag() const { return get<bool>(); }
  std::int64_t number() const { return get<std::int64_t>(); }
  const std::string& text() const { return get<std::string>(); }
  const Octets& octets() const { return get<Octets>(); }
  const Address& address() const { return get<Address>(); }
  const AddressRange& range() const { return get<AddressRange>(); }
  const dns::Name& name() const { return get<dns::Name>(); }
  const Variant& content() const { return content_; }

 private:
  template <typename T>
  const T& get() const {
    const T* found = std::get_if<T>(&content_);
    assert(found != nullptr);
    return *found;
  }

  Variant content_;
};

}  // namespace bowline::control::config
