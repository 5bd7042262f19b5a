"""Reloads without end: random changes of zones and options, and a client that knows which answers
may come.

  Model    what is configured, and which version of each zone is on disk
  Churn    changes the model, files and configuration, reloads, and looks whether the answer to the
           reload says just what was changed
  Watcher  asks all the while, in a thread: each answer must be of one version from end to end, and
           no version may come after a later one

Every record of a zone tells its version: SOA serial, name of the MX, addresses.
"""

import dataclasses
import json
import os
import random
import re
import shutil
import signal
import socket
import struct
import threading
import time

import appliance as harness
import client
import wire
from load import Load

STABLE = 40          # zones that are always there: the load asks them
TRANSIENT = 10       # zones that come and go
HOSTS = 200          # names of a zone with an address
BACKLOGS = (5, 6, 7)  # control.backlog: it waits for a restart


class Control:
    """Requests at the control socket, each on a connection of its own."""

    def __init__(self, path, seconds=60):
        self.path, self.seconds = str(path), seconds

    @staticmethod
    def _take(link, size):
        octets = b""
        while len(octets) < size:
            part = link.recv(size - len(octets))
            assert part, "the control socket was closed"
            octets += part
        return octets

    def send(self, verb, *arguments):
        """The connection on which the answer comes."""
        request = json.dumps({"verb": verb, "args": arguments, "blocking": True}).encode()
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(self.seconds)
        link.connect(self.path)
        link.sendall(struct.pack("!I", len(request)) + request)
        return link

    def ask(self, verb, *arguments):
        """(error or "", texts, {table: rows})"""
        texts, tables = [], {}
        with self.send(verb, *arguments) as link:
            while True:
                frame = json.loads(self._take(link, struct.unpack("!I", self._take(link, 4))[0]))
                if "text" in frame:
                    texts.append(frame["text"])
                if "row" in frame:
                    tables.setdefault(frame.get("table", ""), []).append(frame["row"])
                if "end" in frame:
                    error = "" if frame["end"]["ok"] else frame["end"]["error"]
                    return error, texts, tables


def address(version):
    return bytes([10, version >> 16, version >> 8 & 255, version & 255])


def zone_text(name, version):
    text = ".".join(str(octet) for octet in address(version))
    hosts = "".join(f"n{i} A {text}\n" for i in range(HOSTS))
    return (f"$ORIGIN {name}\n$TTL 60\n@ SOA ns1 hostmaster {version} 3600 600 86400 60\n@ NS ns1\n"
            f"@ MX 10 mx{version}\nmx{version} A {text}\nns1 A {text}\n{hosts}")


class Zone:
    def __init__(self, name):
        self.name = name
        self.written = name  # as the configuration writes it: case may differ
        self.version = 1     # the newest on disk
        self.file = f"{name.rstrip('.')}.0.zone"  # in its folder
        self.shared = False  # it uses the template `shared`, whose storage may change
        self.broken = False  # its file has a fault; the version before is served
        self.present = False
        self.served = False  # a version of it is in the tables


class Model:
    def __init__(self, folder, port):
        self.folder, self.port = folder, port
        self.zones = [Zone(f"s{i}.churn.test.") for i in range(STABLE)]
        self.zones += [Zone(f"t{i}.churn.test.") for i in range(TRANSIENT)]
        for zone in self.zones[:STABLE]:
            zone.present = True
        self.folders = {False: folder / "own", True: folder / "shared0"}
        self.moves = 0
        self.identity = 1
        self.options = {"answer-rotation": "off", "edns-client-subnet": "off",
                        "udp-max-payload": "1232", "tcp-idle-timeout": "10", "nsid": "first"}
        self.level = "info"
        self.backlog = BACKLOGS[0]
        self.nonsense = ""
        for path in (folder, *self.folders.values()):
            path.mkdir(exist_ok=True)
        for zone in self.zones:
            self.write(zone)

    def path(self, zone):
        return self.folders[zone.shared] / zone.file

    def write(self, zone):
        text = zone_text(zone.name, zone.version)
        harness.Appliance.write_file(self.path(zone), text + ("broken\n" if zone.broken else ""))

    def present(self):
        return [zone for zone in self.zones if zone.present]

    def text(self):
        lines = ["server:", f"    rundir: {self.folder}/run",
                 f"    listen: 127.0.0.1@{self.port}", f"    identity: v{self.identity}"]
        lines += [f"    {name}: {value}" for name, value in self.options.items()]
        lines += ["control:", f"    backlog: {self.backlog}",
                  "log:", "  - target: stderr", f"    any: {self.level}", "dataplane:",
                  "    hugepages: off", "template:", "  - id: default",
                  f"    storage: {self.folders[False]}", "  - id: shared",
                  f"    storage: {self.folders[True]}", "zone:"]
        for zone in self.present():
            lines += [f"  - domain: {zone.written}", f"    file: {zone.file}"]
            if zone.shared:
                lines.append("    template: shared")
        return "\n".join(lines) + f"\n{self.nonsense}"


