// Keeps what libxdp and libbpf print from our standard error: our own line says enough. The
// thread of the keeper.
#pragma once

#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

#include <cstdarg>

namespace bowline::control::keeper {

inline void silence_xdp_libraries() {
  (void)libxdp_set_print([](libxdp_print_level, const char*, va_list) { return 0; });
  (void)libbpf_set_print([](libbpf_print_level, const char*, va_list) { return 0; });
}

}  // namespace bowline::control::keeper
