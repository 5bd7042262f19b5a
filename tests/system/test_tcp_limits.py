"""How many TCP clients there may be, how long they may take, who goes first, and the tcp-* options
of the server (Knot's manual, RFC 7766 6.2, RFC 9210)."""

import contextlib
import pathlib
import socket
import struct

import pytest

import appliance as harness
import network
import wire
from client import Stream

ZONE = "limits.test."
HOSTS = ["127.0.0.1", "::1"]
PER_PREFIX = 100  # kClientsPerPrefix of dataplane/stream/clients.h
KEEPALIVE = 11    # RFC 7828
IPV6_FREEBIND = 78
TCP_INFO, TCP_SYN_DATA = 11, 0x20
MSG_FASTOPEN = 0x20000000


def appliance(server, **options):
    return harness.Appliance({ZONE: harness.small_zone(ZONE, 1)}, server=server, **options)


def ask(ident=1, **options):
    return wire.query(f"www.{ZONE}", "A", ident=ident, **options)


def answers(stream, ident=1):
    return wire.parse(stream.ask(ask(ident))).ident == ident


def is_closed(stream):
    """Waits for the end; no octet may come before it."""
    stream.socket.settimeout(5)
    return stream.socket.recv(1) == b""


def is_open(stream):
    stream.socket.setblocking(False)
    try:
        return stream.socket.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    finally:
        stream.socket.settimeout(5)


def connect(address, source=None):
    """A Stream from an address of this machine, or of a network that is routed to it."""
    stream = Stream.__new__(Stream)
    stream.pending = b""
    ipv6 = ":" in address[0]
    stream.socket = socket.socket(socket.AF_INET6 if ipv6 else socket.AF_INET)
    stream.socket.settimeout(5)
    if source:
        if ipv6:
            stream.socket.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
        stream.socket.bind((source, 0))
    stream.socket.connect(address)
    return stream


def stats(running):
    return running.stats()


def listening(port, family):
    """How many sockets listen to the port."""
    name = "tcp6" if family == socket.AF_INET6 else "tcp"
    rows = pathlib.Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    return sum(row.split()[3] == "0A" and int(row.split()[1].rpartition(":")[2], 16) == port
               for row in rows)


# ---- time -------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", HOSTS)
def test_the_keepalive_option_says_the_idle_timeout_in_force(host):
    """RFC 7828 3.2.2, in units of 100 ms; also after a reload, for connections that are open."""
    with appliance("tcp-idle-timeout: 77").start() as running:
        with Stream(running.address(host)) as stream:
            def told():
                message = ask(options=wire.option(KEEPALIVE))
                return dict(wire.parse(stream.ask(message)).options())[KEEPALIVE]

            assert told() == (770).to_bytes(2, "big")
            running.server = "tcp-idle-timeout: 1"
            running.write_config()
            running.ctl("reload")
            harness.wait_until(lambda: told() == (10).to_bytes(2, "big"), 10, "the new timeout")
            assert stream.wait_closed(10) >= 0.5  # and it is what holds


def test_a_shorter_timeout_reaches_threads_that_sleep():
    with appliance("tcp-idle-timeout: 3600\ntcp-workers: 1").start() as running:
        with Stream(running.address()) as stream:
            assert answers(stream)
            running.server = "tcp-idle-timeout: 1\ntcp-workers: 1"
            running.write_config()
            running.ctl("reload")
            assert is_closed(stream)
        assert stats(running)["tcp-closed-idle"] == 1


@pytest.mark.parametrize("host", HOSTS)
def test_without_io_timeout_a_message_may_take_for_ever(host):
    """The idle timeout, which passes meanwhile, is not for those who are sending."""
    with appliance("tcp-io-timeout: 0\ntcp-idle-timeout: 1").start() as running:
        whole = Stream.frame(ask())
        with Stream(running.address(host)) as slow, Stream(running.address(host)) as idle:
            slow.socket.sendall(whole[:7])
            assert is_closed(idle)
            slow.socket.sendall(whole[7:])
            assert wire.parse(slow.receive()).ident == 1
            assert is_closed(slow)


@pytest.mark.parametrize("host", HOSTS)
def test_the_io_timeout_runs_from_the_first_octet_however_many_follow(host):
    with appliance("tcp-io-timeout: 400\ntcp-idle-timeout: 60").start() as running:
        with Stream(running.address(host)) as stream:
            assert answers(stream)
            stream.socket.settimeout(0.05)  # the pace of the octets
            sent = 0
            with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                for octet in Stream.frame(ask() + bytes(400)):
                    stream.socket.send(bytes([octet]))
                    sent += 1
                    try:
                        assert stream.socket.recv(1) == b""
                        break
                    except TimeoutError:
                        continue
            assert 1 < sent < 400
        harness.wait_until(lambda: stats(running)["tcp-closed-io"] == 1, 5, "its counter")


# ---- number -----------------------------------------------------------------------------------


def crowd_test(running, address, oldest, crowd, newcomer):
    """The crowd loses its longest idle one to the newcomer; whoever idles longest of all stays."""
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(connect(address, oldest))
        assert answers(first)
        crowded = [stack.enter_context(connect(address, source)) for source in crowd]
        for stream in [*crowded, crowded[0]]:
            assert answers(stream)
        last = stack.enter_context(connect(address, newcomer))
        assert answers(last)
        assert is_closed(crowded[1])
        assert all(map(is_open, [first, last, crowded[0], *crowded[2:]]))
    counted = stats(running)
    assert (counted["tcp-over-prefix"], counted["tcp-over-limit"]) == (1, 0)


