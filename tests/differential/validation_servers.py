"""Validating resolvers on loopback that ask one Bowline for everything and forget it at once."""

import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "system"))

import appliance  # noqa: E402
import client  # noqa: E402
import wire  # noqa: E402

START_DEADLINE_s = 30.0
STOP_DEADLINE_s = 10.0


class Validator:
    """REQUIRES: use as a context manager; `zones` are served at 127.0.0.1 and `port`."""

    host = "127.0.0.1"

    def __init__(self, zones, port):
        self.zones = zones
        self.target = port
        self.port = appliance.free_port()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bowline-validator-"))
        self.log = self.folder / "log"
        self.process = None

    def anchors(self):
        """The DS records of the tops of the trees: what else is signed hangs below them."""
        return [anchor for zone in self.zones if zone.is_top for anchor in zone.anchors]

    def __enter__(self):
        (self.folder / "conf").write_text(self.config())
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, cwd=self.folder)
        try:
            appliance.wait_until(self.answers, START_DEADLINE_s, self.errors, 0.02)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind, value, traceback):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_DEADLINE_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def answers(self):
        assert self.process.poll() is None, self.errors()
        message = wire.query(self.zones[0].name, "SOA", flags=wire.RD, do=True)
        reply = client.try_udp((self.host, self.port), message, 0.5)
        return reply is not None and wire.parse(reply).rcode == wire.NOERROR

    def errors(self):
        return self.log.read_text(errors="replace")[-6000:]

    def ask(self, questions):
        """Parsed replies to (name, type), in order; None where there is none."""
        messages = [wire.query(name, rr_type, flags=wire.RD, do=True, edns=4096)
                    for name, rr_type in questions]
        replies = client.udp_many((self.host, self.port), messages, window=24)
        cut = [i for i, reply in enumerate(replies) if reply and wire.parse(reply).tc]
        again = client.tcp_many((self.host, self.port), [messages[i] for i in cut])
        for i, reply in zip(cut, again):
            replies[i] = reply
        return [reply and wire.parse(reply) for reply in replies]


class Unbound(Validator):
    name = "unbound"

    def config(self):
        lines = ["server:", f"  interface: {self.host}", f"  port: {self.port}", "  do-ip6: no",
                 "  username: \"\"", "  chroot: \"\"", "  pidfile: \"\"",
                 f"  directory: \"{self.folder}\"", "  use-syslog: no", "  verbosity: 1",
                 "  val-log-level: 2", "  do-not-query-localhost: no", "  qname-minimisation: no",
                 "  cache-max-ttl: 0", "  cache-max-negative-ttl: 0", "  aggressive-nsec: no",
                 "  module-config: \"validator iterator\"", "  minimal-responses: no",
                 "  target-fetch-policy: \"0 0 0 0 0\"", "  edns-buffer-size: 1232"]
        lines += [f"  trust-anchor: \"{anchor}\"" for anchor in self.anchors()]
        for zone in self.zones:
            lines += ["stub-zone:", f"  name: \"{zone.name}\"",
                      f"  stub-addr: 127.0.0.1@{self.target}", "  stub-no-cache: yes"]
        lines += ["remote-control:", "  control-enable: no"]
        return "\n".join(lines) + "\n"

    def command(self):
        return ["unbound", "-d", "-c", str(self.folder / "conf")]


class Named(Validator):
    """Asks other servers at the port that it listens on itself, so it has an address of its own.

    REQUIRES: Bowline does not listen on ::1.
    """

    name = "named"
    host = "::1"

    def __init__(self, zones, port):
        super().__init__(zones, port)
        self.port = port

    def config(self):
        text = (f"options {{ directory \"{self.folder}\"; port {self.port};\n"
                f"  listen-on {{ none; }}; listen-on-v6 port {self.port} {{ {self.host}; }};\n"
                "  pid-file none; session-keyfile none; recursion yes; dnssec-validation yes;\n"
                "  allow-query { any; }; empty-zones-enable no; max-cache-ttl 0;\n"
                "  max-ncache-ttl 0; qname-minimization off; synth-from-dnssec no; notify no;\n"
                "  minimal-responses no; edns-udp-size 1232; };\ncontrols { };\n")
        text += "trust-anchors {\n"
        for anchor in self.anchors():
            owner, _, _, tag, algorithm, digest_type, *digest = anchor.split()
            text += f"  {owner} static-ds {tag} {algorithm} {digest_type} \"{''.join(digest)}\";\n"
        text += "};\n"
        for zone in self.zones:
            text += (f"zone \"{zone.name}\" {{ type static-stub; "
                     "server-addresses { 127.0.0.1; }; };\n")
        return text

    def command(self):
        return ["named", "-g", "-n", "1", "-p", str(self.port), "-c", str(self.folder / "conf")]