class Watcher(threading.Thread):
    """Asks one question after the other, and keeps what was wrong."""

    def __init__(self, model, rng):
        super().__init__(daemon=True)
        self.model, self.rng = model, rng
        self.socket = client.udp_socket(("127.0.0.1", model.port))
        self.socket.settimeout(2.0)
        self.newest = {}  # zone -> version
        self.identity = 0
        self.wrong = []
        self.answers = self.unanswered = 0
        self.ends = threading.Event()

    def run(self):
        while not self.ends.is_set():
            self.look_once()

    def finish(self):
        self.ends.set()
        self.join()
        self.socket.close()

    def ask(self, name, rr_type, **options):
        ident = self.rng.randrange(65536)
        self.socket.send(wire.query(name, rr_type, ident=ident, **options))
        while True:
            try:
                octets = self.socket.recv(65535)
            except TimeoutError:
                self.unanswered += 1
                return None
            if struct.unpack_from("!H", octets)[0] == ident:
                self.answers += 1
                return wire.parse(octets)

    def look_once(self):
        if self.rng.random() < 0.05:
            return self.look_at_identity()
        zone = self.rng.choice(self.model.zones)
        kind = self.rng.choice(("SOA", "MX", "A", "absent"))
        name, rr_type = {"SOA": (zone.name, "SOA"), "MX": (zone.name, "MX"),
                         "A": (f"n{self.rng.randrange(HOSTS)}.{zone.name}", "A"),
                         "absent": (f"absent.{zone.name}", "A")}[kind]
        always = zone in self.model.zones[:STABLE]
        reply = self.ask(name, rr_type)
        if reply is None:
            return
        if not always and reply.rcode in (wire.REFUSED, wire.SERVFAIL):
            return  # it is not there now, or its first file has a fault
        self.judge(zone, name, kind, reply)

    def judge(self, zone, name, kind, reply):
        expected = wire.NXDOMAIN if kind == "absent" else wire.NOERROR
        versions = set()
        for record in reply.answer + reply.authority + reply.additional:
            if record.type == wire.type_code("SOA"):
                versions.add(wire.soa_serial(record))
            elif record.type == wire.type_code("A"):
                versions.add(int.from_bytes(record.rdata[1:], "big"))
            elif record.type == wire.type_code("MX"):
                label = record.rdata[3:3 + record.rdata[2]]
                versions.add(int(label[2:]))
        before = self.newest.get(zone.name, 0)
        if reply.rcode != expected or len(versions) != 1:
            self.wrong.append(f"{name} {kind}: rcode {reply.rcode}, versions {sorted(versions)}")
        elif min(versions) < before or max(versions) > zone.version:
            self.wrong.append(f"{name} {kind}: version {versions} after {before}, on disk is "
                              f"{zone.version}")
        else:
            self.newest[zone.name] = versions.pop()

    def look_at_identity(self):
        reply = self.ask("id.server.", "TXT", qclass=wire.CH)
        if reply is None:
            return
        seen = int(reply.answer[0].rdata[2:]) if reply.answer else -1
        if not self.identity <= seen <= self.model.identity:
            self.wrong.append(f"identity {seen} after {self.identity}, configured is "
                              f"{self.model.identity}")
        self.identity = max(self.identity, seen)


