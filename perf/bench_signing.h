// BenchSigning: what makes a made-up zone look signed to a server: RRSIGs of the size of ECDSA
// P-256 over nothing, and a complete NSEC or NSEC3 chain.
//
// For bench_tables.cpp, one a zone, one thread.
#pragma once

#include <string>
#include <vector>

#include "answer/nsec3_hash.h"
#include "zones/builder.h"

namespace bowline::perf {

enum class Dnssec { kNone, kNsec, kNsec3 };

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
