#include "reply.h"

#include <algorithm>
#include <map>

#include "dns/rdata.h"

namespace bowline::oracle {

namespace {

constexpr std::size_t kHeader = 12;
constexpr std::uint16_t kQr = 0x8000, kAa = 0x0400, kTc = 0x0200;

unsigned u8(const Octets& octets, std::size_t at) { return static_cast<unsigned char>(octets[at]); }
unsigned u16(const Octets& octets, std::size_t at) {
  return u8(octets, at) << 8 | u8(octets, at + 1);
}
std::uint32_t u32(const Octets& octets, std::size_t at) {
  return std::uint32_t{u16(octets, at)} << 16 | u16(octets, at + 2);
}

// RFC 1035 4.1.4: a pointer leads to a prior occurrence, so each goes further back.
bool read_compressed(const Octets& message, std::size_t& at, Name& name) {
  name.clear();
  std::size_t place = at, limit = at, size = 1;
  bool has_jumped = false;
  for (;;) {
    if (place >= message.size()) return false;
    const unsigned length = u8(message, place);
    if (length >= 0xc0) {
      if (place + 2 > message.size()) return false;
      const std::size_t target = u16(message, place) & 0x3fff;
      if (!has_jumped) at = place + 2;
      has_jumped = true;
      if (target >= limit || target < kHeader) return false;
      place = limit = target;
      continue;
    }
    size += 1 + length;
    if (length > kMaxLabel || place + 1 + length > message.size()) return false;
    place += 1 + length;
    if (length == 0) break;
    if (size > kMaxName) return false;
    name.push_back(message.substr(place - length, length));
  }
  if (!has_jumped) at = place;
  std::reverse(name.begin(), name.end());
  return true;
}

// How many octets, then how many names, and how many octets behind, the rdata of the types have
// whose names may be compressed (RFC 3597 4: those of RFC 1035).
struct Form {
  std::size_t before, names;
};
Form form_of(RrType type) {
  switch (type) {
    case RrType::kNs:
    case RrType::kCname:
    case RrType::kPtr: return {0, 1};
    case RrType::kMx: return {2, 1};
    case RrType::kSoa: return {0, 2};
    default: return {0, 0};
  }
}

bool read_rdata(const Octets& message, std::size_t at, std::size_t size, RrType type,
                Octets& rdata) {
  const std::size_t end = at + size;
  const Form form = form_of(type);
  if (form.names == 0) {
    rdata = message.substr(at, size);
    return true;
  }
  if (size < form.before) return false;
  rdata = message.substr(at, form.before);
  at += form.before;
  for (std::size_t i = 0; i < form.names; ++i) {
    Name name;
    if (!read_compressed(message, at, name) || at > end) return false;
    rdata += to_wire(name);
  }
  rdata += message.substr(at, end - at);
  return true;
}

std::string read_entry(const Octets& message, Section section, std::size_t& at, Reply& reply) {
  Reply::Entry entry;
  entry.section = section;
  if (!read_compressed(message, at, entry.owner)) return "an owner is malformed";
  if (message.size() - at < 10) return "a record is cut";
  entry.type = static_cast<RrType>(u16(message, at));
  entry.rr_class = static_cast<std::uint16_t>(u16(message, at + 2));
  entry.ttl = u32(message, at + 4);
  const std::size_t size = u16(message, at + 8);
  at += 10;
  if (message.size() - at < size) return "rdata is cut";
  if (entry.type == RrType::kOpt) {
    if (reply.has_opt || section != Section::kAdditional || !entry.owner.empty()) return "bad OPT";
    reply.has_opt = true;
    reply.opt_size = entry.rr_class;
    reply.opt_version = entry.ttl >> 16 & 0xff;
    reply.opt_flags = entry.ttl & 0xffff;
    reply.opt_rdata = message.substr(at, size);
    reply.rcode |= entry.ttl >> 24 << 4;
  } else {
    if (!read_rdata(message, at, size, entry.type, entry.rdata)) return "rdata are malformed";
    entry.owner = lower(std::move(entry.owner));
    reply.entries.push_back(std::move(entry));
  }
  at += size;
  return {};
}

}  // namespace

std::string read_reply(const Octets& message, Reply& reply) {
  if (message.size() < kHeader) return "the reply has no header";
  reply.id = static_cast<std::uint16_t>(u16(message, 0));
  reply.flags = static_cast<std::uint16_t>(u16(message, 2));
  reply.rcode = reply.flags & 15u;
  std::size_t at = kHeader;
  if (u16(message, 4) > 1) return "the reply has several questions";
  if (u16(message, 4) == 1) {
    Name name;
    if (!read_name(message, at, name) || message.size() - at < 4) return "the question is cut";
    at += 4;
    reply.question = message.substr(kHeader, at - kHeader);
  }
  for (const Section section : {Section::kAnswer, Section::kAuthority, Section::kAdditional}) {
    for (unsigned left = u16(message, 4 + 2 * static_cast<std::size_t>(section)); left > 0;
         --left) {
      const std::string fault = read_entry(message, section, at, reply);
      if (!fault.empty()) return fault;
    }
  }
  return at == message.size() ? std::string() : "octets are left over behind the records";
}

// ---- Comparison ---------------------------------------------------------------------------------

namespace {

std::size_t plain_size(const Piece& piece) {
  std::size_t size = 0;
  for (const Record& record : piece.records) {
    size += wire_size(record.owner) + 10 + record.rdata.size();
  }
  return size;
}

std::string name_of(const Piece& piece) {
  return to_text(piece.owner) + " " + dns::to_text(piece.type);
}

std::string compare_header(const Reply& reply, const Request& request, const Setup& setup,
                           const Answer& answer) {
  constexpr std::uint16_t kKept = 0x7800 | 0x0100;  // opcode, RD; CD is clear (RFC 4035 3.1.6)
  const bool truncated = (reply.flags & kTc) != 0;
  const auto wanted = static_cast<std::uint16_t>(
      kQr | (request.flags & kKept) | (answer.authoritative ? kAa : 0) | (truncated ? kTc : 0));
  if (reply.id != request.id) return "the id differs";
  if ((reply.flags & 0xfff0) != wanted) return "the flags differ";
  // What is cut off in the answer section may leave open how the chain ends.
  if (reply.rcode != answer.rcode && !(truncated && reply.rcode == 0)) return "the RCODE differs";
  if (reply.question != (answer.has_question ? request.question : Octets())) {
    return "the question differs";
  }
  if (reply.has_opt != answer.has_opt) return "there is, or is not, an OPT";
  if (!reply.has_opt) return {};
  if (reply.opt_version != 0) return "the version of OPT is not 0";
  if (reply.opt_flags != (request.dnssec_ok ? 0x8000u : 0u)) return "the flags of OPT differ";
  if (reply.opt_size != setup.udp_payload) return "the size in OPT differs";
  return {};
}

// REQUIRES: the reply has an OPT.
std::string compare_options(const Reply& reply, std::size_t size, const Answer& answer) {
  constexpr unsigned kNsid = 3, kExtendedError = 15;
  std::map<unsigned, Octets> left = answer.options;
  for (std::size_t at = 0; at < reply.opt_rdata.size();) {
    if (reply.opt_rdata.size() - at < 4) return "an option is cut";
    const unsigned code = u16(reply.opt_rdata, at);
    const std::size_t length = u16(reply.opt_rdata, at + 2);
    if (reply.opt_rdata.size() - at - 4 < length) return "an option is cut";
    const Octets value = reply.opt_rdata.substr(at + 4, length);
    at += 4 + length;
    if (code == kExtendedError || answer.options_are_free) continue;
    const auto wanted = left.find(code);
    if (wanted == left.end() || wanted->second != value) {
      return "another option or value: " + std::to_string(code);
    }
    left.erase(wanted);
  }
  // A long NSID may stay out of a small reply.
  if (left.size() == 1 && left.contains(kNsid) &&
      size + 4 + left.at(kNsid).size() > answer.limit) {
    left.clear();
  }
  return left.empty() ? "" : "an option is missing: " + std::to_string(left.begin()->first);
}

// Takes the records of `piece` out of `left`. Gives how many of them were there.
std::size_t take(const Piece& piece, std::uint16_t rr_class, std::vector<Reply::Entry>& left) {
  std::size_t taken = 0;
  for (const Record& record : piece.records) {
    const Reply::Entry wanted{piece.section, piece.owner, record.type, rr_class, record.ttl,
                              record.rdata};
    const auto at = std::find(left.begin(), left.end(), wanted);
    if (at == left.end()) continue;
    left.erase(at);
    ++taken;
  }
  return taken;
}

}  // namespace

std::string compare(const Octets& message, const Request& request, const Setup& setup,
                    const Answer& answer) {
  Reply reply;
  if (const std::string fault = read_reply(message, reply); !fault.empty()) return fault;
  if (message.size() > answer.limit) return "the reply is too long";
  if (std::string fault = compare_header(reply, request, setup, answer); !fault.empty()) {
    return fault;
  }
  if (reply.has_opt) {
    if (std::string fault = compare_options(reply, message.size(), answer); !fault.empty()) {
      return fault;
    }
  }
  const bool truncated = (reply.flags & kTc) != 0;
  bool lacks_required = false;
  std::vector<Reply::Entry> left = reply.entries;
  for (const Piece& piece : answer.pieces) {
    const std::size_t taken = take(piece, answer.rr_class, left);
    if (taken == piece.records.size()) continue;
    // RFC 2181 9: RRsets are whole.
    if (taken != 0) return "a part is missing of " + name_of(piece);
    // Compression can only make a record shorter, so what would fit as it is has to be there.
    const bool fits = message.size() + plain_size(piece) <= answer.limit;
    if (piece.is_required && !truncated) return "missing: " + name_of(piece);
    if (piece.is_required && !fits) lacks_required = true;
    if (!piece.is_required && !truncated && fits) {
      return "missing though it fits: " + name_of(piece);
    }
  }
  if (!left.empty()) {
    return "too much: " + record_text(left[0].owner, left[0].ttl, left[0].type, left[0].rdata);
  }
  if (truncated && !lacks_required) return "TC, but everything required would fit";
  return {};
}

// ---- Text ---------------------------------------------------------------------------------------

std::string record_text(const Name& owner, std::uint32_t ttl, RrType type, const Octets& rdata) {
  const dns::Bytes octets(reinterpret_cast<const std::uint8_t*>(rdata.data()), rdata.size());
  return to_text(owner) + " " + std::to_string(ttl) + " IN " + dns::to_text(type) + " " +
         dns::rdata_to_text(type, octets);
}

namespace {

const char* section_text(Section section) {
  return section == Section::kAnswer      ? "  answer      "
         : section == Section::kAuthority ? "  authority   "
                                          : "  additional  ";
}

}  // namespace

std::string to_text(const Answer& answer) {
  if (answer.action == Answer::Action::kDrop) return "  no reply\n";
  if (answer.action == Answer::Action::kAsk) return "  control is asked\n";
  std::string text = "  rcode " + std::to_string(answer.rcode) +
                     (answer.authoritative ? " aa" : "") + (answer.has_opt ? " opt" : "") +
                     ", at most " + std::to_string(answer.limit) + " octets\n";
  for (const Piece& piece : answer.pieces) {
    for (const Record& record : piece.records) {
      text += section_text(piece.section) +
              record_text(record.owner, record.ttl, record.type, record.rdata) +
              (piece.is_required ? "\n" : "   ; if it fits\n");
    }
  }
  return text;
}

std::string to_text(const Reply& reply) {
  char flags[8];
  std::snprintf(flags, sizeof flags, "%04x", unsigned{reply.flags});
  std::string text = "  rcode " + std::to_string(reply.rcode) + ", flags " + flags +
                     (reply.has_opt ? " opt" : "") + "\n";
  for (const Reply::Entry& entry : reply.entries) {
    text += section_text(entry.section) +
            record_text(entry.owner, entry.ttl, entry.type, entry.rdata) + "\n";
  }
  return text;
}

}  // namespace bowline::oracle
