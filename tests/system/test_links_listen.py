"""Several ports in one appliance: sockets, AF_XDP and DPDK; several interfaces and queues; what
happens when an interface goes down or away; extreme settings; and what is left at the end."""

import json
import os
import pathlib

import pytest

import appliance as harness
import client
import links
import network
import wire
from network import CLIENT_IPV4, OUR_IPV4, OUR_IPV6

ZONE = {"small.test.": harness.small_zone("small.test.", 1)}
SECOND_OUR, SECOND_CLIENT = "198.51.100.53", "198.51.100.1"
SECOND_MACS = ("02:00:00:00:01:53", "02:00:00:00:01:01")
QUESTION = wire.query("www.small.test.")
DPDK_KIB = 64 << 10  # dataplane.dpdk-memory


@pytest.fixture(autouse=True)
def namespaces():
    network.needs_namespaces()


@pytest.fixture
def two_links():
    """eth0 as everywhere, and eth1 without addresses at our end."""
    with network.Link() as link:
        link.add_pair("eth1", *SECOND_MACS)
        link.ours.ip("link", "set", "eth1", "up")
        link.client.ip("link", "set", "eth1", "up")
        link.client.ip("address", "add", f"{SECOND_CLIENT}/24", "dev", "eth1")
        yield link


def appliance_on(link, xdp="listen: eth0", **options):
    sections = f"xdp:\n{links.indent(xdp)}" if xdp else ""
    return harness.Appliance(ZONE, **{"listen": [OUR_IPV4, OUR_IPV6], "port": 53, "log": "info",
                                      "sections": sections, "namespace": link.ours, **options})


def started(appliance):
    """It may have no socket that a question from here reaches: its log says when it is ready."""
    appliance.launch().wait_ready()
    appliance.wait_children()


def asked_from(namespace, host, tcp=False, times=1):
    """Asks so many times, each from another port; all must be answered."""
    send = client.tcp if tcp else client.udp
    with namespace.entered():
        for _ in range(times):
            assert wire.parse(send((host, 53), QUESTION)).aa


def rises(appliance, counter, action):
    """The change of a counter over action()."""
    def value():
        return int(appliance.stats().get(counter, 0))

    before = value()
    action()
    # Counters are committed at the end of a burst, its answers sent before.
    harness.wait_until(lambda: value() > before, 2.0, f"{counter} to rise")
    return value() - before


def queue_counts(appliance, port):
    return [row["received"] for row in appliance.status()["queues"] if row["port"] == port]


# ---- Several ports -------------------------------------------------------------------------------


def test_sockets_xdp_and_dpdk_answer_in_one_appliance(two_links):
    """eth0 by XDP, eth1 by DPDK with its addresses on the exception port, lo by sockets."""
    network.needs_hugepages()
    ours = two_links.ours
    ours.sysctl("net.ipv6.conf.eth1.disable_ipv6", 1)
    ours.sysctl("net.ipv4.conf.eth1.arp_ignore", 8)
    ours.sysctl("net.ipv4.conf.eth1.rp_filter", 1)
    ours.ip("tuntap", "add", "dev", "bowline0", "mode", "tap")
    ours.ip("link", "set", "bowline0", "address", SECOND_MACS[0], "up")
    ours.ip("address", "add", f"{SECOND_OUR}/24", "dev", "bowline0")
    with appliance_on(two_links, listen=["127.0.0.1", OUR_IPV4, SECOND_OUR],
                      dataplane='devices: [ "net_af_packet0,iface=eth1" ]') as appliance:
        started(appliance)
        assert {row["kind"] for row in appliance.status()["ports"]} == {"xdp", "dpdk"}
        by_xdp = rises(appliance, "xdp-steered",
                       lambda: asked_from(two_links.client, OUR_IPV4, times=20))
        assert by_xdp == 20
        steered = int(appliance.stats()["xdp-steered"])
        by_dpdk = rises(appliance, "exception-to-kernel",
                        lambda: asked_from(two_links.client, SECOND_OUR, times=20))
        assert by_dpdk <= 4, "ARP alone is the kernel's"
        asked_from(ours, "127.0.0.1", times=20)
        assert int(appliance.stats()["xdp-steered"]) == steered
        for host in (OUR_IPV4, SECOND_OUR):
            asked_from(two_links.client, host, tcp=True)
        received = int(appliance.stats()["rcode-noerror"])
        assert received >= 62
        appliance.stop()
    assert links.xdp_program(ours) is None


