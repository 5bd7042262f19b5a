// Steering: which of the sockets that share an address gets a packet or a new connection: the one
// whose thread is kept on the CPU that the packet came in on (server.socket-affinity).
//
// The keeper's thread, while it opens sockets. The kernel runs the program; it is attached to the
// group of sockets (SO_REUSEPORT), so it stays as long as one of them, whoever holds it.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <span>
#include <vector>

namespace bowline::control::keeper {

// The program for sockets 0 to cpus.size() - 1, in the order in which they were bound; cpus[i] is
// the CPU of socket i's thread, or link::kNoCore. Among several sockets of one CPU it throws dice;
// a CPU that has none is taken for another by its remainder. REQUIRES: cpus is not empty.
std::vector<sock_filter> make_steering(std::span<const std::int16_t> cpus);

// Attaches it to the group of `socket`, which is bound (and listens, over TCP). Returns the errno,
// 0 if all is well.
int attach_steering(int socket, std::span<const std::int16_t> cpus);

}  // namespace bowline::control::keeper
