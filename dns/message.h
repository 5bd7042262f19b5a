// DNS message layout (RFC 1035 4.1) and bounds-checked readers of messages.
//
// The packet path reads only header, question and OPT (see read_query()); the iterating reader is
// for control, tests and fuzzers. Both are values of one thread and never allocate.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "dns/edns.h"
#include "dns/name.h"
#include "dns/rr_type.h"
#include "dns/wire.h"

namespace bowline::dns {

inline constexpr std::size_t kHeaderSize = 12;
inline constexpr std::size_t kMaxMessageSize = 65535;
inline constexpr std::size_t kQuestionFixedSize = 4;  // type, class
inline constexpr std::size_t kRecordFixedSize = 10;   // type, class, TTL, RDLENGTH
// Octets that one message may have read behind compression pointers (hardening 41): what an honest
// message of 64 kB needs with the memory that NameExpander has.
inline constexpr std::size_t kMaxExpansion = 65536;

enum class Opcode : std::uint8_t {
  kQuery = 0, kIquery = 1, kStatus = 2, kNotify = 4, kUpdate = 5, kDso = 6,
};

enum class Rcode : std::uint16_t {
  kNoError = 0, kFormErr = 1, kServFail = 2, kNxDomain = 3, kNotImp = 4, kRefused = 5,
  kYxDomain = 6, kYxRrset = 7, kNxRrset = 8, kNotAuth = 9, kNotZone = 10, kBadVers = 16,
  kBadCookie = 23,
};

// Bits of the second 16-bit word of the header.
namespace flag {
inline constexpr std::uint16_t kQr = 0x8000, kAa = 0x0400, kTc = 0x0200, kRd = 0x0100,
                               kRa = 0x0080, kZ = 0x0040, kAd = 0x0020, kCd = 0x0010;
inline constexpr std::uint16_t kOpcodeMask = 0x7800, kRcodeMask = 0x000f;
}  // namespace flag

enum class RrClass : std::uint16_t { kIn = 1, kCh = 3, kHs = 4, kNone = 254, kAny = 255 };

struct Header {
  std::uint16_t id = 0, flags = 0, qdcount = 0, ancount = 0, nscount = 0, arcount = 0;
  Opcode opcode() const { return static_cast<Opcode>((flags & flag::kOpcodeMask) >> 11); }
};
// Inline, so that it stays in registers: see net::parse().
inline std::optional<Header> read_header(Bytes message) {
  if (message.size() < kHeaderSize) return std::nullopt;
  const std::uint8_t* const octets = message.data();
  return Header{load_u16(octets),     load_u16(octets + 2), load_u16(octets + 4),
                load_u16(octets + 6), load_u16(octets + 8), load_u16(octets + 10)};
}

// What the packet path needs of a request. The question's name is not copied: it stands
// uncompressed at offset 12 of the message, `qname_size` octets (compression in the question of a
// request has nothing to point to).
struct QueryFacts {
  Header header;
  std::uint8_t qname_size = 0;   // 0: no question could be read
  RrType qtype{};
  std::uint16_t qclass = 0;
  std::size_t question_end = kHeaderSize;  // header + question: what an error reply keeps
  bool has_edns = false;
  Edns edns;                     // valid if has_edns
  bool has_tsig = false;         // a TSIG or SIG(0) stands last
};

enum class QueryFault : std::uint8_t {
  kNone,
  kTooShort,      // no header: no reply is possible
  kResponse,      // QR is set: never answered (RFC 1035 7.1, hardening 40)
  kQuestion,      // QDCOUNT is not 1 (RFC 9619), or the question is cut or malformed
  kRecords,       // a record of a later section is cut or malformed, octets are left over, or a
                  // TSIG is not the last record (RFC 8945 5.1)
  kDuplicateOpt,  // RFC 6891 6.1.1
  kMisplacedOpt,  // OPT outside additional, or its owner is not the root
  kMalformedOpt,  // option list does not fill RDLENGTH, or more than kMaxEdnsOptions
};

// Reads a request in one pass, linear in its size, never allocating. On a fault, `facts` holds what
// was read up to there, enough for an error reply: has_edns is set as soon as one OPT was found
// where it belongs, even if its options are malformed. Requests with QDCOUNT 0 have fault kQuestion
// and qname_size 0; their OPT is read.
QueryFault read_query(Bytes message, QueryFacts& facts);

enum class Section : std::uint8_t { kQuestion, kAnswer, kAuthority, kAdditional };

// Reads compressed names of one message. What stands behind the pointers that were followed of late
// is kept, so that the owners of a zone transfer cost one copy each however deep they are; the rest
// is charged to kMaxExpansion.
class NameExpander {
 public:
  // As Name::from_message(), which knows no bound for the whole message.
  std::optional<Name> read(WireReader& reader);

 private:
  // The name that stands at `target`; target 0 (in the header) is an unused slot.
  struct Suffix {
    std::uint16_t target = 0;
    std::uint8_t size = 0;
    std::array<std::uint8_t, kMaxNameSize> bytes{};
  };
  struct Walk;

  bool follow(Bytes message, Walk& walk);
  bool append_labels(Bytes message, Walk& walk);
  void append_known(Walk& walk);
  void remember(const Walk& walk, std::size_t target, std::size_t start);

  std::array<Suffix, 8> suffixes_{};
  std::size_t budget_ = kMaxExpansion;
};

// Walks all records of any message. next() gives false at the end or on a fault: see ok().
class MessageReader {
 public:
  explicit MessageReader(Bytes message);

  struct Record {
    Section section;
    Name owner;
    RrType type;
    std::uint16_t rr_class;
    std::uint32_t ttl;            // 0 for a question
    std::size_t rdata_offset;     // in the message
    std::uint16_t rdata_size;     // as on the wire, maybe compressed; read_rdata() expands it
  };

  const Header& header() const { return header_; }
  bool next(Record& record);
  bool ok() const { return ok_; }
  bool at_end() const;  // all counted records read and no octet left over

 private:
  bool fail();

  Header header_;
  WireReader reader_;
  NameExpander names_;
  std::array<std::uint32_t, 4> left_{};
  bool ok_ = true;
};

}  // namespace bowline::dns
