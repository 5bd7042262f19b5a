#include "answer.h"

#include <algorithm>
#include <optional>

#include "rdata.h"
#include "solver.h"

namespace bowline::oracle {

namespace {

constexpr unsigned kFormErr = 1, kNotImp = 4, kRefused = 5, kBadVers = 16;
constexpr unsigned kQuery = 0, kNotify = 4, kUpdate = 5;
constexpr unsigned kClassIn = 1, kClassCh = 3, kClassAny = 255;
constexpr std::size_t kPlainUdp = 512;  // RFC 1035 4.2.1

// RFC 6891 6.2.3 to 6.2.5: what the client takes, but not less than 512; what we are told to send;
// what the transport carries.
std::size_t limit_of(const Request& request, const Setup& setup, const Transport& transport) {
  if (transport.stream) return std::min<std::size_t>(transport.size_max, 65535);
  std::size_t limit = kPlainUdp;
  if (request.has_opt) {
    limit = std::max(kPlainUdp, std::min<std::size_t>(request.udp_size, setup.udp_payload));
  }
  return std::min(limit, transport.size_max);
}

Answer error(unsigned rcode) {
  Answer answer;
  answer.rcode = rcode;
  return answer;
}

Answer without_reply(Answer::Action action) {
  Answer answer;
  answer.action = action;
  return answer;
}

// Class CH: the names that tell what the server is called and which version it is.
Answer answer_chaos(const Request& request, const Setup& setup) {
  const std::string name = to_text(lower(request.qname));
  const bool asks_identity = name == "id.server." || name == "hostname.bind.";
  const bool asks_version = name == "version.server." || name == "version.bind.";
  const std::string& text = asks_identity ? setup.identity : setup.version;
  const bool asks_text = request.qtype == RrType::kTxt || request.qtype == RrType::kAny;
  if ((!asks_identity && !asks_version) || text.empty() || !asks_text) return error(kRefused);
  Answer answer;
  answer.rr_class = kClassCh;
  const Name owner = lower(request.qname);
  const Octets rdata = static_cast<char>(text.size()) + text;
  answer.pieces.push_back({Section::kAnswer, owner, RrType::kTxt,
                           {{owner, RrType::kTxt, 0, rdata}}, true});
  return answer;
}

// Types that ask for something else than data. Those that no zone can hold are types without data
// (RFC 8906 3.1.2).
std::optional<Answer> answer_request(const Request& request, const Transport& transport) {
  switch (request.qtype) {
    case RrType::kAxfr:  // RFC 5936 4.2: not defined for UDP
      return transport.stream ? without_reply(Answer::Action::kAsk) : error(kNotImp);
    case RrType::kIxfr: return without_reply(Answer::Action::kAsk);
    case RrType::kNxname: return error(kFormErr);  // RFC 9824 3.4
    default: return std::nullopt;
  }
}

// What the options of the request are answered with.
std::map<unsigned, Octets> options_of(const Request& request, const Setup& setup,
                                      const Transport& transport, const Zone* zone) {
  constexpr unsigned kNsid = 3, kSubnet = 8, kExpire = 9, kKeepalive = 11, kVersion = 19;
  std::map<unsigned, Octets> options;
  const auto asked = [&](unsigned code) { return request.options.contains(code); };
  // RFC 5001 2.1.
  if (asked(kNsid) && !setup.nsid.empty()) options[kNsid] = setup.nsid;
  // RFC 7871 7.2.1: with a scope of 0, as it was in the request.
  if (asked(kSubnet) && setup.client_subnet) options[kSubnet] = request.options.at(kSubnet);
  // RFC 7828 3.3.2: over a stream; in units of 100 ms.
  if (asked(kKeepalive) && transport.stream) options[kKeepalive] = u16(setup.idle_ms / 100);
  if (zone == nullptr) return options;
  // Serial, refresh, retry, expire, minimum are the last 20 octets of SOA.
  const Octets& soa = find(*zone->node(zone->apex), RrType::kSoa)->rdata[0];
  // RFC 7314 4.
  const bool asks_soa = request.qtype == RrType::kSoa && lower(request.qname) == zone->apex;
  if (asked(kExpire) && asks_soa) options[kExpire] = soa.substr(soa.size() - 8, 4);
  // RFC 9660 2, 7.2: labels of the zone's name, type 0, the serial.
  if (asked(kVersion)) {
    options[kVersion] = u8(zone->apex.size()) + u8(0) + soa.substr(soa.size() - 20, 4);
  }
  return options;
}

std::vector<Answer> answer_question(const Zones& zones, const Setup& setup, const Request& request,
                                    const Transport& transport) {
  const bool is_transfer = request.qtype == RrType::kAxfr || request.qtype == RrType::kIxfr;
  const bool is_any = request.qclass == kClassAny && request.opcode == kQuery && !is_transfer;
  if (request.qclass != kClassIn && !is_any) {
    if (request.qclass != kClassCh || request.opcode != kQuery) return {error(kRefused)};
    return {answer_chaos(request, setup)};
  }
  if (request.opcode != kQuery) return {without_reply(Answer::Action::kAsk)};
  if (const auto answer = answer_request(request, transport)) return {*answer};
  Solver solver(zones, request, transport.stream);
  std::vector<Answer> answers = solver.solve();
  for (Answer& answer : answers) {
    answer.options = options_of(request, setup, transport, solver.zone_of_question());
    answer.options_are_free = false;
    // RFC 1035 6.2: an answer for all classes can never be authoritative.
    answer.authoritative &= !is_any;
  }
  return answers;
}

std::vector<Answer> decide(const Zones& zones, const Setup& setup, const Request& request,
                           const Transport& transport) {
  std::vector<Answer> answers;
  // RFC 6891 6.1.3. Of a message that has several faults any may be named.
  const bool is_newer = request.has_opt && request.version > 0;
  // RFC 8906 3.1.4: the rest of a message of an unknown opcode may be anything.
  if (request.opcode != kQuery && request.opcode != kNotify && request.opcode != kUpdate) {
    answers.push_back(error(kNotImp));
    if (is_newer) answers.push_back(error(kBadVers));
    return answers;
  }
  if (request.is_malformed || request.is_doubtful) answers.push_back(error(kFormErr));
  if (is_newer) answers.push_back(error(kBadVers));
  if (request.is_malformed || is_newer) return answers;
  // RFC 7871 7.1.2, where the option is known.
  const auto subnet = request.options.find(8);
  const bool has_subnet = setup.client_subnet && subnet != request.options.end();
  if (!request.is_signed && has_subnet && !is_client_subnet(subnet->second)) {
    answers.push_back(error(kFormErr));
    return answers;
  }
  if (request.is_signed) {
    answers.push_back(without_reply(Answer::Action::kAsk));
    return answers;
  }
  for (Answer& answer : answer_question(zones, setup, request, transport)) {
    answers.push_back(std::move(answer));
  }
  return answers;
}

}  // namespace

std::vector<Answer> right_answers(const Zones& zones, const Setup& setup, const Request& request,
                                  const Transport& transport) {
  // Nothing to reply to; and RFC 1035 7.1: a response is no question.
  if (!request.has_header || (request.flags & 0x8000) != 0) {
    return {without_reply(Answer::Action::kDrop)};
  }
  std::vector<Answer> answers = decide(zones, setup, request, transport);
  for (Answer& answer : answers) {
    answer.has_question = request.has_question;
    answer.has_opt = request.has_opt;
    answer.limit = limit_of(request, setup, transport);
  }
  return answers;
}

}  // namespace bowline::oracle
