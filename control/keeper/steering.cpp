#include "control/keeper/steering.h"

#include <sys/socket.h>

#include <cassert>
#include <cerrno>
#include <map>

#include "link/handover.h"

namespace bowline::control::keeper {

namespace {

constexpr std::uint16_t kLoad = BPF_LD | BPF_W | BPF_ABS;
constexpr std::uint16_t kRemainder = BPF_ALU | BPF_MOD | BPF_K;
constexpr std::uint16_t kIfEqual = BPF_JMP | BPF_JEQ | BPF_K;
constexpr std::uint16_t kReturn = BPF_RET | BPF_K;
constexpr std::uint16_t kReturnResult = BPF_RET | BPF_A;

// What a filter loads from there is no packet but a fact of the kernel.
std::uint32_t fact(int which) { return static_cast<std::uint32_t>(SKF_AD_OFF + which); }

// Returns one of `sockets`, each as often.
std::vector<sock_filter> choose(const std::vector<std::uint32_t>& sockets) {
  if (sockets.size() == 1) return {{kReturn, 0, 0, sockets[0]}};
  std::vector<sock_filter> program = {
      {kLoad, 0, 0, fact(SKF_AD_RANDOM)},
      {kRemainder, 0, 0, static_cast<std::uint32_t>(sockets.size())}};
  for (std::uint32_t i = 0; i + 1 < sockets.size(); ++i) {
    program.push_back({kIfEqual, 0, 1, i});
    program.push_back({kReturn, 0, 0, sockets[i]});
  }
  program.push_back({kReturn, 0, 0, sockets.back()});
  return program;
}

}  // namespace

std::vector<sock_filter> make_steering(std::span<const std::int16_t> cpus) {
  assert(!cpus.empty() && cpus.size() <= link::kMaxThreads);
  std::map<std::int16_t, std::vector<std::uint32_t>> sockets_of;
  for (std::uint32_t i = 0; i < cpus.size(); ++i) {
    if (cpus[i] != link::kNoCore) sockets_of[cpus[i]].push_back(i);
  }
  std::vector<sock_filter> program = {{kLoad, 0, 0, fact(SKF_AD_CPU)}};
  for (const auto& [cpu, sockets] : sockets_of) {
    const std::vector<sock_filter> choice = choose(sockets);
    static_assert(2 * link::kMaxThreads + 2 <= UINT8_MAX, "a jump reaches over any choice");
    program.push_back({kIfEqual, 0, static_cast<std::uint8_t>(choice.size()),
                       static_cast<std::uint32_t>(cpu)});
    program.insert(program.end(), choice.begin(), choice.end());
  }
  program.push_back({kRemainder, 0, 0, static_cast<std::uint32_t>(cpus.size())});
  program.push_back({kReturnResult, 0, 0, 0});
  return program;
}

int attach_steering(int socket, std::span<const std::int16_t> cpus) {
  std::vector<sock_filter> instructions = make_steering(cpus);
  const sock_fprog program{static_cast<std::uint16_t>(instructions.size()), instructions.data()};
  const int done =
      ::setsockopt(socket, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program);
  return done == 0 ? 0 : errno;
}

}  // namespace bowline::control::keeper
