"""Bowline, knotd, nsd and named on loopback, each serving the same zone files.

A server is a context manager; it is ended by the id of the process that was started here.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "system"))

import appliance  # noqa: E402
import messages  # noqa: E402
import names  # noqa: E402
import pipeline  # noqa: E402

PEERS = ("knotd", "nsd", "named")
OURS = "bowline"
START_DEADLINE_s = 8.0
STOP_DEADLINE_s = 20.0
UDP_SIZE = 1232  # what every server is told to send at most


def knotd_config(folder, port, zones):
    lines = ["server:", f"    rundir: {folder}", f"    listen: 127.0.0.1@{port}",
             f"    udp-max-payload: {UDP_SIZE}", "    udp-workers: 1", "    tcp-workers: 1",
             "    identity: \"\"", "    version: \"\"",
             "    nsid: \"\"",
             "database:", f"    storage: {folder}/db",
             "log:", "  - target: stderr", "    any: info",
             "template:", "  - id: default", "    journal-content: none", "    zonefile-sync: -1",
             "    semantic-checks: soft", "zone:"]
    for zone in zones:
        lines += [f'  - domain: "{zone}"', f'    file: "{zone.path}"']
    return "\n".join(lines) + "\n", ["knotd", "-c", f"{folder}/conf"]


def nsd_config(folder, port, zones):
    text = (f"server:\n  ip-address: 127.0.0.1@{port}\n  pidfile: {folder}/pid\n"
            f"  xfrdfile: {folder}/xfrd\n  zonelistfile: {folder}/list\n  username: \"\"\n"
            f"  database: \"\"\n  zonesdir: {folder}\n  server-count: 1\n  tcp-query-count: 0\n"
            f"  ipv4-edns-size: {UDP_SIZE}\n  minimal-responses: yes\n  verbosity: 1\n"
            "  hide-version: yes\n  hide-identity: yes\n  rrl-ratelimit: 0\n"
            "remote-control:\n  control-enable: no\n")
    for zone in zones:
        text += f'zone:\n  name: "{zone}"\n  zonefile: "{zone.path}"\n'
    return text, ["nsd", "-d", "-c", f"{folder}/conf"]


def named_config(folder, port, zones):
    text = (f'options {{ directory "{folder}"; listen-on port {port} {{ 127.0.0.1; }};\n'
            f'  listen-on-v6 {{ none; }}; pid-file "{folder}/pid";\n'
            f'  session-keyfile "{folder}/key"; recursion no; dnssec-validation no;\n'
            f"  empty-zones-enable no; minimal-responses no-auth; minimal-any yes; notify no;\n"
            f"  max-udp-size {UDP_SIZE}; edns-udp-size {UDP_SIZE}; answer-cookie no;\n"
            "  check-names primary ignore; check-mx ignore; check-mx-cname ignore;\n"
            "  check-srv-cname ignore; check-integrity no; check-sibling no; check-spf ignore;\n"
            "  check-wildcard no; version none; hostname none; server-id none;\n"
            "  zero-no-soa-ttl no; rrset-order { order none; }; };\n"
            "controls { };\n")
    for zone in zones:
        text += f'zone "{zone}" {{ type primary; file "{zone.path}"; }};\n'
    return text, ["named", "-g", "-n", "1", "-c", f"{folder}/conf"]


CONFIGS = {"knotd": knotd_config, "nsd": nsd_config, "named": named_config}


class Peer:
    """One of the other servers."""

    def __init__(self, kind, zones):
        self.kind = kind
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"bowline-{kind}-"))
        (self.folder / "db").mkdir()
        self.port = appliance.free_port()
        text, self.command = CONFIGS[kind](self.folder, self.port, zones)
        (self.folder / "conf").write_text(text)
        self.log = self.folder / "log"
        self.process = None

    def __enter__(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, cwd=self.folder, start_new_session=True)
        return self

    def errors(self):
        return self.log.read_text(errors="replace")

    def running(self):
        return self.process.poll() is None

    def __exit__(self, kind, value, traceback):
        if self.running():
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_DEADLINE_s)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)  # a session of its own: only its children
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Ours(appliance.Appliance):
    """Bowline, with the face of a peer."""

    kind = OURS

    def __init__(self, zones):
        super().__init__({str(zone): zone.path for zone in zones}, log="info",
                         dataplane="hugepages: off", listen=["127.0.0.1"],
                         server=f"udp-max-payload: {UDP_SIZE}\nidentity: \"\"\nversion: \"\"\n"
                                "nsid: \"\"")

    def add_zone(self, name, source=None):
        """The file where it is: text of names is no name of a file."""
        self.zones[name] = source
        return source

    def config_text(self):
        text = super().config_text()
        for path in self.zones.values():
            text = text.replace(f"    file: {path.name}\n", f"    file: {path}\n")
        return text

    def __enter__(self):
        self.launch()
        return self

    def running(self):
        return self.process.poll() is None


def make(kind, zones):
    return Ours(zones) if kind == OURS else Peer(kind, zones)


def installed():
    """The peers that are here."""
    return [peer for peer in PEERS if shutil.which(peer)]


class NotServing(Exception):
    """A server that does not come up with all zones."""


def wait_serving(server, zones):
    """Waits until every zone has an answer with AA, which no server gives for one it refused."""
    missing = list(zones)
    deadline = time.monotonic() + START_DEADLINE_s
    client = pipeline.Client("127.0.0.1", server.port)
    try:
        while missing:
            if not server.running():
                raise NotServing(f"{server.kind} ended: {server.errors()[-3000:]}")
            if time.monotonic() > deadline:
                raise NotServing(f"{server.kind} does not serve {', '.join(map(str, missing))}: "
                                 f"{server.errors()[-20000:]}")
            questions = [messages.request(names.wire(zone.key), messages.SOA) for zone in missing]
            replies = client.ask(questions, timeout=0.3, tries=1)
            missing = [zone for zone, octets in zip(missing, replies) if not is_answer(octets)]
            if missing:
                time.sleep(0.02)
    finally:
        client.close()


def is_answer(octets):
    return octets is not None and octets[2] & 4 != 0 and octets[3] & 15 == 0 and octets[7] > 0
