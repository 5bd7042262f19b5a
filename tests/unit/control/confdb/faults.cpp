#include "faults.h"

#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace bowline::test {

namespace {

int calls_left = 0;  // 0: not armed
bool happened = false;
Fault wanted = Fault::kIoError;

// Whether this call has the fault.
bool is_due() {
  if (calls_left == 0 || --calls_left != 0) return false;
  happened = true;
  if (wanted == Fault::kEnd) ::_exit(kEndedByFault);
  return true;
}

// After a part was written.
ssize_t end_fault() {
  if (wanted == Fault::kEndHalfway) ::_exit(kEndedByFault);
  errno = wanted == Fault::kNoSpace ? ENOSPC : EIO;
  return -1;
}

bool writes_half() { return wanted == Fault::kShort || wanted == Fault::kEndHalfway; }

}  // namespace

void arm(int nth, Fault fault) {
  calls_left = nth;
  wanted = fault;
  happened = false;
}

bool disarm() {
  calls_left = 0;
  return happened;
}

}  // namespace bowline::test

// The names that liblmdb calls: a program's own come before the C library's. Headers would rename
// some for 64-bit offsets, hence the labels.
extern "C" {

using bowline::test::end_fault;
using bowline::test::is_due;
using bowline::test::writes_half;

ssize_t fault_pwrite(int fd, const void* data, std::size_t size, off_t at) __asm__("pwrite");
ssize_t fault_pwrite(int fd, const void* data, std::size_t size, off_t at) {
  if (!is_due()) return ::syscall(SYS_pwrite64, fd, data, size, at);
  if (writes_half()) (void)::syscall(SYS_pwrite64, fd, data, size / 2, at);
  return end_fault();
}

ssize_t fault_writev(int fd, const iovec* parts, int count) __asm__("writev");
ssize_t fault_writev(int fd, const iovec* parts, int count) {
  if (!is_due()) return ::syscall(SYS_writev, fd, parts, count);
  if (writes_half()) (void)::syscall(SYS_writev, fd, parts, count / 2);
  return end_fault();
}

int fault_fdatasync(int fd) __asm__("fdatasync");
int fault_fdatasync(int fd) {
  return static_cast<int>(is_due() ? end_fault() : ::syscall(SYS_fdatasync, fd));
}

int fault_fsync(int fd) __asm__("fsync");
int fault_fsync(int fd) {
  return static_cast<int>(is_due() ? end_fault() : ::syscall(SYS_fsync, fd));
}

int fault_ftruncate(int fd, off_t size) __asm__("ftruncate");
int fault_ftruncate(int fd, off_t size) {
  return static_cast<int>(is_due() ? end_fault() : ::syscall(SYS_ftruncate, fd, size));
}
}
