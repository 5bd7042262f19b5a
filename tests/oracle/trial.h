// Trial: generated zones, queries for them, and whether the product answers as the oracle says.
//
// Tests only; one thread an object.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "choices.h"
#include "subject.h"

namespace bowline::oracle {

// A query that the product answers otherwise than it should.
struct Difference {
  std::string fault;
  Query query;
  std::string answers;  // the one wanted and the one got
};

class Trial {
 public:
  // Makes zones and options.
  explicit Trial(Choices& choices);
  // Given ones. Throws std::runtime_error if the product cannot load them.
  Trial(std::vector<ZoneRecords> zones, const Setup& setup);

  // Makes `count` queries and asks them one by one and in bursts. Nothing: all answers are right,
  // and bursts give the octets that single queries give.
  std::optional<Difference> ask(Choices& choices, std::size_t count);
  // The same for given queries, at most kMaxBurst.
  std::optional<Difference> check(const std::vector<Query>& queries);

  // The difference for people: the zones as zone files, without the records that it does not need,
  // the query, and both answers.
  std::string explain(const Difference& difference) const;

 private:
  std::optional<Difference> check(const Query& query, const Subject::Result& alone,
                                  const Subject::Result& together) const;

  std::vector<ZoneRecords> records_;
  Zones zones_;
  Setup setup_;
  Subject subject_;
};

}  // namespace bowline::oracle
