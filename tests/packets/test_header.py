"""The header of a request (RFC 1035 4.1.1, RFC 8906 3.1): its bits, opcodes and counts."""

import struct

import pytest

import messages
import wire
from cases import answered, check, each, silent
from frames import Frame
from messages import WWW, ZONE, error, query, reply
from wire import FORMERR, NOTIMP

FAMILIES = {"IPv4": Frame(), "IPv6": Frame(ipv6=True)}
PLAIN = query()
BITS = {"AA": wire.AA, "TC": wire.TC, "RD": wire.RD, "RA": wire.RA, "Z": wire.Z, "AD": wire.AD,
        "CD": wire.CD}
EVERY_BIT = sum(BITS.values())
ADDRESS = wire.record("www.packets.test.", "A", rdata=bytes(4))
NOT_ANSWERED = {"NOTIFY": wire.NOTIFY, "UPDATE": wire.UPDATE}  # control has the answer


def rows(cases):
    """Each over IPv4 and IPv6."""
    return each(answered(f"{family}: {sentence}", frame.but(payload=request), message)
                for family, frame in FAMILIES.items()
                for sentence, (request, message) in cases.items())


def with_counts(message, *counts):
    return message[:4] + struct.pack("!4H", *counts) + message[12:]


def unread(flags=0, rcode=FORMERR, ident=messages.IDENT):
    """The reply to a request whose question could not be read: a header alone."""
    kept = flags & (0x7800 | wire.RD)
    return wire.header(ident, wire.QR | kept | rcode, (0, 0, 0, 0))


# ---- Bits ----------------------------------------------------------------------------------------
# RD comes back (RFC 1035 4.1.1); AA is ours, TC tells of our own reply, RA is clear, for nothing
# recurses here, Z is zero, and AD and CD are clear in what is authoritative (RFC 4035 3.1.6).


def asked(flags, *arguments, **options):
    return query(*arguments, flags=flags, **options)


@rows({
    **{f"{name} is read, and in the reply it stands for what the reply is": (
        asked(bit), reply(asked(bit), answer=WWW)) for name, bit in BITS.items()},
    **{f"{name} with OPT and DO is the same": (
        asked(bit, do=True), reply(asked(bit, do=True), answer=WWW)) for name, bit in BITS.items()},
    "all bits at once": (asked(EVERY_BIT), reply(asked(EVERY_BIT), answer=WWW)),
    "all bits with a name that is not there": (
        asked(EVERY_BIT, f"nothing.{ZONE}"),
        reply(asked(EVERY_BIT, f"nothing.{ZONE}"), rcode=wire.NXDOMAIN,
              authority=[messages.NEGATIVE_SOA])),
    "all bits with nobody's name": (
        asked(EVERY_BIT, "elsewhere.invalid."),
        error(asked(EVERY_BIT, "elsewhere.invalid."), wire.REFUSED)),
    "all bits with an unknown opcode": (
        asked(wire.STATUS << 11 | EVERY_BIT), error(asked(wire.STATUS << 11 | EVERY_BIT), NOTIMP)),
    "all bits with a message that is malformed": (
        asked(EVERY_BIT) + b"\0", error(asked(EVERY_BIT), FORMERR)),
    **{f"an RCODE of {rcode} in a request means nothing": (
        asked(rcode), reply(PLAIN, answer=WWW)) for rcode in (1, 2, 3, 5, 9, 15)},
    **{f"the id {ident:#06x} comes back": (
        query(ident=ident), reply(query(ident=ident), answer=WWW))
       for ident in (0, 1, 0x8000, 0xffff)},
})
@pytest.mark.every_transport
def test_bits(port, case):
    check(port, case)


# ---- Opcodes -------------------------------------------------------------------------------------

UNKNOWN = [opcode for opcode in range(16) if opcode not in (0, wire.NOTIFY, wire.UPDATE)]


@rows({
    **{f"the opcode {opcode} is not implemented, and comes back": (
        asked(opcode << 11), error(asked(opcode << 11), NOTIMP)) for opcode in UNKNOWN},
    **{f"the opcode {opcode} with RD and CD brings RD back": (
        asked(opcode << 11 | wire.RD | wire.CD), error(asked(opcode << 11 | wire.RD | wire.CD),
                                                       NOTIMP))
       for opcode in (1, 3, 15)},
    **{f"the opcode {opcode} without a question is not implemented": (
        wire.header(messages.IDENT, opcode << 11, (0, 0, 0, 0)), unread(opcode << 11, NOTIMP))
       for opcode in UNKNOWN},
    "an unknown opcode with octets that are no DNS is not implemented": (
        wire.header(messages.IDENT, 15 << 11, (0, 0, 0, 0)) + b"whatever",
        unread(15 << 11, NOTIMP)),
    **{f"{name} without a question is malformed": (
        wire.header(messages.IDENT, opcode << 11, (0, 0, 0, 0)), unread(opcode << 11))
       for name, opcode in NOT_ANSWERED.items()},
    **{f"{name} with octets behind it is malformed": (
        asked(opcode << 11, ZONE, "SOA") + b"\0", error(asked(opcode << 11, ZONE, "SOA"), FORMERR))
       for name, opcode in NOT_ANSWERED.items()},
})
@pytest.mark.every_transport
def test_opcodes(port, case):
    check(port, case)


