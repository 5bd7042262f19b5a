"""Hostile clients of the control socket: the DNS service and other clients notice nothing."""

import json
import os
import random
import socket
import stat
import struct
import time

import pytest

import appliance as harness
from load import Load

ZONE = "hostile.test."
NAMES = 20_000      # zone-read writes some 4 MB of it: more than sockets and buffers take
READERS = 40
IDLE = 1_000
RATE = 500          # so few that a busy machine answers them all
TIMEOUT_s = 2       # control.timeout
GROWTH_MiB = 96     # of control's memory; far less than all that was sent or asked for
QUESTIONS = [(f"n{i}.{ZONE}", "A") for i in range(100)]


def zone_text(serial):
    return harness.small_zone(ZONE, serial,
                              "".join(f"n{i} A 192.0.2.{i % 250}\n" for i in range(NAMES)))


@pytest.fixture(scope="module")
def running():
    control = f"control:\n    timeout: {TIMEOUT_s}\n    backlog: 128\n"
    with harness.Appliance({ZONE: zone_text(1)}, log="info", sections=control) as it:
        yield it.start()


@pytest.fixture
def undisturbed(running):
    """Around each test: clients of DNS lose nothing, control stays the same and small."""
    control = running.wait_children()["bowline-control"]
    before = memory_MiB(control)
    with Load(running, QUESTIONS, 60, RATE) as load:
        yield running
        outcome = load.stop()
    assert outcome.sent > 0 and outcome.lost == 0, outcome.text
    assert running.wait_children()["bowline-control"] == control
    assert memory_MiB(control) - before < GROWTH_MiB
    harness.wait_until(lambda: running.status()["control-clients"] == 1, 10 + TIMEOUT_s,
                       "the hostile clients go")


def memory_MiB(pid):
    return int(harness.status_of(pid)["VmRSS"].split()[0]) / 1024


def connect(running, receive_buffer=None):
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    if receive_buffer:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    made.connect(str(running.rundir / "bowline.sock"))  # waits while the backlog is full
    made.settimeout(10)
    return made


def frame(content):
    octets = json.dumps(content).encode()
    return struct.pack("!I", len(octets)) + octets


def request(verb, *arguments):
    return frame({"verb": verb, "args": arguments, "blocking": True})


def read_frames(link):
    """Frames up to the end of an answer, or of the connection."""
    buffer, frames = b"", []
    while True:
        while len(buffer) >= 4 and len(buffer) >= 4 + (size := struct.unpack("!I", buffer[:4])[0]):
            frames.append(json.loads(buffer[4:4 + size]))
            buffer = buffer[4 + size:]
            if "end" in frames[-1]:
                return frames
        octets = link.recv(1 << 16)
        if not octets:
            return frames
        buffer += octets


def is_ended(link):
    """Waits until the server ends the connection."""
    try:
        while link.recv(1 << 16):
            pass
        return True
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


def test_garbage_ends_its_connection_only(undisturbed):
    seed = int.from_bytes(os.urandom(4), "big")
    print(f"seed {seed}")
    source = random.Random(seed)
    others = [frame(content) for content in
              ([], {}, 1, "x", {"verb": 1}, {"verb": "status", "args": "x"},
               {"verb": "status", "args": [1]}, {"verb": "status", "force": "yes"})]
    others += [b"\x7f\xff\xff\xff", b"\x00\x01\x00\x01", b"\x00\x00\x00\x00",
               struct.pack("!I", 60_000) + b"[" * 60_000]
    others += [b"\xff" + source.randbytes(source.randrange(1, 40_000)) for _ in range(50)]
    for octets in others:
        with connect(undisturbed) as link:
            try:
                link.sendall(octets)
            except (BrokenPipeError, ConnectionResetError):
                pass
            assert is_ended(link), octets[:40]
    assert undisturbed.status()["state"] == "serving"


def test_half_messages_end_in_time(undisturbed):
    whole = request("status")
    links = []
    for cut in (1, 3, 4, 5, len(whole) - 1):
        links.append(connect(undisturbed))
        links[-1].sendall(whole[:cut])
    dripping = connect(undisturbed)
    begin = time.monotonic()
    sent = 0
    # An octet now and then is no progress: the request as a whole has its time.
    while time.monotonic() - begin < TIMEOUT_s + 5:
        try:
            dripping.sendall(whole[sent:sent + 1])
            sent = min(sent + 1, len(whole) - 2)
        except (BrokenPipeError, ConnectionResetError):
            break
        time.sleep(0.2)
    assert all(is_ended(link) for link in (*links, dripping))
    assert undisturbed.status()["state"] == "serving"
    for link in (*links, dripping):
        link.close()


def test_idle_clients_are_many_and_go(undisturbed):
    idle = [connect(undisturbed) for _ in range(IDLE)]
    begin = time.monotonic()
    status = undisturbed.status()
    assert time.monotonic() - begin < 10
    assert status["state"] == "serving"
    assert all(is_ended(link) for link in idle)
    for link in idle:
        link.close()


def test_slow_readers_hold_neither_memory_nor_versions(undisturbed):
    readers = [connect(undisturbed, 4096) for _ in range(READERS)]
    for link in readers:
        link.sendall(request("zone-read", ZONE))
    # While they do not read, zones change and others get their answers.
    for serial in range(2, 6):
        undisturbed.write_zone(ZONE, zone_text(serial))
        undisturbed.ctl("zone-reload", ZONE)
        assert undisturbed.serial(ZONE) == serial
    # One that reads slowly but steadily gets one version to its end.
    steady = connect(undisturbed, 4096)
    steady.sendall(request("zone-read", ZONE))
    undisturbed.write_zone(ZONE, zone_text(6))
    undisturbed.ctl("zone-reload", ZONE)
    frames = read_frames(steady)
    assert frames[-1]["end"]["ok"]
    rows = [each["row"] for each in frames if "row" in each]
    assert len(rows) == NAMES + 4
    [soa] = [row for row in rows if row["type"] == "SOA"]
    assert soa["rdata"].split()[2] == "5"
    assert all(is_ended(link) for link in readers)
    for link in (steady, *readers):
        link.close()


def test_requests_up_to_the_limit_are_answered(undisturbed):
    names = [f"n{i}.test" for i in range(4_000)]
    octets = request("zone-status", *names)
    assert 40_000 < len(octets) < 64 << 10
    with connect(undisturbed) as link:
        link.sendall(octets)
        frames = read_frames(link)
    assert len([each for each in frames if "failure" in each]) == len(names)
    assert frames[-1]["end"] == {"ok": False}
    with connect(undisturbed) as link:
        try:
            link.sendall(request("zone-status", *names, *names))
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert is_ended(link)


def test_socket_and_log_are_as_of_knotd(running):
    found = os.stat(running.rundir / "bowline.sock")
    assert stat.S_IMODE(found.st_mode) == 0o220
    running.ctl("zone-status", ZONE)
    running.wait_log(f"[{ZONE}] control, received command 'zone-status'")
    running.ctl("zone-status", "nosuch.test", check=False)
    running.wait_log("[nosuch.test.] control, error (no such zone found)")
