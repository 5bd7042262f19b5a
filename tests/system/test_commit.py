"""Commits of a server that runs from a database: what they touch, and what a kill leaves."""

import pytest

import appliance as harness
import wire
from database_appliance import DatabaseAppliance
from reload_churn import Control

zone = harness.small_zone
LARGE = 150_000  # names of a zone that takes some tenths of a second to load


@pytest.fixture
def running():
    zones = {name: zone(name, 1) for name in ("one.test.", "two.test.")}
    with DatabaseAppliance(zones) as started:
        started.fill()
        yield started.start()


def commit(appliance, *edits):
    """(error, texts, tables) of conf-commit after these edits, each a command and its arguments."""
    control = Control(appliance.rundir / "bowline.sock")
    for command in (("conf-begin",), *edits):
        error, texts, _ = control.ask(*command)
        assert not error, (command, error, texts)
    return control.ask("conf-commit")


def zones_of(answer):
    assert not answer[0], answer
    row = answer[2]["zones"][0]
    return row["loaded"], row["failed"], row["removed"], row["unchanged"]


def test_a_commit_looks_at_no_zone_that_it_does_not_name(running):
    for name in ("one.test.", "two.test."):
        running.write_zone(name, zone(name, 2))
    assert zones_of(commit(running, ("conf-set", "server.identity", "fresh"))) == (0, 0, 0, 2)
    assert zones_of(commit(running, ("conf-set", "zone[one.test].comment", "x"))) == (1, 0, 0, 1)
    assert running.serial("one.test.") == 2 and running.serial("two.test.") == 1
    assert zones_of(Control(running.rundir / "bowline.sock").ask("reload")) == (1, 0, 0, 1)
    assert running.serial("two.test.") == 2


def test_zones_come_go_and_move_by_commits(running):
    """One that is taken out and put in again within a transaction has not changed."""
    running.write_file(running.folder / "three.test.zone", zone("three.test.", 3))
    running.write_file(running.folder / "moved", zone("one.test.", 9))
    answer = commit(running, ("conf-set", "zone[three.test]"), ("conf-unset", "zone[two.test]"),
                    ("conf-set", "zone[one.test].file", "moved"))
    assert zones_of(answer) == (2, 0, 1, 0)
    assert running.serial("one.test.") == 9 and running.serial("three.test.") == 3
    assert running.ask("two.test.", "SOA").rcode == wire.REFUSED
    answer = commit(running, ("conf-unset", "zone[one.test]"), ("conf-set", "zone[one.test]"),
                    ("conf-set", "zone[one.test].file", "moved"))
    assert answer[:2] == ("", ["nothing has changed"])


def test_a_template_of_the_database_touches_its_users(running):
    other = running.folder / "other"
    other.mkdir(mode=0o755)
    running.write_file(other / "one.test.zone", zone("one.test.", 7))
    answer = commit(running, ("conf-set", "template[t]"),
                    ("conf-set", "template[t].storage", str(running.folder)),
                    ("conf-set", "zone[one.test].template", "t"))
    assert zones_of(answer) == (0, 0, 0, 2), "the values are those of before"
    assert zones_of(commit(running, ("conf-set", "template[t].storage", str(other)))) == \
        (1, 0, 0, 1)
    assert running.serial("one.test.") == 7 and running.serial("two.test.") == 1


def test_what_waits_for_a_restart_is_named_by_the_commit(running):
    error, texts, tables = commit(running, ("conf-set", "server.tcp-workers", "3"))
    assert not error
    line = "server.tcp-workers: changed, takes effect after a restart of bowlined"
    assert line in texts and running.log_count(line) == 1
    assert running.status()["restart-needed"] == "server.tcp-workers"
    commit(running, ("conf-unset", "server.tcp-workers"))
    assert running.status()["restart-needed"] == ""


def test_control_killed_while_a_commit_takes_effect_comes_back_with_it(running):
    """The commit is on disk before it takes effect, so the next control finds it."""
    for name in ("large1.test.", "large2.test."):
        running.write_file(running.folder / f"{name}zone", zone(
            name, 3, "".join(f"n{i} A 192.0.2.1\n" for i in range(LARGE))))
    control = Control(running.rundir / "bowline.sock")
    for command in (("conf-begin",), ("conf-set", "zone[large1.test]"),
                    ("conf-set", "zone[large2.test]"), ("conf-unset", "zone[two.test]")):
        assert not control.ask(*command)[0]
    before = running.log_count("loading 2 zones")
    link = control.send("conf-commit")
    harness.wait_until(lambda: running.log_count("loading 2 zones") > before
                       or running.serial("large1.test.") == 3, 10.0, "the loading")
    old = running.kill_child("bowline-control")
    assert running.ask("www.one.test.").aa, "answers go on"
    link.close()
    running.wait_new_child("bowline-control", old)
    for name in ("large1.test.", "large2.test."):
        harness.wait_until(lambda name=name: running.serial(name) == 3, 20.0, name)
    harness.wait_until(lambda: running.ask("two.test.", "SOA").rcode == wire.REFUSED, 5.0,
                       "the zone that the commit removed")
    harness.wait_until(lambda: running.ctl("status", check=False).returncode == 0, 10.0,
                       "control answers")
    error, texts, tables = control.ask("conf-read", "zone.domain")
    assert {row["id"] for row in tables[""]} == {"one.test.", "large1.test.", "large2.test."}
