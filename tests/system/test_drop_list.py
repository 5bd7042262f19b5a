"""The drop list: filled by the configuration and by hand, dropped by the XDP program; counters and
ports as bowlinec shows them."""

import pytest

import appliance as harness
import links
import network
from network import CLIENT_IPV4, CLIENT_IPV6, OUR_IPV4, OUR_IPV6

ZONE = {"drop.test.": harness.small_zone("drop.test.", 1)}
CONFIGURED = "203.0.113.0-203.0.113.5"
CONFIGURED_PREFIXES = {"203.0.113.0/30": "configuration", "203.0.113.4/31": "configuration"}


@pytest.fixture(scope="module")
def served():
    with links.Served("xdp", ZONE, dataplane=f"drop: {CONFIGURED}\n") as running:
        yield running


@pytest.fixture(autouse=True)
def as_configured(served):
    """Each test begins and ends with what the configuration has."""
    yield
    served.appliance.write_config()
    served.appliance.ctl("reload")
    by_hand = [prefix for prefix, origin in prefixes(served).items() if "by hand" in origin]
    if by_hand:
        served.appliance.ctl("drop-remove", *by_hand)
    assert prefixes(served) == CONFIGURED_PREFIXES


def prefixes(served):
    rows = served.appliance.ctl_json("drop-list")["prefixes"]
    return {row["prefix"]: row["origin"] for row in rows}


def answers(served, host):
    return bool(served.try_ask("www.drop.test.", host=host, timeout=0.5))


def dropped(served):
    return served.stats()["xdp-dropped-source"]


@pytest.mark.parametrize("host, prefix, other", [
    (OUR_IPV4, f"{CLIENT_IPV4}/32", OUR_IPV6), (OUR_IPV4, "192.0.2.0/24", OUR_IPV6),
    (OUR_IPV6, f"{CLIENT_IPV6}/128", OUR_IPV4), (OUR_IPV6, "2001:db8::/32", OUR_IPV4)])
def test_what_is_added_by_hand_is_dropped_until_it_is_removed(served, host, prefix, other):
    assert answers(served, host)
    before = dropped(served)
    assert "1 of 1" in served.appliance.ctl("drop-add", prefix).stdout
    assert "0 of 1" in served.appliance.ctl("drop-add", prefix).stdout
    assert prefixes(served)[prefix] == "by hand"
    assert not answers(served, host) and answers(served, other)
    assert dropped(served) == before + 1
    # Only DNS over UDP is dropped.
    assert served.ask("www.drop.test.", host=host, tcp=True).answer
    served.appliance.ctl("drop-remove", prefix)
    assert answers(served, host) and prefix not in prefixes(served)


def test_a_new_control_keeps_what_was_added_by_hand(served):
    served.appliance.ctl("drop-add", CLIENT_IPV4, "203.0.113.0/30")
    old = served.appliance.kill_child("bowline-control")
    served.appliance.wait_new_child("bowline-control", old)
    harness.wait_until(lambda: served.appliance.ctl("status", check=False).returncode == 0, 10.0,
                       "a control that answers")
    assert prefixes(served) == {f"{CLIENT_IPV4}/32": "by hand", "203.0.113.4/31": "configuration",
                                "203.0.113.0/30": "configuration, by hand"}
    assert not answers(served, OUR_IPV4)


def test_a_reload_changes_what_is_of_the_configuration_only(served):
    appliance = served.appliance
    appliance.ctl("drop-add", "203.0.113.4/31", "198.51.100.1")
    text = appliance.config.read_text()
    appliance.write_config(text.replace(CONFIGURED, f"[ {CLIENT_IPV6}, 203.0.113.0/30 ]"))
    appliance.ctl("reload")
    assert prefixes(served) == {"198.51.100.1/32": "by hand", "203.0.113.0/30": "configuration",
                                "203.0.113.4/31": "by hand",
                                f"{CLIENT_IPV6}/128": "configuration"}
    assert not answers(served, OUR_IPV6) and answers(served, OUR_IPV4)


@pytest.mark.parametrize("arguments, said", [
    (["drop-add", "192.0.2.0/33"], "192.0.2.0/33: not a prefix"),
    (["drop-add", "198.51.100.1", "nonsense"], "nonsense: not a prefix"),
    (["drop-add"], "needs more arguments: drop-add <prefix>"),
    (["drop-remove", "198.51.100.1"], "198.51.100.1/32 is not in the drop list"),
    (["drop-remove", "203.0.113.4/31"], "203.0.113.4/31 stands in dataplane.drop"),
    (["drop-list", "x"], "takes no arguments")])
def test_what_cannot_be_done_changes_nothing(served, arguments, said):
    done = served.appliance.ctl(*arguments, check=False)
    assert done.returncode in (1, 2) and said in done.stderr, done
    assert len(done.stderr.strip().splitlines()) == 1
    assert prefixes(served) == CONFIGURED_PREFIXES


def test_status_and_stats_show_the_port(served):
    before = served.stats()
    for _ in range(10):
        assert answers(served, OUR_IPV4)
    after = served.stats()
    assert after["xdp-steered"] - before["xdp-steered"] == 10
    status = served.appliance.status()
    assert status["xdp-workers"] == 1 and status["dpdk-workers"] == 0
    assert len(status["ports"]) == 1
    port = status["ports"][0]
    assert port["port"] == "eth0" and port["kind"] == "xdp" and port["link"] == "up"
    assert port["mode"] in ("zero copy", "native copy", "generic copy") and port["mtu"] == 1500
    harness.wait_until(lambda: served.appliance.status()["queues"][0]["sent"] >= 10, 5.0,
                       "ten answers in the counts of the queue")
    lines = served.appliance.ctl("-e", "status").stdout.splitlines()
    assert any(line.split()[:2] == ["eth0", "xdp"] for line in lines), lines


def test_without_xdp_the_verbs_say_so_and_stats_have_no_such_counters():
    zone = {"plain.test.": harness.small_zone("plain.test.", 1)}
    with harness.Appliance(zone, dataplane="drop: 192.0.2.0/24\n") as appliance:
        appliance.start()
        for command in (["drop-list"], ["drop-add", "192.0.2.1"], ["drop-remove", "192.0.2.1"]):
            done = appliance.ctl(*command, check=False)
            assert done.returncode == 1 and "no interface is served with XDP" in done.stderr
        assert appliance.log_count("dataplane.drop drops nothing") == 1
        assert not [name for name in appliance.stats() if name.startswith("xdp-")]
        status = appliance.status()
        assert status["ports"] == [] and status["xdp-workers"] == 0
