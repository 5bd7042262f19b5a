#include "control/keeper/privileges.h"

#include <cap-ng.h>
#include <grp.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>

namespace bowline::control::keeper {

namespace {

// exec() by root gets no capabilities back, and nobody can change that any more.
constexpr unsigned long kNoRoot = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED;

int switch_user(const Identity& identity) {
  if (identity.uid == ::geteuid() && identity.gid == ::getegid() && ::geteuid() != 0) return 0;
  if (::setgroups(0, nullptr) != 0 && ::geteuid() == 0 && identity.uid != 0) return errno;
  if (::setresgid(identity.gid, identity.gid, identity.gid) != 0) return errno;
  if (::setresuid(identity.uid, identity.uid, identity.uid) != 0) return errno;
  return 0;
}

}  // namespace

bool may_become(const Identity& identity) {
  if (identity.uid == ::geteuid() && identity.gid == ::getegid()) return true;
  capng_get_caps_process();
  return capng_have_capability(CAPNG_EFFECTIVE, CAP_SETUID) == 1 &&
         capng_have_capability(CAPNG_EFFECTIVE, CAP_SETGID) == 1;
}

int drop_privileges(const Identity& identity) {
  capng_get_caps_process();
  const bool may_lock = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) == 1;
  if (may_lock && ::prctl(PR_SET_SECUREBITS, kNoRoot, 0, 0, 0) != 0) return errno;
  capng_clear(CAPNG_SELECT_BOTH);
  if (may_lock && capng_apply(CAPNG_SELECT_BOUNDS) != 0) return EPERM;
  if (const int error = switch_user(identity); error != 0) return error;
  capng_clear(CAPNG_SELECT_ALL);
  if (capng_apply(CAPNG_SELECT_CAPS) != 0) return EPERM;
  (void)::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : errno;
}

}  // namespace bowline::control::keeper