class Churn:
    """One change, one reload, one look at what came of it, as often as step() is called."""

    def __init__(self, appliance, model, rng):
        self.appliance, self.model, self.rng = appliance, model, rng
        self.control = Control(model.folder / "run/bowline.sock")
        self.steps = self.signals = 0
        self.loaded = set()    # names that the reload has to load
        self.removed = set()
        self.restart = False   # an item that waits for a restart was changed
        self.done = {}         # how often each kind of change was made
        self.expected = [self.edit, self.move, self.swap_template, self.move_template,
                         self.add_or_remove, self.rename, self.break_file, self.option,
                         self.identity, self.log_level, self.backlog, self.nothing]

    # ---- changes ----------------------------------------------------------------------------

    def edit(self):
        for zone in self.rng.sample(self.model.present(), self.rng.randint(1, 5)):
            zone.version += 1
            zone.broken = False
            self.model.write(zone)
            self.loaded.add(zone)

    def move(self):
        zone = self.rng.choice(self.model.present())
        self.model.moves += 1
        old = self.model.path(zone)
        zone.file = f"{zone.name.rstrip('.')}.{self.model.moves}.zone"
        old.rename(self.model.path(zone))
        self.loaded.add(zone)

    def swap_template(self):
        zone = self.rng.choice(self.model.present())
        old = self.model.path(zone)
        zone.shared = not zone.shared
        shutil.move(old, self.model.path(zone))
        self.loaded.add(zone)

    def move_template(self):
        """Another folder for all zones of the template, and for no other one."""
        self.model.moves += 1
        old = self.model.folders[True]
        self.model.folders[True] = self.model.folder / f"shared{self.model.moves}"
        old.rename(self.model.folders[True])
        self.loaded.update(zone for zone in self.model.present() if zone.shared)

    def add_or_remove(self):
        for zone in self.rng.sample(self.model.zones[STABLE:], self.rng.randint(1, 3)):
            zone.present = not zone.present
            if zone.present:
                zone.version += 1
                zone.broken = False
                self.model.write(zone)
                self.loaded.add(zone)
            elif zone.served:
                self.removed.add(zone)

    def rename(self):
        """The same zone in other letters: nothing to be done."""
        zone = self.rng.choice(self.model.present())
        zone.written = "".join(self.rng.choice((c.upper(), c.lower())) for c in zone.name)

    def break_file(self):
        zone = self.rng.choice(self.model.present())
        zone.broken = True
        self.model.write(zone)

    def option(self):
        name, values = self.rng.choice((
            ("answer-rotation", ("on", "off")), ("edns-client-subnet", ("on", "off")),
            ("udp-max-payload", ("1232", "4096", "1400")), ("tcp-idle-timeout", ("5", "10", "20")),
            ("nsid", ("first", "second", "0x00ff"))))
        self.model.options[name] = self.rng.choice(values)

    def identity(self):
        self.model.identity += 1

    def log_level(self):
        self.model.level = self.rng.choice(("warning", "info", "debug"))

    def backlog(self):
        fresh = self.rng.choice(BACKLOGS)
        self.restart = fresh != self.model.backlog
        self.model.backlog = fresh

    def nothing(self):
        pass

    # ---- reloads ----------------------------------------------------------------------------

    def step(self):
        self.steps += 1
        self.loaded, self.removed, self.restart = set(), set(), False
        if self.rng.random() < 0.05:
            return self.refuse()
        for change in self.rng.sample(self.expected, self.rng.randint(1, 3)):
            self.done[change.__name__] = self.done.get(change.__name__, 0) + 1
            change()
        self.loaded -= {zone for zone in self.loaded if not zone.present}
        self.loaded |= {zone for zone in self.model.present() if zone.broken}
        self.appliance.write_config(self.model.text())
        if self.rng.random() < 0.15:
            self.reload_by_signals()
        else:
            self.reload()
        for zone in self.loaded:
            zone.served = zone.served or not zone.broken
        for zone in self.removed:
            zone.served = False

    def reload(self):
        error, texts, tables = self.control.ask("reload")
        failed = {zone for zone in self.loaded if zone.broken}
        assert "zones" in tables, (error, texts)
        said = tables["zones"][0]
        expected = {"loaded": len(self.loaded - failed), "failed": len(failed),
                    "removed": len(self.removed),
                    "unchanged": len(self.model.present()) - len(self.loaded)}
        assert said == expected, f"{said}, not {expected}: {texts}"
        assert bool(error) == bool(failed), (error, texts)
        waits = [row["item"] for row in tables.get("items", ()) if row["effect"] == "restart"]
        assert waits == (["control.backlog"] if self.restart else []), texts
        for zone in list(self.loaded - failed)[:3]:
            assert self.appliance.serial(zone.name) in (zone.version, None), zone.name

    def reload_by_signals(self):
        """One to five signals at once make one reload or some; nothing tells when they are done
        but what is served."""
        self.signals += 1
        witness = self.rng.choice([zone for zone in self.model.zones[:STABLE]])
        witness.version += 1
        witness.broken = False
        self.model.write(witness)
        self.loaded.add(witness)
        for _ in range(self.rng.randint(1, 5)):
            self.appliance.process.send_signal(signal.SIGHUP)
        harness.wait_until(lambda: self.appliance.serial(witness.name) == witness.version, 20.0,
                           lambda: f"{witness.name} of version {witness.version}: "
                                   f"{self.appliance.errors()[-2000:]}")
        # What else waits: the answer to this one comes after it, and finds nothing to do.
        error, texts, tables = self.control.ask("reload")
        assert tables["zones"][0]["loaded"] == 0, texts

    def refuse(self):
        """A configuration with a fault: nothing of it takes effect."""
        self.done["refused"] = self.done.get("refused", 0) + 1
        self.model.nonsense = self.rng.choice(
            ("nonsense:\n    item: 1\n", "zone:\n  - domain: x.test.\n    template: nowhere\n",
             "  - domain: s0.churn.test.\n", "server:\n    udp-max-payload: 1\n"))
        self.appliance.write_config(self.model.text())
        error, texts, tables = self.control.ask("reload")
        assert error and "bowline.conf:" in texts[0] and not tables, (error, texts, tables)
        self.model.nonsense = ""


