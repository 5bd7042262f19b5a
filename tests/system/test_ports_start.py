"""How interfaces with XDP and devices of DPDK are opened by bowlined, and how that fails: one line
that says what to do. What they answer is for other files."""

import contextlib
import ctypes
import fcntl
import json
import mmap
import os
import pathlib
import signal
import socket
import struct

import pytest

import appliance as harness
import links
import network
from network import OUR_IPV4, OUR_IPV6
from test_start import AS_NOBODY, fails_with_one_line

SMALL = {"small.test.": harness.small_zone("small.test.", 1)}
BOTH = [OUR_IPV4, OUR_IPV6]


@pytest.fixture(autouse=True)
def namespaces():
    network.needs_namespaces()


@pytest.fixture
def pair():
    with network.Link(queues=2) as link:
        yield link


def on(link, xdp="listen: eth0", **options):
    """An appliance at our end of the link, with AF_XDP unless `xdp` is empty."""
    sections = f"xdp:\n{links.indent(xdp)}" if xdp else ""
    return harness.Appliance(SMALL, **{"listen": BOTH, "port": 53, "sections": sections,
                                       "namespace": link.ours, **options})


def frames_of(pid):
    """How many queues' memory a process has; it may open and close others while we look."""
    targets = []
    for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            targets.append(os.readlink(fd))
        except FileNotFoundError:
            continue
    return sum("bowline-frames" in target for target in targets)


def carrier_changes(link):
    return link.ours.run("cat", "/sys/class/net/eth0/carrier_changes").stdout


def served_addresses(link, program_id):
    """What the map of addresses holds, as octets."""
    program = json.loads(link.ours.run("bpftool", "-j", "prog", "show", "id", program_id).stdout)
    for number in program["map_ids"]:
        shown = json.loads(link.ours.run("bpftool", "-j", "map", "show", "id", number).stdout)
        if shown["name"] == "addresses":
            rows = json.loads(link.ours.run("bpftool", "-j", "map", "dump", "id", number).stdout)
            return {bytes(int(octet, 16) for octet in row["key"]) for row in rows}
    raise AssertionError(f"no map of addresses: {program}")


def mapped(address):
    if ":" in address:
        return socket.inet_pton(socket.AF_INET6, address)
    return bytes(10) + b"\xff\xff" + socket.inet_aton(address)


# ---- XDP: what stops a start ---------------------------------------------------------------------


@pytest.mark.parametrize("listen,words", [
    ("no-such-dev0", ["no-such-dev0", "no such interface", "xdp.listen"]),
    ("198.51.100.77", ["198.51.100.77", "no interface has that address", "ip addr add"]),
])
def test_what_is_not_there_is_named(pair, listen, words):
    with on(pair, f"listen: {listen}") as appliance:
        fails_with_one_line(appliance, *words)


def test_an_mtu_that_is_too_large_is_named_with_the_command():
    with network.Link(mtu=9000) as link, on(link) as appliance:
        fails_with_one_line(appliance, "MTU 9000", "1790", "ip link set dev eth0 mtu 1500")


def test_a_program_that_is_there_already_is_named(pair):
    with on(pair) as first, on(pair, listen=["127.0.0.1"], port=5300) as second:
        first.launch().wait_ready()
        before = links.xdp_program(pair.ours)
        fails_with_one_line(second, "eth0", "attached already", "ip link set dev eth0 xdp off")
        assert links.xdp_program(pair.ours) == before