CROWDED = f"tcp-max-clients: {PER_PREFIX + 2}\ntcp-idle-timeout: 60\ntcp-workers: 1"


def test_an_ipv4_address_with_too_many_clients_gives_up_places_first():
    with appliance(CROWDED).start() as running:
        crowd_test(running, running.address(), "127.0.0.2", ["127.0.0.3"] * (PER_PREFIX + 1),
                   "127.0.0.4")


def test_an_ipv6_network_with_too_many_clients_gives_up_places_first():
    """Of 64 bits, whatever its addresses are."""
    network.needs_namespaces()
    with network.Namespace() as namespace:
        for each in range(1, 5):
            namespace.ip("-6", "route", "add", "local", f"2001:db8:{each}::/64", "dev", "lo")
        with appliance(CROWDED, namespace=namespace).start() as running, running.inside():
            crowd_test(running, ("::1", running.port), "2001:db8:2::1",
                       [f"2001:db8:3::{i:x}:1" for i in range(PER_PREFIX + 1)], "2001:db8:4::1")


@pytest.mark.parametrize("host", HOSTS)
def test_places_are_given_up_by_whichever_thread_has_them(host):
    """With many threads, and a newcomer wherever it lands: all of them are served."""
    limit = 20
    server = f"tcp-max-clients: {limit}\ntcp-idle-timeout: 60\ntcp-workers: 8\ntcp-reuseport: on"
    with appliance(server).start() as running, contextlib.ExitStack() as stack:
        for i in range(5 * limit):
            assert answers(stack.enter_context(Stream(running.address(host))), i)
        harness.wait_until(lambda: stats(running)["tcp-over-limit"] == 4 * limit, 5,
                           lambda: f"places given up: {stats(running)}")


def test_an_idle_connection_costs_the_server_little_memory():
    """Hardening 51: 2 KiB, without what the kernel has."""
    count = 3000
    with appliance("tcp-idle-timeout: 600").start() as running, contextlib.ExitStack() as stack:
        statm = pathlib.Path(f"/proc/{running.wait_children()['bowline-dataplane']}/statm")

        def resident():
            return int(statm.read_text().split()[1]) * 4096

        for _ in range(100):  # what any client makes it touch
            answers(stack.enter_context(Stream(running.address())))
        before = resident()
        for _ in range(count):
            answers(stack.enter_context(Stream(running.address())))
        assert stats(running)["tcp-accepted"] == count + 100
        assert stats(running)["tcp-over-limit"] == 0
        assert resident() - before < 2048 * count


# ---- sockets ----------------------------------------------------------------------------------


@pytest.mark.parametrize("reuseport, sockets", [("off", 1), ("on", 3)])
def test_each_tcp_worker_has_a_socket_of_its_own_if_wanted(reuseport, sockets):
    with appliance(f"tcp-workers: 3\ntcp-reuseport: {reuseport}").start() as running:
        assert listening(running.port, socket.AF_INET) == sockets
        assert listening(running.port, socket.AF_INET6) == sockets
        for host in HOSTS:
            for ident in range(30):  # the kernel chooses the thread
                with Stream(running.address(host)) as stream:
                    assert answers(stream, ident)
        old = running.kill_child("bowline-dataplane")
        running.wait_new_child("bowline-dataplane", old)
        for host in HOSTS:  # what comes before it is ready waits in the sockets
            for ident in range(30):
                with Stream(running.address(host)) as stream:
                    assert answers(stream, ident)


def test_sharing_sockets_is_changed_by_a_restart_only():
    with appliance("tcp-workers: 3").start() as running:
        running.server = "tcp-workers: 3\ntcp-reuseport: on"
        running.write_config()
        running.ctl("reload")
        running.wait_log("tcp-reuseport")
        assert listening(running.port, socket.AF_INET) == 1
        with Stream(running.address()) as stream:
            assert answers(stream)


@pytest.mark.parametrize("reuseport", ["off", "on"])
def test_two_servers_do_not_share_a_port(reuseport):
    with appliance(f"tcp-reuseport: {reuseport}").start() as running:
        second = appliance("tcp-reuseport: on", port=running.port)
        with second:
            code, text = second.run_to_end()
        assert code != 0 and "address in use" in text
        with Stream(running.address()) as stream:
            assert answers(stream)


def test_a_client_that_was_here_before_asks_in_its_first_packet():
    """TCP Fast Open (RFC 7413), where the system has it on for servers."""
    network.needs_namespaces()
    with network.Namespace() as namespace:
        namespace.sysctl("net.ipv4.tcp_fastopen", 3)
        with appliance("", namespace=namespace).start() as running, running.inside():
            for host in HOSTS:
                in_first = []
                for ident in range(3):
                    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as link:
                        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO,
                                        struct.pack("ll", 5, 0))  # and the first send blocks
                        link.sendto(Stream.frame(ask(ident)), MSG_FASTOPEN,
                                    running.address(host))
                        assert wire.parse(link.recv(65535)[2:]).ident == ident
                        info = link.getsockopt(socket.IPPROTO_TCP, TCP_INFO, 8)
                        in_first.append(bool(info[5] & TCP_SYN_DATA))
                assert in_first == [False, True, True], host
