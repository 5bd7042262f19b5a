// Faults: the n-th call that writes fails, or ends the process, as a disk or a power cut does.
//
// Stands between liblmdb and the C library in this program: see faults.cpp. Armed in a child
// process of the test only.
#pragma once

namespace bowline::test {

enum class Fault {
  kIoError,    // EIO
  kNoSpace,    // ENOSPC
  kShort,      // half of the octets are written, then EIO
  kEnd,        // the process ends before it
  kEndHalfway, // the process ends with half of the octets written
};
inline constexpr int kEndedByFault = 99;  // exit code

// From now on the `nth` call (1: the next) has the fault.
void arm(int nth, Fault fault);
// Ends it. Returns whether it happened.
bool disarm();

}  // namespace bowline::test
