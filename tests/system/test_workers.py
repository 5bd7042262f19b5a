"""Options that shape the process: numbers of threads, their CPUs, and a start that does not wait."""

import collections
import os
import pathlib
import re

import appliance as harness
import client
import wire

ZONE = "small.test."
ZONES = {ZONE: harness.small_zone(ZONE, 1)}


def threads(pid):
    """Kind of thread to the CPU lists of all of that kind."""
    found = collections.defaultdict(list)
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        name = (task / "comm").read_text().strip()
        cpus = re.search(r"Cpus_allowed_list:\s+(\S+)", (task / "status").read_text()).group(1)
        found[name.split("-")[0]].append(cpus)
    return found


def sockets_at(running, kind):
    """How many sockets of the keeper are bound to the port of 127.0.0.1."""
    wanted = f"0100007F:{running.port:04X}"
    lines = pathlib.Path(f"/proc/net/{kind}").read_text().splitlines()[1:]
    state = {"udp": "07", "tcp": "0A"}[kind]
    return sum(line.split()[1] == wanted and line.split()[3] == state for line in lines)


def test_numbers_of_workers_are_numbers_of_threads_and_sockets():
    options = "udp-workers: 3\ntcp-workers: 4"
    for reuseport, tcp_sockets in (("off", 1), ("on", 4)):
        with harness.Appliance(ZONES, server=f"{options}\ntcp-reuseport: {reuseport}") as running:
            running.start()
            pid = running.children()["bowline-dataplane"]
            harness.wait_until(lambda: len(threads(pid)["stream"]) == 4, 10.0,
                               lambda: f"four stream threads: {threads(pid)}")
            assert len(threads(pid)["worker"]) == 3
            assert sockets_at(running, "udp") == 3
            assert sockets_at(running, "tcp") == tcp_sockets
            for tcp in (False, True):
                assert running.ask(f"www.{ZONE}", "A", tcp=tcp).answer


def test_background_workers_load_that_many_zones_at_once():
    zones = {f"z{i}.test.": harness.small_zone(f"z{i}.test.", 1) for i in range(9)}
    with harness.Appliance(zones, server="background-workers: 3") as running:
        running.start()
        assert "loading 9 zones, 3 threads" in running.errors()


def test_socket_affinity_keeps_workers_on_cpus():
    cpus = sorted(os.sched_getaffinity(0))
    count = 2 * len(cpus)
    options = f"socket-affinity: on\ntcp-reuseport: on\nudp-workers: {count}\ntcp-workers: {count}"
    with harness.Appliance(ZONES, server=options) as running:
        running.start()
        wanted = sorted([str(cpu) for cpu in cpus] * 2)
        pid = running.children()["bowline-dataplane"]
        for kind in ("worker", "stream"):  # each is pinned right after it has begun
            harness.wait_until(lambda: sorted(threads(pid)[kind]) == wanted, 10.0,
                               lambda: f"{kind}s on {wanted}: {threads(pid)}")
        # Whoever asks from whatever CPU gets its answer.
        for cpu in cpus:
            try:
                os.sched_setaffinity(0, {cpu})
                for _ in range(8):
                    assert running.ask(f"www.{ZONE}", "A").answer
                    assert running.ask(f"www.{ZONE}", "A", tcp=True).answer
            finally:
                os.sched_setaffinity(0, cpus)


# 2.6 million records, of a file that is written in no time.
LARGE = harness.small_zone("large.test.", 5, "".join(
    f"$GENERATE 0-65535 n{part}-$ A 192.0.2.1\n" for part in range(40)))
LAST = "n39-65535.large.test."


def answers_until_loaded(option):
    """The distinct answers for a name of the large zone, one after the other, from the start on."""
    zones = {**ZONES, "large.test.": LARGE}
    with harness.Appliance(zones, server=option) as running:
        running.launch()
        seen = []

        def asked():
            octets = client.try_udp(running.address(), wire.query(LAST, "A"), 0.1)
            answer = None if octets is None else wire.parse(octets).rcode
            if answer is not None and answer not in seen[-1:]:
                seen.append(answer)
            return answer == wire.NOERROR

        harness.wait_until(asked, 60.0, lambda: f"the zone: {seen}\n{running.errors()}")
        running.wait_log("ready")
        running.wait_children()
        assert running.ask(f"www.{ZONE}", "A").answer
        assert running.ask("elsewhere.test.", "A").rcode == wire.REFUSED
        return seen


def test_with_async_start_a_zone_that_loads_gets_servfail():
    assert answers_until_loaded("async-start: on") == [wire.SERVFAIL, wire.NOERROR]


def test_without_async_start_nobody_is_answered_before_all_is_loaded():
    assert answers_until_loaded("async-start: off") == [wire.NOERROR]
