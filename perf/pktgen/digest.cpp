#include "perf/pktgen/digest.h"

#include <functional>
#include <string_view>
#include <vector>

#include "dns/rdata.h"

namespace bowline::perf::pktgen {
namespace {

std::uint64_t hash_of(const std::uint8_t* octets, std::size_t size) {
  return std::hash<std::string_view>()({reinterpret_cast<const char*>(octets), size});
}

}  // namespace

std::uint64_t digest_key(dns::NameView owner, dns::RrType type) {
  std::uint8_t folded[dns::kMaxNameSize + 2];
  for (std::size_t i = 0; i < owner.size(); ++i) folded[i] = dns::fold(owner.data()[i]);
  dns::store_u16(folded + owner.size(), dns::code_of(type));
  return hash_of(folded, owner.size() + 2);
}

std::uint64_t digest_record(std::uint64_t key, dns::RrType type, dns::Bytes rdata) {
  std::uint64_t hash = 0;
  if (dns::has_names(type)) {
    thread_local std::vector<std::uint8_t> canonical(dns::kMaxRdataSize);
    dns::WireWriter writer(canonical);
    dns::write_canonical_rdata(type, rdata, writer);
    hash = hash_of(canonical.data(), writer.size());
  } else {
    hash = hash_of(rdata.data(), rdata.size());
  }
  // Owner, type and rdata belong together: swapped between RRsets they do not sum up to the same.
  return (hash ^ key) * 0x9e3779b97f4a7c15 ^ (hash ^ key) >> 29;
}

}  // namespace bowline::perf::pktgen
