#include "perf/pktgen/question_set.h"

#include <cassert>

#include "perf/pktgen/sums.h"

namespace bowline::perf::pktgen {

bool QuestionSet::finish(std::size_t offset, std::uint16_t whole) {
  const dns::Bytes added{octets_.data() + offset, octets_.size() - offset};
  entries_.push_back({static_cast<std::uint32_t>(offset),
                      static_cast<std::uint16_t>(added.size() | whole), fold(add_words(added))});
  return true;
}

bool QuestionSet::add(dns::NameView name, dns::RrType type, std::uint16_t rr_class) {
  const std::size_t offset = octets_.size();
  if (size() == kMaxQuestions || offset > kMaxQuestionOctets - kMaxMessage) return false;
  octets_.insert(octets_.end(), name.data(), name.data() + name.size());
  for (const std::uint16_t word : {dns::code_of(type), rr_class}) {
    octets_.push_back(static_cast<std::uint8_t>(word >> 8));
    octets_.push_back(static_cast<std::uint8_t>(word));
  }
  return finish(offset, 0);
}

bool QuestionSet::add_message(dns::Bytes message) {
  assert(message.size() > 12 && message.size() <= kMaxMessage);
  const std::size_t offset = octets_.size();
  if (size() == kMaxQuestions || offset > kMaxQuestionOctets - kMaxMessage) return false;
  octets_.insert(octets_.end(), message.begin() + 2, message.end());
  return finish(offset, kWhole);
}

}  // namespace bowline::perf::pktgen
