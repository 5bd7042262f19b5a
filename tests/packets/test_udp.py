"""UDP: checksums, lengths and ports."""

import struct

import pytest

import frames
import messages
import wire
from cases import all_answered, answered, check, each, silent
from frames import Frame

QUESTION = messages.query()
ANSWER = messages.reply(QUESTION, answer=messages.WWW)
GOOD = Frame(payload=QUESTION)
FAMILIES = {"IPv4": GOOD, "IPv6": GOOD.but(ipv6=True)}


def with_an_octet_changed(frame):
    octets = frame.octets()
    for at in range(len(octets) - len(frame.payload), len(octets)):
        yield octets[:at] + bytes((octets[at] ^ 1 << at % 8,)) + octets[at + 1:]


@each([answered("IPv4 without a checksum is answered with one", GOOD.but(udp_checksum=0), ANSWER),
       answered("IPv4 with options and without a checksum is answered",
                GOOD.but(udp_checksum=0, options=b"\1" * 8), ANSWER),
       answered("IPv4 with two tags and without a checksum is answered",
                GOOD.but(udp_checksum=0, tags=((frames.SERVICE_VLAN, 1), (frames.VLAN, 2))),
                ANSWER),
       silent("IPv6 without a checksum is not answered", GOOD.but(ipv6=True, udp_checksum=0)),
       *(silent(f"{family} with any bit of the checksum wrong is not answered",
                *(frame.but(udp_checksum_change=1 << bit) for bit in range(16)))
         for family, frame in FAMILIES.items()),
       *(silent(f"{family} with any octet of the question changed is not answered",
                *with_an_octet_changed(frame)) for family, frame in FAMILIES.items())])
def test_checksums(port, case):
    check(port, case)


def checksum_of(frame):
    return struct.unpack_from("!H", frame.udp(), 6)[0]


def made_to_sum(frame, wanted_of):
    """The frame, with an id for which wanted_of() has the checksum ffff (which stands for 0)."""
    for ident in range(0x10000):
        made = frame.but(payload=wire.with_id(frame.payload, ident))
        if wanted_of(made) == 0xffff:
            return made
    raise AssertionError("no id makes it so")


def reply_of(frame):
    return messages.reply(frame.payload, answer=messages.WWW)


def reply_checksum(frame):
    offset = 14 + (40 if frame.ipv6 else 20) + 6
    return struct.unpack_from("!H", frames.reply_to(frame, reply_of(frame)), offset)[0]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("which", (checksum_of, reply_checksum))
def test_a_checksum_that_comes_out_as_zero_is_ffff(port, family, which):
    frame = made_to_sum(FAMILIES[family], which)
    check(port, answered("a checksum of ffff", frame, reply_of(frame)))


def changed_lengths(frame, changes, before):
    return (frame.but(udp_length_change=change, checksum_before_change=before)
            for change in changes)


SIZE = 8 + len(QUESTION)


@each([*(silent(f"{family}, a longer datagram than the packet, is not answered",
                *changed_lengths(frame, (1, 2, 3, 8, 100, 1400, 60000), True),
                *changed_lengths(frame, (1, 2, 3, 8, 100, 1400, 60000), False))
         for family, frame in FAMILIES.items()),
       *(silent(f"{family}, a datagram said to be shorter than it is summed, is not answered",
                *changed_lengths(frame, range(-SIZE, 0), True))
         for family, frame in FAMILIES.items()),
       *(silent(f"{family}, a datagram too short for a DNS header, is not answered",
                *changed_lengths(frame, range(-SIZE, 8 + 12 - SIZE), False))
         for family, frame in FAMILIES.items()),
       *(all_answered(f"{family}, a question that is cut, gets FORMERR", [
           (cut, messages.error(QUESTION, wire.FORMERR, question=False))
           for cut in changed_lengths(frame, range(8 + 12 - SIZE, 0), False)])
         for family, frame in FAMILIES.items()),
       *(silent(f"{family}, a datagram without octets, is not answered",
                frame.but(payload=b""), frame.but(payload=b"", trailing=b"\0" * 40))
         for family, frame in FAMILIES.items())])
def test_lengths(port, case):
    check(port, case)


@each([*(answered(f"{family} from port {source} is answered", frame.but(source_port=source),
                  ANSWER)
         for family, frame in FAMILIES.items() for source in (1, 53, 1023, 1024, 5353, 65535)),
       *(silent(f"{family} from port 0 is not answered", frame.but(source_port=0))
         for family, frame in FAMILIES.items()),
       *(silent(f"{family} to port {destination} is not answered",
                frame.but(destination_port=destination))
         for family, frame in FAMILIES.items()
         for destination in (0, 1, 52, 54, 853, 5353, 53 << 8, 65535))])
def test_ports(port, case):
    check(port, case)


def no_such_name(label):
    question = messages.query(label + "." + messages.ZONE)
    return question, messages.reply(question, rcode=wire.NXDOMAIN,
                                    authority=(messages.NEGATIVE_SOA,))


@each(all_answered(f"{family}: questions of every size from 1 to 63 are summed right",
                   ((frame.but(payload=question), message) for length in range(1, 64)
                    for question, message in [no_such_name("x" * length)]))
      for family, frame in FAMILIES.items())
def test_sizes(port, case):
    check(port, case)