class ForeignSocket:
    """An AF_XDP socket of somebody else on a queue of eth0 in a namespace."""

    AF_XDP, SOL_XDP = 44, 283
    RX_RING, UMEM_REG, FILL_RING, COMPLETION_RING = 2, 4, 5, 6

    def __init__(self, namespace, queue):
        self.memory = mmap.mmap(-1, 64 * 4096)
        start = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        with namespace.entered():
            self.socket = socket.socket(self.AF_XDP, socket.SOCK_RAW)
            index = socket.if_nametoindex("eth0")
            self.set(self.UMEM_REG, struct.pack("=QQIII4x", start, 64 * 4096, 4096, 0, 0))
            for ring in (self.FILL_RING, self.COMPLETION_RING, self.RX_RING):
                self.set(ring, struct.pack("=i", 64))
            # family, flags (copy), interface, queue, no shared memory
            address = struct.pack("=HHIII", self.AF_XDP, 2, index, queue, 0)
            failed = network.LIBC.bind(self.socket.fileno(), address, len(address))
            assert failed == 0, os.strerror(ctypes.get_errno())

    def set(self, name, value):
        self.socket.setsockopt(self.SOL_XDP, name, value)


def test_a_queue_of_another_program_is_named(pair):
    foreign = ForeignSocket(pair.ours, 1)
    with on(pair) as appliance:
        code, text = appliance.run_to_end()
        assert code != 0
        assert "queue 1 of eth0" in text and "another program has that queue" in text, text
        assert links.xdp_program(pair.ours) is None
        foreign.socket.close()


def test_more_queues_than_threads_is_named_with_the_command():
    with network.Link(queues=64) as link, on(link) as appliance:
        fails_with_one_line(appliance, "64 queues", "ethtool -L")


def test_without_root_xdp_is_refused_with_the_reason(pair):
    with on(pair, user="nobody", prefix=AS_NOBODY, listen=["127.0.0.1"], port=5300) as appliance:
        os.chown(appliance.folder, *harness.nobody())
        fails_with_one_line(appliance, "xdp.listen", "start bowlined as root", "CAP_NET_ADMIN")


# ---- XDP: a life ---------------------------------------------------------------------------------


def test_the_program_and_its_sockets_outlive_both_children_and_end_with_the_keeper(pair):
    with on(pair, user="nobody") as appliance:
        appliance.launch().wait_ready()
        assert appliance.log_count("eth0: XDP, native copy, queues 2, ring 2048, MTU 1500") == 1
        before = links.xdp_program(pair.ours)
        assert before is not None
        changes = carrier_changes(pair)
        dataplane = appliance.wait_children()["bowline-dataplane"]
        assert frames_of(dataplane) == 2
        status = harness.status_of(dataplane)
        assert int(status["CapPrm"], 16) == 0 and int(status["CapBnd"], 16) == 0
        for name in harness.CHILD_NAMES * 2:
            appliance.wait_new_child(name, appliance.kill_child(name))
        dataplane = appliance.wait_children()["bowline-dataplane"]
        harness.wait_until(lambda: frames_of(dataplane) == 2, 5.0, "two queues arrive again")
        assert links.xdp_program(pair.ours) == before
        assert carrier_changes(pair) == changes
        assert "xdp-steered" in appliance.stats()
        appliance.stop()
        assert links.xdp_program(pair.ours) is None


@pytest.mark.parametrize("backend", links.BACKENDS)
def test_a_keeper_that_was_killed_leaves_nothing_in_the_way_of_the_next(pair, backend):
    if backend == "dpdk":
        network.needs_hugepages()
    with (on if backend == "xdp" else on_dpdk)(pair) as appliance:
        appliance.launch().wait_ready()
        appliance.wait_children()
        appliance.process.send_signal(signal.SIGKILL)
        appliance.process.wait(10)
        appliance.process = None
        appliance.launch().wait_log(", ready", seconds=harness.START_DEADLINE_s, count=2)
        assert (links.xdp_program(pair.ours) is not None) == (backend == "xdp")
        assert tap_there(pair) == (backend == "dpdk")


