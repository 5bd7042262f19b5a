#include "control/store/key_checks.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace bowline::control::store {

namespace {

using dns::RrType;

// DS and CDS: key tag, algorithm, digest type, digest. DNSKEY and CDNSKEY: flags, protocol,
// algorithm, key (RFC 4034 2.1, 5.1).
constexpr std::size_t kDsHead = 4;
constexpr std::uint8_t kDeleteAlgorithm = 0;  // RFC 8078 4

struct DigestType {
  std::uint8_t code;
  std::size_t size;
  const EVP_MD* (*function)();
};
constexpr DigestType kDigestTypes[] = {{1, 20, EVP_sha1}, {2, 32, EVP_sha256}, {4, 48, EVP_sha384}};

const DigestType* digest_type(std::uint8_t code) {
  const auto* const found = std::ranges::find(kDigestTypes, code, &DigestType::code);
  return found == std::end(kDigestTypes) ? nullptr : found;
}

// RFC 4034 appendix B; B.1 for algorithm 1 is of the past.
std::uint16_t key_tag(dns::Bytes key) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < key.size(); ++i) {
    sum += (i & 1) != 0 ? std::uint32_t{key[i]} : std::uint32_t{key[i]} << 8;
  }
  return static_cast<std::uint16_t>(sum + (sum >> 16));
}

// Whether the (C)DS is of this (C)DNSKEY of the zone; of a digest that we cannot compute only tag
// and algorithm are compared.
bool is_digest_of(dns::Bytes ds, dns::Bytes key, const dns::Name& apex) {
  if (ds[2] != key[3] || dns::load_u16(ds.data()) != key_tag(key)) return false;
  const DigestType* const type = digest_type(ds[3]);
  if (type == nullptr) return true;
  const dns::Name owner = apex.lower();
  std::vector<std::uint8_t> octets(owner.data(), owner.data() + owner.size());
  octets.insert(octets.end(), key.begin(), key.end());
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  if (::EVP_Digest(octets.data(), octets.size(), digest.data(), &size, type->function(),
                   nullptr) != 1) {
    return true;
  }
  return std::ranges::equal(ds.subspan(kDsHead), dns::Bytes(digest.data(), size));
}

// RFC 8078 4: the one record each that says that the parent's DS are to be removed.
constexpr std::uint8_t kDeleteCds[] = {0, 0, 0, 0, 0};
constexpr std::uint8_t kDeleteCdnskey[] = {0, 0, 3, 0, 0};

class KeyChecker {
 public:
  KeyChecker(zones::Base base, const zones::Zone& zone, const zones::Node& node,
             std::vector<Finding>& findings)
      : base_(base), node_(node), owner_(zones::owner_name(zone, node)), findings_(findings) {}

  void run() {
    for (const dns::Bytes ds : records(RrType::kDs)) check_ds(ds);
    if (node_.owner_size == 0) {
      for (const dns::Bytes each : records(RrType::kNsec3Param)) check_nsec3_parameters(each);
    }
    cds_ = records(RrType::kCds);
    cdnskeys_ = records(RrType::kCdnskey);
    if (!cds_.empty() || !cdnskeys_.empty()) check_child_records();
  }

 private:
  std::vector<dns::Bytes> records(RrType type) const {
    std::vector<dns::Bytes> found;
    zones::for_each_record(zones::find_rrset(base_, node_, type).records,
                           [&](dns::Bytes rdata, std::uint32_t) { found.push_back(rdata); });
    return found;
  }

  void add(RrType type, dns::Bytes rdata, std::string text) {
    if (findings_.size() == kMaxFindings) return;
    findings_.push_back(
        {owner_, type, std::vector(rdata.begin(), rdata.end()), std::move(text)});
  }

  void check_ds(dns::Bytes ds) {
    const unsigned tag = dns::load_u16(ds.data());
    const DigestType* const type = digest_type(ds[3]);
    if (type == nullptr) {
      add(RrType::kDs, ds,
          fmt::format("invalid DS record, key tag {}: digest type {} is none of 1, 2 and 4 "
                      "(RFC 8624 3.3)", tag, ds[3]));
    } else if (ds.size() - kDsHead != type->size) {
      add(RrType::kDs, ds,
          fmt::format("invalid DS record, key tag {}: a digest of type {} has {} octets, not {} "
                      "(RFC 4034 5.1.4)", tag, ds[3], type->size, ds.size() - kDsHead));
    }
  }

