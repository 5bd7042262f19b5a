"""Ports: what carries a frame to the worker and its reply back, all with one interface.

exchange(frames) sends frames, then a barrier: a good question with an id of its own. Frames of one
flow are answered in the order in which they came, so when the barrier's answer is there, everything
else is, too. Frames that are not UDP from our port (ARP, neighbour discovery, ICMP, TCP of a
kernel) are not looked at.
"""

import pathlib
import select
import struct
import subprocess
import tempfile
import time

import appliance as harness
import frames
import messages

BATCH = 32         # frames sent before their barrier: less than any ring on the way has
BARRIER_s = 1.0    # then it is sent again
TRIES = 10
BARRIER_NAME = "www.packets.test."
TABLE_ZONES = pathlib.Path(__file__).parent / "zones"


class Port:
    """REQUIRES: use as a context manager. has_control: asks are answered by a living control."""

    has_control = True
    smallest = 14    # octets of a frame that the link carries at all
    largest = 1514   # without tags; what is longer may get lost on the way
    stream = False   # messages come and go by TCP

    def __init__(self, zones=None):
        """`zones`: {name: file} to serve besides the usual ones."""
        self.zones = zones or {}
        self.ident = 0xb000
        self.barriers = 0  # sent

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def send(self, octets):
        """Puts one frame on the wire; what the wire cannot carry is lost."""
        raise NotImplementedError

    def receive(self, seconds):
        """The next frame, or None after so many seconds."""
        raise NotImplementedError

    def expected(self, octets):
        """The frame as this link brings it."""
        return octets

    def exchange(self, octets, replies=0):
        """Sends frames; returns all that came back. Waits for at least `replies` of them: what
        control answers comes later than the barrier."""
        found = []
        for start in range(0, max(1, len(octets)), BATCH):
            for each in octets[start:start + BATCH]:
                self.send(each)
            found += self._until_barrier()
        deadline = time.monotonic() + BARRIER_s
        while len(found) < replies and time.monotonic() < deadline:
            found += self._until_barrier()
        return found

    def _until_barrier(self):
        found = []
        for _ in range(TRIES):
            self.ident = 0xb000 | self.ident + 1 & 0xfff
            self.barriers += 1
            question = messages.query(BARRIER_NAME, ident=self.ident)
            self.send(frames.Frame(payload=question, source_port=0xb0b0).octets())
            deadline = time.monotonic() + BARRIER_s
            while (left := deadline - time.monotonic()) > 0:
                octets = self.receive(left)
                ports = frames.udp_ports(octets) if octets else None
                if not ports or ports[0] != frames.OUR_PORT:
                    continue
                if ports[1] != 0xb0b0:
                    found.append(octets)
                elif frames.message_of(octets)[:2] == struct.pack("!H", self.ident):
                    return found
        raise AssertionError(f"no answer to {TRIES} barriers")


def zone_files(folder):
    """Zone to file: the samples, those of the tables, and the zone of the frame tests written to
    `folder`."""
    path = pathlib.Path(folder) / "packets.zone"
    path.write_text(messages.zone_text())
    files = {f"{name}.": sample for name, sample in harness.SAMPLE_ZONES.items()}
    files |= {f"{each.stem}.": each for each in sorted(TABLE_ZONES.glob("*.zone"))}
    return {**files, messages.ZONE: path}


class Wire:
    """A program that takes and gives frames, each behind its size, on its standard streams."""

    def __init__(self, command, **options):
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.errors, bufsize=0, **options)
        self.pending = b""

    def send(self, octets):
        self.process.stdin.write(struct.pack("!I", len(octets)) + octets)

    def receive(self, seconds):
        deadline = time.monotonic() + seconds
        while True:
            if len(self.pending) >= 4:
                size = struct.unpack_from("!I", self.pending)[0]
                if len(self.pending) >= 4 + size:
                    octets = self.pending[4:4 + size]
                    self.pending = self.pending[4 + size:]
                    return octets
            left = max(0.0, deadline - time.monotonic())
            if not select.select([self.process.stdout], [], [], left)[0]:
                return None
            fresh = self.process.stdout.read(1 << 16)
            assert fresh, f"{self.process.args[0]} ended: {self.said()}"
            self.pending += fresh

    def said(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")[-2000:]

    def close(self):
        """Ends the program by the end of its input."""
        self.process.stdin.close()
        try:
            code = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.process.args[0]} did not end") from None
        finally:
            self.process.stdout.close()
            said = self.said()
            self.errors.close()
        assert code == 0, f"{self.process.args[0]} ended with {code}: {said}"


class MemoryPort(Port):
    """The worker in a process of its own, without kernel, control and wire."""

    has_control = False
    smallest = 0

    def __enter__(self):
        with tempfile.TemporaryDirectory(prefix="bowline-packets-") as folder:
            files = {**zone_files(folder), **self.zones}
            zones = [f"{zone}={path}" for zone, path in files.items()]
            self.wire = Wire([harness.BUILD / "tests" / "support" / "memory_port",
                              str(frames.OUR_PORT), str(messages.OWN_PAYLOAD), frames.OUR_IPV4,
                              frames.OUR_IPV6, messages.IDENTITY, messages.VERSION, messages.NSID,
                              *messages.PROXIES, *zones])
            self.exchange([])  # the zones are loaded
        return self

    def __exit__(self, *_):
        self.wire.close()

    def send(self, octets):
        self.wire.send(octets)

    def receive(self, seconds):
        return self.wire.receive(seconds)


PORTS = {"memory": MemoryPort}
