#include "control/keeper/leftover.h"

#include <net/if.h>
#include <xdp/libxdp.h>

#include <cstring>
#include <memory>
#include <string_view>

#include "control/keeper/quiet.h"
#include "control/log/log.h"

namespace bowline::control::keeper {

namespace {

// libxdp's program that hands everything to AF_XDP sockets.
constexpr const char* kProgramName = "xsk_def_prog";

struct Close {
  void operator()(xdp_multiprog* programs) const { xdp_multiprog__close(programs); }
};

bool is_leftover(const xdp_program* program) {
  const char* const name = program == nullptr ? nullptr : xdp_program__name(program);
  return name != nullptr && std::strcmp(name, kProgramName) == 0;
}

// Returns 0, or what libxdp says.
int detach(unsigned interface) {
  const int index = static_cast<int>(interface);
  xdp_multiprog* const found = xdp_multiprog__get_from_ifindex(index);
  if (found == nullptr || libxdp_get_error(found) != 0) return 0;  // none is there
  const std::unique_ptr<xdp_multiprog, Close> programs(found);
  if (xdp_multiprog__is_legacy(programs.get())) {
    return is_leftover(xdp_multiprog__main_prog(programs.get()))
               ? xdp_multiprog__detach(programs.get())
               : 0;
  }
  for (xdp_program* each = nullptr;
       (each = xdp_multiprog__next_prog(each, programs.get())) != nullptr;) {
    if (is_leftover(each)) {
      return xdp_program__detach(each, index, xdp_multiprog__attach_mode(programs.get()), 0);
    }
  }
  return 0;
}

}  // namespace

std::string af_xdp_interface(const std::string& device) {
  constexpr std::string_view kDriver = "net_af_xdp";
  constexpr std::string_view kKey = ",iface=";
  if (!device.starts_with(kDriver)) return {};
  const std::size_t at = device.find(kKey);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + kKey.size();
  return device.substr(begin, device.find(',', begin) - begin);
}

void detach_leftovers(const std::vector<std::string>& devices) {
  silence_xdp_libraries();
  for (const std::string& device : devices) {
    const std::string name = af_xdp_interface(device);
    const unsigned interface = name.empty() ? 0 : ::if_nametoindex(name.c_str());
    if (interface == 0 || detach(interface) == 0) continue;
    log::warning(log::Category::kServer,
                 "the XDP program of {} stays attached: ip link set dev {} xdp off", device, name);
  }
}

}  // namespace bowline::control::keeper
