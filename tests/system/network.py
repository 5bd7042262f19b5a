"""Network namespaces and links between them, made for a test and gone after it.

Names hold the id of this process, so that two runs do not meet. Everything else (interfaces,
addresses, routes) lives inside the namespaces and ends with them.
"""

import contextlib
import ctypes
import itertools
import os
import pathlib
import re
import subprocess

import pytest

CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)
NUMBERS = itertools.count()

# The two ends of every link.
OUR_MAC, CLIENT_MAC = "02:00:00:00:00:53", "02:00:00:00:00:01"
OUR_IPV4, CLIENT_IPV4 = "192.0.2.53", "192.0.2.1"
OUR_IPV6, CLIENT_IPV6 = "2001:db8::53", "2001:db8::1"

HUGE_PAGES = 256  # of 2 MiB: what the DPDK tests need, with the tables
POOL = pathlib.Path("/proc/sys/vm/nr_hugepages")


def needs_namespaces():
    """Skips the test where namespaces, veth or root are not to be had."""
    if os.geteuid() != 0:
        pytest.skip("needs root for network namespaces")
    name = f"bl-{os.getpid()}-{next(NUMBERS)}-probe"
    done = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"no network namespaces here: {done.stderr.strip()}")
    subprocess.run(["ip", "netns", "del", name], check=True)


def needs_hugepages():
    """Raises the number of huge pages if too few are free; skips if there are none to be had."""
    def free():
        found = re.search(r"HugePages_Free:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())
        return int(found.group(1)) if found else 0

    missing = HUGE_PAGES - free()
    if missing > 0 and os.geteuid() == 0 and POOL.exists():
        POOL.write_text(str(int(POOL.read_text()) + missing))
    if free() < HUGE_PAGES // 2:
        pytest.skip(f"no {HUGE_PAGES} huge pages to be had")


class Namespace:
    """REQUIRES: use as a context manager."""

    def __init__(self, role="ns"):
        self.name = f"bl-{os.getpid()}-{next(NUMBERS)}-{role}"

    def __enter__(self):
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        try:
            self.ip("link", "set", "lo", "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        subprocess.run(["ip", "netns", "del", self.name], check=False)

    @property
    def prefix(self):
        """What a command starts with to run in here; it becomes the command by exec."""
        return ["ip", "netns", "exec", self.name]

    def run(self, *command, check=True, timeout=60, **options):
        done = subprocess.run([*self.prefix, *map(str, command)], capture_output=True, text=True,
                              timeout=timeout, **options)
        assert not check or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done

    def ip(self, *arguments, check=True):
        done = subprocess.run(["ip", "-n", self.name, *map(str, arguments)], capture_output=True,
                              text=True)
        assert not check or done.returncode == 0, f"ip {arguments}: {done.stderr}"
        return done.stdout

    def sysctl(self, key, value):
        with self.entered():
            pathlib.Path("/proc/sys", *key.split(".")).write_text(str(value))

    @contextlib.contextmanager
    def entered(self):
        """This thread is inside; sockets that it makes and processes that it starts stay there."""
        outside = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        inside = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        try:
            enter(inside)
            try:
                yield self
            finally:
                enter(outside)
        finally:
            os.close(inside)
            os.close(outside)


def enter(descriptor):
    if LIBC.setns(descriptor, CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"setns: {os.strerror(number)}")


class Link:
    """Two namespaces, `ours` and `client`, and a veth pair between: eth0 here, eth0 there.

    addresses: at which interface of ours the addresses of the service stand ("eth0", a TAP that is
    made here, or None); client: whether the client has addresses; peer_mtu: of the client's end.
    """

    def __init__(self, *, addresses="eth0", client=True, mtu=1500, peer_mtu=None, queues=1):
        self.ours, self.client = Namespace("ours"), Namespace("client")
        self.at, self.client_has = addresses, client
        self.mtu, self.peer_mtu, self.queues = mtu, peer_mtu or mtu, queues

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.ours)
            stack.enter_context(self.client)
            self.add_pair("eth0", OUR_MAC, CLIENT_MAC)
            if self.at and self.at != "eth0":
                self.make_tap()
            self.set_up()
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def add_pair(self, name, our_mac, client_mac):
        each = ("numrxqueues", self.queues, "numtxqueues", self.queues)
        self.ours.ip("link", "add", "dev", name, "address", our_mac, *each, "type", "veth",
                     "peer", "name", name, "netns", self.client.name, "address", client_mac, *each)
        self.ours.ip("link", "set", name, "mtu", self.mtu)
        self.client.ip("link", "set", name, "mtu", self.peer_mtu)
        for side in (self.ours, self.client):
            # Between kernels a veth leaves checksums to nobody and joins segments: not on a wire.
            side.run("ethtool", "-K", name, "tx", "off", "gso", "off", "tso", "off", "gro", "off")

    def make_tap(self):
        """The exception port: it is what has our addresses, eth0 is DPDK's alone."""
        self.ours.sysctl("net.ipv6.conf.eth0.disable_ipv6", 1)
        # The kernel sees each frame of eth0, too: it must not answer there for the TAP's addresses.
        self.ours.sysctl("net.ipv4.conf.eth0.arp_ignore", 8)
        self.ours.sysctl("net.ipv4.conf.eth0.rp_filter", 1)
        self.ours.ip("tuntap", "add", "dev", self.at, "mode", "tap")
        self.ours.ip("link", "set", self.at, "address", OUR_MAC)

    def set_up(self):
        if not self.client_has:
            self.client.sysctl("net.ipv6.conf.eth0.disable_ipv6", 1)
        for side, device, ipv4, ipv6, has in (
                (self.ours, self.at, OUR_IPV4, OUR_IPV6, bool(self.at)),
                (self.client, "eth0", CLIENT_IPV4, CLIENT_IPV6, self.client_has)):
            side.ip("link", "set", "eth0", "up")
            if not has:
                continue
            side.ip("link", "set", device, "up")
            side.ip("address", "add", f"{ipv4}/24", "dev", device)
            side.ip("address", "add", f"{ipv6}/64", "dev", device, "nodad")
