// The product with generated zones in its tables.
//
// Tests only; one thread an object.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "answer.h"
#include "generate_queries.h"
#include "generate_zones.h"

namespace bowline::oracle {

class Subject {
 public:
  // Throws std::runtime_error if the zones cannot be loaded.
  Subject(const std::vector<ZoneRecords>& zones, const Setup& setup);
  ~Subject();
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;

  struct Result {
    Answer::Action action;
    bool truncated;
    Octets message;
    bool operator==(const Result&) const = default;
  };
  // As one burst. REQUIRES: queries.size() <= kMaxBurst.
  std::vector<Result> answer(std::span<const Query> queries);

 private:
  struct Tables;
  std::unique_ptr<Tables> tables_;
};

inline constexpr std::size_t kMaxBurst = 32;

}  // namespace bowline::oracle
