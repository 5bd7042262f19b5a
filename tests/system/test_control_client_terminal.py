"""bowlinec on a terminal: editing, completion and history, status --watch, progress, colours."""

import os
import signal
import stat
import subprocess
import threading

import pytest

import appliance as harness
from control_fake import OK, FakeControl, counters, items, rows
from terminal import Terminal

BOWLINEC = str(harness.BUILD / "bowlinec")
ZONES = ("example.com.", "example.net.", "other.test.")


def zone_rows(request):
    section, _, item = request["args"][0].partition(".")
    ids = {"zone": ZONES, "remote": ("primary", "secondary")}.get(section, ())
    return [*rows(*({"section": section, "id": each, "item": item, "values": [each]}
                    for each in ids)), OK]


ANSWERS = {
    "conf-read": zone_rows,
    "status": [*items(version="1.2.3", udp_workers=2, zones_served=3, tables_memory="4.0 MiB"), OK],
    "zone-status": lambda request: [
        *rows({"zone": "example.com.", "role": "master", "serial": 7, "status": "served"}), OK],
    "stats": [*counters({"server.zone-count": 3, "dataplane.rcode-noerror": 5}), OK],
}


@pytest.fixture
def control():
    with FakeControl(ANSWERS) as fake:
        yield fake


@pytest.fixture
def shell(control, tmp_path):
    with Terminal([BOWLINEC, "-s", control.path], home=tmp_path) as terminal:
        terminal.expect("bowlinec> ")
        yield terminal


@pytest.mark.parametrize("keys, verb, args", [
    ("zone-stat\tu\texam\tc\t", "zone-status", ["example.com."]),
    ("zone-re\ta\toth\t@ nsec3p\t", "zone-read", ["other.test.", "@", "nsec3param"]),
    ("conf-set zone[example.n\t.semantic-c\tso\t", "conf-set",
     ["zone[example.net.].semantic-checks", "soft"]),
    ("conf-set zone[x].master pri\tsec\t", "conf-set", ["zone[x].master", "primary", "secondary"]),
    ("stats server.z\t", "stats", ["server.zone-count"]),
    ("zone-set\x15status ver\t", "status", ["version"]),  # Ctrl-U takes the line away
])
def test_tab_completes(shell, control, keys, verb, args):
    shell.type(keys + "\n")
    harness.wait_until(lambda: any(request["verb"] == verb and request["args"] == args
                                   for request in control.requests), 20.0,
                       lambda: f"{verb} {args} in {control.requests}")


def test_tab_lists_what_it_cannot_decide(shell):
    shell.type("zone-reload example.\t")
    shell.expect(r"example\.com\.\s+example\.net\.")
    shell.expect("bowlinec> zone-reload example.")


def test_the_history_is_kept_without_secrets(shell, control, tmp_path):
    for line in ("status version", "conf-set key[k].secret Zm9v"):
        shell.type(line + "\n")
        shell.expect("bowlinec> ")
    shell.type("exit\n")
    assert shell.wait() == 0
    history = tmp_path / ".bowlinec_history"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    assert "version" in history.read_text() and "Zm9v" not in history.read_text()
    with Terminal([BOWLINEC, "-s", control.path], home=tmp_path) as again:
        again.expect("bowlinec> ")
        count = len(control.requests)
        again.type("\x10")  # Ctrl-P
        again.expect("exit")
        again.type("\x10\n")
        again.expect("bowlinec> ")
        harness.wait_until(lambda: len(control.requests) > count, 10.0, "a command of the history")
        assert control.requests[-1]["verb"] == "status"


def test_ctrl_c_takes_the_line_away_and_ctrl_d_ends(shell):
    shell.type("zone-rel")
    shell.expect("zone-rel")
    shell.type("\x03")
    shell.expect(r"\^C.*bowlinec> ")
    shell.type("help zone-read\n")
    shell.expect(r"zone-read\s+<zone> \[<owner> \[<type>\]\]")
    shell.expect("bowlinec> ")
    shell.type("\x04")
    assert shell.wait() == 0
    assert shell.settings() == shell.before


