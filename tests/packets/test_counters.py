"""Every frame that comes in by a port of an appliance is counted, by what became of it."""

import pytest

import appliance as harness
import live
import test_bad_input
import test_ethernet
import test_ipv4
import test_ipv6
import test_udp

LIVE = [name for name in live.ports.PORTS if name != "memory"]


def everything():
    """Good and bad frames of the other files, as they are sent."""
    for module in (test_bad_input, test_ethernet, test_ipv4, test_ipv6, test_udp):
        for test in vars(module).values():
            for mark in getattr(test, "pytestmark", ()):
                if mark.args[0] == "case":
                    for case in mark.args[1]:
                        yield from case.sent


@pytest.fixture(scope="module", params=LIVE)
def quiet(request):
    """A port of its own: nothing but the test's frames comes in by it."""
    with live.ports.PORTS[request.param]() as made:
        yield made


class Counted:
    """How a stretch of time shows in the counters, once they stand still."""

    def __init__(self, port):
        self.port = port
        self.before = self.still()

    def still(self):
        seen = [None, self.port.stats()]

        def same():
            seen[:] = [seen[1], self.port.stats()]
            return all(value == seen[0][name] for name, value in seen[1].items()
                       if name not in ("loops", "sleeps"))

        harness.wait_until(same, 10.0, lambda: f"counters that stand still: {seen}", pause=0.05)
        return seen[1]

    def delta(self, prefix=""):
        now = self.still()
        return {name: now[name] - self.before[name] for name in now if name.startswith(prefix)}


def test_every_frame_is_counted_once_with_its_reason(quiet):
    sent = [octets for octets in everything() if quiet.reaches(octets)]
    assert len(sent) > 2000
    counted, barriers = Counted(quiet), quiet.barriers
    quiet.exchange(sent)
    total = len(sent) + quiet.barriers - barriers
    delta = counted.delta()
    reasons = {name: value for name, value in delta.items() if value}
    steered = total
    if isinstance(quiet, live.XdpPort):
        by_program = {name: value for name, value in delta.items() if name.startswith("xdp-")}
        assert sum(by_program.values()) == total, reasons
        assert by_program["xdp-passed-short"] and by_program["xdp-passed-fragment"]
        assert by_program["xdp-passed-extension-headers"] and by_program["xdp-passed-vlan-tags"]
        steered = by_program["xdp-steered"]
    assert delta["received-udp"] == steered, reasons
    refused = delta["drops"] + delta["exception-to-kernel"] + delta["exception-lost"]
    assert delta["answers"] + refused == steered, reasons
    assert delta["drop-bad-checksum"] and delta["drop-bad-source"], reasons