def test_the_program_knows_the_addresses_of_the_moment(pair):
    pair.ours.ip("address", "add", "192.0.2.200/32", "dev", "lo")
    with on(pair) as appliance:
        appliance.launch().wait_ready()
        number = links.xdp_program(pair.ours)[1]

        def known():
            return served_addresses(pair, number)

        first = {mapped(OUR_IPV4), mapped(OUR_IPV6), mapped("192.0.2.200")}
        assert first <= known()
        assert not known() & {mapped("127.0.0.1"), mapped("::1")}
        many = [f"10.77.{i // 250}.{i % 250 + 1}" for i in range(600)]
        batch = "".join(f"address add {each}/32 dev lo\n" for each in many)
        pair.ours.run("ip", "-batch", "-", input=batch)
        pair.ours.ip("address", "add", "2001:db8::99/64", "dev", "eth0", "nodad")
        pair.ours.ip("address", "del", "192.0.2.200/32", "dev", "lo")
        wanted = {mapped(each) for each in [*many, "2001:db8::99", OUR_IPV4, OUR_IPV6]}
        harness.wait_until(lambda: wanted <= known() and mapped("192.0.2.200") not in known(), 10.0,
                           lambda: f"the new addresses in {known()}", pause=0.05)
        pair.ours.ip("address", "flush", "dev", "lo")
        harness.wait_until(lambda: not known() & {mapped(each) for each in many}, 10.0,
                           "no old address", pause=0.05)
        assert links.xdp_program(pair.ours)[1] == number


def test_more_addresses_than_the_program_can_know_are_a_warning_until_they_are_gone(pair):
    pair.ours.run("ip", "-batch", "-", input="".join(
        f"address add 10.77.{i // 250}.{i % 250 + 1}/32 dev lo\n" for i in range(4200)))
    with on(pair) as appliance:
        appliance.launch().wait_ready()
        number = links.xdp_program(pair.ours)[1]
        assert appliance.log_count("4096 addresses") == 1, appliance.errors()
        pair.ours.ip("address", "flush", "dev", "lo")
        wanted = {mapped(OUR_IPV4), mapped(OUR_IPV6)}
        harness.wait_until(lambda: wanted <= (known := served_addresses(pair, number)) and
                           len(known) < 10, 20.0, "only the addresses that are left", pause=0.1)


def test_an_address_stands_for_its_interface_and_each_port_counts_once(pair):
    listen = f"listen: [ {OUR_IPV4}@53, eth0@53, {OUR_IPV6}@5353 ]\nring-size: 1000"
    with on(pair, listen) as appliance:
        appliance.launch().wait_ready()
        assert appliance.log_count("eth0: XDP, native copy, queues 2, ring 1024, MTU 1500, "
                                   "UDP ports 53 5353") == 1, appliance.errors()


def test_a_driver_without_xdp_gets_the_generic_one_and_a_warning(pair):
    pair.ours.ip("link", "set", "lo", "mtu", "1500")
    with on(pair, "listen: [ lo, eth0 ]") as appliance:
        appliance.launch().wait_ready()
        text = appliance.errors()
        assert "lo: XDP, generic copy, queues 1" in text
        assert "eth0: XDP, native copy, queues 2" in text
        warned = [line for line in text.splitlines() if "generic XDP is used" in line]
        assert len(warned) == 1 and "lo" in warned[0] and " warning: " in warned[0]
        assert links.xdp_program(pair.ours, "lo") is not None


def test_mtu_1790_works_with_frames_of_4096():
    with network.Link(mtu=1790) as link, on(link, "listen: eth0\nbusypoll-budget: 16") as appliance:
        appliance.launch().wait_ready()
        assert "MTU 1790" in appliance.errors()
        assert "busy polling" not in appliance.errors()


def test_route_check_wants_forwarding_on_loopback(pair):
    for value, warned in ((0, 2), (1, 0)):
        for family in ("ipv4", "ipv6"):
            pair.ours.sysctl(f"net.{family}.conf.lo.forwarding", value)
        with on(pair, "listen: eth0\nroute-check: on") as appliance:
            appliance.launch().wait_ready()
            text = appliance.errors()
            assert text.count("lo.forwarding=1") == warned, text