def test_two_interfaces_are_served_by_xdp(two_links):
    two_links.ours.ip("address", "add", f"{SECOND_OUR}/24", "dev", "eth1")
    with appliance_on(two_links, "listen: [ eth0, eth1 ]") as appliance:
        started(appliance)
        programs = [links.xdp_program(two_links.ours, device) for device in ("eth0", "eth1")]
        assert None not in programs and programs[0] != programs[1]
        for host in (OUR_IPV4, OUR_IPV6, SECOND_OUR):
            assert rises(appliance, "xdp-steered",
                         lambda host=host: asked_from(two_links.client, host, times=10)) == 10
        # An address is the machine's, not an interface's.
        two_links.client.ip("route", "add", OUR_IPV4, "via", SECOND_OUR, "dev", "eth1")
        asked_from(two_links.client, OUR_IPV4, times=5)
        appliance.stop()
        assert links.xdp_program(two_links.ours, "eth1") is None


@pytest.mark.parametrize("backend", links.BACKENDS)
def test_two_queues_both_serve(backend):
    """One flow stays on one queue; many flows use both."""
    extra = {"dpdk": "device-queues: 2", "xdp": ""}[backend]
    with links.Served(backend, ZONE, link={"queues": 2}, dataplane=extra,
                      device=f"{links.DEVICE},qpairs=2") as served:
        port = served.appliance.status()["ports"][0]["port"]
        assert len(queue_counts(served.appliance, port)) == 2

        def both_used():
            with served.from_client():
                for message in client.udp_many(served.address(), [QUESTION] * 20):
                    assert message
            asked_from(served.link.client, OUR_IPV4, times=20)
            return min(queue_counts(served.appliance, port)) > 5

        # The port that a client's socket gets is chance, and with it the queue.
        harness.wait_until(both_used, 20.0, lambda: queue_counts(served.appliance, port))
        assert wire.parse(client_tcp(served)).aa


def client_tcp(served):
    with served.from_client():
        return client.tcp(served.address(), QUESTION)


# ---- Settings ------------------------------------------------------------------------------------


# A window no larger than the ring: of what comes beyond it nobody said that it is kept.
@pytest.mark.parametrize("xdp,window", (
    ("ring-size: 4", 2), ("ring-size: 1000", 64), ("ring-size: 32768", 64),
    ("busypoll-budget: 64\nbusypoll-timeout: 50", 64)))
def test_extreme_settings_serve(xdp, window):
    with links.Served("xdp", ZONE, xdp=xdp) as served:
        with served.from_client():
            replies = client.udp_many(served.address(), [QUESTION] * 2000, window)
        assert None not in replies


@pytest.mark.parametrize("backend", links.BACKENDS)
def test_busy_workers_serve(backend):
    with links.Served(backend, ZONE, dataplane="poll: busy") as served:
        with served.from_client():
            assert None not in client.udp_many(served.address(), [QUESTION] * 2000)
        assert int(served.appliance.stats()["sleeps"]) == 0


def test_a_port_of_its_own_is_served_beside_the_kernels(two_links):
    with appliance_on(two_links, "listen: eth0@5353") as appliance:
        started(appliance)
        with two_links.client.entered():
            assert wire.parse(client.udp((OUR_IPV4, 5353), QUESTION)).aa
            assert client.try_udp((OUR_IPV4, 5354), QUESTION, 0.2) is None
        asked_from(two_links.client, OUR_IPV4)
        stats = appliance.stats()
        assert int(stats["xdp-steered"]) == 1 and int(stats["xdp-passed-other-port"]) >= 2


def test_a_larger_mtu_carries_larger_answers():
    """Knot's limit of 1790 octets; an answer near it goes out whole."""
    text = harness.small_zone("small.test.", 1, "large TXT " + " ".join(
        f'"{"x" * 250}"' for _ in range(6)) + ' "' + "y" * 100 + '"\n')
    with links.Served("xdp", {"small.test.": text}, link={"mtu": 1790},
                      server="udp-max-payload: 4096") as served:
        reply = served.ask("large.small.test.", "TXT", edns=4096)
        assert not reply.tc and 1600 < reply.size < 1790 - 28


