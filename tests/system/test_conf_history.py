"""Configuration transactions of a running server: confirmation, history, rollback, and what a kill
of everything leaves; from a database, and from a file."""

import os
import signal
import subprocess

import pytest

import appliance as harness
from database_appliance import DatabaseAppliance

zone = harness.small_zone


@pytest.fixture
def running():
    with DatabaseAppliance({"one.test.": zone("one.test.", 1)}) as started:
        started.fill()
        yield started.start()


@pytest.fixture
def from_file():
    with harness.Appliance({"one.test.": zone("one.test.", 1)}) as started:
        yield started.start()


def set_identity(appliance, value, *options):
    appliance.ctl("conf-begin")
    appliance.ctl("conf-set", "server.identity", value)
    return appliance.ctl("conf-commit", *options)


def identity(appliance):
    rows = appliance.ctl_json("conf-read", "server.identity")
    return rows[0]["values"][0] if rows else None


def history(appliance):
    return [(row["commit"], row["state"]) for row in appliance.ctl_json("conf-history")]


def local(appliance, *arguments):
    return subprocess.run([appliance.build / "bowlinec", "-C", appliance.database, *arguments],
                          capture_output=True, text=True, timeout=30)


def test_commits_are_listed_and_undone(running):
    first = len(history(running))
    for value in ("a", "b", "c"):
        set_identity(running, value)
    rows = running.ctl_json("conf-history")
    assert [row["commit"] for row in rows[first:]] == [first + 1, first + 2, first + 3]
    assert rows[-1]["summary"] == "server.identity" and rows[-1]["user"]
    difference = running.ctl_json("conf-history", str(first + 3))
    assert [(row["sign"], row["values"]) for row in difference] == [("-", ["b"]), ("+", ["c"])]
    running.ctl("conf-rollback", str(first + 1))
    assert identity(running) == "a"
    assert len(history(running)) == first + 4
    assert running.ctl("conf-rollback", "99", check=False).returncode != 0


def test_what_is_not_confirmed_is_undone_in_time(running):
    set_identity(running, "kept")
    set_identity(running, "tried", "--confirm", "1s")
    assert identity(running) == "tried" and history(running)[-1][1] == "unconfirmed"
    assert running.ctl("conf-begin", check=False).returncode != 0
    harness.wait_until(lambda: identity(running) == "kept", 15.0, "undone")
    set_identity(running, "confirmed", "+confirm", "60s")
    running.ctl("conf-confirm")
    assert history(running)[-1][1] == "committed"
    assert running.ctl("conf-confirm", check=False).returncode != 0


def test_a_kill_of_everything_undoes_what_is_not_confirmed(running):
    set_identity(running, "kept")
    set_identity(running, "tried", "--confirm", "600s")
    children = list(harness.children_of(running.process.pid).values())
    for pid in (running.process.pid, *children):
        os.kill(pid, signal.SIGKILL)
    running.process.wait()
    harness.wait_until(lambda: all(harness.started_at(pid) is None for pid in children), 10.0,
                       "children are gone")
    running.process = None
    running.start()
    assert identity(running) == "kept"
    assert "was not confirmed" in running.ctl_json("conf-history")[-1]["summary"]


def test_control_alone_killed_undoes_it_too(running):
    set_identity(running, "kept")
    set_identity(running, "tried", "--confirm", "600s")
    old = running.kill_child("bowline-control")
    running.wait_new_child("bowline-control", old)
    harness.wait_until(lambda: running.ctl("status", check=False).returncode == 0, 15.0, "status")
    assert identity(running) == "kept"


def test_a_transaction_belongs_to_the_server(running):
    running.ctl("conf-begin")
    for refused in (("conf-begin",), ("reload",)):
        done = running.ctl(*refused, check=False)
        assert done.returncode != 0 and "too many transactions" in done.stdout + done.stderr
    running.ctl("conf-set", "server.identity", "other")
    running.ctl("conf-abort")
    assert identity(running) != "other"
    for command in (("conf-get",), ("conf-diff",), ("conf-set", "server.identity", "x"),
                    ("conf-commit",)):
        done = running.ctl(*command, check=False)
        assert done.returncode != 0 and "no active transaction" in done.stdout + done.stderr


def test_local_operations_leave_a_running_servers_database_alone(running):
    for command in (("conf-import", running.config), ("conf-init",)):
        done = local(running, "-f", *command)
        assert done.returncode != 0 and "used by a running server" in done.stdout + done.stderr
    done = local(running, "conf-export")
    assert done.returncode == 0 and "one.test." in done.stdout


def test_from_a_file_a_commit_lasts_until_the_reload(from_file):
    done = set_identity(from_file, "temporary")
    assert "until the next reload or restart" in done.told
    assert identity(from_file) == "temporary" and len(history(from_file)) == 1
    from_file.ctl("reload")
    assert identity(from_file) is None and history(from_file) == []


def test_a_damaged_database_is_an_error_of_the_start(running):
    running.stop()
    data = running.database / "data.mdb"
    with open(data, "r+b") as file:
        file.truncate(2 * 4096 + 100)
    done = subprocess.run([running.build / "bowlined", "-C", running.database],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "damaged" in done.stderr and "Traceback" not in done.stderr, done.stderr


def test_a_database_that_is_not_there_is_an_error_of_the_start(running):
    running.stop()
    done = subprocess.run([running.build / "bowlined", "-C", running.folder / "nowhere"],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and "is not there: make it with" in done.stderr
