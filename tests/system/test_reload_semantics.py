"""What a reload touches and what it says, also when it is disturbed."""

import signal
import socket

import pytest

import appliance as harness
import wire
from reload_churn import Control

zone = harness.small_zone
LARGE = 150_000  # names of a zone that takes some tenths of a second to load


@pytest.fixture
def running():
    zones = {name: zone(name, 1) for name in ("one.test.", "two.test.")}
    with harness.Appliance(zones) as started:
        yield started.start()


def reload(appliance):
    return Control(appliance.rundir / "bowline.sock").ask("reload")


def zones_of(answer):
    row = answer[2]["zones"][0]
    return row["loaded"], row["failed"], row["removed"], row["unchanged"]


def large_zone(serial):
    return zone("large.test.", serial, "".join(f"n{i} A 192.0.2.1\n" for i in range(LARGE)))


def test_the_answer_lists_what_differs_and_what_waits_for_a_restart(running):
    running.server = "identity: fresh"
    running.listen = ["127.0.0.1"]
    running.write_config()
    error, texts, tables = reload(running)
    assert not error
    assert sorted((row["item"], row["change"], row["effect"]) for row in tables["items"]) == [
        ("server.identity", "changed", "now"), ("server.listen", "changed", "restart")]
    line = "server.listen: changed, takes effect after a restart of bowlined"
    assert line in texts and running.log_count(line) == 1
    reload(running)
    assert running.log_count(line) == 1, "named again by a reload that does not change it"


def test_a_reload_with_nothing_changed_publishes_nothing(running):
    before = running.status()["epoch"]
    for _ in range(3):
        error, texts, tables = answer = reload(running)
        assert not error and zones_of(answer) == (0, 0, 0, 2) and "items" not in tables
    assert running.status()["epoch"] == before


def test_a_storm_of_signals_is_some_reloads_and_the_last_state_counts(running):
    for serial in range(2, 102):
        running.write_zone("one.test.", zone("one.test.", serial))
        running.process.send_signal(signal.SIGHUP)
    harness.wait_until(lambda: running.serial("one.test.") == 101, 10.0, "serial 101")
    running.write_zone("two.test.", zone("two.test.", 9))
    reload(running)
    assert running.serial("two.test.") == 9
    assert running.log_count("configuration reloaded") <= 101


def test_a_zone_in_other_letters_is_the_same_zone(running):
    running.zones = {"ONE.test.": running.zones["one.test."], "tWo.TEST": running.zones["two.test."]}
    running.write_config()
    assert zones_of(reload(running)) == (0, 0, 0, 2)
    assert running.serial("one.test.") == 1


def test_a_zone_that_goes_and_comes_back(running):
    path = running.zones.pop("one.test.")
    running.write_config()
    assert zones_of(reload(running)) == (0, 0, 1, 1)
    assert running.ask("one.test.", "SOA").rcode == wire.REFUSED
    running.zones["one.test."] = path
    running.write_config()
    assert zones_of(reload(running)) == (1, 0, 0, 1)
    assert running.serial("one.test.") == 1


def test_a_zone_that_moves_to_another_file_is_loaded_from_there(running):
    running.write_file(running.folder / "moved", zone("one.test.", 5))
    running.zones["one.test."] = running.folder / "moved"
    running.write_config()
    assert zones_of(reload(running)) == (1, 0, 0, 1)
    assert running.serial("one.test.") == 5


def test_a_configuration_with_a_fault_in_its_middle_changes_nothing(running):
    good = running.config_text()
    running.server = "identity: fresh\nudp-max-payload: 7"
    running.add_zone("three.test.", zone("three.test.", 1))
    del running.zones["two.test."]
    running.write_config()
    error, texts, tables = reload(running)
    assert error and "udp-max-payload" in texts[0] and not tables
    assert running.serial("two.test.") == 1
    assert running.ask("three.test.", "SOA").rcode == wire.REFUSED
    running.write_config(good)
    assert zones_of(reload(running)) == (0, 0, 0, 2)


def test_a_log_file_that_cannot_be_opened_does_not_hold_up_the_rest(running):
    running.write_zone("one.test.", zone("one.test.", 2))
    running.write_config(running.config_text().replace(
        "log:\n", f"log:\n  - target: {running.folder}/none/log\n    any: info\n"))
    error, texts, tables = reload(running)
    assert error and any(f"{running.folder}/none/log" in text for text in texts)
    assert running.serial("one.test.") == 2
    (running.folder / "none").mkdir()
    error, texts, tables = reload(running)
    assert not error and (running.folder / "none/log").exists()


def test_a_reload_while_zones_are_loading_comes_after_it():
    zones = {"large.test.": large_zone(1), "one.test.": zone("one.test.", 1)}
    with harness.Appliance(zones, server="async-start: on") as running:
        running.launch()
        running.wait_ready()
        running.write_zone("one.test.", zone("one.test.", 2))
        answer = reload(running)
        assert not answer[0] and answer[2]["zones"][0]["failed"] == 0
        assert running.serial("large.test.") == 1 and running.serial("one.test.") == 2


def test_control_killed_while_it_applies_comes_back_with_what_is_configured():
    with harness.Appliance({"one.test.": zone("one.test.", 1)}) as running:
        running.start()
        running.add_zone("large.test.", large_zone(3))
        running.add_zone("two.test.", zone("two.test.", 2))
        running.write_config()
        for _ in range(2):
            lines = running.log_count("loading 2 zones")
            running.process.send_signal(signal.SIGHUP)
            harness.wait_until(lambda: running.log_count("loading 2 zones") > lines
                               or running.serial("two.test.") == 2, 10.0, "the loading")
            old = running.kill_child("bowline-control")
            assert running.ask("www.one.test.").aa, "answers go on"
            running.wait_new_child("bowline-control", old)
        harness.wait_until(lambda: running.serial("large.test.") == 3, 20.0, "the large zone")
        assert running.serial("two.test.") == 2 and running.serial("one.test.") == 1
        harness.wait_until(lambda: running.ctl("status", check=False).returncode == 0, 10.0,
                           "control answers")
        assert zones_of(reload(running)) == (0, 0, 0, 3)


def test_status_says_serving_as_soon_as_ready_is_logged():
    for _ in range(5):
        with harness.Appliance({"one.test.": zone("one.test.", 1)}) as running:
            running.launch()
            running.wait_ready()
            assert running.status()["dataplane"] == "serving"


def test_the_time_limit_of_control_connections_changes_by_reload():
    with harness.Appliance({}, sections="control:\n    timeout: 0\n") as running:
        running.start()
        running.sections = "control:\n    timeout: 1\n"
        running.write_config()
        reload(running)
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(20)
            link.connect(str(running.rundir / "bowline.sock"))
            assert link.recv(1) == b"", "an idle connection is closed"
