"""Ports of a running appliance: AF_XDP and DPDK, each on a link of its own in namespaces."""

import contextlib
import os
import select
import socket
import struct
import tempfile
import time

import appliance as harness
import frames
import messages
import network
import ports

ETH_P_ALL, SOL_PACKET, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING = 3, 263, 8, 23
SO_RCVBUFFORCE = 33
VLAN_VALID, TPID_VALID = 0x10, 0x40  # of tpacket_auxdata's status
RECEIVE_BUFFER = 8 << 20


class Raw:
    """Frames of an interface, as they are on the wire. REQUIRES: made inside its namespace."""

    def __init__(self, device):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        self.socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
        self.socket.bind((device, 0))

    def close(self):
        self.socket.close()

    def send(self, octets):
        with contextlib.suppress(OSError):  # too long for the link, or too short for Ethernet
            self.socket.send(octets)

    def receive(self, seconds):
        if not select.select([self.socket], [], [], seconds)[0]:
            return None
        octets, extra, _, _ = self.socket.recvmsg(1 << 16, 256)
        for level, kind, data in extra:
            if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
                status, _, _, _, _, tci, tpid = struct.unpack("=IIIHHHH", data[:20])
                if status & VLAN_VALID:  # the kernel takes the outermost tag off
                    kind = tpid if status & TPID_VALID else frames.VLAN
                    octets = octets[:12] + struct.pack("!HH", kind, tci) + octets[12:]
        return octets


class LivePort(ports.Port):
    """REQUIRES: subclasses set `link` and `configuration`, and make `wire` in connect()."""

    def needs(self):
        network.needs_namespaces()

    def link(self):
        return network.Link(client=False)

    def configuration(self):
        """Options of Appliance."""
        raise NotImplementedError

    def connect(self):
        with self.network.client.entered():
            return Raw("eth0")

    def prepare(self):
        """What has to be there before bowlined starts."""

    def __enter__(self):
        self.needs()
        with contextlib.ExitStack() as stack:
            self.network = stack.enter_context(self.link())
            self.folder = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="bowline-packets-"))
            self.prepare()
            zones = {**ports.zone_files(self.folder), **self.zones}
            self.appliance = stack.enter_context(harness.Appliance(
                zones, port=frames.OUR_PORT, namespace=self.network.ours, log="info",
                server=messages.SERVER_OPTIONS, **self.configuration()))
            self.appliance.launch().wait_ready()
            self.appliance.wait_children()
            self.wire = self.connect()
            stack.callback(self.wire.close)
            self.wait_barrier()
            self.stack = stack.pop_all()
        return self

    def reaches(self, octets):
        """Whether the frame comes as far as the program or the driver."""
        return self.smallest <= len(octets) <= self.largest

    def stats(self):
        return self.appliance.stats()

    def wait_barrier(self):
        """A device may come up later than the process behind it."""
        deadline = time.monotonic() + 10.0
        while True:
            try:
                return self.exchange([])
            except AssertionError:
                assert time.monotonic() < deadline, self.appliance.errors()[-3000:]

    def __exit__(self, kind, *rest):
        return self.stack.__exit__(kind, *rest)

    def send(self, octets):
        self.wire.send(octets)

    def receive(self, seconds):
        return self.wire.receive(seconds)


class XdpPort(LivePort):
    """AF_XDP on a veth pair, the program in the driver's path."""

    mode = "native copy"

    def configuration(self):
        return {"listen": ["127.0.0.1"], "sections": "xdp:\n    listen: [ eth0 ]"}

    def __enter__(self):
        super().__enter__()
        with contextlib.ExitStack() as stack:
            stack.push(self)
            rows = self.appliance.ctl("-e", "status").stdout
            assert self.mode in rows, f"not {self.mode}:\n{rows}"
            stack.pop_all()
        return self


class GenericXdpPort(XdpPort):
    """The program in the kernel's path: veth refuses the driver's while the other end's MTU is
    larger than a page holds."""

    mode = "generic copy"

    def link(self):
        return network.Link(client=False, peer_mtu=9000)


class DpdkPort(LivePort):
    """A device of DPDK on a veth pair; our addresses stand on the exception port."""

    def needs(self):
        network.needs_namespaces()
        network.needs_hugepages()

    def link(self):
        return network.Link(client=False, addresses="bowline0")

    def device(self):
        raise NotImplementedError

    def configuration(self):
        return {"listen": [frames.OUR_IPV4, frames.OUR_IPV6],
                "dataplane": f'backend: dpdk\ndevices: [ "{self.device()}" ]'}


class AfPacketPort(DpdkPort):
    """The kernel takes the outermost tag off for packet sockets. DPDK 22.11's driver puts it back,
    but always as one of 802.1Q."""

    def device(self):
        return "net_af_packet0,iface=eth0"

    def expected(self, octets):
        service_tag = frames.SERVICE_VLAN.to_bytes(2, "big")
        if octets[12:14] != service_tag:
            return octets
        return octets[:12] + frames.VLAN.to_bytes(2, "big") + octets[14:]


    def reaches(self, octets):
        """The kernel keeps fragments of IPv4 to join them, as the driver asks it to, and drops
        what ends within the two octets behind a tag."""
        if not super().reaches(octets):
            return False
        kind = int.from_bytes(octets[12:14], "big")
        if kind in (frames.VLAN, frames.SERVICE_VLAN):
            return len(octets) >= 20
        return kind != frames.IPV4 or len(octets) < 34 or not octets[20] & 0x3f | octets[21]


class AfXdpPort(DpdkPort):
    def device(self):
        return "net_af_xdp0,iface=eth0"


class TapPort(DpdkPort):
    """The device is a TAP interface that DPDK makes; the client sits on its other end."""

    def device(self):
        return f"net_tap0,iface=wire0,mac={frames.OUR_MAC}"

    def connect(self):
        ours = self.network.ours
        ours.sysctl("net.ipv6.conf.wire0.disable_ipv6", 1)
        ours.sysctl("net.ipv4.conf.wire0.arp_ignore", 8)
        ours.sysctl("net.ipv4.conf.wire0.rp_filter", 1)
        ours.ip("link", "set", "wire0", "up")
        with ours.entered():
            return Raw("wire0")


class MemifPort(DpdkPort):
    """Shared memory between two programs of DPDK: no kernel on the wire."""

    def prepare(self):
        os.chmod(self.folder, 0o755)
        self.socket_path = os.path.join(self.folder, "memif.sock")

    def device(self):
        return (f"net_memif0,role=server,socket={self.socket_path},socket-abstract=no,"
                f"mac={frames.OUR_MAC}")

    def connect(self):
        program = harness.BUILD / "tests" / "support" / "memif_wire"
        with self.network.ours.entered():
            return ports.Wire([program, self.socket_path])


ports.PORTS.update({"xdp-native": XdpPort, "xdp-generic": GenericXdpPort,
                    "af_packet": AfPacketPort, "af_xdp": AfXdpPort, "tap": TapPort,
                    "memif": MemifPort})