# ---- route-check ---------------------------------------------------------------------------------


@pytest.fixture
def routed(two_links):
    """With route-check; eth1 is another way out, not served by XDP."""
    ours = two_links.ours
    ours.ip("address", "add", f"{SECOND_OUR}/24", "dev", "eth1")
    for family in ("ipv4", "ipv6"):
        ours.sysctl(f"net.{family}.conf.lo.forwarding", 1)
    for device in ("all", "eth0", "eth1"):
        two_links.ours.sysctl(f"net.ipv4.conf.{device}.rp_filter", 0)
        two_links.client.sysctl(f"net.ipv4.conf.{device}.rp_filter", 0)
    with appliance_on(two_links, "listen: eth0\nroute-check: on") as appliance:
        started(appliance)
        yield two_links, appliance


def ask_as(link, source, timeout=0.3):
    """From that address of the client's, to our address on eth0."""
    link.client.ip("address", "replace", f"{source}/32", "dev", "lo")
    link.client.ip("route", "replace", OUR_IPV4, "dev", "eth0", "src", source)
    with link.client.entered():
        return client.try_udp((OUR_IPV4, 53), QUESTION, timeout)


def test_route_check_steers_what_goes_back_the_same_way(routed):
    link, appliance = routed
    asked_from(link.client, OUR_IPV4)  # the neighbour is known
    assert rises(appliance, "xdp-steered",
                 lambda: asked_from(link.client, OUR_IPV4, times=10)) == 10
    assert rises(appliance, "xdp-steered",
                 lambda: asked_from(link.client, OUR_IPV6, times=10)) >= 9


@pytest.mark.parametrize("kind", ("blackhole", "unreachable", "prohibit"))
def test_route_check_drops_whom_no_route_leads_to(routed, kind):
    link, appliance = routed
    link.ours.ip("route", "add", kind, "203.0.113.0/24")
    dropped = rises(appliance, f"xdp-dropped-route-{kind}",
                    lambda: ask_as(link, "203.0.113.7") is None or pytest.fail("answered"))
    assert dropped == 1
    asked_from(link.client, OUR_IPV6)


def test_route_check_leaves_to_the_kernel_who_is_behind_another_interface(routed):
    link, appliance = routed
    link.ours.ip("route", "add", "203.0.113.0/24", "via", SECOND_CLIENT, "dev", "eth1")
    link.ours.run("ping", "-c", "1", "-W", "2", SECOND_CLIENT)  # the neighbour is known
    passed = rises(appliance, "xdp-passed-route-other",
                   lambda: ask_as(link, "203.0.113.7", 2.0) or pytest.fail("no answer"))
    assert passed == 1, "the kernel and its sockets answer, by eth1"


# ---- An interface that goes down, or away --------------------------------------------------------


def processor_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def stays_calm(appliance):
    """The dataplane is not restarted, and does not spin for a port that is gone."""
    pid = appliance.children()["bowline-dataplane"]
    before, begin = processor_s(pid), harness.time.monotonic()
    harness.time.sleep(1.0)
    used = (processor_s(pid) - before) / (harness.time.monotonic() - begin)
    assert appliance.children()["bowline-dataplane"] == pid, appliance.errors()[-2000:]
    assert used < 0.5, f"{used:.0%} of a processor for nothing"


@pytest.mark.parametrize("backend", links.BACKENDS)
def test_an_interface_that_was_down_serves_again(backend):
    with links.Served(backend, ZONE) as served:
        dataplane = served.appliance.children()["bowline-dataplane"]
        program = served.program()
        for _ in range(3):
            served.link.ours.ip("link", "set", "eth0", "down")
            assert served.try_ask("www.small.test.", timeout=0.1) is None
            served.link.ours.ip("link", "set", "eth0", "up")
            if backend == "xdp":  # the kernel takes IPv6 addresses off what goes down
                served.link.ours.ip("address", "replace", f"{OUR_IPV6}/64", "dev", "eth0", "nodad")
            served.wait_serving()
        assert served.appliance.children()["bowline-dataplane"] == dataplane
        assert served.program() == program
        assert served.ask("www.small.test.", tcp=True).aa