def start(appliance, rng):
    """(model, churn) of an appliance that has not been started yet."""
    model = Model(appliance.folder, appliance.port)
    appliance.write_config(model.text())
    appliance.start()
    for zone in model.present():
        zone.served = True
    return model, Churn(appliance, model, rng)


def questions():
    return [(f"n{i}.s{zone}.churn.test", "A") for i in range(0, HOSTS, 4) for zone in range(STABLE)]


def seed():
    """BOWLINE_SEED, or one of the clock; printed by whoever uses it."""
    return int(os.environ.get("BOWLINE_SEED") or random.SystemRandom().randrange(1 << 31))


@dataclasses.dataclass
class Trial:
    """One pair of runs: the load alone, and the same load beside reloads."""
    twin: object
    disturbed: object
    reloads: int
    seconds: float
    watcher: Watcher

    def __str__(self):
        return (f"alone: {self.twin}; beside {self.reloads} reloads in {self.seconds:.0f} s: "
                f"{self.disturbed}; {self.watcher.answers} answers judged, "
                f"{len(self.watcher.wrong)} wrong")


def run_alone(appliance, rate, seconds):
    with Load(appliance, questions(), seconds, rate) as load:
        outcome = load.result()
    assert outcome.sent > 0.9 * rate * seconds, f"the load was held up: {outcome.text}"
    return outcome


def run_beside_reloads(churn, rng, rate, seconds, steps):
    """Reloads at an even pace over `seconds`; the load goes on for as long."""
    appliance = churn.appliance
    watcher = Watcher(churn.model, random.Random(rng.random()))
    with Load(appliance, questions(), seconds, rate) as load:
        watcher.start()
        begin = time.monotonic()
        try:
            for number in range(steps):
                churn.step()
                time.sleep(max(0.0, begin + (number + 1) * seconds / steps - time.monotonic()))
        finally:
            watcher.finish()
        took = time.monotonic() - begin
        outcome = load.result()
    assert outcome.sent > 0.9 * rate * seconds, f"the load was held up: {outcome.text}"
    assert re.search(r"NOERROR \d+ \(100.00%\)", outcome.text), outcome.text
    return outcome, took, watcher


def trial(churn, rng, rate, seconds, steps):
    twin = run_alone(churn.appliance, rate, seconds)
    disturbed, took, watcher = run_beside_reloads(churn, rng, rate, seconds, steps)
    return Trial(twin, disturbed, steps, took, watcher)
