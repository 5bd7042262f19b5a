#include "control/keeper/privileges.h"

#include <cap-ng.h>
#include <grp.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <iterator>

namespace bowline::control::keeper {

namespace {

// exec() by root gets no capabilities back, and nobody can change that any more.
constexpr unsigned long kNoRoot = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED;

constexpr capng_type_t kAllSets = static_cast<capng_type_t>(
    CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE | CAPNG_BOUNDING_SET | CAPNG_AMBIENT);

// What a dataplane may do until its devices are open, each because of some driver.
constexpr unsigned kDeviceCapabilities[] = {
    CAP_NET_ADMIN,  // MAC, MTU and promiscuous mode of interfaces (net_tap, net_af_packet, mlx5)
    CAP_NET_RAW,    // raw sockets (net_af_packet, net_af_xdp), verbs (mlx5)
    CAP_IPC_LOCK,   // pinned memory (vfio, net_af_xdp)
    CAP_SYS_ADMIN,  // XDP programs by number (net_af_xdp), physical addresses (igb_uio, virtio)
    CAP_SYS_RAWIO,  // I/O ports (virtio of old)
    CAP_SETUID,     // to become server.user afterwards,
    CAP_SETGID,     // and its group,
    CAP_SETPCAP,    // and to give up the bounding set for good
};

bool have(unsigned capability) {
  return capng_have_capability(CAPNG_EFFECTIVE, capability) == 1;
}

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

bool may_open_interfaces() {
  capng_get_caps_process();
  const bool may_load = (have(CAP_BPF) && have(CAP_PERFMON)) || have(CAP_SYS_ADMIN);
  return may_load && have(CAP_NET_ADMIN) && have(CAP_NET_RAW);
}

// Devices are files of root.
bool may_open_devices() {
  capng_get_caps_process();
  return ::geteuid() == 0 && have(CAP_NET_ADMIN) && have(CAP_NET_RAW);
}

int keep_device_privileges() {
  capng_get_caps_process();
  // What a container's root does not have is not there to be kept.
  std::array<bool, std::size(kDeviceCapabilities)> had{};
  for (std::size_t i = 0; i < had.size(); ++i) had[i] = have(kDeviceCapabilities[i]);
  const bool may_lock = have(CAP_SETPCAP);
  if (may_lock && ::prctl(PR_SET_SECUREBITS, kNoRoot, 0, 0, 0) != 0) return errno;
  capng_clear(CAPNG_SELECT_ALL);
  for (std::size_t i = 0; i < had.size(); ++i) {
    if (had[i]) (void)capng_update(CAPNG_ADD, kAllSets, kDeviceCapabilities[i]);
  }
  if (may_lock && capng_apply(CAPNG_SELECT_BOUNDS) != 0) return EPERM;
  if (capng_apply(CAPNG_SELECT_CAPS) != 0) return EPERM;
  // Root gets nothing by exec() any more: the ambient set carries them over.
  if (capng_apply(CAPNG_SELECT_AMBIENT) != 0) return EPERM;
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : errno;
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