def test_ctrl_c_ends_the_waiting_for_an_answer(tmp_path):
    release = threading.Event()

    def wait():
        release.wait(20)
        return OK

    with FakeControl({**ANSWERS, "zone-reload": [wait]}) as control:
        with Terminal([BOWLINEC, "-s", control.path], home=tmp_path) as shell:
            shell.expect("bowlinec> ")
            shell.type("zone-reload\n")
            harness.wait_until(lambda: "zone-reload" in control.verbs(), 10.0, "the command")
            assert control.requests[-1]["blocking"] is True
            shell.type("\x03")
            shell.expect("interrupted.*bowlinec> ")
            release.set()


def test_without_a_server_completion_is_quiet_and_commands_say_so(tmp_path):
    with Terminal([BOWLINEC, "-s", str(tmp_path / "none")], home=tmp_path) as shell:
        shell.expect("bowlinec> ")
        shell.type("zone-reload ex\t")
        shell.expect("zone-reload ex")
        shell.type("\n")
        shell.expect("start bowlined.*bowlinec> ")


def test_colours_on_a_terminal_unless_told_otherwise(control, tmp_path):
    for options, coloured in ((["-s", control.path], True), (["-s", control.path, "-x"], False)):
        with Terminal([BOWLINEC, *options, "status"], home=tmp_path) as terminal:
            assert terminal.wait() == 0
            assert ("\x1b[32mRunning" in terminal.text) == coloured
            assert "1.2.3" in terminal.text
    plain = subprocess.run([BOWLINEC, "-s", control.path, "zone-status"], capture_output=True,
                           text=True, timeout=20, check=True).stdout
    assert plain == "[example.com.] role: master | serial: 7\n"
    forced = subprocess.run([BOWLINEC, "-X", "-s", control.path, "zone-status"],
                            capture_output=True, text=True, timeout=20, check=True).stdout
    assert forced.startswith("[\x1b[1m\x1b[32mexample.com.\x1b[0m] role: ")


def test_progress_is_a_bar_that_goes_away(tmp_path):
    seen = threading.Event()

    def wait():
        assert seen.wait(20)
        return {"progress": {"done": 9, "total": 10, "what": "zones"}}

    frames = [{"progress": {"done": 1, "total": 10, "what": "zones"}}, wait, OK]
    with FakeControl({"reload": frames}) as control:
        with Terminal([BOWLINEC, "-s", control.path, "reload"], home=tmp_path) as terminal:
            terminal.expect(r"\[#+\.+\]  10 % 1/10 zones")
            seen.set()
            assert terminal.wait() == 0
            assert "90 % 9/10 zones" in terminal.text
            assert terminal.text.endswith("\r\x1b[KReloaded\r\n")


# ---- status --watch -------------------------------------------------------------------------


def watched():
    """A server whose workers answer 500 more with NOERROR at each look."""
    count = iter(range(0, 10**9, 500))
    return {**ANSWERS, "stats": lambda request: [
        *counters({"dataplane.rcode-noerror": next(count), "dataplane.drop-short": 0}), OK]}


@pytest.mark.parametrize("how", ["q", "\x03", "server", signal.SIGTERM], ids=str)
def test_watch_takes_the_screen_and_gives_it_back(how, tmp_path):
    with FakeControl(watched()) as control:
        with Terminal([BOWLINEC, "-s", control.path, "status", "--watch"], home=tmp_path) as screen:
            screen.expect(r"\x1b\[\?1049h", raw=True)
            screen.expect(r"(\d+) queries a second.*noerror.*udp-workers +2.*tables-memory +4\.0")
            assert screen.settings() != screen.before
            if how == "server":
                control.answers["status"] = control.answers["stats"] = [None]
            elif isinstance(how, str):
                screen.type(how)
            else:
                os.kill(screen.process.pid, how)
            code = screen.wait()
            assert code == (4 if how == "server" else 0)
            assert "\x1b[?1049l" in screen.text
            assert screen.settings() == screen.before


def test_watch_prints_a_line_a_second_to_a_pipe():
    with FakeControl(watched()) as control:
        done = subprocess.run([BOWLINEC, "-s", control.path, "status", "--watch=2"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and done.stderr == ""
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    for line in lines:
        fields = dict(field.split("=") for field in line.split() if "=" in field)
        # 500 in the time between two looks, which is a second and what the machine adds.
        assert 50 < int(fields["queries/s"]) <= 510
        assert fields["workers"] == "2" and fields["zones"] == "3"
