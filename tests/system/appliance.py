"""Appliance: a bowlined of its own in a folder of its own, for one test or a file of tests.

Everything waits by looking until a deadline, never by sleeping for a guessed time. Only processes
that were started here are ever signalled, each by its own id.
"""

import contextlib
import errno
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import client
import wire

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BOWLINE_BUILD", TOP / "build")).resolve()
SHARED = pathlib.Path(os.environ.get("BOWLINE_SHARED", TOP.parent / "shared"))
SAMPLES = TOP / "zones" / "samples"
SAMPLE_ZONES = {path.name[:-len(".zone")]: path for path in sorted(SAMPLES.glob("*.zone"))}

START_DEADLINE_s = 30.0  # a loaded machine with two cores; an idle one needs 0.2 s
STOP_DEADLINE_s = 10.0   # the keeper makes its children end after five
CHILD_NAMES = ("bowline-control", "bowline-dataplane")
SANITIZER_MARKS = ("AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", "runtime error:")


def wait_until(condition, seconds, what, pause=0.002):
    """Returns the first true value of condition(); fails after so many seconds with `what`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(pause)


def free_port():
    """A port that is free for UDP and TCP on 127.0.0.1 and ::1."""
    for _ in range(100):
        sockets = []
        try:
            first = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sockets.append(first)
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            for family, kind, address in ((socket.AF_INET, socket.SOCK_STREAM, "127.0.0.1"),
                                          (socket.AF_INET6, socket.SOCK_DGRAM, "::1"),
                                          (socket.AF_INET6, socket.SOCK_STREAM, "::1")):
                extra = socket.socket(family, kind)
                sockets.append(extra)
                extra.bind((address, port))
            return port
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        finally:
            for each in sockets:
                each.close()
    raise AssertionError("no free port")


def children_of(pid):
    """Name to id of the direct children, by the name of their executable."""
    found = {}
    try:
        text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return found
    for child in text.split():
        try:
            comm = pathlib.Path(f"/proc/{child}/comm").read_text().strip()
        except OSError:
            continue
        for name in CHILD_NAMES:
            if comm == name[:15]:  # the kernel keeps 15 octets
                found[name] = int(child)
    return found


def started_at(pid):
    """Start of a process in clock ticks since boot: with the id it names one process for good."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text.rsplit(")", 1)[1].split()
    return None if fields[0] == "Z" else int(fields[19])


def state_of(pid):
    """One letter, T for a stopped process; only once all of its threads stand still."""
    states = set()
    for stat in pathlib.Path(f"/proc/{pid}/task").glob("*/stat"):
        states.add(stat.read_text().rsplit(")", 1)[1].split()[0])
    return states.pop() if len(states) == 1 else None


