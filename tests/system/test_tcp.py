"""DNS over TCP (RFC 7766): framing, pipelining, time limits, and clients that behave badly."""

import select
import socket
import struct
import time

import pytest

import appliance as harness
import client
import wire
from client import Stream

ZONE = "tcp.test."
IDLE_s, IO_s = 1, 0.5  # of the impatient appliance
MAX_CLIENTS = 6


@pytest.fixture(scope="module")
def patient():
    zones = {ZONE: harness.stream_zone(ZONE)}
    with harness.Appliance(zones, server="tcp-io-timeout: 10000") as running:
        yield running.start()


@pytest.fixture(scope="module")
def impatient():
    limits = f"tcp-idle-timeout: {IDLE_s}\ntcp-io-timeout: {int(IO_s * 1000)}"
    with harness.Appliance({ZONE: harness.stream_zone(ZONE)}, server=limits) as running:
        yield running.start()


@pytest.fixture(scope="module")
def crowded():
    with harness.Appliance({ZONE: harness.stream_zone(ZONE)},
                           server=f"tcp-max-clients: {MAX_CLIENTS}") as running:
        yield running.start()


def numbered(count, first=0):
    return [wire.query(f"n{i % 250}.{ZONE}", "A", ident=i) for i in range(first, first + count)]


def check_numbered(reply):
    message = wire.parse(reply)
    last = message.ident % 250
    assert message.rdata("answer", f"n{last}.{ZONE}", "A") == {bytes([192, 0, 2, last])}
    return message.ident


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_fifty_questions_in_one_segment_get_fifty_answers(patient, host):
    with Stream(patient.address(host)) as stream:
        stream.send(*numbered(50))
        assert sorted(check_numbered(stream.receive()) for _ in range(50)) == list(range(50))


def test_thousands_of_questions_at_once_get_all_their_answers(patient):
    count = 5000
    with Stream(patient.address()) as stream:
        stream.send(*numbered(count))
        got = sorted(check_numbered(stream.receive()) for _ in range(count))
        assert got == list(range(count))


def test_octet_by_octet_is_as_good_as_at_once(patient):
    with Stream(patient.address()) as stream:
        for message in numbered(3):
            for octet in Stream.frame(message):
                stream.socket.sendall(bytes([octet]))
            check_numbered(stream.receive())


def test_segments_may_end_anywhere(patient):
    octets = b"".join(map(Stream.frame, numbered(40)))
    for step in (1, 7, 31, 32, 33, 34, 35, 64, 1000):
        with Stream(patient.address()) as stream:
            for at in range(0, len(octets), step):
                stream.socket.sendall(octets[at:at + step])
            assert sorted(check_numbered(stream.receive()) for _ in range(40)) == list(range(40))


def test_a_client_that_has_ended_its_side_gets_its_answers(patient):
    with Stream(patient.address()) as stream:
        stream.send(*numbered(100))
        stream.socket.shutdown(socket.SHUT_WR)
        assert sorted(check_numbered(stream.receive()) for _ in range(100)) == list(range(100))
        assert stream.receive() is None


def test_a_client_that_ends_in_the_middle_of_a_message_gets_what_was_whole(patient):
    with Stream(patient.address()) as stream:
        whole, half = numbered(2)
        stream.socket.sendall(Stream.frame(whole) + Stream.frame(half)[:9])
        stream.socket.shutdown(socket.SHUT_WR)
        check_numbered(stream.receive())
        assert stream.receive() is None


def test_many_connections_at_once(patient):
    streams = [Stream(patient.address()) for _ in range(200)]
    try:
        for number, stream in enumerate(streams):
            stream.send(*numbered(3, number))
        for number, stream in enumerate(streams):
            got = sorted(check_numbered(stream.receive()) for _ in range(3))
            assert got == [number, number + 1, number + 2]
    finally:
        for stream in streams:
            stream.socket.close()


@pytest.mark.parametrize("size", [0, 1, 11])
def test_a_message_too_short_for_a_header_ends_the_connection(patient, size):
    with Stream(patient.address()) as stream:
        check_numbered(stream.ask(numbered(1)[0]))
        stream.send(bytes(size))
        assert stream.receive() is None
    check_numbered(client.tcp(patient.address(), numbered(1)[0]))


def test_a_response_over_tcp_gets_no_reply(patient):
    with Stream(patient.address()) as stream:
        stream.send(wire.header(9, wire.QR) + wire.question(ZONE), *numbered(1, 5))
        reply = stream.receive()
        assert reply is None or check_numbered(reply) == 5


