"""Frames made at random from good and bad parts: each port answers as the memory port does, which
has neither kernel nor driver nor wire."""

import random
import struct

import pytest

import frames
import messages
import ports
import wire
from frames import DESTINATION, FRAGMENT, HOP_BY_HOP, ROUTING, SERVICE_VLAN, VLAN, Frame, chain

FRAMES = 1500  # of a seed
SEEDS = (1, 2)
NAMES = ("www.packets.test.", "alias.packets.test.", "nothing.packets.test.", "s0600.packets.test.",
         "example.test.", "www.sub.example.test.", "a.wild.signed.test.", "elsewhere.invalid.")
TYPES = ("A", "AAAA", "TXT", "NS", "SOA", "ANY", "MX", "DNSKEY")
SOURCES = {False: (None, "198.51.100.7", "127.0.0.1", "0.0.0.0", "224.0.0.9", "192.0.2.53"),
           True: (None, "2001:db8:7::7", "::1", "ff02::2", "fe80::7", "2001:db8::53")}
DESTINATIONS = {False: (None, "192.0.2.54", "255.255.255.255", "224.0.0.1", "127.0.0.1"),
                True: (None, "2001:db8::54", "ff02::1", "::1")}


def rarely(source, value, otherwise=0, one_in=12):
    return value() if source.randrange(one_in) == 0 else otherwise


def make_message(source):
    message = bytearray(messages.query(
        source.choice(NAMES), source.choice(TYPES), ident=source.randrange(1 << 16),
        edns=source.choice((None, 512, 1232, 4096)), do=source.random() < 0.3))
    for _ in range(rarely(source, lambda: source.randint(1, 3), one_in=3)):
        message[source.randrange(len(message))] = source.randrange(256)
    return bytes(message[:rarely(source, lambda: source.randrange(len(message)), len(message))])


def make_frame(source):
    ipv6 = source.random() < 0.5
    kinds = [source.choice((DESTINATION, ROUTING, HOP_BY_HOP, FRAGMENT))
             for _ in range(rarely(source, lambda: source.randint(1, 6), one_in=4))]
    following, extensions = chain(kinds) if ipv6 else (None, b"")
    return Frame(
        payload=make_message(source), ipv6=ipv6,
        tags=tuple((source.choice((VLAN, SERVICE_VLAN)), source.randrange(1 << 16))
                   for _ in range(source.choice((0, 0, 0, 1, 1, 2, 2, 3)))),
        source=rarely(source, lambda: source.choice(SOURCES[ipv6]), None, 4),
        destination=rarely(source, lambda: source.choice(DESTINATIONS[ipv6]), None, 4),
        source_port=rarely(source, lambda: source.choice((0, 53, 1, 65535)), 40001, 4),
        destination_port=rarely(source, lambda: source.choice((0, 54, 853)), 53),
        version=rarely(source, lambda: source.randrange(16), None, 30),
        next_header=following, ttl=source.randint(1, 255),
        ip_length_change=rarely(source, lambda: source.randint(-40, 40)),
        header_words=rarely(source, lambda: source.randrange(16), None, 30),
        service=source.randrange(256), identification=source.randrange(1 << 16),
        fragment=rarely(source, lambda: source.randrange(1 << 15)),
        options=source.randbytes(rarely(source, lambda: source.randint(1, 40), 0, 4)),
        ip_checksum_change=rarely(source, lambda: 1 << source.randrange(16), 0, 30),
        flow=source.randrange(1 << 28), extensions=extensions,
        udp_length_change=rarely(source, lambda: source.randint(-60, 20)),
        udp_checksum=rarely(source, lambda: 0, None),
        udp_checksum_change=rarely(source, lambda: 1 << source.randrange(16), 0, 30),
        trailing=source.randbytes(rarely(source, lambda: source.randint(1, 60), 0, 4)))


def needs_control(reply):
    """SERVFAIL: the memory port has nobody to ask."""
    return struct.unpack_from("!H", frames.message_of(reply), 2)[0] & 15 == wire.SERVFAIL


@pytest.fixture(scope="module", params=SEEDS)
def rows(request):
    """(frame, list of the memory port's replies) of a seed."""
    print(f"seed {request.param}")
    source = random.Random(request.param)
    made = [make_frame(source).octets() for _ in range(FRAMES)]
    with ports.MemoryPort() as reference:
        found = [(octets, reference.exchange([octets])) for octets in made]
    found = [(octets, replies) for octets, replies in found if not any(map(needs_control, replies))]
    answered = sum(bool(replies) for _, replies in found)
    assert FRAMES / 5 < answered < FRAMES * 4 / 5, f"{answered} of {FRAMES} frames are good"
    return found


def test_random_frames_are_answered_as_in_memory(port, rows):
    sendable = [row for row in rows if len(row[0]) <= port.largest]
    wanted = [port.expected(reply) for _, replies in sendable for reply in replies]
    if port.exchange([octets for octets, _ in sendable]) == wanted:
        return
    for octets, replies in sendable:
        wanted = [port.expected(reply) for reply in replies]
        got = port.exchange([octets])
        if got != wanted:
            pytest.fail("\n".join(["sent " + frames.describe(octets),
                                   *("memory " + frames.describe(each) for each in wanted),
                                   *("this port " + frames.describe(each) for each in got)]),
                        pytrace=False)
    pytest.fail("together they are answered otherwise than one by one")
