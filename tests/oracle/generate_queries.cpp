#include "generate_queries.h"

#include <algorithm>

#include "rdata.h"
#include "request.h"

namespace bowline::oracle {

namespace {

constexpr std::size_t kHeader = 12;
constexpr std::uint16_t kRd = 0x0100, kCd = 0x0010, kAd = 0x0020;

// Half of a name that overflows when a DNAME makes it longer.
Name make_long(Choices& choices, Name name) {
  while (wire_size(name) + 41 < kMaxName) name.push_back(Octets(40, 'l'));
  const std::size_t room = kMaxName - wire_size(name);
  if (room > 1) name.push_back(Octets(1 + choices.below(std::min<std::size_t>(room - 1, 63)), 'm'));
  return name;
}

class QueryMaker {
 public:
  QueryMaker(Choices& choices, const std::vector<ZoneRecords>& zones)
      : choices_(choices), zone_(choices.of(zones)) {}

  Octets make() {
    if (choices_.percent(1)) return random_octets(choices_, choices_.below(80));
    if (!zone_.records.empty()) near_ = &choices_.of(zone_.records);
    Name qname = make_name();
    if (choices_.percent(10)) qname = vary_case(choices_, std::move(qname));
    const Octets question =
        to_wire(qname) + u16(dns::code_of(make_type())) + u16(make_class());
    const Octets extra = make_extra();
    const Octets opt = choices_.percent(75) ? make_opt() : Octets();
    const Octets last = choices_.percent(1) ? make_signature() : Octets();
    const bool has_two = choices_.percent(1);
    Octets message = u16(choices_.below(65536)) + u16(make_flags()) + u16(has_two ? 2 : 1);
    message += u16(in_answer_) + u16(in_authority_);
    message += u16(in_additional_ + (opt.empty() ? 0u : opts_) + (last.empty() ? 0 : 1));
    message += question + (has_two ? question : Octets()) + extra + opt + last;
    if (choices_.percent(8)) mutate(message);
    return message;
  }

 private:
  Name make_name() {
    const Name& base = near_ == nullptr ? zone_.apex : near_->owner;
    const std::size_t kind = choices_.below(100);
    if (kind < 40) return base;
    if (kind < 60) return generate_below(choices_, base);
    if (kind < 75) return suffix(base, choices_.below(base.size() + 1));
    if (kind < 85) return generate_below(choices_, zone_.apex);
    if (kind < 93 && !base.empty()) {
      return below(suffix(base, base.size() - 1), generate_label(choices_));
    }
    if (kind < 96) return make_long(choices_, base);
    if (kind < 97) return chaos_name();
    return generate_below(choices_, {});
  }

  Name chaos_name() {
    is_chaos_ = true;
    static const std::vector<Name> names = {
        {"server", "id"}, {"bind", "hostname"}, {"server", "version"}, {"bind", "version"}};
    return choices_.of(names);
  }

  RrType make_type() {
    static const std::vector<RrType> often = {
        RrType::kA,     RrType::kAaaa, RrType::kNs,   RrType::kSoa,  RrType::kDs,
        RrType::kAny,   RrType::kCname, RrType::kDname, RrType::kTxt, RrType::kRrsig,
        RrType::kNsec,  RrType::kMx,   RrType::kSvcb, RrType::kHttps, RrType::kDnskey,
        RrType::kNsec3, RrType::kNsec3Param};
    static const std::vector<RrType> seldom = {RrType::kAxfr, RrType::kIxfr, RrType::kMaila,
                                               RrType::kMailb, RrType::kOpt, RrType::kTsig,
                                               RrType::kTkey, RrType::kNxname, RrType::kNull};
    if (is_chaos_ && choices_.percent(80)) return RrType::kTxt;
    if (near_ != nullptr && choices_.percent(40)) return near_->type;
    if (choices_.percent(95)) return choices_.of(often);
    if (choices_.percent(50)) return choices_.of(seldom);
    return static_cast<RrType>(choices_.below(65536));
  }

  std::size_t make_class() {
    if (is_chaos_ && choices_.percent(80)) return 3;
    static const std::vector<std::size_t> others = {0, 2, 3, 4, 254, 255, 65535};
    return choices_.percent(98) ? 1 : choices_.of(others);
  }

  std::size_t make_flags() {
    if (choices_.percent(3)) return choices_.below(65536);
    std::size_t flags = 0;
    if (choices_.percent(30)) flags |= kRd;
    if (choices_.percent(10)) flags |= kCd;
    if (choices_.percent(10)) flags |= kAd;
    return flags;
  }

  // Records that have no place in a query: they are ignored.
  Octets make_extra() {
    if (!choices_.percent(3)) return {};
    std::size_t& section = choices_.percent(40)   ? in_answer_
                           : choices_.percent(50) ? in_authority_
                                                  : in_additional_;
    section = 1;
    const Octets owner = choices_.percent(50) ? u16(0xc00c) : to_wire(zone_.apex);
    return owner + u16(1) + u16(1) + u32(0) + u16(4) + random_octets(choices_, 4);
  }