def test_udp_off_opens_no_xdp_port(pair):
    with on(pair, "listen: eth0\nudp: off\ntcp: on") as appliance:
        appliance.launch().wait_ready()
        assert links.xdp_program(pair.ours) is None


def test_without_the_sockets_backend_udp_is_not_bound_and_tcp_is(pair):
    with on(pair, dataplane="backend: xdp") as appliance:
        appliance.launch().wait_ready()
        with pair.ours.entered():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
                free.bind((OUR_IPV4, 53))
            with socket.create_connection((OUR_IPV4, 53), 5.0):
                pass


def test_a_changed_xdp_section_waits_for_a_restart(pair):
    with on(pair) as appliance:
        appliance.launch().wait_ready()
        appliance.sections = "xdp:\n    listen: [ eth0@53, eth0@54 ]\n"
        appliance.write_config()
        appliance.ctl("reload")
        appliance.wait_log("xdp.listen: changed, takes effect after a restart of bowlined")


# ---- DPDK ----------------------------------------------------------------------------------------


def on_dpdk(link, **options):
    return on(link, xdp="", dataplane=f'backend: dpdk\ndevices: [ "{links.DEVICE}" ]', **options)


def test_a_name_that_is_no_tap_is_named(pair):
    pair.ours.ip("link", "add", "bowline0", "type", "veth", "peer", "name", "other")
    with on_dpdk(pair) as appliance:
        fails_with_one_line(appliance, "bowline0", "no plain TAP", "dataplane.exception-port")


def test_a_tap_of_another_program_is_named(pair):
    tun_set_interface, tap_without_header = 0x400454CA, 0x1002
    with pair.ours.entered(), open("/dev/net/tun", "r+b", buffering=0) as tun:
        fcntl.ioctl(tun, tun_set_interface, struct.pack("16sH22x", b"bowline0", tap_without_header))
        with on_dpdk(pair) as appliance:
            fails_with_one_line(appliance, "bowline0", "another program has it")


def test_no_tun_device_is_named(pair):
    hide = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /dev/net && exec "$@"', "sh"]
    with on_dpdk(pair, prefix=hide) as appliance:
        fails_with_one_line(appliance, "/dev/net/tun", "modprobe tun")


def test_too_many_addresses_for_a_device_are_named(pair):
    with on_dpdk(pair, listen=[f"127.0.0.{i}" for i in range(1, 34)]) as appliance:
        fails_with_one_line(appliance, "33 addresses", "32", "server.listen")


def test_without_root_dpdk_is_refused_with_the_reason(pair):
    with on_dpdk(pair, user="nobody", prefix=AS_NOBODY, listen=["127.0.0.1"],
                 port=5300) as appliance:
        os.chown(appliance.folder, *harness.nobody())
        fails_with_one_line(appliance, "dataplane.devices", "start bowlined as root")


def anywhere():
    """The cores of a thread that is not pinned, as /proc writes them."""
    return harness.status_of(os.getpid())["Cpus_allowed_list"].strip()


def tap_there(link):
    return "bowline0" in link.ours.ip("-br", "link", "show")


