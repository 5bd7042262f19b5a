"""bowlinec beside knotc 3.2, each asking its own server about the same zones and configuration.

What knotc prints on standard output, bowlinec prints octet for octet, and both end with 0 or both
do not. Where the content cannot be the same (versions, numbers of threads), the form is compared.
Different on purpose: standard error says what to do; wrong command lines end with 2 instead of 1;
the remark of an entry stands behind its identifier; zone names are bold only where the serial is
shown, too.
"""

import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

import pytest

import appliance as harness

CONFIG = """server:
    rundir: {folder}/{program}
    listen: [ 127.0.0.1@{port}, ::1@{port} ]
    identity: "two words"
    version:
database:
    storage: {folder}/{program}
log:
  - target: stderr
    any: info
key:
  - id: k1.
    algorithm: hmac-sha256
    secret: AAAA
remote:
  - id: r1
    address: [ 127.0.0.1@1, ::1@1 ]
    key: k1.
  - id: r2
    address: 127.0.0.1@1
acl:
  - id: a1
    address: [ 192.0.2.0/24, 198.51.100.1-198.51.100.9 ]
    action: [ transfer, update ]
template:
  - id: default
    storage: {folder}
zone:
  - domain: alpha.test
    acl: a1
    semantic-checks: on
  - domain: bravo.test
  - domain: delta.test
    master: [ r1, r2 ]
    notify: r2
    acl: a1
"""

ALPHA = r"""$ORIGIN alpha.test.
$TTL 300
@ SOA ns1 hostmaster 7 3600 600 86400 60
@ NS ns1
ns1 A 192.0.2.1
www A 192.0.2.81
www A 192.0.2.80
www AAAA 2001:db8::1
t TXT "a b" "c\"d" "e\\f\010g"
u TYPE65280 \# 3 010203
\@x\.y A 192.0.2.7
*.w MX 10 www
"""


class Pair:
    """knotd and bowlined with the same zones and configuration."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "alpha.test.zone").write_text(ALPHA)
        self.knotd = None
        port = harness.free_port()
        self.bowlined = harness.Appliance({}, port=port, config=self.config("bowline", port))
        self.bowlined.rundir = folder / "bowline"
        self.knot_port = None

    def config(self, program, port):
        (self.folder / program).mkdir()
        return CONFIG.format(folder=self.folder, program=program, port=port)

    def start(self):
        path = self.folder / "knot.conf"
        self.bowlined.start()
        self.knot_port = harness.free_port()
        path.write_text(self.config("knot", self.knot_port))
        with open(self.folder / "knotd.log", "wb") as log:
            self.knotd = subprocess.Popen(["knotd", "-c", str(path)], stdin=subprocess.DEVNULL,
                                          stdout=log, stderr=log, cwd=self.folder)

        def ready():
            done = self.knotc("zone-status", "alpha.test", "+serial")
            return done.stdout == "[alpha.test.] serial: 7\n"

        harness.wait_until(ready, 30.0, lambda: (self.folder / "knotd.log").read_text())
        harness.wait_until(lambda: self.bowlinec("zone-status", "alpha.test", "+serial").stdout
                           == "[alpha.test.] serial: 7\n", 30.0, "alpha.test of bowlined")
        return self

    def stop(self):
        if self.knotd and self.knotd.poll() is None:
            self.knotd.send_signal(signal.SIGTERM)
            self.knotd.wait(20)

    @staticmethod
    def run(program, socket, words):
        return subprocess.run([program, "-s", str(socket), *words], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=60)

    def knotc(self, *words):
        return self.run("knotc", self.folder / "knot" / "knot.sock", words)

    def bowlinec(self, *words):
        return self.run(str(harness.BUILD / "bowlinec"), self.folder / "bowline" / "bowline.sock",
                        words)

    def compare(self, *words):
        theirs, ours = self.knotc(*words), self.bowlinec(*words)
        # Each has its own port and folder.
        expected = theirs.stdout.replace(f"{self.folder}/knot", f"{self.folder}/bowline")
        expected = expected.replace(f"@{self.knot_port}", f"@{self.bowlined.port}")
        assert ours.stdout == expected, f"{words}: {ours.stderr}{theirs.stderr}"
        assert (ours.returncode == 0) == (theirs.returncode == 0), words
        return ours


@pytest.fixture(scope="module")
def pair():
    if not shutil.which("knotd"):
        pytest.skip("knotd is not installed")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bowline-knotc-"))
    both = None
    try:
        both = Pair(folder)
        with both.bowlined:
            yield both.start()
    finally:
        if both:
            both.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("words", [line.split() for line in """
