"""Frames that nobody should send: cut at every octet, too long, wrong in every field, or random.

After each of them the barrier's question is answered, which is half of what is tested.
"""

import random

import pytest

import frames
import messages
from cases import check, each, silent
from frames import DESTINATION, SERVICE_VLAN, VLAN, Frame, chain

QUESTION = messages.query(edns=1232)
FOLLOWING, EXTENSIONS = chain((DESTINATION,) * 3)

FORMS = {
    "IPv4": Frame(payload=QUESTION),
    "IPv6": Frame(payload=QUESTION, ipv6=True),
    "IPv4 with a tag": Frame(payload=QUESTION, tags=((VLAN, 5),)),
    "IPv6 with two tags": Frame(payload=QUESTION, ipv6=True, tags=((SERVICE_VLAN, 5), (VLAN, 6))),
    "IPv4 with options": Frame(payload=QUESTION, options=b"\1" * 20),
    "IPv6 with extension headers": Frame(payload=QUESTION, ipv6=True, next_header=FOLLOWING,
                                         extensions=EXTENSIONS),
    "IPv4 without a checksum": Frame(payload=QUESTION, udp_checksum=0),
}


@each(silent(f"{form}, cut at every octet, is not answered",
             *(frame.octets()[:size] for size in range(len(frame.octets()))))
      for form, frame in FORMS.items())
def test_cut_frames(port, case):
    check(port, case)


def zeroed(frame):
    """Cut at every octet and filled up with zeros, but for the one cut that is no fault: before the
    checksum, which makes a datagram of IPv4 without one."""
    octets = frame.octets()
    no_fault = None if frame.ipv6 else len(octets) - len(frame.payload) - 2
    for size in range(len(octets)):
        if size != no_fault and octets[size:].strip(b"\0"):
            yield octets[:size].ljust(len(octets), b"\0")


@each(silent(f"{form}, cut at every octet and filled up with zeros, is not answered",
             *zeroed(frame))
      for form, frame in FORMS.items() if frame.udp_checksum is None)
def test_frames_with_zeros_at_their_end(port, case):
    check(port, case)


def jumbo(size, ipv6, lying):
    """A good datagram of a good question and octets behind it, or one that says to be small."""
    good = Frame(payload=QUESTION, ipv6=ipv6)
    missing = size - len(good.octets())
    if lying:
        return good.but(tags=((VLAN, 1),) * 3, trailing=bytes(missing))
    return good.but(payload=QUESTION + bytes(missing))


@each(silent(f"{'IPv6' if ipv6 else 'IPv4'} of {size} octets is not answered",
             jumbo(size, ipv6, False), jumbo(size, ipv6, True))
      for ipv6 in (False, True) for size in (2049, 2050, 3000, 4096, 8192, 9000, 9014))
def test_jumbo_frames(port, case):
    check(port, case)


# The fields of the IP and UDP headers that a reader goes by: offset from the IP header, octets.
IPV4_LENGTHS = {"header words": (0, 1), "total length": (2, 2), "UDP length": (24, 2)}
IPV6_LENGTHS = {"payload length": (4, 2), "UDP length": (44, 2)}


def with_field(octets, at, size, value):
    return octets[:at] + (value & (1 << 8 * size) - 1).to_bytes(size, "big") + octets[at + size:]


def lying(frame, at, size):
    octets = frame.octets()
    at += 14
    right = int.from_bytes(octets[at:at + size], "big")
    for change in (1, -1, 2, -2, 4, -4, 7, -8, 16, -16, 20, 40, 64, 128, 255):
        if right + change & (1 << 8 * size) - 1 != right:
            yield with_field(octets, at, size, right + change)
    for value in (0, 1, 7, 8, 19, 20, 21, 28, (1 << 8 * size) - 1):
        if value != right:
            yield with_field(octets, at, size, value)


@each(silent(f"{form}: {field} that lies is not believed", *lying(FORMS[form], at, size))
      for form, fields in (("IPv4", IPV4_LENGTHS), ("IPv6", IPV6_LENGTHS))
      for field, (at, size) in fields.items())
def test_lying_lengths(port, case):
    check(port, case)


def spoilt(frame, seed, count):
    """Frames with random octets in their IP header, whose checksums therefore are wrong."""
    source = random.Random(seed)
    octets = frame.octets()
    for _ in range(count):
        made = bytearray(octets)
        for _ in range(source.randint(1, 4)):
            at = 14 + source.randrange(0, 40 if frame.ipv6 else 20)
            made[at] ^= source.randint(1, 255)
        yield bytes(made)


@pytest.mark.parametrize("seed", range(4))
def test_random_ipv4_headers_are_not_answered(port, seed):
    # A checksum of 16 bits sees almost every such change; these seeds were looked at.
    print(f"seed {seed}")
    check(port, silent("spoilt headers", *spoilt(FORMS["IPv4"], seed, 128)))


@pytest.mark.parametrize("seed", range(4))
def test_random_octets_are_not_answered(port, seed):
    print(f"seed {seed}")
    source = random.Random(seed)
    head = frames.mac(frames.OUR_MAC) + frames.mac(frames.CLIENT_MAC)
    kinds = (b"\x08\0", b"\x86\xdd", b"\x81\0", b"\x88\xa8")
    check(port, silent("random octets", *(
        head + source.choice(kinds) + source.randbytes(source.randint(0, 400))
        for _ in range(128))))


@pytest.mark.parametrize("octet", (0x00, 0xff, 0x45, 0x60, 0x53))
def test_frames_of_one_octet_are_not_answered(port, octet):
    head = frames.mac(frames.OUR_MAC) + frames.mac(frames.CLIENT_MAC)
    check(port, silent("one octet", *(
        head + kind + bytes((octet,)) * size for kind in (b"\x08\0", b"\x86\xdd", b"\x81\0")
        for size in (0, 1, 19, 20, 27, 28, 39, 40, 47, 48, 100, 1000))))
