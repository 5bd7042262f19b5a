// NotedBlock: what one message has of an RRset, copied into others (builder.h).
#include <algorithm>
#include <cassert>

#include "dns/builder.h"

namespace bowline::dns {
namespace {

constexpr unsigned kPointerMark = 0xc000;
constexpr std::size_t kPointerSize = 2;

}  // namespace

// Names in rdata keep their case, so the suffix must be spelt as it was. What the noted names have
// in common with a question is then the same, unless the label below the suffix goes on with it.
void MessageBuilder::note_block(Mark before, std::size_t suffix_at, NotedBlock& block) const {
  block.clear();
  const std::size_t size = size_ - before.size;
  if (before.size != question_end_ || size > NotedBlock::kOctets ||
      target_count_ > NotedBlock::kTargets) {
    return;
  }
  block.pointer_count_ = block.label_count_ = 0;
  const std::uint8_t* const octets = buffer_.data() + before.size;
  std::size_t at = 0;
  const auto take_pointer = [&] {
    const unsigned pointer = load_u16(octets + at);
    if (pointer < (kPointerMark | suffix_at) || block.pointer_count_ == NotedBlock::kPointers) {
      return false;
    }
    block.pointers_[block.pointer_count_++] = static_cast<std::uint16_t>(at);
    at += kPointerSize;
    return true;
  };
  const auto take_name = [&] {
    std::size_t label = at;
    for (; octets[at] != 0 && octets[at] < kPointerMark >> 8; at += octets[at] + 1u) label = at;
    if (octets[at] == 0) return ++at, true;
    if (label != at && load_u16(octets + at) == (kPointerMark | suffix_at)) {
      if (block.label_count_ == NotedBlock::kNames) return false;
      block.labels_[block.label_count_++] = static_cast<std::uint16_t>(label);
    }
    return take_pointer();
  };
  const std::uint16_t soa = code_of(RrType::kSoa);
  while (at < size) {
    if (octets[at] < kPointerMark >> 8 || !take_pointer()) return;
    const bool is_soa = load_u16(octets + at) == soa;
    const std::size_t rdata = at + kRecordFixedSize;
    const std::size_t end = rdata + load_u16(octets + rdata - 2);
    at = rdata;
    if (is_soa && (!take_name() || !take_name())) return;
    at = end;
  }
  for (std::size_t i = 0; i < target_count_; ++i) {
    block.targets_[i] = targets_[i];
    block.tags_[i] = tags_[i];
  }
  block.target_count_ = target_count_;
  block.searches_ = static_cast<std::uint8_t>(kMaxCompressionSearches - searches_left_);
  block.count_ = counts_[static_cast<unsigned>(section_)];
  block.suffix_at_ = suffix_at;
  block.suffix_size_ = question_end_ - kQuestionFixedSize - suffix_at;
  std::memcpy(block.suffix_.data(), buffer_.data() + suffix_at, block.suffix_size_);
  std::memcpy(block.octets_.data(), octets, size);
  block.size_ = size;
}

bool MessageBuilder::add_noted(const NotedBlock& block, std::size_t suffix_at,
                               std::size_t label_at) {
  assert(section_ != Section::kQuestion && !block.empty());
  std::uint8_t* const message = buffer_.data();
  if (size_ != question_end_ || block.size_ > space() ||
      suffix_at + block.suffix_size_ + kQuestionFixedSize != question_end_ ||
      std::memcmp(message + suffix_at, block.suffix_.data(), block.suffix_size_) != 0) {
    return false;
  }
  for (std::size_t i = 0; i < block.label_count_; ++i) {
    const std::uint8_t* const label = block.octets_.data() + block.labels_[i];
    if (std::memcmp(message + label_at, label, label[0] + 1u) == 0) return false;
  }
  const auto moved = static_cast<std::uint16_t>(suffix_at - block.suffix_at_);
  std::uint8_t* const copy = message + size_;
  put(Bytes(block.octets_.data(), block.size_));
  for (std::size_t i = 0; i < block.pointer_count_; ++i) {
    const std::size_t at = block.pointers_[i];
    store_u16(copy + at, static_cast<std::uint16_t>(load_u16(&block.octets_[at]) + moved));
  }
  for (std::size_t i = 0; i < block.target_count_; ++i) {
    targets_[i] = static_cast<std::uint16_t>(block.targets_[i] + moved);
    tags_[i] = block.tags_[i];
  }
  target_count_ = block.target_count_;
  searches_left_ = kMaxCompressionSearches - block.searches_;
  counts_[static_cast<unsigned>(section_)] = block.count_;
  return true;
}

}  // namespace bowline::dns