status
-x status
-X status
status -b
zone-status alpha.test
zone-status alpha.test. bravo.test
-e zone-status alpha.test bravo.test
-x -e zone-status bravo.test
-X zone-status alpha.test bravo.test
-X -e zone-status alpha.test
zone-status +role +serial
zone-status -- +role
-e zone-status alpha.test +freeze
-e zone-status alpha.test +catalog +transaction
-e zone-status alpha.test +events
zone-status alpha.test +transaction
zone-status nope.test
zone-status alpha.test nope.test
zone-status a..b
zone-read alpha.test
-X zone-read alpha.test
zone-read ALPHA.test
zone-read alpha.test www
zone-read alpha.test www.alpha.test. AAAA
zone-read alpha.test @
zone-read alpha.test @ SOA
zone-read alpha.test www CNAME
zone-read alpha.test u TYPE65280
zone-read alpha.test nope
zone-read alpha.test www NOTYPE
zone-read nope.test
zone-read nope.test @ SOA
stats server.zone-count
stats nope
stats server.nope
zone-stats nope.test
zone-reload alpha.test
-b zone-reload alpha.test
zone-reload -f -b alpha.test
zone-reload alpha.test nope.test
zone-reload nope.test
zone-reload a..b
conf-read server
conf-read server.identity server.version
conf-read log
conf-read key
conf-read remote
conf-read remote.address
conf-read remote[r1]
conf-read remote[r1].address
conf-read acl
conf-read template
conf-read zone
conf-read zone.domain
conf-read zone.notify
conf-read zone[alpha.test]
conf-read zone[Alpha.Test.].semantic-checks
conf-read zone[alpha.test].master
conf-read zone[nope.test]
conf-read nope
conf-read server.nope
conf-list nope
conf-list zone[alpha.test].master
conf-diff
conf-get
conf-commit
conf-set server.identity x
conf-unset
conf-set zone[new.test]
""".strip().splitlines()], ids=" ".join)
def test_the_same_output(pair, words):
    pair.compare(*words)


def test_a_transaction(pair):
    steps = """conf-begin