def status_of(pid):
    """The fields of /proc/PID/status."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":", 1) for line in lines if ":" in line)


class Ended(AssertionError):
    """bowlined ended while it was to start."""


class Appliance:
    """REQUIRES: use as a context manager; the zones are {name: file or text or None}.

    `sections`: text of more sections of the configuration. `namespace`: where bowlined runs
    (network.Namespace). Questions are asked from there, too, at the first address of `listen`.
    """

    def __init__(self, zones=None, *, server="", dataplane="", listen=None, user=None, log="debug",
                 config=None, prefix=(), build=None, port=None, sections="", namespace=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bowline-system-"))
        self.folder.chmod(0o755)
        self.build = pathlib.Path(build or BUILD)
        self.port = port or free_port()
        self.zones = {}
        self.listen = listen or ["127.0.0.1", "::1"]
        self.server = server
        self.dataplane = dataplane
        self.user = user
        self.log_level = log
        self.prefix = [*(namespace.prefix if namespace else ()), *prefix]
        self.sections = sections
        self.namespace = namespace
        self.rundir = self.folder / "run"
        self.config = self.folder / "bowline.conf"
        self.stderr = self.folder / "stderr"
        self.process = None
        self.seen = {}  # id of every process that was here -> its start
        for name, source in (zones or {}).items():
            self.add_zone(name, source)
        self.write_config(config)

    # ---- files ------------------------------------------------------------------------------

    def add_zone(self, name, source=None):
        """`source`: a path, the text of a zone file, or None for a file that is not there."""
        path = self.folder / f"{name.rstrip('.') or 'root'}.zone"
        if isinstance(source, pathlib.Path):
            shutil.copy(source, path)
            path.chmod(0o644)
        elif source is not None:
            self.write_file(path, source)
        self.zones[name] = path
        return path

    def write_zone(self, name, text):
        self.write_file(self.zones[name], text)

    @staticmethod
    def write_file(path, text):
        """Replaces the file at once, as an editor does."""
        fresh = path.with_name(path.name + ".new")
        fresh.write_text(text)
        fresh.chmod(0o644)
        fresh.rename(path)

    def config_text(self):
        lines = ["server:", f"    rundir: {self.rundir}",
                 "    listen: [ " + ", ".join(f"{a}@{self.port}" for a in self.listen) + " ]"]
        if self.user:
            lines.append(f"    user: {self.user}")
        lines += [f"    {line}" for line in self.server.splitlines()]
        lines += ["database:", f"    storage: {self.folder}",
                  "log:", "  - target: stderr", f"    any: {self.log_level}"]
        if self.dataplane:
            lines += ["dataplane:"] + [f"    {line}" for line in self.dataplane.splitlines()]
        lines += self.sections.splitlines()
        lines += ["template:", "  - id: default", f"    storage: {self.folder}"]
        if self.zones:
            lines.append("zone:")
        for name, path in self.zones.items():
            lines += [f"  - domain: {name}", f"    file: {path.name}"]
        return "\n".join(lines) + "\n"

    def write_config(self, text=None):
        self.write_file(self.config, text if text is not None else self.config_text())

    # ---- start and end ----------------------------------------------------------------------

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        try:
            if self.process:
                self.stop(check=kind is None)
        finally:
            if kind is not None:
                print(f"stderr of bowlined:\n{self.errors()[-6000:]}")
            shutil.rmtree(self.folder, ignore_errors=True)

    def launch(self):
        """Starts bowlined and does not wait for anything."""
        assert self.process is None
        with open(self.stderr, "ab") as stderr:
            self.process = subprocess.Popen(
                [*self.prefix, str(self.build / "bowlined"), "-c", str(self.config)],
                stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr, cwd=self.folder)
        return self

    def start(self):
        """Starts bowlined and waits until it answers."""
        self.launch()
        self.wait_serving()
        self.wait_children()
        return self

    def wait_serving(self, seconds=START_DEADLINE_s):
        message = wire.query(".", "SOA")

        def answers():
            if self.process.poll() is not None:
                raise Ended(f"bowlined ended with {self.process.returncode}: {self.errors()}")
            with self.inside():
                return client.try_udp(self.address(), message, 0.1)

        wait_until(answers, seconds, "an answer from bowlined")
        wait_until(lambda: "ready" in self.errors(), seconds, "'ready' in the log")

    def inside(self):
        """A context in which this thread is in the namespace of bowlined."""
        return self.namespace.entered() if self.namespace else contextlib.nullcontext()

    def wait_ready(self, seconds=START_DEADLINE_s):
        """For a bowlined that no question from here can reach."""
        def ready():
            if self.process.poll() is not None:
                raise Ended(f"bowlined ended with {self.process.returncode}: {self.errors()}")
            return re.search("info: server started .*, ready", self.errors())

        wait_until(ready, seconds, lambda: f"'ready' in the log:\n{self.errors()[-3000:]}")

    def run_to_end(self, seconds=START_DEADLINE_s):
        """For starts that must fail: returns (exit code, what was printed)."""
        self.launch()
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.stop(check=False)
            raise AssertionError(f"bowlined did not end by itself: {self.errors()}") from None
        self.process = None
        self.check_sanitizers()
        return code, self.errors()

    def stop(self, check=True):
        """Ends bowlined by SIGTERM to its own id; no process may be left."""
        self.children()
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(STOP_DEADLINE_s)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait(STOP_DEADLINE_s)
        left = self.end_what_is_left()
        if check:
            self.check_sanitizers()
            assert code == 0, f"bowlined ended with {code}: {self.errors()[-2000:]}"
            assert not left, f"left behind: {left}"
        return code

    def end_what_is_left(self):
        left = []
        for pid, start in self.seen.items():
            if start is None:
                continue
            deadline = time.monotonic() + 2.0
            while started_at(pid) == start and time.monotonic() < deadline:
                time.sleep(0.005)
            if started_at(pid) == start:
                left.append(pid)
                os.kill(pid, signal.SIGKILL)
        self.seen = {}
        return left

    def check_sanitizers(self):
        text = self.errors()
        for mark in SANITIZER_MARKS:
            assert mark not in text, text[text.find(mark) - 200:][:6000]

    # ---- looking at it ----------------------------------------------------------------------

    def address(self, host="127.0.0.1"):
        return (host, self.port)

    def errors(self):
        """What bowlined and its children printed."""
        try:
            return re.sub("\x1b\\[[0-9;]*m", "", self.stderr.read_text(errors="replace"))
        except FileNotFoundError:
            return ""

    def log_count(self, text):
        return self.errors().count(text)

    def wait_log(self, text, seconds=10.0, count=1):
        wait_until(lambda: self.log_count(text) >= count, seconds,
                   lambda: f"{text!r} in the log:\n{self.errors()[-2000:]}")

    def keeper_pid(self):
        """bowlined's own id, also when a program of `prefix` became it by exec."""
        return self.process.pid

    def children(self):
        found = children_of(self.keeper_pid())
        for pid in found.values():
            self.seen.setdefault(pid, started_at(pid))
        return found

    def wait_children(self):
        return wait_until(lambda: (c := self.children()) and len(c) == 2 and c, 10.0,
                          "two children of bowlined")

    def kill_child(self, name):
        """SIGKILL to the child of that name; returns its id."""
        pid = self.wait_children()[name]
        os.kill(pid, signal.SIGKILL)
        return pid

    def wait_new_child(self, name, old_pid, seconds=10.0):
        """Returns the id of its successor once that has been started."""
        return wait_until(lambda: (p := self.children().get(name)) and p != old_pid and p, seconds,
                          f"another {name} than {old_pid}", pause=0.001)

    def ctl(self, *arguments, socket_path=None, check=True, seconds=30.0):
        """Runs bowlinec, which waits until what it asks for is done; returns the finished process.

        `told` of it is all that was printed: what a script does not read goes to standard error.
        """
        done = subprocess.run(
            [str(self.build / "bowlinec"), "-b", "-s",
             str(socket_path or self.rundir / "bowline.sock"), *arguments],
            capture_output=True, text=True, timeout=seconds)
        done.told = done.stdout + done.stderr
        if check:
            assert done.returncode == 0, f"bowlinec {arguments}: {done.stdout}{done.stderr}"
        return done

    def ctl_json(self, *arguments):
        return json.loads(self.ctl("--json", *arguments).stdout)

    def status(self):
        return self.ctl_json("status")

    def stats(self):
        """Counters by name: those of the workers without "dataplane.", "xdp-..." of the program."""
        return {re.sub(r"^xdp\.", "xdp-", re.sub(r"^(dataplane|control)\.", "", name)): int(value)
                for name, value in self.ctl_json("-f", "stats").items()}

    # ---- asking it --------------------------------------------------------------------------

    def ask(self, name, rr_type="A", *, host="127.0.0.1", tcp=False, **options):
        """One question and its parsed answer."""
        message = wire.query(name, rr_type, **options)
        send = client.tcp if tcp else client.udp
        return wire.parse(send(self.address(host), message))

    def serial(self, zone):
        """The serial in service; None if there is none, or the question was lost under load."""
        octets = client.try_udp(self.address(), wire.query(zone, "SOA"), 0.5)
        if octets is None:
            return None
        for record in wire.parse(octets).answer:
            if record.type == wire.type_code("SOA"):
                return wire.soa_serial(record)
        return None


def nobody():
    entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid


BIG = 60_000  # octets of the largest answers of stream_zone(), nearly


def stream_zone(origin):
    """A zone for TCP: n0 to n249 with an address each, and a TXT answer of BIG octets."""
    strings = " ".join(['"' + "x" * 250 + '"'] * (BIG // 251 // 4))
    return small_zone(origin, 1, "".join(f"big TXT {strings} \"{i}\"\n" for i in range(4))
                      + "".join(f"n{i} A 192.0.2.{i}\n" for i in range(250)))


def small_zone(origin, serial, extra=""):
    """A zone with an SOA, one server and one address."""
    return (f"$ORIGIN {origin}\n$TTL 300\n@ SOA ns1 hostmaster {serial} 3600 600 86400 60\n"
            f"@ NS ns1\nns1 A 192.0.2.1\nwww A 192.0.2.80\n{extra}")
