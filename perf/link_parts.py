"""What perf/link_rate is made of: namespaces with a link, and a server that ends when told to."""

import contextlib
import ctypes
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import time

CLONE_NEWNET = 0x40000000
START_MAX_s = 60
STOP_MAX_s = 20
HIGHEST_PRIORITY = -20
SERVER_ADDRESS = "192.0.2.1"


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"link_rate: {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def in_namespace(name, command):
    return ["ip", "netns", "exec", name, *command]


def processes_below(pid):
    found = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += processes_below(int(child))
    return found


def threads_below(pid):
    return [int(task.name) for process in processes_below(pid)
            for task in pathlib.Path(f"/proc/{process}/task").iterdir()]


def confine(pid, cpu):
    """Puts all threads of a process and of those below it on one CPU, whatever they chose."""
    for thread in threads_below(pid):
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(thread, {cpu})


def preferred(command):
    """`command` before all else that wants its CPU. REQUIRES: it starts in a session of its own.

    The kernel shares CPUs among sessions first (autogroup), so a nice value alone does not do.
    """
    script = ('[ ! -e /proc/self/autogroup ] || echo "$0" >/proc/self/autogroup; '
              'exec nice -n "$0" "$@"')
    return ["sh", "-c", script, str(HIGHEST_PRIORITY), *command]


@contextlib.contextmanager
def preferred_softirqs():
    """The kernel's threads for what interrupts leave undone, so that they are not starved."""
    before = {}
    for process in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            if (process / "comm").read_text().startswith("ksoftirqd/"):
                before[int(process.name)] = os.getpriority(os.PRIO_PROCESS, int(process.name))
    try:
        for thread in before:
            os.setpriority(os.PRIO_PROCESS, thread, HIGHEST_PRIORITY)
        yield
    finally:
        for thread, priority in before.items():
            os.setpriority(os.PRIO_PROCESS, thread, priority)


class Link:
    """A veth pair between two namespaces of its own; neighbours are known, checksums written."""

    SERVER_INTERFACE = "srv"
    GENERATOR_INTERFACE = "gen"
    ENDS = {"srv": (SERVER_ADDRESS, "02:00:00:00:00:01"), "gen": ("192.0.2.2", "02:00:00:00:00:02")}

    def __init__(self):
        self.server_namespace = f"lr-srv-{os.getpid()}"
        self.generator_namespace = f"lr-gen-{os.getpid()}"

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
        sides = {"srv": self.server_namespace, "gen": self.generator_namespace}
        for namespace in sides.values():
            run("ip", "netns", "add", namespace)
            run("ip", "-n", namespace, "link", "set", "lo", "up")
        run("ip", "-n", sides["srv"], "link", "add", "srv", "numrxqueues", "1", "numtxqueues", "1",
            "type", "veth", "peer", "name", "gen", "numrxqueues", "1", "numtxqueues", "1",
            "netns", sides["gen"])
        for end, other in (("srv", "gen"), ("gen", "srv")):
            address, mac = self.ENDS[end]
            ip = ["ip", "-n", sides[end]]
            run(*ip, "link", "set", end, "address", mac)
            run(*ip, "address", "add", f"{address}/24", "dev", end)
            # Without this the kernel leaves checksums to a NIC that is not there.
            run(*in_namespace(sides[end], ["ethtool", "-K", end, "tx", "off"]))
            run(*ip, "link", "set", end, "up")
        for end, other in (("srv", "gen"), ("gen", "srv")):
            address, mac = self.ENDS[other]
            run("ip", "-n", sides[end], "neighbour", "replace", address, "lladdr", mac, "dev", end,
                "nud", "permanent")

    def remove(self):
        for namespace in (self.server_namespace, self.generator_namespace):
            subprocess.run(["ip", "netns", "delete", namespace], capture_output=True)

    def take_programs_off(self):
        """knotd and kxdpgun leave theirs behind."""
        for namespace, end in ((self.server_namespace, "srv"), (self.generator_namespace, "gen")):
            run("ip", "-n", namespace, "link", "set", "dev", end, "xdp", "off")

    def has_native_program(self):
        found = json.loads(run("ip", "-json", "-n", self.server_namespace, "link", "show", "srv"))
        return found[0].get("xdp", {}).get("mode") == 1

    def generator_socket(self):
        """A UDP socket of the generator's namespace."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/self/ns/net") as own, \
                open(f"/run/netns/{self.generator_namespace}") as other:
            if libc.setns(other.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            try:
                return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            finally:
                libc.setns(own.fileno(), CLONE_NEWNET)


def wait_for_answer(link, name, reflected):
    """Whether the server answers now, with AA and NOERROR unless it only reflects."""
    question = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    query = struct.pack("!6H", 0x4242, 0, 1, 0, 0, 0) + question + b"\0" + struct.pack("!2H", 1, 1)
    with link.generator_socket() as client:
        client.settimeout(0.05)
        client.connect((SERVER_ADDRESS, 53))
        try:
            client.send(query)
            answer = client.recv(4096)
        except OSError:
            return False
    right = answer[2] & 0x84 == 0x84 and answer[3] & 15 == 0 and answer[7] > 0
    return answer[2] & 0x80 != 0 and (reflected or right)


class Server:
    """One server process with what it starts, ended by SIGTERM to its own id."""

    def __init__(self, command, log):
        self.command = command
        self.log = log
        self.process = None

    def __enter__(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(preferred(self.command), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, start_new_session=True)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(STOP_MAX_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            print(f"link_rate: {self.command[-3:]} had to be killed", file=sys.stderr)

    def text(self):
        return self.log.read_text(errors="replace")

    def wait_until(self, condition, what):
        end = time.monotonic() + START_MAX_s
        while not condition():
            if self.process.poll() is not None or time.monotonic() > end:
                sys.exit(f"link_rate: {' '.join(self.command)}: no {what}; its log ends:\n"
                         f"{self.text()[-1500:]}")
            time.sleep(0.02)

    def wait_log(self, word):
        self.wait_until(lambda: word in self.text(), f"{word!r} in its log")

    @property
    def pid(self):
        return self.process.pid
