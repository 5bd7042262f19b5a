"""The links that servers are measured on: a veth pair between two namespaces, or shared memory."""

import json
import os
import subprocess

from side.process import run

SERVER_ADDRESS = "192.0.2.1"
GENERATOR_ADDRESS = "192.0.2.2"
SERVER_INTERFACE = "srv"
GENERATOR_INTERFACE = "gen"
SERVER_MAC = "02:00:00:00:00:01"
GENERATOR_MAC = "02:00:00:00:00:02"
ENDS = {SERVER_INTERFACE: (SERVER_ADDRESS, SERVER_MAC),
        GENERATOR_INTERFACE: (GENERATOR_ADDRESS, GENERATOR_MAC)}

DESCRIPTIONS = {
    "memory": "in process: Ethernet frame to Ethernet frame, no link (bench_answer)",
    "memif": "net_memif between two processes, one queue",
    "xdp": "veth pair; the server by AF_XDP, native copy mode, one queue",
    "sockets": "veth pair; the server by sockets of the kernel",
}


def in_namespace(name, command):
    return ["ip", "netns", "exec", name, *command]


class Veth:
    """A veth pair between two namespaces of its own; neighbours are known, checksums written.

    REQUIRES: root; use as a context manager, which removes both namespaces at its end.
    """

    def __init__(self):
        self.server_namespace = f"perf-srv-{os.getpid()}"
        self.generator_namespace = f"perf-gen-{os.getpid()}"

    def __enter__(self):
        try:
            self.make()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_):
        self.remove()

    def make(self):
        sides = {SERVER_INTERFACE: self.server_namespace,
                 GENERATOR_INTERFACE: self.generator_namespace}
        for namespace in sides.values():
            run("ip", "netns", "add", namespace)
            run("ip", "-n", namespace, "link", "set", "lo", "up")
        run("ip", "-n", self.server_namespace, "link", "add", SERVER_INTERFACE, "numrxqueues", "1",
            "numtxqueues", "1", "type", "veth", "peer", "name", GENERATOR_INTERFACE, "numrxqueues",
            "1", "numtxqueues", "1", "netns", self.generator_namespace)
        for end, namespace in sides.items():
            self.set_up(end, namespace)
        for end, other in zip(sides, reversed(sides)):
            address, mac = ENDS[other]
            run("ip", "-n", sides[end], "neighbour", "replace", address, "lladdr", mac, "dev", end,
                "nud", "permanent")

    @staticmethod
    def set_up(end, namespace):
        address, mac = ENDS[end]
        ip = ["ip", "-n", namespace]
        run(*ip, "link", "set", end, "address", mac)
        run(*ip, "address", "add", f"{address}/24", "dev", end)
        # Without this the kernel leaves checksums to a NIC that is not there.
        run(*in_namespace(namespace, ["ethtool", "-K", end, "tx", "off"]))
        run(*ip, "link", "set", end, "up")

    def remove(self):
        for namespace in (self.server_namespace, self.generator_namespace):
            subprocess.run(["ip", "netns", "delete", namespace], capture_output=True)

    def take_programs_off(self):
        """Not every program takes its XDP program along when it ends."""
        for namespace, end in ((self.server_namespace, SERVER_INTERFACE),
                               (self.generator_namespace, GENERATOR_INTERFACE)):
            run("ip", "-n", namespace, "link", "set", "dev", end, "xdp", "off")

    def has_native_program(self):
        """Whether the server's end has an XDP program in native mode."""
        found = json.loads(run("ip", "-json", "-n", self.server_namespace, "link", "show",
                               SERVER_INTERFACE))
        return found[0].get("xdp", {}).get("mode") == 1