@pytest.mark.parametrize("size", [65535, 65534, 40000])
def test_messages_of_64_kilobytes_are_read(patient, size):
    """A question with an OPT full of padding, to the last octet."""
    question = wire.question(f"n7.{ZONE}")
    padding = wire.option(12, bytes(size - 12 - len(question) - 11 - 4))
    message = wire.header(7, 0, (1, 0, 0, 1)) + question + wire.opt(options=padding)
    assert len(message) == size
    with Stream(patient.address()) as stream:
        for _ in range(3):
            assert check_numbered(stream.ask(message)) == 7


def test_slow_readers_do_not_hold_up_others(patient):
    """More of them than stream threads, each with megabytes of answers that nobody reads."""
    question = Stream.frame(wire.query("big." + ZONE, "TXT"))
    slow = []
    try:
        for _ in range(24):
            link = socket.socket()
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            link.connect(patient.address())
            link.setblocking(False)
            link.send(question * 200)
            slow.append(link)
        begin = time.monotonic()
        for _ in range(5):
            for tcp in (False, True):
                assert patient.ask(f"n1.{ZONE}", "A", tcp=tcp).answer
        assert time.monotonic() - begin < 3.0
        # And what they asked for was not dropped: one that begins to read gets whole answers.
        slow[0].setblocking(True)
        slow[0].settimeout(5)
        octets = b""
        while len(octets) < 3 * harness.BIG:
            fresh = slow[0].recv(1 << 16)
            assert fresh, "closed while it read"
            octets += fresh
        size = struct.unpack_from("!H", octets)[0]
        assert len(wire.parse(octets[2:2 + size]).answer) == 4
    finally:
        for link in slow:
            link.close()


def test_an_idle_connection_is_closed_after_its_time(impatient):
    with Stream(impatient.address()) as stream:
        check_numbered(stream.ask(numbered(1)[0]))
        assert IDLE_s * 0.5 < stream.wait_closed(IDLE_s + 4)
    with Stream(impatient.address()) as stream:
        assert IDLE_s * 0.5 < stream.wait_closed(IDLE_s + 4)


def test_each_message_starts_the_idle_time_anew(impatient):
    with Stream(impatient.address()) as stream:
        begin = time.monotonic()
        while time.monotonic() - begin < IDLE_s * 2:
            check_numbered(stream.ask(numbered(1)[0]))
            time.sleep(IDLE_s / 5)


def test_a_message_that_is_never_finished_is_closed_soon(impatient):
    with Stream(impatient.address()) as stream:
        stream.socket.sendall(Stream.frame(numbered(1)[0])[:5])
        begin = time.monotonic()
        try:
            assert stream.socket.recv(1) == b""
        except ConnectionResetError:
            pass
        assert time.monotonic() - begin < IO_s + 4


def test_a_reader_that_never_reads_is_closed(impatient):
    with socket.socket() as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.connect(impatient.address())
        link.settimeout(IO_s + 8)
        question = Stream.frame(wire.query("big." + ZONE, "TXT"))
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            while True:
                link.sendall(question * 100)


def is_open(stream):
    readable, _, _ = select.select([stream.socket], [], [], 0)
    try:
        return not readable or stream.socket.recv(1, socket.MSG_PEEK) != b""
    except ConnectionResetError:
        return False


def test_there_are_never_more_clients_than_allowed(crowded):
    """Whom the limit takes is closed when the thread that has it comes to it."""
    streams = [Stream(crowded.address()) for _ in range(3 * MAX_CLIENTS)]
    try:
        harness.wait_until(lambda: 1 <= sum(map(is_open, streams)) <= MAX_CLIENTS, 5.0,
                           "as many clients as are allowed")
        for number, stream in enumerate(filter(is_open, streams)):
            check_numbered(stream.ask(numbered(1, number)[0]))
    finally:
        for stream in streams:
            stream.socket.close()
    harness.wait_until(lambda: answers_tcp(crowded), 5.0, "room for a new client")


def answers_tcp(appliance):
    try:
        return bool(wire.parse(client.tcp(appliance.address(), numbered(1)[0])).answer)
    except (AssertionError, OSError):
        return False


def test_connections_live_through_a_restart_of_control(patient):
    with Stream(patient.address()) as stream:
        check_numbered(stream.ask(numbered(1)[0]))
        old = patient.kill_child("bowline-control")
        patient.wait_new_child("bowline-control", old)
        check_numbered(stream.ask(numbered(1, 9)[0]))
        harness.wait_until(lambda: patient.ctl("status", check=False).returncode == 0, 10.0,
                           "control")
        check_numbered(stream.ask(numbered(1, 11)[0]))
