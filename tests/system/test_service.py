"""bowlined as a service: what the service manager hears, the watchdog, a daemon, statistics."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest

import appliance as harness
import service

ZONES = {"one.test.": harness.small_zone("one.test.", 1)}


@pytest.fixture
def manager(tmp_path_factory, monkeypatch):
    """A notify socket that bowlined is started with; short, as paths of sockets must be."""
    folder = pathlib.Path(tmp_path_factory.mktemp("n"))
    with service.Listener(folder / "notify") as listener:
        monkeypatch.setenv("NOTIFY_SOCKET", str(listener.path))
        monkeypatch.delenv("WATCHDOG_USEC", raising=False)
        monkeypatch.delenv("WATCHDOG_PID", raising=False)
        yield listener


def wait_for(manager, line, count=1):
    harness.wait_until(lambda: manager.count(line) >= count, 15.0,
                       lambda: f"{count} times {line!r} in {manager.messages}")


def test_the_service_manager_hears_of_start_reload_and_stop(manager):
    with harness.Appliance(ZONES) as running:
        running.start()
        wait_for(manager, "READY=1")
        assert manager.count(f"MAINPID={running.keeper_pid()}") == 1
        assert manager.count("STATUS=serving 1 of 1 zones") == 1
        running.add_zone("two.test.", harness.small_zone("two.test.", 7))
        running.write_config()
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        os.kill(running.keeper_pid(), signal.SIGHUP)
        wait_for(manager, "READY=1", 2)
        after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        reloading = [m for m in manager.fields() if m.get("RELOADING") == "1"]
        assert reloading and before <= int(reloading[0]["MONOTONIC_USEC"]) <= after
        wait_for(manager, "STATUS=serving 2 of 2 zones")
        assert running.serial("two.test.") == 7
        running.ctl("reload")
        wait_for(manager, "READY=1", 3)
        assert manager.count("RELOADING=1") >= 2
        assert manager.count("WATCHDOG=1") == 0  # nobody asked for it
        running.stop()
    wait_for(manager, "STOPPING=1")
    order = [m for m in manager.messages if m.startswith(("READY", "RELOADING", "STOPPING"))]
    assert order[0].startswith("READY") and order[-1].startswith("STOPPING")


WATCHDOG_s = 2.0


def test_the_watchdog_is_fed_only_while_everything_beats(manager, monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", str(int(WATCHDOG_s * 1e6)))
    with harness.Appliance(ZONES, server="udp-workers: 2\ntcp-workers: 1") as running:
        running.start()
        wait_for(manager, "READY=1")
        # Idle workers sleep, and are alive all the same.
        for _ in range(4):
            wait_for(manager, "WATCHDOG=1", manager.count("WATCHDOG=1") + 1)
        for name in harness.CHILD_NAMES:
            pid = running.wait_children()[name]
            warned = running.log_count("watchdog, not fed, no heartbeat of")
            os.kill(pid, signal.SIGSTOP)
            try:
                running.wait_log("watchdog, not fed, no heartbeat of", count=warned + 1)
                hungry = manager.count("WATCHDOG=1")
                # Longer than systemd would wait: none may come.
                end = time.monotonic() + WATCHDOG_s
                while time.monotonic() < end:
                    assert manager.count("WATCHDOG=1") == hungry, name
                    time.sleep(0.05)
            finally:
                os.kill(pid, signal.SIGCONT)
            wait_for(manager, "WATCHDOG=1", hungry + 1)
        running.wait_log("watchdog, fed again", count=2)
        # A child that is gone is started again; that is no reason to end the service.
        fed = manager.count("WATCHDOG=1")
        old = running.kill_child("bowline-dataplane")
        running.wait_new_child("bowline-dataplane", old)
        wait_for(manager, "WATCHDOG=1", fed + 3)
        assert running.log_count("watchdog, not fed") == 2


# ---- -d ------------------------------------------------------------------------------------------


class Daemon:
    """bowlined -d, ended by the id in its PID file."""

    def __init__(self, running, *options):
        self.running = running
        self.pid_file = running.rundir / "bowline.pid"
        self.done = subprocess.run(
            [str(running.build / "bowlined"), "-c", running.config.name, *options],
            cwd=running.folder, capture_output=True, text=True, timeout=60)
        self.pid = int(self.pid_file.read_text()) if self.pid_file.exists() else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.pid is None:
            return
        start = harness.started_at(self.pid)
        os.kill(self.pid, signal.SIGTERM)
        harness.wait_until(lambda: harness.started_at(self.pid) != start, 15.0, "the daemon's end")
        assert not self.pid_file.exists()


ONE_ZONE = "zone:\n  - domain: one.test\n    file: one.test.zone\n"


def daemon_config(running, log_file, zones=ONE_ZONE):
    # Relative: in the folder that -d names.
    return (f"server:\n    rundir: {running.rundir}\n    listen: 127.0.0.1@{running.port}\n"
            f"log:\n  - target: {log_file}\n    any: info\n"
            f"template:\n  - id: default\n    storage: {running.folder}\n{zones}")


def test_a_daemon_leaves_its_starter_when_it_is_ready():
    with harness.Appliance(ZONES) as running:
        running.write_config(daemon_config(running, "log"))
        with Daemon(running, f"-d{running.folder}", "-s", str(running.folder / "ctl")) as daemon:
            assert (daemon.done.returncode, daemon.done.stdout, daemon.done.stderr) == (0, "", "")
            assert running.serial("one.test.") == 1  # at once
            assert os.readlink(f"/proc/{daemon.pid}/cwd") == str(running.folder)
            assert os.getsid(daemon.pid) == daemon.pid
            for number in range(3):
                assert os.readlink(f"/proc/{daemon.pid}/fd/{number}") == "/dev/null"
            log = (running.folder / "log").read_text()
            assert f"info: server started as a daemon, PID {daemon.pid}" in log
            assert not (running.rundir / "bowline.sock").exists()
            running.ctl("status", socket_path=running.folder / "ctl")
            second = subprocess.run([str(running.build / "bowlined"), "-c", str(running.config)],
                                    capture_output=True, text=True, timeout=60)
            assert second.returncode == 1
            assert f"another bowlined runs (PID {daemon.pid})" in second.stderr


def test_a_daemon_that_cannot_start_says_why_to_its_starter():
    with harness.Appliance(ZONES) as running:
        cases = [
            (daemon_config(running, running.folder / "log", "nonsense:\n"), "nonsense"),
            (daemon_config(running, running.folder / "no" / "log"), "cannot open the log file"),
            (daemon_config(running, running.folder / "log")
             + "control:\n    listen: /no/such/folder/socket\n", "/no/such/folder/socket"),
        ]
        for text, why in cases:
            running.write_config(text)
            with Daemon(running, "-d") as daemon:
                assert daemon.done.returncode == 1, why
                assert why in daemon.done.stderr and daemon.done.stderr.startswith("bowlined: ")
                assert daemon.done.stdout == ""
                assert daemon.pid is None


def test_no_pid_file_in_the_foreground():
    with harness.Appliance(ZONES) as running:
        running.start()
        assert not (running.rundir / "bowline.pid").exists()


# ---- Statistics and signals ----------------------------------------------------------------------


def test_statistics_are_dumped_again_and_again():
    sections = "statistics:\n    timer: 1\n"
    with harness.Appliance(ZONES, sections=sections) as running:
        running.start()
        file = running.rundir / "stats.yaml"
        for _ in range(3):
            running.ask("www.one.test.")

        def counted():
            text = file.read_text() if file.exists() else ""
            return text if re.search(r"^ rcode-noerror: ([3-9]|\d\d)", text, re.M) else None

        text = harness.wait_until(counted, 15.0, lambda: file.read_text())
        assert re.match(r"---\ntime: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}\nidentity: ", text)
        assert "\nserver:\n zone-count: 1\n" in text
        assert '\nzone:\n "one.test.":\n' in text
        first = text.splitlines()[1]
        harness.wait_until(lambda: file.read_text().splitlines()[1] != first, 15.0, "the next dump")
        # Other settings take effect at a reload.
        running.sections = (f"statistics:\n    timer: 1\n    file: {running.folder}/grows\n"
                            "    append: on\n")
        running.write_config()
        running.ctl("reload")
        grows = running.folder / "grows"
        harness.wait_until(lambda: grows.exists() and grows.read_text().count("---\n") >= 3, 15.0,
                           "three dumps in one file")


def test_usr1_loads_zones_and_hup_the_configuration():
    with harness.Appliance(ZONES) as running:
        running.start()
        running.write_zone("one.test.", harness.small_zone("one.test.", 2))
        running.add_zone("two.test.", harness.small_zone("two.test.", 1))
        running.write_config()
        os.kill(running.keeper_pid(), signal.SIGUSR1)
        harness.wait_until(lambda: running.serial("one.test.") == 2, 15.0, "the new serial")
        running.wait_log("zones reloaded")
        assert running.serial("two.test.") is None
        os.kill(running.keeper_pid(), signal.SIGHUP)
        harness.wait_until(lambda: running.serial("two.test.") == 1, 15.0, "the new zone")


def test_log_files_are_opened_again_for_who_runs_the_processes():
    if os.geteuid() != 0:
        pytest.skip("log files of another user: needs root")
    uid, _ = harness.nobody()
    with harness.Appliance(ZONES, user="nobody:nogroup", sections="") as running:
        log = running.folder / "log"
        running.write_config(running.config_text().replace("target: stderr", f"target: {log}"))
        running.launch()
        harness.wait_until(lambda: log.exists() and ", ready" in log.read_text(), 30.0, "a start")
        assert log.stat().st_uid == uid
        running.children()
        old = running.folder / "log.1"
        shutil.move(log, old)
        os.kill(running.keeper_pid(), signal.SIGHUP)
        harness.wait_until(lambda: log.exists() and "configuration reloaded" in log.read_text(),
                           15.0, lambda: old.read_text())
        assert log.stat().st_uid == uid
