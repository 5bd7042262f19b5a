#include "ebpf/object.h"

// STEER_OBJECT is the path of the file that clang made.
asm(".pushsection .rodata.steer, \"a\", @progbits\n"
    ".balign 16\n"
    ".globl bowline_steer_begin\n"
    ".hidden bowline_steer_begin\n"
    "bowline_steer_begin:\n"
    ".incbin \"" STEER_OBJECT
    "\"\n"
    ".globl bowline_steer_end\n"
    ".hidden bowline_steer_end\n"
    "bowline_steer_end:\n"
    ".popsection\n");

extern "C" {
[[gnu::visibility("hidden")]] extern const std::uint8_t bowline_steer_begin[];
[[gnu::visibility("hidden")]] extern const std::uint8_t bowline_steer_end[];
}

namespace bowline::ebpf {

std::span<const std::uint8_t> steer_object() { return {bowline_steer_begin, bowline_steer_end}; }

}  // namespace bowline::ebpf