  void check_nsec3_parameters(dns::Bytes parameters) {
    if (parameters[0] != 1) {
      add(RrType::kNsec3Param, parameters,
          fmt::format("invalid NSEC3PARAM record: hash algorithm {} is unknown (RFC 5155 11)",
                      parameters[0]));
    }
    if (parameters[1] != 0) {
      add(RrType::kNsec3Param, parameters,
          fmt::format("invalid NSEC3PARAM record: flags are {} and not 0, it is not used "
                      "(RFC 5155 4.1.2)", parameters[1]));
    }
  }

  void check_child_records() {
    const RrType present = cds_.empty() ? RrType::kCdnskey : RrType::kCds;
    if (node_.owner_size != 0) {
      return add(present, {}, fmt::format("{} record that is not at the zone apex (RFC 7344 4.1)",
                                          dns::to_text(present)));
    }
    if (cds_.empty() || cdnskeys_.empty()) {
      add(present, {},
          fmt::format("{} record without a {} record (RFC 7344 4)", dns::to_text(present),
                      dns::to_text(cds_.empty() ? RrType::kCds : RrType::kCdnskey)));
    }
    const std::vector<dns::Bytes> keys = records(RrType::kDnskey);
    if (keys.empty()) {
      add(present, {}, fmt::format("{} record without a DNSKEY record (RFC 7344 4.1)",
                                   dns::to_text(present)));
    }
    if (check_deletion()) return;
    for (const dns::Bytes each : cdnskeys_) check_cdnskey(each, keys);
    for (const dns::Bytes each : cds_) check_cds(each, cdnskeys_.empty() ? keys : cdnskeys_);
  }

  // Whether one of the records asks for deletion; then no key needs to match.
  bool check_deletion() {
    const auto deletes_ds = [](dns::Bytes cds) { return cds[2] == kDeleteAlgorithm; };
    const auto deletes_key = [](dns::Bytes key) { return key[3] == kDeleteAlgorithm; };
    const bool by_cds = std::ranges::any_of(cds_, deletes_ds);
    const bool by_key = std::ranges::any_of(cdnskeys_, deletes_key);
    if (by_cds && (cds_.size() > 1 || !std::ranges::equal(cds_[0], kDeleteCds))) {
      add(RrType::kCds, {}, "CDS of algorithm 0 that is not the only one or not \"0 0 0 00\" "
                            "(RFC 8078 4)");
    }
    if (by_key && (cdnskeys_.size() > 1 || !std::ranges::equal(cdnskeys_[0], kDeleteCdnskey))) {
      add(RrType::kCdnskey, {}, "CDNSKEY of algorithm 0 that is not the only one or not "
                                "\"0 3 0 AA==\" (RFC 8078 4)");
    }
    if (by_cds != by_key && !cds_.empty() && !cdnskeys_.empty()) {
      add(by_cds ? RrType::kCds : RrType::kCdnskey, {},
          "only one of CDS and CDNSKEY asks for deletion (RFC 8078 4)");
    }
    return by_cds || by_key;
  }

  void check_cdnskey(dns::Bytes cdnskey, const std::vector<dns::Bytes>& keys) {
    const auto same = [&](dns::Bytes key) { return std::ranges::equal(key, cdnskey); };
    const auto digest = [&](dns::Bytes cds) { return is_digest_of(cds, cdnskey, owner_); };
    const unsigned tag = key_tag(cdnskey);
    if (!keys.empty() && std::ranges::none_of(keys, same)) {
      add(RrType::kCdnskey, cdnskey,
          fmt::format("CDNSKEY record, key tag {}, matches no DNSKEY record (RFC 7344 4.1)", tag));
    }
    if (!cds_.empty() && std::ranges::none_of(cds_, digest)) {
      add(RrType::kCdnskey, cdnskey,
          fmt::format("CDNSKEY record, key tag {}, matches no CDS record (RFC 7344 4)", tag));
    }
  }

  void check_cds(dns::Bytes cds, const std::vector<dns::Bytes>& keys) {
    const auto matches = [&](dns::Bytes key) { return is_digest_of(cds, key, owner_); };
    if (keys.empty() || std::ranges::any_of(keys, matches)) return;
    add(RrType::kCds, cds,
        fmt::format("CDS record, key tag {}, matches no {} record (RFC 7344 4)",
                    dns::load_u16(cds.data()), cdnskeys_.empty() ? "DNSKEY" : "CDNSKEY"));
  }

  const zones::Base base_;
  const zones::Node& node_;
  const dns::Name owner_;
  std::vector<Finding>& findings_;
  std::vector<dns::Bytes> cds_;
  std::vector<dns::Bytes> cdnskeys_;
};

}  // namespace

void check_key_records(zones::Base base, const zones::Zone& zone, const zones::Node& node,
                       std::vector<Finding>& findings) {
  KeyChecker(base, zone, node, findings).run();
}

}  // namespace bowline::control::store