@pytest.mark.parametrize("backend", links.BACKENDS)
def test_an_interface_that_goes_away_does_no_harm(backend):
    with links.Served(backend, ZONE) as served:
        served.link.client.ip("link", "del", "eth0")
        stays_calm(served.appliance)
        host = OUR_IPV4 if backend == "dpdk" else "127.0.0.1"
        if backend == "dpdk":  # its address stands on the exception port
            asked_from(served.link.ours, host, tcp=True)
        assert served.appliance.ctl("status").returncode == 0


# ---- Privileges, and the end ---------------------------------------------------------------------


@pytest.mark.parametrize("backend", links.BACKENDS)
@pytest.mark.parametrize("user", (None, "nobody"))
def test_no_thread_of_the_children_keeps_a_capability(backend, user):
    uid = harness.nobody()[0] if user else 0
    with links.Served(backend, ZONE, user=user) as served:
        for name, pid in served.appliance.wait_children().items():
            def threads():
                return list(pathlib.Path(f"/proc/{pid}/task").iterdir())

            if name == "bowline-dataplane":  # it is ready a moment before its workers start
                harness.wait_until(lambda: len(threads()) >= 3, 5.0, "worker and stream threads")
            for task in threads():
                status = dict(line.split(":", 1)
                              for line in (task / "status").read_text().splitlines())
                for field in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                    assert int(status[field], 16) == 0, (name, status["Name"], field)
                assert status["NoNewPrivs"].strip() == "1", (name, status["Name"])
                assert set(status["Uid"].split()) == {str(uid)}, (name, status["Name"])
        assert served.ask("www.small.test.").aa


@pytest.mark.parametrize("backend", links.BACKENDS)
def test_a_stop_leaves_nothing_behind(backend):
    with links.Served(backend, ZONE) as served:
        def left():
            interfaces = json.loads(served.link.ours.ip("-j", "link"))
            return ([each["ifname"] for each in interfaces], links.xdp_program(served.link.ours),
                    mounts())

        mounts_before = mounts()
        assert (left()[1] is not None) == (backend == "xdp")
        pages = held_pages(served.appliance.children()["bowline-dataplane"])
        # Tables may lie in some, too; packet buffers are more.
        assert (pages > DPDK_KIB / 2) == (backend == "dpdk"), pages
        served.appliance.stop()
        interfaces, program, mounted = left()
        # The TAP was the test's own; what bowlined makes itself is for test_ports_start.py.
        assert set(interfaces) <= {"lo", "eth0", links.TAP}
        assert program is None and mounted == mounts_before
        leftovers = [path for folder in ("/dev/hugepages", "/var/run/dpdk", "/run/dpdk")
                     for path in pathlib.Path(folder).glob("*bowline*")]
        assert leftovers == []


def mounts():
    return [line for line in pathlib.Path("/proc/mounts").read_text().splitlines()
            if "huge" in line or " bpf " in line]


def held_pages(pid):
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in text.splitlines() if "_Hugetlb:" in line)


# ---- DPDK that cannot start ----------------------------------------------------------------------


@pytest.mark.parametrize("dataplane,words", [
    ('devices: [ "net_af_packet0,iface=eth0" ]\ndpdk-memory: 1048576',
     ("huge pages", "vm.nr_hugepages", "dpdk-memory")),
    ('devices: [ "net_af_packet0,iface=nothere" ]', ("net_af_packet0", "dataplane.devices")),
    ('devices: [ "net_nonsense0" ]', ("net_nonsense0", "dataplane.devices")),
    ('devices: [ "0000:ff:1f.7" ]', ("0000:ff:1f.7", "dataplane.devices")),
    ('devices: [ "net_af_packet0,iface=eth0" ]\ndevice-queues: 2', ("1 queues", "device-queues")),
])
def test_a_device_that_does_not_start_is_one_line_with_what_to_do(dataplane, words):
    network.needs_hugepages()
    with network.Link(addresses="bowline0") as link:
        with appliance_on(link, xdp="", dataplane=dataplane) as appliance:
            code, text = appliance.run_to_end()
            assert code != 0
            lines = [line for line in text.splitlines() if "error:" in line]
            assert len(lines) == 1 and all(word in lines[0] for word in words), text
