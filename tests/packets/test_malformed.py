"""Questions that cannot be read: FORMERR without the question, or nothing when there is no
header. Counts that lie are in test_header.py."""

import pytest

import wire
from cases import answered, check, each, silent
from frames import Frame
from messages import error, query
from wire import FORMERR

FAMILIES = {"IPv4": Frame(), "IPv6": Frame(ipv6=True)}
TAIL = b"\0\1\0\1"
NAMES = {
    "nothing at all": b"",
    "a label that goes on behind the message": b"\x3fabc",
    "a name that has no end": b"\3www\7packets\4test",
    "a name that points to itself": b"\xc0\x0c" + TAIL,
    "a name that points to what is behind it": b"\xc0\x10" + TAIL + b"\0",
    "a name that points into the header": b"\xc0\0" + TAIL,
    "a name that points behind the message": b"\xff\xff" + TAIL,
    "half a pointer": b"\xc0",
    "a label and a pointer to it": b"\1a\xc0\x0c" + TAIL,
    "a label of kind 01": b"\x41a\0" + TAIL,
    "a label of kind 10": b"\x81a\0" + TAIL,
    "the root without a type": b"\0",
    "the root with half a class": b"\0\0\1\0",
}


def question(octets):
    return wire.header(7, 0, (1, 0, 0, 0)) + octets


@each(answered(f"{family}: {what} is malformed", frame.but(payload=question(octets)),
               error(question(octets), FORMERR, question=False))
      for family, frame in FAMILIES.items() for what, octets in NAMES.items())
@pytest.mark.every_transport
def test_questions(port, case):
    check(port, case)


@each(silent(f"{family}: messages of up to eleven octets get no reply",
             *(frame.but(payload=query()[:size]) for size in range(12)))
      for family, frame in FAMILIES.items())
def test_no_header(port, case):
    check(port, case)
