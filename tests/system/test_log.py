"""Messages as a log watcher for knotd knows them, the journal with its fields, syslog."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import pathlib

import pytest

import appliance as harness
import service

GOOD = harness.small_zone("good.test.", 1)
ZONES = {"good.test.": GOOD, "broken.test.": "@ BOGUS x\n", "missing.test.": None}

# What a watcher looks for, and at which level; in the logs of both servers after the same events.
PATTERNS = [
    ("info", r"(Knot DNS|Bowline) \d[\w.~-]* starting$"),
    ("info", r"loaded configuration file '.*'"),
    ("info", r"binding to interface 127\.0\.0\.1@\d+$"),
    ("info", r"loading 3 zones"),
    ("info", r"\[good\.test\.\] loaded, serial none -> 1, \d+ \w+$"),
    ("info", r"\[good\.test\.\] loaded, serial 1 -> 2, \d+ \w+$"),
    ("error", r"\[broken\.test\.\] zone loader, error in zone, "),
    ("error", r"\[broken\.test\.\] zone event 'load' failed \(.*\)$"),
    ("error", r"\[missing\.test\.\] zone event 'load' failed \(.*\)$"),
    ("info", r"server started in the foreground, PID \d+"),
    ("info", r"control, binding to '.*\.sock'$"),
    ("info", r"control, received command 'reload'"),
    ("info", r"reloading configuration file '.*'$"),
    ("info", r"configuration reloaded"),
    ("error", r"failed to load configuration"),
    ("debug", r"stats, dumped into file '.*'$"),
    ("info", r"stopping server$"),
    ("info", r"shutting down$"),
]
LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}) (\w+): (.*)")


def missing_from(log):
    lines = [LINE.fullmatch(line) for line in log.splitlines() if line]
    assert all(lines), log
    said = [(line[2], line[3]) for line in lines]
    return [(level, pattern) for level, pattern in PATTERNS
            if not any(level == found and re.match(pattern, text) for found, text in said)]


def go_through(pid, running, log, reload_by_client):
    """The same events for either server: a new serial, a reload, a broken configuration."""
    harness.wait_until(lambda: "server started" in log(), 30.0, log)
    running.write_zone("good.test.", harness.small_zone("good.test.", 2))
    reload_by_client()
    harness.wait_until(lambda: "serial 1 -> 2" in log(), 15.0, log)
    harness.wait_until(lambda: "stats, dumped" in log(), 15.0, log)
    text = running.config.read_text()
    running.write_config(text + "nonsense: [\n")
    os.kill(pid, signal.SIGHUP)
    harness.wait_until(lambda: "failed to load configuration" in log(), 15.0, log)


def make_appliance():
    return harness.Appliance(ZONES, sections="statistics:\n    timer: 1\n", listen=["127.0.0.1"])


def test_watchers_of_knotd_find_what_they_know():
    with make_appliance() as running:
        running.start()
        go_through(running.keeper_pid(), running, running.errors,
                   lambda: running.ctl("reload", check=False))
        running.stop()
        assert not missing_from(running.errors())


def test_knotd_itself_says_these():
    knotd = shutil.which("knotd") or "/usr/sbin/knotd"
    if not os.path.exists(knotd):
        pytest.skip("knotd is not installed")
    with make_appliance() as running:
        running.rundir.mkdir()
        running.write_config(running.config_text())
        with open(running.stderr, "wb") as stderr:
            process = subprocess.Popen([knotd, "-c", str(running.config)], stdout=stderr,
                                       stderr=stderr, cwd=running.folder)
        try:
            def reload():  # the socket may come after the word that the server runs
                done = subprocess.run(["knotc", "-s", f"{running.rundir}/knot.sock", "reload"],
                                      capture_output=True)
                return done.returncode == 0

            go_through(process.pid, running, running.errors,
                       lambda: harness.wait_until(reload, 15.0, running.errors, pause=0.1))
        finally:
            process.terminate()
            process.wait(30)
        assert not missing_from(running.errors())


# ---- The log of the system -----------------------------------------------------------------------


class SystemLog:
    """bowlined where the journal and /dev/log are ours."""

    def __init__(self, log_section, booted_with_systemd):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bl-"))
        self.folder.chmod(0o755)
        self.journal = service.Listener(self.folder / "journal")
        self.syslog = service.Listener(self.folder / "log")
        self.running = harness.Appliance(
            {"good.test.": GOOD, "broken.test.": "garbage ((\n"}, listen=["127.0.0.1"],
            prefix=service.in_namespace(self.folder, booted_with_systemd))
        text = self.running.config_text()
        at = text.index("log:\n")
        end = text.index("template:")
        self.running.write_config(text[:at] + log_section + text[end:])

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        self.running.__exit__(kind, value, traceback)
        self.journal.close()
        self.syslog.close()
        shutil.rmtree(self.folder)


ALL_TO_SYSLOG = "log:\n  - target: syslog\n    any: info\n"


def needs_unshare():
    if not service.may_unshare():
        pytest.skip("a mount namespace needs root")


def start_and_stop(system):
    running = system.running.launch()

    def ready():
        said = [running.errors(), *system.journal.messages, *system.syslog.messages]
        return any("server started" in each for each in said)

    harness.wait_until(ready, 30.0, running.errors)
    running.children()
    running.stop()


def test_the_journal_gets_fields():
    needs_unshare()
    with SystemLog(ALL_TO_SYSLOG, True) as system:
        start_and_stop(system)
        fields = system.journal.fields()
        loaded = [f for f in fields if "loaded, serial none -> 1" in f["MESSAGE"]]
        assert len(loaded) == 1
        assert loaded[0] == {
            "MESSAGE": "info: [good.test.] loaded, serial none -> 1, 4 records", "PRIORITY": "6",
            "SYSLOG_FACILITY": "3", "SYSLOG_IDENTIFIER": "bowlined", "CATEGORY": "zone",
            "ZONE": "good.test."}
        failed = [f for f in fields if "zone event 'load' failed" in f["MESSAGE"]]
        assert [(f["PRIORITY"], f["ZONE"]) for f in failed] == [("3", "broken.test.")]
        started = [f for f in fields if f["MESSAGE"].startswith("info: server started")]
        assert [(f["CATEGORY"], f.get("ZONE")) for f in started] == [("server", None)]
        assert not system.syslog.messages
        assert system.running.errors() == ""


def test_syslog_where_systemd_does_not_run():
    needs_unshare()
    with SystemLog(ALL_TO_SYSLOG, False) as system:
        start_and_stop(system)
        lines = system.syslog.messages
        form = re.compile(r"<(\d+)>\w{3} [ \d]\d \d\d:\d\d:\d\d bowlined\[\d+\]: (.*)", re.S)
        parsed = [form.fullmatch(line) for line in lines]
        assert all(parsed), lines
        texts = [(int(line[1]), line[2]) for line in parsed]
        # Facility daemon (3), then the severity.
        assert (3 * 8 + 6, "info: [good.test.] loaded, serial none -> 1, 4 records") in texts
        assert (3 * 8 + 3, "error: [broken.test.] zone event 'load' failed (not served)") in texts
        assert not system.journal.messages


def test_without_a_log_section_warnings_go_to_stderr_and_the_system():
    needs_unshare()
    with SystemLog("", True) as system:
        start_and_stop(system)
        said = system.running.errors()
        assert "info: [good.test.] loaded" in said  # stdout and stderr are one file here
        assert said.count("zone event 'load' failed") == 1
        levels = {f["PRIORITY"] for f in system.journal.fields()}
        assert levels and levels <= {"2", "3", "4"}


def test_a_stream_that_leads_to_the_journal_gets_fields_once(monkeypatch):
    needs_unshare()
    with SystemLog("", True) as system:
        running = system.running
        running.stderr.touch()
        found = running.stderr.stat()
        monkeypatch.setenv("JOURNAL_STREAM", f"{found.st_dev}:{found.st_ino}")
        start_and_stop(system)
        messages = [f["MESSAGE"] for f in system.journal.fields()]
        # stderr and syslog both lead there: the message comes once.
        assert sum("zone event 'load' failed" in message for message in messages) == 1
        assert sum("loaded, serial none -> 1" in message for message in messages) == 1
        assert running.errors() == ""