def test_devices_come_before_control_and_privileges_go_before_the_first_packet(pair):
    network.needs_hugepages()
    for address in (f"{OUR_IPV4}/24", f"{OUR_IPV6}/64"):
        pair.ours.ip("address", "del", address, "dev", "eth0")
    with on_dpdk(pair, user="nobody") as appliance:
        appliance.launch().wait_ready()
        appliance.wait_log("dataplane uses tables")
        text = appliance.errors()
        assert text.find("started bowline-dataplane") < text.find("started bowline-control")
        warned = [line for line in text.splitlines() if "on no interface yet" in line]
        assert len(warned) == 1 and OUR_IPV4 in warned[0] and OUR_IPV6 in warned[0]
        assert "ip addr add" in warned[0] and tap_there(pair)
        pair.ours.ip("address", "add", f"{OUR_IPV4}/24", "dev", "bowline0")
        for name in (*harness.CHILD_NAMES, None):
            for child, pid in appliance.wait_children().items():
                assert_nobody_without_capabilities(child, pid)
            if name:
                appliance.wait_new_child(name, appliance.kill_child(name))
                appliance.wait_log("dataplane uses tables", count=2)
                harness.wait_until(lambda: appliance.ctl("status", check=False).returncode == 0,
                                   10.0, "control answers")
        assert OUR_IPV4 in pair.ours.ip("address", "show", "bowline0")  # it was there all the time
        appliance.stop()
        assert not tap_there(pair)


def test_the_program_of_net_af_xdp_goes_with_the_keeper_and_no_other_does(pair):
    network.needs_hugepages()
    with on(pair, xdp="", dataplane='devices: [ "net_af_xdp0,iface=eth0,queue_count=1" ]') as first:
        first.launch().wait_log("dataplane uses tables")
        first.wait_new_child("bowline-dataplane", first.kill_child("bowline-dataplane"))
        first.wait_log("dataplane uses tables", count=2)
        assert links.xdp_program(pair.ours) is not None
        first.stop()
        assert links.xdp_program(pair.ours) is None
    with on(pair, xdp="", dataplane='devices: [ "net_af_packet0,iface=eth0" ]') as second, \
            on(pair, listen=["127.0.0.1"], port=5300) as third:
        second.launch().wait_ready()
        third.launch().wait_ready()
        second.stop()
        assert links.xdp_program(pair.ours) is not None


def test_sockets_xdp_and_dpdk_share_one_dataplane(pair):
    network.needs_hugepages()
    devices = ('workers: 1\ndevices: [ "net_null0", "net_null1" ]\ndevice-queues: 2\n'
               "cores: [0, 1, 0]")
    with on(pair, dataplane=devices, server="tcp-workers: 1") as appliance:
        appliance.launch().wait_ready()
        status = appliance.status()
        kinds = [int(status[f"{kind}-workers"]) for kind in ("xdp", "dpdk", "udp")]
        assert kinds == [2, 4, 1], status
        threads = pathlib.Path(f"/proc/{appliance.wait_children()['bowline-dataplane']}/task")
        pinned = {}
        for task in threads.iterdir():
            fields = harness.status_of(task.name)
            pinned[fields["Name"].strip()] = fields["Cpus_allowed_list"].strip()
        wanted = {"xdp-0": "0", "xdp-1": "1", "dpdk-2": "0", "dpdk-5": anywhere(), "worker-6":
                  anywhere()}
        assert wanted.items() <= pinned.items(), pinned
        with pair.ours.entered():
            assert harness.client.try_udp((OUR_IPV4, 53), harness.wire.query("www.small.test."), 5)
        assert tap_there(pair) and "bowline1" in pair.ours.ip("-br", "link", "show")
        assert links.xdp_program(pair.ours) is not None


def assert_nobody_without_capabilities(child, pid):
    """All threads of it, once the devices are open."""
    def status_of_threads():
        with contextlib.suppress(FileNotFoundError):
            return [dict(line.split(":", 1) for line in (task / "status").read_text().splitlines())
                    for task in pathlib.Path(f"/proc/{pid}/task").iterdir()]
        return []

    def dropped():
        threads = status_of_threads()
        return threads and all(
            int(status[field], 16) == 0
            for status in threads for field in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"))

    harness.wait_until(dropped, 10.0, lambda: f"{child} without capabilities")
    for status in status_of_threads():
        assert set(status["Uid"].split()) == {str(harness.nobody()[0])}, child
        assert set(status["Gid"].split()) == {str(harness.nobody()[1])}, child
        assert status["NoNewPrivs"].strip() == "1"
