"""server.dbus-event on a bus of our own: the very signals that listeners of Knot DNS wait for."""

import os
import socket
import subprocess

import pytest

import appliance as harness

ZONE = "small.test."
BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={path}</listen>
<policy context="default"><allow user="*"/>{own}<allow send_destination="*"/>
<allow send_type="signal"/><allow receive_sender="*"/></policy></busconfig>
"""


class Bus:
    """A dbus-daemon in a folder, and what is said on it, written down by dbus-monitor."""

    def __init__(self, folder, own='<allow own="*"/>'):
        self.path = folder / "bus.sock"
        self.config = folder / "bus.conf"
        self.heard = folder / "heard"
        self.config.write_text(BUS_CONFIG.format(path=self.path, own=own))
        self.processes = []

    def __enter__(self):
        try:
            self.processes.append(subprocess.Popen(
                ["dbus-daemon", f"--config-file={self.config}", "--nofork"],
                stderr=subprocess.DEVNULL))
            harness.wait_until(self.listens, 20.0, "the bus")
            with open(self.heard, "wb") as heard:
                self.processes.append(subprocess.Popen(
                    ["dbus-monitor", "--address", self.address,
                     "type='signal',interface='cz.nic.knotd.events'"], stdout=heard))
            harness.wait_until(lambda: "NameLost" in self.heard.read_text(), 20.0, "the monitor")
        except BaseException:
            self.__exit__()
            raise
        return self

    def listens(self):
        """The socket's name is there before anybody listens on it."""
        with socket.socket(socket.AF_UNIX) as probe:
            return self.path.exists() and probe.connect_ex(str(self.path)) == 0

    @property
    def address(self):
        return f"unix:path={self.path}"

    def signals(self):
        """(member, arguments as they are printed) of the signals of our interface, in order."""
        found = []
        for line in self.heard.read_text().splitlines():
            if line.startswith("signal "):
                if "path=/cz/nic/knotd; interface=cz.nic.knotd.events" in line:
                    found.append((line.rsplit("member=", 1)[1], []))
                else:
                    found.append(None)
            elif found and found[-1]:
                found[-1][1].append(line.strip())
        return [(member, *arguments) for member, arguments in filter(None, found)]

    def wait(self, wanted):
        harness.wait_until(lambda: self.signals() == wanted, 20.0,
                           lambda: f"{wanted}, heard {self.signals()}")

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.terminate()
            process.wait(10)


def updated(zone, serial):
    return ("zone_updated", f'string "{zone}"', f"uint32 {serial}")


def on_bus(monkeypatch, address, options):
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
    return harness.Appliance({ZONE: harness.small_zone(ZONE, 1)}, server=options)


def test_a_start_a_changed_zone_and_the_end_are_signalled(tmp_path, monkeypatch):
    with Bus(tmp_path) as bus:
        options = "dbus-event: [ running, zone-updated ]\ndbus-init-delay: 0"
        with on_bus(monkeypatch, bus.address, options) as running:
            running.start()
            wanted = [updated(ZONE, 1), ("started",)]
            bus.wait(wanted)
            names = subprocess.run(
                ["dbus-send", f"--bus={bus.address}", "--print-reply",
                 "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.ListNames"],
                capture_output=True, text=True)
            assert 'string "cz.nic.knotd"' in names.stdout, names
            running.write_zone(ZONE, harness.small_zone(ZONE, 2))
            running.ctl("reload")
            wanted.append(updated(ZONE, 2))
            bus.wait(wanted)
        bus.wait([*wanted, ("stopped",)])


@pytest.mark.parametrize("option,wanted", [
    ("running", [("started",), ("stopped",)]), ("zone-updated", [updated(ZONE, 1)]), ("none", [])])
def test_only_what_is_asked_for_is_signalled(tmp_path, monkeypatch, option, wanted):
    with Bus(tmp_path) as bus:
        options = f"dbus-event: {option}\ndbus-init-delay: 0"
        with on_bus(monkeypatch, bus.address, options) as running:
            running.start()
            if option != "none":
                bus.wait(wanted[:1])
        bus.wait(wanted)


def test_signals_wait_for_the_delay_and_the_server_does_not(tmp_path, monkeypatch):
    with Bus(tmp_path) as bus:
        options = "dbus-event: running\ndbus-init-delay: 3600"
        with on_bus(monkeypatch, bus.address, options) as running:
            running.start()
            running.wait_log("d-bus: connected to system bus")
            assert running.ask(f"www.{ZONE}", "A").answer
            assert bus.signals() == []
        bus.wait([("started",), ("stopped",)])  # the end waits for nothing


def test_without_a_bus_there_is_one_warning_and_no_harm(tmp_path, monkeypatch):
    options = "dbus-event: [ running, zone-updated ]"
    with on_bus(monkeypatch, f"unix:path={tmp_path}/nothing", options) as running:
        running.start()
        running.wait_log("d-bus: cannot connect to system bus")
        running.write_zone(ZONE, harness.small_zone(ZONE, 2))
        running.ctl("reload")
        assert running.serial(ZONE) == 2
        assert running.log_count("d-bus: ") == 1


def test_a_bus_that_says_nothing_holds_nobody_up(tmp_path, monkeypatch):
    """Something accepts the connection and never answers."""
    path = tmp_path / "mute"
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(path))
        mute.listen()
        os.chmod(path, 0o777)
        options = "dbus-event: running\ndbus-init-delay: 0"
        with on_bus(monkeypatch, f"unix:path={path}", options) as running:
            running.start()
            assert running.ask(f"www.{ZONE}", "A").answer


def test_a_name_that_is_refused_is_said(tmp_path, monkeypatch):
    with Bus(tmp_path, own='<deny own="*"/>') as bus:
        options = "dbus-event: running\ndbus-init-delay: 0"
        with on_bus(monkeypatch, bus.address, options) as running:
            running.start()
            running.wait_log("d-bus: the name cz.nic.knotd is refused")
