// Checker: compares an answer with its question and, for questions of a zone, with the zone.
//
// Constant after construction. A check costs about a microsecond: the loop has a sample checked.
#pragma once

#include <cstdint>

#include "dns/wire.h"
#include "perf/pktgen/frames.h"
#include "perf/pktgen/question_set.h"
#include "perf/pktgen/zone_source.h"

namespace bowline::perf::pktgen {

class Checker {
 public:
  // `zone`: where the questions are from, or null; it and `questions` live longer than the checker.
  Checker(const Ends& ends, const QuestionSet& questions, const ZoneSource* zone)
      : ends_(ends), questions_(questions), zone_(zone) {}

  // What is wrong with the answer in `frame`, in words; null if nothing is: it goes back to where
  // the question came from, its checksums are right, it repeats the question octet for octet, and
  // of a zone RCODE, AA and records are right (of a truncated one the records are not looked at).
  // `entry` is that of the plan. REQUIRES: `arrival` is what read_arrival() found in `frame`.
  const char* check(dns::Bytes frame, const Arrival& arrival, std::uint32_t entry,
                    const Flow& flow) const;
  // The part of it that is about the message. Question `number` is without kDnssecOk.
  const char* check_message(const Arrival& arrival, std::uint32_t number) const;

 private:
  const char* check_zone(const Arrival& arrival, std::uint32_t number) const;

  const Ends& ends_;
  const QuestionSet& questions_;
  const ZoneSource* const zone_;
};

}  // namespace bowline::perf::pktgen
