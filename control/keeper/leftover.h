// Leftover: the XDP program that DPDK's net_af_xdp attaches and its dataplane cannot take off
// again, because it has given up its privileges by then, or was killed.
//
// The keeper's thread only, when no dataplane runs.
#pragma once

#include <string>
#include <vector>

namespace bowline::control::keeper {

// Takes it off the interfaces of those devices (EAL strings) that are of net_af_xdp. A program of
// any other kind stays.
void detach_leftovers(const std::vector<std::string>& devices);

// The interface of a device of net_af_xdp; empty for any other device.
std::string af_xdp_interface(const std::string& device);

}  // namespace bowline::control::keeper
