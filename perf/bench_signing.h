// BenchSigning: what makes a made-up zone look signed to a server: RRSIGs of the size of ECDSA
// P-256 over nothing, and a complete NSEC or NSEC3 chain.
//
// For bench_tables.cpp, one a zone, one thread.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "answer/nsec3_hash.h"
#include "zones/builder.h"

namespace bowline::perf {

enum class Dnssec { kNone, kNsec, kNsec3 };

// The rdata of an RRSIG of the size of P-256 over nothing, at most some 300 octets.
class BenchSignature {
 public:
  BenchSignature(dns::NameView owner, dns::RrType type, std::uint32_t ttl_s, dns::NameView apex);
  dns::Bytes rdata() const { return {octets_.data(), size_}; }

 private:
  static constexpr std::size_t kSignatureSize = 64;  // RFC 6605 4

  std::array<std::uint8_t, 18 + dns::kMaxNameSize + kSignatureSize> octets_;
  std::size_t size_ = 0;
};

class BenchSigning {
 public:
  // REQUIRES: `builder` and `apex` outlive it.
  BenchSigning(zones::ZoneBuilder& builder, dns::NameView apex, Dnssec dnssec)
      : builder_(builder), apex_(apex), dnssec_(dnssec) {}

  // Adds a record. Without a signature: a delegation or glue; only a delegation is in the chain.
  // REQUIRES: the records of an RRset are one.
  void add(dns::NameView owner, dns::RrType type, std::uint32_t ttl, dns::Bytes rdata,
           bool is_signed = true);
  // An empty non-terminal has an NSEC3.
  void add_empty(dns::NameView owner);
  // Adds the chain: once, after all records.
  void finish();

 private:
  struct Link {
    std::string owner;  // wire form
    std::vector<dns::RrType> types;
  };

  void add_signature(dns::NameView owner, dns::RrType type, std::uint32_t ttl);
  void finish_nsec();
  void finish_nsec3();

  zones::ZoneBuilder& builder_;
  const dns::NameView apex_;
  const Dnssec dnssec_;
  std::vector<Link> links_;
};

}  // namespace bowline::perf
