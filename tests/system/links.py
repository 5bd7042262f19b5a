"""An appliance on a link of its own, served by AF_XDP or DPDK, and what tests look at on it."""

import contextlib
import json
import socket
import struct

import appliance as harness
import client
import network
import wire
from network import OUR_IPV4, OUR_IPV6

PORT = 53
BACKENDS = ("xdp", "dpdk")
TAP = "bowline0"
DEVICE = "net_af_packet0,iface=eth0"
SERVE_AGAIN_s = {"xdp": 1.0, "dpdk": 3.0}


class Served:
    """REQUIRES: use as a context manager. `options` are those of Appliance, `link` of Link.

    xdp: UDP on eth0 by AF_XDP, TCP by the kernel. dpdk: eth0 is DPDK's, TCP comes through the
    exception port. No UDP socket is open: what is answered, the backend answered.
    """

    def __init__(self, backend, zones, *, link=None, sections="", xdp="", dataplane="",
                 device=DEVICE, **options):
        network.needs_namespaces()
        if backend == "dpdk":
            network.needs_hugepages()
        self.backend = backend
        self.link = network.Link(addresses=TAP if backend == "dpdk" else "eth0", **(link or {}))
        listen = f"xdp:\n    listen: [ eth0 ]\n{indent(xdp)}"
        devices = f'devices: [ "{device}" ]\n' if backend == "dpdk" else ""
        self.options = {
            "listen": [OUR_IPV4, OUR_IPV6], "log": "info", "port": PORT,
            "sections": (listen if backend == "xdp" else "") + sections,
            "dataplane": f"backend: {backend}\n{devices}{dataplane}", **options}
        self.zones = zones

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.link)
            self.appliance = stack.enter_context(harness.Appliance(
                self.zones, namespace=self.link.ours, **self.options))
            self.appliance.launch().wait_ready()
            self.appliance.wait_children()
            self.wait_serving()
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *exception):
        return self.stack.__exit__(*exception)

    def wait_serving(self, seconds=10.0):
        for host in (OUR_IPV4, OUR_IPV6):
            harness.wait_until(lambda host=host: self.try_ask(".", "SOA", host=host, timeout=0.2),
                               seconds, lambda: f"an answer by UDP:\n{self.explain()}")

    def explain(self):
        rows = self.appliance.ctl("-e", "status", check=False).stdout
        stats = self.appliance.ctl("stats", check=False).stdout
        return f"{rows}\n{stats}\n{self.appliance.errors()[-3000:]}"

    # ---- The client's side --------------------------------------------------------------------

    def from_client(self):
        return self.link.client.entered()

    def address(self, host=OUR_IPV4):
        return (host, PORT)

    def try_ask(self, name, rr_type="A", *, host=OUR_IPV4, timeout=1.0, **options):
        """A parsed answer by UDP, or None."""
        with self.from_client():
            octets = client.try_udp(self.address(host), wire.query(name, rr_type, **options),
                                    timeout)
        return octets and wire.parse(octets)

    def ask(self, name, rr_type="A", *, host=OUR_IPV4, tcp=False, **options):
        send = client.tcp if tcp else client.udp
        with self.from_client():
            return wire.parse(send(self.address(host), wire.query(name, rr_type, **options)))

    # ---- What there is to see -----------------------------------------------------------------

    def stats(self):
        return self.appliance.stats()

    def program(self, device="eth0"):
        return xdp_program(self.link.ours, device)


def indent(text):
    return "".join(f"    {line}\n" for line in text.splitlines())


def xdp_program(namespace, device="eth0"):
    """(mode, id) of the XDP program on an interface; None if there is none."""
    shown = json.loads(namespace.ip("-j", "-d", "link", "show", device))[0].get("xdp")
    if not shown:
        return None
    program = shown.get("prog") or shown["attached"][0]["prog"]
    return shown["mode"], program["id"]


NETLINK_ROUTE, LINKS_GROUP, DELETED_LINK = 0, 1, 17
UP_AND_RUNNING = 0x1 | 0x40 | 0x10000  # IFF_UP, IFF_RUNNING, IFF_LOWER_UP


class LinkMonitor:
    """Everything that the kernel says of the interfaces of a namespace from now on."""

    def __init__(self, namespace):
        self.namespace = namespace

    def __enter__(self):
        with self.namespace.entered():
            self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE)
            self.socket.bind((0, LINKS_GROUP))
            self.socket.setblocking(False)
        return self

    def __exit__(self, *_):
        self.socket.close()

    def heard(self):
        """(index of the interface, whether it still is up and running) of each message since the
        last call. The kernel queues them while it makes the change."""
        found = []
        while True:
            try:
                octets = self.socket.recv(1 << 16)
            except BlockingIOError:
                return found
            while octets:
                # struct nlmsghdr, then struct ifinfomsg.
                size, kind = struct.unpack_from("=IH", octets)
                index, flags = struct.unpack_from("=iI", octets, 16 + 4)
                lives = flags & UP_AND_RUNNING == UP_AND_RUNNING and kind != DELETED_LINK
                found.append((index, lives))
                octets = octets[size + 3 & ~3:]
