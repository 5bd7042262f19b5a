#include "perf/questions.h"

#include <algorithm>
#include <cassert>

#include "dns/name.h"

namespace bowline::perf {
namespace {

using dns::load_u16;
using dns::store_u16;
using dns::store_u32;

constexpr std::size_t kIp = 14, kUdp = kIp + 20, kDns = kUdp + 8, kName = kDns + 12;
constexpr std::uint16_t kSourcePortBase = 1024;
constexpr std::uint16_t kSourcePorts = 32'768;  // one after the other: spreads over queues

std::uint32_t add_words(dns::Bytes bytes, std::uint32_t sum) {
  std::size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2) sum += load_u16(&bytes[i]);
  if (i < bytes.size()) sum += static_cast<std::uint32_t>(bytes[i] << 8);
  return sum;
}

std::uint16_t fold(std::uint32_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

// Sum over addresses, protocol, length and all of UDP. 0xffff: the checksum in it is right.
std::uint16_t udp_sum(dns::Bytes frame) {
  const dns::Bytes udp = frame.subspan(kUdp, load_u16(&frame[kUdp + 4]));
  const std::uint32_t header = 17U + load_u16(&frame[kUdp + 4]);
  return fold(add_words(udp, add_words(frame.subspan(kIp + 12, 8), header)));
}

}  // namespace

dns::Result<void> Questions::add(const std::string& name, const Ends& ends) {
  assert(size() < kMaxQuestions);
  const bool absolute = name.ends_with('.');  // lists of names often leave the root out
  const auto parsed = dns::Name::from_text(absolute ? name : name + '.');
  if (!parsed) return dns::Error{"no domain name: " + name};
  Frame& frame = frames_.emplace_back();
  std::uint8_t* const at = frame.octets.data();
  const std::size_t number = frames_.size() - 1;
  frame.size = kName + parsed->size() + 4;
  std::copy(ends.server_mac.begin(), ends.server_mac.end(), at);
  std::copy(ends.client_mac.begin(), ends.client_mac.end(), at + 6);
  store_u16(at + 12, 0x0800);
  at[kIp] = 0x45;
  store_u16(at + kIp + 2, static_cast<std::uint16_t>(frame.size - kIp));
  at[kIp + 8] = 64;  // TTL
  at[kIp + 9] = 17;
  store_u32(at + kIp + 12, ends.client);
  store_u32(at + kIp + 16, ends.server);
  store_u16(at + kIp + 10, static_cast<std::uint16_t>(~fold(add_words({at + kIp, 20}, 0))));
  store_u16(at + kUdp, static_cast<std::uint16_t>(kSourcePortBase + number % kSourcePorts));
  store_u16(at + kUdp + 2, ends.port);
  store_u16(at + kUdp + 4, static_cast<std::uint16_t>(frame.size - kUdp));
  store_u16(at + kDns, static_cast<std::uint16_t>(number));
  store_u16(at + kDns + 4, 1);  // QDCOUNT
  std::copy(parsed->data(), parsed->data() + parsed->size(), at + kName);
  store_u16(at + kName + parsed->size(), 1);      // A
  store_u16(at + kName + parsed->size() + 2, 1);  // IN
  const auto checksum = static_cast<std::uint16_t>(~udp_sum({at, frame.size}));
  store_u16(at + kUdp + 6, checksum == 0 ? 0xffff : checksum);
  return {};
}

bool Questions::is_answer(dns::Bytes frame) {
  return frame.size() >= kName && load_u16(&frame[12]) == 0x0800 && frame[kIp] == 0x45 &&
         frame[kIp + 9] == 17 && (frame[kDns + 2] & 0x80) != 0;
}

unsigned Questions::rcode(dns::Bytes frame) { return frame[kDns + 3] & 15; }

bool Questions::matches(dns::Bytes answer) const {
  const std::size_t number = load_u16(&answer[kDns]);
  if (number >= size()) return false;
  const dns::Bytes question = frame(number);
  const std::size_t udp_size = load_u16(&answer[kUdp + 4]);
  if (answer.size() < question.size() || udp_size < 8 || kUdp + udp_size > answer.size()) {
    return false;
  }
  const auto same = [&](std::size_t in_answer, std::size_t in_question, std::size_t size) {
    return std::equal(&answer[in_answer], &answer[in_answer] + size, &question[in_question]);
  };
  const bool addresses = same(kIp + 12, kIp + 16, 4) && same(kIp + 16, kIp + 12, 4) &&
                         same(kUdp, kUdp + 2, 2) && same(kUdp + 2, kUdp, 2);
  const bool checksums = fold(add_words(answer.subspan(kIp, 20), 0)) == 0xffff &&
                         (load_u16(&answer[kUdp + 6]) == 0 || udp_sum(answer) == 0xffff);
  return addresses && checksums && same(kName, kName, question.size() - kName);
}

}  // namespace bowline::perf