conf-begin
conf-diff
conf-set zone[extra.test]
conf-set zone[extra.test].master r1 r2
conf-set zone[extra.test].file x.zone
conf-set remote[r1].address 192.0.2.77
conf-unset remote[r2].address 127.0.0.1@1
conf-set server.identity other
conf-unset zone[bravo.test]
conf-diff
conf-diff zone
conf-diff zone[extra.test].master
conf-diff remote[r1].address
conf-get zone
conf-get zone[extra.test]
conf-get remote
conf-get server
conf-get zone[bravo.test]
conf-set server.nope x
conf-set server.udp-workers abc
conf-read server.identity
conf-abort
conf-read server.identity
conf-read zone.domain"""
    for step in steps.splitlines():
        pair.compare(*step.split())


def test_a_commit_that_is_wrong_and_one_that_is_not(pair):
    for words in (["conf-begin"], ["conf-set", "zone[extra.test]"],
                  ["conf-set", "zone[extra.test].file", "two words"], ["conf-commit"],
                  ["conf-read", "zone.domain"], ["conf-read", "zone[extra.test]"],
                  ["conf-begin"], ["conf-unset", "zone[extra.test]"], ["conf-commit"],
                  ["conf-read", "zone.domain"], ["conf-commit"]):
        pair.compare(*words)


def test_a_remark(pair):
    for words in (["conf-begin"], ["conf-set", "zone.comment", "a remark; \"quoted\""]):
        pair.compare(*words)
    for words in (["conf-get", "zone"], ["conf-diff"]):
        theirs, ours = pair.knotc(*words), pair.bowlinec(*words)
        assert sorted(ours.stdout.splitlines()) == sorted(theirs.stdout.splitlines())
    pair.compare("conf-get", "zone.comment")
    pair.compare("conf-abort")


@pytest.mark.parametrize("words, form", [
    (["status", "version"], r"Version: \d+\.\d+\.\d+\n"),
    (["status", "workers"], r"UDP workers: \d+, TCP workers: \d+, XDP workers: \d+, background "
                            r"workers: \d+ \(running: \d+, pending: \d+\)\n"),
    (["-f", "stats"], r"([a-z-]+\.[a-z0-9.-]+(\[[^\]]+\])? = \d+\n)+"),
    (["-f", "zone-stats", "alpha.test"], r"(\[alpha\.test\.\] [a-z-]+\.[^ ]+ = \d+\n)*"),
    (["conf-list"], r"([a-z-]+\n)+"),
    (["conf-list", "server"], r"(server\.[a-z0-9-]+\n)+"),
])
def test_the_same_form(pair, words, form):
    for done in (pair.knotc(*words), pair.bowlinec(*words)):
        assert done.returncode == 0 and re.fullmatch(form, done.stdout), done.stdout[-2000:]


@pytest.mark.parametrize("words", [["nonsense"], ["status", "a", "b"], ["conf-set"], ["zone-read"],
                                   ["stop", "x"], ["zone-status", "+nope"], ["-Z"]], ids=" ".join)
def test_wrong_command_lines_end_with_2_instead_of_1(pair, words):
    theirs, ours = pair.knotc(*words), pair.bowlinec(*words)
    assert theirs.returncode == 1 and theirs.stderr
    assert ours.returncode == 2 and ours.stdout == "" and ours.stderr.startswith("bowlinec: ")


def test_commands_from_a_pipe(pair):
    text = "zone-status alpha.test\nzone-status 'bravo.test' +serial\nconf-read remote[r2]\nexit\n"
    answers = [subprocess.run([program, "-s", str(socket)], input=text, capture_output=True,
                              text=True, timeout=60)
               for program, socket in (("knotc", pair.folder / "knot" / "knot.sock"),
                                       (str(harness.BUILD / "bowlinec"),
                                        pair.folder / "bowline" / "bowline.sock"))]
    assert answers[0].stdout == answers[1].stdout and answers[0].returncode == 0
    assert answers[1].returncode == 0


def test_local_commands(pair, tmp_path):
    for program, config in (("knotc", pair.folder / "knot.conf"),
                            (str(harness.BUILD / "bowlinec"), pair.bowlined.config)):
        done = subprocess.run([program, "-c", str(config), "conf-check"], capture_output=True,
                              text=True, timeout=60)
        assert (done.returncode, done.stdout) == (0, "Configuration is valid\n")
        done = subprocess.run([program, "-c", str(config), "zone-check", "alpha.test"],
                              capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        for zone in ("bravo.test", "nope.test"):  # without a file; not configured
            done = subprocess.run([program, "-c", str(config), "zone-check", zone],
                                  capture_output=True, text=True, timeout=60)
            assert (done.returncode, done.stdout) == (1, "") and zone in done.stderr
        database = tmp_path / pathlib.Path(program).name
        for words in (["conf-init"], ["conf-import", str(config)],
                      ["conf-export", str(tmp_path / "out.conf")]):
            done = subprocess.run([program, "-C", str(database), *words], capture_output=True,
                                  text=True, timeout=60)
            assert (done.returncode, done.stdout) == (0, "OK\n"), done.stderr


def test_reload_and_stop_come_last(pair):
    pair.compare("reload")
    pair.compare("-b", "zone-reload", "alpha.test")
    assert pair.compare("stop").stdout == "Stopped\n"
    assert pair.knotd.wait(20) == 0
    assert pair.bowlined.process.wait(20) == 0