  Octets make_option() {
    static const std::vector<std::size_t> codes = {3,  3,  8,  9,  9,   10,   10,
                                                   11, 12, 15, 19, 100, 65001};
    if (choices_.percent(10)) return u16(8) + u16(7) + u16(1) + u8(24) + u8(0) + u8(192) + u16(2);
    static const std::vector<std::size_t> sizes = {0, 0, 4, 8, 8, 16, 24, 41};
    const std::size_t size = choices_.of(sizes);
    return u16(choices_.of(codes)) + u16(size) + random_octets(choices_, size);
  }

  Octets make_opt() {
    static const std::vector<std::size_t> usual = {512, 1232, 1232, 4096};
    static const std::vector<std::size_t> strange = {0, 511, 513, 700, 1400, 65535};
    Octets options;
    if (choices_.percent(12)) {
      for (std::size_t left = choices_.percent(4) ? 30 + choices_.below(5) : 1 + choices_.below(3);
           left > 0; --left) {
        options += make_option();
      }
    }
    const std::size_t version = choices_.percent(3) ? choices_.below(256) : 0;
    const std::size_t other_flags = choices_.percent(3) ? choices_.below(0x8000) : 0;
    const std::size_t flags = (choices_.percent(70) ? 0x8000u : 0u) | other_flags;
    const Octets opt = u8(0) + u16(dns::code_of(RrType::kOpt)) +
                       u16(choices_.of(choices_.percent(80) ? usual : strange)) + u8(0) +
                       u8(version) + u16(flags) + u16(options.size()) + options;
    opts_ = choices_.percent(1) ? 2 : 1;
    return opts_ == 2 ? opt + opt : opt;
  }

  // TSIG or SIG(0); what is in it is not looked at here.
  Octets make_signature() {
    const bool is_tsig = choices_.percent(50);
    return to_wire({"key"}) + u16(is_tsig ? 250 : 24) + u16(255) + u32(0) + u16(6) + u16(0) +
           random_octets(choices_, 4);
  }

  void mutate(Octets& message) {
    for (std::size_t left = 1 + choices_.below(3); left > 0 && !message.empty(); --left) {
      // The first octets after the id decide the most.
      const std::size_t at =
          choices_.percent(30) ? choices_.below(std::min(message.size(), kHeader))
                               : choices_.below(message.size());
      switch (choices_.below(5)) {
        case 0: message[at] = static_cast<char>(choices_.below(256)); break;
        case 1: message[at] = static_cast<char>(message[at] ^ 1 << choices_.below(8)); break;
        case 2: message.resize(at); break;
        case 3: message.insert(at, random_octets(choices_, 1 + choices_.below(3))); break;
        default: message.erase(at, 1 + choices_.below(4)); break;
      }
    }
  }

  Choices& choices_;
  const ZoneRecords& zone_;
  const Record* near_ = nullptr;  // what the question is about, more or less
  bool is_chaos_ = false;
  std::size_t in_answer_ = 0, in_authority_ = 0, in_additional_ = 0, opts_ = 1;
};

}  // namespace

Query generate_query(Choices& choices, const std::vector<ZoneRecords>& zones) {
  static const std::vector<std::size_t> sizes = {512, 600, 1232, 1452};
  Query query;
  query.message = QueryMaker(choices, zones).make();
  query.transport.stream = choices.percent(30);
  if (choices.percent(20)) query.transport.size_max = choices.of(sizes);
  query.ipv6 = choices.percent(50);
  return query;
}

std::string to_text(const Query& query) {
  const Request request = read_request(query.message);
  std::string text = query.transport.stream ? "stream" : "datagram";
  text += " of at most " + std::to_string(query.transport.size_max) + " octets, IPv" +
          (query.ipv6 ? "6: " : "4: ");
  if (request.has_question) {
    text += to_text(request.qname) + " " + dns::to_text(request.qtype) + " class " +
            std::to_string(request.qclass);
  } else {
    text += "no question";
  }
  char flags[8];
  std::snprintf(flags, sizeof flags, "%04x", unsigned{request.flags});
  text += std::string(", flags ") + flags;
  if (request.has_opt) {
    text += ", EDNS size " + std::to_string(request.udp_size) + " version " +
            std::to_string(request.version) + (request.dnssec_ok ? " DO" : "");
  }
  if (request.is_malformed) text += ", malformed";
  text += "\n  ";
  for (const char c : query.message) {
    char hex[3];
    std::snprintf(hex, sizeof hex, "%02x", static_cast<unsigned char>(c));
    text += hex;
  }
  return text + "\n";
}

}  // namespace bowline::oracle