@each(silent(f"{family}: a response of any opcode, with whatever bits, is not answered",
             *(frame.but(payload=query(flags=wire.QR | opcode << 11 | bits))
               for opcode in range(16) for bits in (0, EVERY_BIT)))
      for family, frame in FAMILIES.items())
def test_responses(port, case):
    check(port, case)


# ---- Counts (RFC 9619; hardening 47) -------------------------------------------------------------

QUESTION = PLAIN[12:]
OTHER = wire.question("mail.example.test.")
ANSWER = reply(PLAIN, answer=WWW)


@rows({
    "no question is malformed": (
        wire.header(messages.IDENT, 0, (0, 0, 0, 0)), unread()),
    "no question with OPT is malformed, and OPT comes back": (
        wire.header(messages.IDENT, 0, (0, 0, 0, 1)) + wire.opt(),
        wire.header(messages.IDENT, wire.QR | FORMERR, (0, 0, 0, 1))
        + wire.opt(messages.OWN_PAYLOAD)),
    "a question that QDCOUNT does not count is malformed": (with_counts(PLAIN, 0, 0, 0, 0),
                                                            unread()),
    "two questions of which one is there are malformed": (with_counts(PLAIN, 2, 0, 0, 0),
                                                          unread()),
    "two equal questions are malformed": (with_counts(PLAIN, 2, 0, 0, 0) + QUESTION, unread()),
    "two questions are malformed": (with_counts(PLAIN, 2, 0, 0, 0) + OTHER, unread()),
    "two questions with OPT are malformed": (
        with_counts(PLAIN, 2, 0, 0, 1) + OTHER + wire.opt(), unread()),
    "65535 questions are malformed": (with_counts(PLAIN, 65535, 0, 0, 0), unread()),
    "a record in the answer section is not looked at": (
        with_counts(PLAIN, 1, 1, 0, 0) + ADDRESS, ANSWER),
    "a record in the authority section is not looked at": (
        with_counts(PLAIN, 1, 0, 1, 0) + ADDRESS, ANSWER),
    "a record in the additional section is not looked at": (
        with_counts(PLAIN, 1, 0, 0, 1) + ADDRESS, ANSWER),
    "records in all sections are not looked at": (
        with_counts(PLAIN, 1, 2, 2, 2) + ADDRESS * 6, ANSWER),
    **{f"{count} records that are announced in {section} and missing are malformed": (
        with_counts(PLAIN, 1, *(count if i == at else 0 for i in range(3))), error(PLAIN, FORMERR))
       for count in (1, 65535) for at, section in enumerate(("answer", "authority", "additional"))},
    "a record cut in its rdata is malformed": (
        with_counts(PLAIN, 1, 1, 0, 0) + ADDRESS[:-1], error(PLAIN, FORMERR)),
    "a record cut in its head is malformed": (
        with_counts(PLAIN, 1, 0, 0, 1) + ADDRESS[:-5], error(PLAIN, FORMERR)),
    "a record whose owner points ahead is malformed": (
        with_counts(PLAIN, 1, 0, 0, 1) + b"\xc0\xff" + ADDRESS[18:], error(PLAIN, FORMERR)),
    "an octet behind the question is malformed": (PLAIN + b"\0", error(PLAIN, FORMERR)),
    "a second question behind the message is malformed": (PLAIN + QUESTION, error(PLAIN, FORMERR)),
    "octets behind OPT are malformed": (
        query(edns=1232) + bytes(40), error(query(edns=1232), FORMERR)),
    "a question cut in its class is malformed": (PLAIN[:-1], unread()),
    "a question cut in its type is malformed": (PLAIN[:-3], unread()),
    "a question cut in its name is malformed": (PLAIN[:20], unread()),
    "a name of 256 octets is malformed": (
        PLAIN[:12] + (b"\x3f" + b"a" * 63) * 4 + b"\0\0\1\0\1", unread()),
    "a label of 64 octets is malformed": (PLAIN[:12] + b"\x40" + b"a" * 64 + b"\0\0\1\0\1",
                                          unread()),
    "a compressed question is malformed": (PLAIN[:12] + b"\3www\xc0\x0c\0\1\0\1", unread()),
})
@pytest.mark.every_transport
def test_counts(port, case):
    check(port, case)
