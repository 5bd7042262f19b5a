#include "trial.h"

#include <algorithm>
#include <stdexcept>

#include "reply.h"

namespace bowline::oracle {

namespace {

Setup generate_setup(Choices& choices) {
  static const std::vector<std::size_t> payloads = {512, 1232, 1232, 1232, 4096};
  Setup setup;
  setup.udp_payload = choices.of(payloads);
  if (choices.percent(50)) setup.identity = "here";
  if (choices.percent(50)) setup.version = std::string(255, 'v');
  if (choices.percent(50)) setup.nsid = std::string(choices.percent(20) ? 255 : 5, 'n');
  setup.client_subnet = choices.percent(30);
  setup.rotation = choices.percent(30);
  setup.edited = choices.percent(20);
  return setup;
}

Zones to_zones(const std::vector<ZoneRecords>& all) {
  Zones zones;
  for (const ZoneRecords& zone : all) zones.emplace_back(zone.apex, zone.records);
  return zones;
}

// What is wrong with the result, by one answer that would be right.
std::string compare(const Subject::Result& result, const Query& query, const Request& request,
                    const Setup& setup, const Answer& answer) {
  if (result.action != answer.action) return "another action";
  if (answer.action == Answer::Action::kDrop) return {};
  if (answer.action == Answer::Action::kAsk) {
    return result.message == query.message ? "" : "the request has changed";
  }
  const bool says_truncated = (static_cast<unsigned char>(result.message[2]) & 2) != 0;
  if (result.truncated != says_truncated) return "TC is not what the query's outcome says";
  return compare(result.message, request, setup, answer);
}

// Of "missing: a.b. NS" that something is missing.
std::string kind_of(const std::string& fault) { return fault.substr(0, fault.find(':')); }

std::string answers_text(const Subject::Result& result, const Answer& wanted) {
  const std::string text = "wanted (or another choice):\n" + to_text(wanted) + "got:\n";
  if (result.action == Answer::Action::kDrop) return text + "  no reply\n";
  if (result.action == Answer::Action::kAsk) return text + "  control is asked\n";
  Reply reply;
  const std::string malformed = read_reply(result.message, reply);
  return text + to_text(reply) + (malformed.empty() ? "" : "  and then: " + malformed + "\n");
}

// The difference that `query` still shows, of the same kind as `had`.
std::optional<Difference> again(const std::vector<ZoneRecords>& zones, const Setup& setup,
                                const Difference& had) {
  try {
    std::optional<Difference> found = Trial(zones, setup).check({had.query});
    if (found && kind_of(found->fault) != kind_of(had.fault)) found.reset();
    return found;
  } catch (const std::runtime_error&) {
    return std::nullopt;  // no SOA any more
  }
}

// Takes zones and records away as long as the difference stays.
void shrink(std::vector<ZoneRecords>& zones, const Setup& setup, Difference& difference) {
  const auto keep_if_same = [&](const std::vector<ZoneRecords>& fewer) {
    if (fewer.empty()) return false;
    const std::optional<Difference> found = again(fewer, setup, difference);
    if (!found) return false;
    zones = fewer;
    difference = *found;
    return true;
  };
  for (std::size_t i = zones.size(); i-- > 0;) {
    std::vector<ZoneRecords> fewer = zones;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    if (keep_if_same(fewer)) continue;
    for (std::size_t size = zones[i].records.size(); size > 0; size /= 2) {
      for (std::size_t at = 0; at + size <= zones[i].records.size();) {
        fewer = zones;
        const auto begin = fewer[i].records.begin() + static_cast<std::ptrdiff_t>(at);
        fewer[i].records.erase(begin, begin + static_cast<std::ptrdiff_t>(size));
        if (fewer[i].records.empty() || !keep_if_same(fewer)) at += size;
      }
    }
  }
}

}  // namespace

Trial::Trial(Choices& choices) : Trial(generate_zones(choices), generate_setup(choices)) {}

Trial::Trial(std::vector<ZoneRecords> zones, const Setup& setup)
    : records_(std::move(zones)),
      zones_(to_zones(records_)),
      setup_(setup),
      subject_(records_, setup_) {}

std::optional<Difference> Trial::ask(Choices& choices, std::size_t count) {
  while (count > 0) {
    const std::size_t size = std::min(count, 1 + choices.below(kMaxBurst));
    std::vector<Query> queries;
    for (std::size_t i = 0; i < size; ++i) queries.push_back(generate_query(choices, records_));
    if (std::optional<Difference> found = check(queries)) return found;
    count -= size;
  }
  return std::nullopt;
}

std::optional<Difference> Trial::check(const std::vector<Query>& queries) {
  const std::vector<Subject::Result> together = subject_.answer(queries);
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const Subject::Result alone = subject_.answer({&queries[i], 1})[0];
    if (std::optional<Difference> found = check(queries[i], alone, together[i])) return found;
  }
  return std::nullopt;
}

std::optional<Difference> Trial::check(const Query& query, const Subject::Result& alone,
                                       const Subject::Result& together) const {
  const Request request = read_request(query.message);
  const std::vector<Answer> answers = right_answers(zones_, setup_, request, query.transport);
  std::string fault;
  for (const Answer& answer : answers) {
    const std::string difference = compare(alone, query, request, setup_, answer);
    if (difference.empty()) {
      if (alone == together) return std::nullopt;
      return Difference{"a burst gives another answer", query, answers_text(together, answer)};
    }
    if (fault.empty()) fault = difference;
  }
  return Difference{fault, query, answers_text(alone, answers[0])};
}

std::string Trial::explain(const Difference& difference) const {
  std::vector<ZoneRecords> zones = records_;
  Difference smallest = difference;
  shrink(zones, setup_, smallest);
  std::string text = "DIFFERENCE: " + smallest.fault + "\n";
  for (const ZoneRecords& zone : zones) text += to_zone_file(zone);
  return text + "udp-max-payload " + std::to_string(setup_.udp_payload) +
         (setup_.client_subnet ? ", edns-client-subnet" : "") +
         (setup_.rotation ? ", answer-rotation" : "") +
         (setup_.edited ? ", zones made by changes" : "") +
         "\nquery: " + to_text(smallest.query) + smallest.answers;
}

}  // namespace bowline::oracle
