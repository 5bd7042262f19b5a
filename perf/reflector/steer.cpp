#include "perf/reflector/steer.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>

#include "perf/reflector/reflect.h"

namespace bowline::perf {
namespace {

constexpr std::uint8_t kJumpIfEqual = BPF_JMP | BPF_JEQ | BPF_K;
constexpr std::uint8_t kJumpIfNot = BPF_JMP | BPF_JNE | BPF_K;
constexpr std::uint8_t kJump = BPF_JMP | BPF_JA;

constexpr bpf_insn make(std::uint8_t code, std::uint8_t to, std::uint8_t from, std::int16_t offset,
                        std::int32_t value) {
  bpf_insn out{};
  out.code = code;
  out.dst_reg = to & 0xf;
  out.src_reg = from & 0xf;
  out.off = offset;
  out.imm = value;
  return out;
}
constexpr bpf_insn load(std::uint8_t width, std::uint8_t to, std::uint8_t from, std::size_t at) {
  return make(BPF_LDX | BPF_MEM | width, to, from, static_cast<std::int16_t>(at), 0);
}
constexpr bpf_insn copy(std::uint8_t to, std::uint8_t from) {
  return make(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0);
}
constexpr bpf_insn set(std::uint8_t to, std::int32_t value) {
  return make(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value);
}
constexpr bpf_insn add(std::uint8_t to, std::int32_t value) {
  return make(BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, value);
}
constexpr bpf_insn jump(std::uint8_t code, std::uint8_t what, std::int32_t value, int by) {
  return make(code, what, 0, static_cast<std::int16_t>(by), value);
}
// Jumps if r4 > r3.
constexpr bpf_insn jump_past_end(int by) {
  return make(BPF_JMP | BPF_JGT | BPF_X, BPF_REG_4, BPF_REG_3, static_cast<std::int16_t>(by), 0);
}

}  // namespace

dns::Result<int> load_steering(int map, std::uint16_t port) {
  constexpr std::size_t kProtocol4 = kEthernetSize + 9, kProtocol6 = kEthernetSize + 6;
  constexpr std::size_t kPort4 = kEthernetSize + kIpv4Size + 2;
  constexpr std::size_t kPort6 = kEthernetSize + kIpv6Size + 2;
  constexpr int kPass = 25;  // index of the first instruction of the end
  // Jumps count from the instruction after them.
  const std::array code = {
      /*  0 */ copy(BPF_REG_6, BPF_REG_1),
      /*  1 */ load(BPF_W, BPF_REG_2, BPF_REG_1, offsetof(xdp_md, data)),
      /*  2 */ load(BPF_W, BPF_REG_3, BPF_REG_1, offsetof(xdp_md, data_end)),
      /*  3 */ copy(BPF_REG_4, BPF_REG_2),
      /*  4 */ add(BPF_REG_4, kEthernetSize + kIpv4Size + kUdpSize),
      /*  5 */ jump_past_end(kPass - 6),
      /*  6 */ load(BPF_H, BPF_REG_5, BPF_REG_2, 12),
      /*  7 */ jump(kJumpIfEqual, BPF_REG_5, htons(kEtherIpv4), 15 - 8),
      /*  8 */ jump(kJumpIfNot, BPF_REG_5, htons(kEtherIpv6), kPass - 9),
      /*  9 */ add(BPF_REG_4, kIpv6Size - kIpv4Size),
      /* 10 */ jump_past_end(kPass - 11),
      /* 11 */ load(BPF_B, BPF_REG_5, BPF_REG_2, kProtocol6),
      /* 12 */ jump(kJumpIfNot, BPF_REG_5, kProtocolUdp, kPass - 13),
      /* 13 */ load(BPF_H, BPF_REG_5, BPF_REG_2, kPort6),
      /* 14 */ jump(kJump, 0, 0, 18 - 15),
      /* 15 */ load(BPF_B, BPF_REG_5, BPF_REG_2, kProtocol4),
      /* 16 */ jump(kJumpIfNot, BPF_REG_5, kProtocolUdp, kPass - 17),
      /* 17 */ load(BPF_H, BPF_REG_5, BPF_REG_2, kPort4),
      /* 18 */ jump(kJumpIfNot, BPF_REG_5, htons(port), kPass - 19),
      /* 19 */ load(BPF_W, BPF_REG_2, BPF_REG_6, offsetof(xdp_md, rx_queue_index)),
      /* 20 */ make(BPF_LD | BPF_IMM | BPF_DW, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map),
      /* 21 */ make(0, 0, 0, 0, 0),  // upper half of the constant
      /* 22 */ set(BPF_REG_3, XDP_PASS),
      /* 23 */ make(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_redirect_map),
      /* 24 */ make(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
      /* 25 */ set(BPF_REG_0, XDP_PASS),
      /* 26 */ make(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
  };
  const int program = bpf_prog_load(BPF_PROG_TYPE_XDP, "reflector", "Apache-2.0", code.data(),
                                    code.size(), nullptr);
  if (program < 0) {
    return dns::Error{std::string("the kernel refused the XDP program: ") + std::strerror(errno) +
                      "; it takes root (CAP_BPF and CAP_NET_ADMIN)"};
  }
  return program;
}

}  // namespace bowline::perf
