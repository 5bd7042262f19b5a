"""PROXY headers in frames: the message behind one is answered, to the proxy, as if it stood alone."""

import socket
import struct

import pytest

import wire
from cases import all_answered, answered, check, each, silent
from frames import SERVICE_VLAN, VLAN, Frame
from messages import PROXIES, WWW, error, extended_error, query, reply

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
PORTS = b"\x10\x92\0\x35"
BLOCKS = {0x12: socket.inet_aton("198.51.100.7") + socket.inet_aton("203.0.113.9") + PORTS,
          0x22: bytes(range(32)) + PORTS}
QUESTION = query()
ANSWER = reply(QUESTION, answer=WWW)
FROM = {"IPv4": Frame(source=PROXIES[0]), "IPv6": Frame(ipv6=True, source=PROXIES[1]),
        "IPv4 with two tags": Frame(source=PROXIES[0], tags=((SERVICE_VLAN, 1), (VLAN, 2))),
        "IPv4 with options": Frame(source=PROXIES[0], options=b"\1" * 8)}


def header(command=0x21, family=0x12, block=None, length=None):
    block = BLOCKS.get(family, b"") if block is None else block
    size = len(block) if length is None else length
    return SIGNATURE + struct.pack("!BBH", command, family, size) + block


GOOD = {"of IPv4": header(), "of IPv6": header(family=0x22), "LOCAL": header(0x20, 0),
        "with a TLV": header(block=BLOCKS[0x12] + b"\4\0\3abc")}
WRONG = [header(0x11), header(0x2f), header(family=0), header(family=0x31, block=bytes(216)),
         header(block=bytes(11)), header(length=400), header(block=BLOCKS[0x12] + bytes(500))]


@each([*(answered(f"a header {what} from a proxy by {way}", frame.but(payload=octets + QUESTION),
                  ANSWER)
         for way, frame in FROM.items() for what, octets in GOOD.items()),
       *(answered(f"a question without a header from a proxy by {way}",
                  frame.but(payload=QUESTION), ANSWER) for way, frame in FROM.items()),
       all_answered("a whole burst of questions with and without headers",
                    [(FROM["IPv4"].but(payload=(header() if i % 2 else b"") + QUESTION), ANSWER)
                     for i in range(32)]),
       silent("wrong headers from a proxy",
              *(frame.but(payload=octets + QUESTION) for frame in FROM.values()
                for octets in WRONG)),
       silent("a header without a message", FROM["IPv4"].but(payload=header())),
       silent("part of a header", *(FROM["IPv4"].but(payload=header()[:size])
                                    for size in range(12, len(header()))))])
def test_headers_of_proxies(port, case):
    check(port, case)


@pytest.mark.parametrize("way", ("IPv4", "IPv6"))
def test_from_others_a_header_is_a_message_without_sense(port, way):
    """Its octets, as a message: an opcode that nobody has."""
    stranger = FROM[way].but(source=None, payload=header() + QUESTION)
    check(port, answered("from a stranger", stranger,
                         error(stranger.payload, wire.NOTIMP, question=False)))


@pytest.mark.parametrize("way", FROM)
def test_what_only_control_answers_goes_back_to_the_proxy(port, way):
    request = query("packets.test.", "IXFR", edns=1232)
    if not port.has_control:
        message = error(request, wire.SERVFAIL, options=extended_error(14))
    else:
        message = reply(request, rcode=wire.REFUSED, aa=False, payload=1232)
    check(port, answered(way, FROM[way].but(payload=header(family=0x22) + request), message))
