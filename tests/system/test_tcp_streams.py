"""What may come on a TCP stream (RFC 1035 4.2.2, RFC 7766), and what goes back: a table of cases.

Each case is a sentence, what the client sends (pieces, each a segment of its own where the kernel
does as told), the replies in their order, and how it ends: OPEN, the next question is answered, or
FIN, the server ends the connection without a reset.
"""

import dataclasses
import socket

import pytest

import appliance as harness
import wire
from client import Stream

ZONE = "stream.test."
END = None    # among the pieces: the client ends its side
OPEN, FIN = "goes on", "ends"
FENCE = 0xfe9c
HOSTS = ["127.0.0.1", "::1"]


@pytest.fixture(scope="module")
def served():
    zones = {ZONE: harness.stream_zone(ZONE)}
    with harness.Appliance(zones, server="tcp-io-timeout: 10000") as running:
        yield running.start()


def frame(*messages):
    return b"".join(map(Stream.frame, messages))


def ask(ident, name="www", rr_type="A", **options):
    return wire.query(f"{name}.{ZONE}" if name else ZONE, rr_type, ident=ident, **options)


def padded(ident, size):
    """A good question of so many octets: its OPT is full of padding."""
    question = wire.question(f"www.{ZONE}")
    padding = wire.option(12, bytes(size - 12 - len(question) - 11 - 4))
    message = wire.header(ident, 0, (1, 0, 0, 1)) + question + wire.opt(options=padding)
    assert len(message) == size
    return message


def junk(ident, size, flags=0):
    return (wire.header(ident, flags) + wire.question(f"www.{ZONE}")).ljust(size, b"\xff")


def split(octets, step):
    return [octets[at:at + step] for at in range(0, len(octets), step)]


def good(*idents):
    return [(ident, wire.NOERROR) for ident in idents]


def errors(rcode, *idents):
    return [(ident, rcode) for ident in idents]


@dataclasses.dataclass(frozen=True)
class Case:
    sentence: str
    pieces: list
    replies: list
    end: str = OPEN
    large: frozenset = frozenset()  # ids whose reply has harness.BIG octets


ONE, TWO, THREE = (frame(ask(i)) for i in (1, 2, 3))
RESPONSE = wire.header(9, wire.QR) + wire.question(f"www.{ZONE}")
LARGE = [frame(ask(i, "big", "TXT")) for i in range(40)]
UPDATE = wire.header(5, wire.UPDATE << 11) + wire.question(ZONE, "SOA")


def malformed(sentence, message, rcode=wire.FORMERR):
    """In the midst of a stream: its error, and the next question its answer."""
    return Case(sentence, [ONE + frame(message) + THREE],
                good(1) + errors(rcode, 9) + good(3))


CASES = [
    # Pieces.
    Case("two questions in one segment", [ONE + TWO], good(1, 2)),
    Case("three hundred questions in one segment", [frame(*map(ask, range(300)))],
         good(*range(300))),
    Case("a question octet by octet", split(ONE, 1), good(1)),
    Case("three questions octet by octet", split(ONE + TWO + THREE, 1), good(1, 2, 3)),
    Case("thirty questions in pieces of 31 octets", split(frame(*map(ask, range(30))), 31),
         good(*range(30))),
    Case("thirty questions in pieces of 32 octets", split(frame(*map(ask, range(30))), 32),
         good(*range(30))),
    Case("thirty questions in pieces of 33 octets", split(frame(*map(ask, range(30))), 33),
         good(*range(30))),
    Case("the length in two segments", [ONE[:1], ONE[1:]], good(1)),
    Case("the length alone, then the question", [ONE[:2], ONE[2:]], good(1)),
    Case("length and header, then the name", [ONE[:14], ONE[14:]], good(1)),
    Case("a question but its last octet, which comes with the next length",
         [ONE[:-1], ONE[-1:] + TWO[:2], TWO[2:]], good(1, 2)),
    Case("a question and one octet of the next length", [ONE + TWO[:1], TWO[1:]], good(1, 2)),
    # The client's end.
    Case("an end without a word", [END], [], FIN),
    Case("a question and the end", [ONE, END], good(1), FIN),
    Case("a hundred questions and the end", [frame(*map(ask, range(100))), END],
         good(*range(100)), FIN),
    Case("one octet and the end", [ONE[:1], END], [], FIN),
    Case("a length and the end", [ONE[:2], END], [], FIN),
    Case("a question in part and the end", [ONE[:20], END], [], FIN),
    Case("a question, a second in part, and the end", [ONE + TWO[:9], END], good(1), FIN),
    Case("forty large answers wanted, and the end", [b"".join(LARGE), END],
         good(*range(40)), FIN, frozenset(range(40))),
    Case("what control answers wanted, and the end", [frame(UPDATE), END],
         errors(wire.REFUSED, 5), FIN),
    # Not even a header.
    Case("an empty message between two questions", [ONE + frame(b"") + TWO], good(1), FIN),
    Case("a message of one octet", [ONE + frame(b"\0") + TWO], good(1), FIN),
    Case("a message of eleven octets", [ONE + frame(bytes(11)) + TWO], good(1), FIN),
    Case("an empty message and nothing else", [frame(b"")], [], FIN),
    Case("HTTP", [b"\0\x09GET / HTTP/1.1\r\nHost: bowline\r\n\r\n" * 50], [], FIN),
    Case("an empty message behind large answers that nobody reads yet",
         [b"".join(LARGE[:10]) + frame(b"") + b"".join(LARGE)], good(*range(10)), FIN,
         frozenset(range(10))),
    # A header, and something wrong behind it.
    malformed("a header alone, without a question", wire.header(9, 0, (0, 0, 0, 0))),
    malformed("a question that is promised and not there", wire.header(9)),
    malformed("two questions in one message (RFC 9619)",
              wire.header(9, 0, (2, 0, 0, 0)) + wire.question(f"www.{ZONE}") * 2),
    malformed("a label of an unknown kind", wire.header(9) + b"\x80" + bytes(8)),
    malformed("a name that is cut", wire.header(9) + b"\x03ww"),
    malformed("a question without a class", wire.header(9) + wire.question(f"www.{ZONE}")[:-2]),
    malformed("a name that points to itself", wire.header(9) + b"\xc0\x0c\0\1\0\1"),
    malformed("an additional record that is promised and not there",
              wire.header(9, 0, (1, 0, 0, 1)) + wire.question(f"www.{ZONE}")),
    malformed("two OPT", wire.header(9, 0, (1, 0, 0, 2)) + wire.question(f"www.{ZONE}")
              + wire.opt() * 2),
    malformed("an unknown version of EDNS", wire.header(9, 0, (1, 0, 0, 1))
              + wire.question(f"www.{ZONE}") + wire.opt(version=1), wire.BADVERS),
    malformed("an unknown opcode", wire.header(9, 15 << 11) + wire.question(f"www.{ZONE}"),
              wire.NOTIMP),
    malformed("IQUERY", wire.header(9, wire.IQUERY << 11) + wire.question(f"www.{ZONE}"),
              wire.NOTIMP),
    malformed("64 kilobytes of junk behind a question", junk(9, 65535)),
    malformed("64 kilobytes without a question", wire.header(9).ljust(65535, b"\xff")),
    Case("a hundred malformed messages, each with its error",
         [frame(*(wire.header(i) + b"\x80" for i in range(100)))],
         errors(wire.FORMERR, *range(100))),
    # Not a request.
    Case("a response between two questions", [ONE + frame(RESPONSE) + TWO], good(1, 2)),
    Case("a response that is a header alone",
         [ONE + frame(wire.header(9, wire.QR, (0, 0, 0, 0))) + TWO], good(1, 2)),
    Case("a hundred responses", [frame(*[RESPONSE] * 100) + TWO], good(2)),
    Case("64 kilobytes of a response", [frame(junk(9, 65535, wire.QR)) + TWO], good(2)),
    Case("nothing but a response, and the end", [frame(RESPONSE), END], [], FIN),
    # Sizes.
    Case("a good question of 65,535 octets", [frame(padded(9, 65535))], good(9)),
    Case("three of them in one go", [frame(*(padded(i, 65535) for i in (7, 8, 9)))],
         good(7, 8, 9)),
    Case("one in pieces of a thousand octets, a small one behind it",
         split(frame(padded(9, 65535)) + ONE, 1000), good(9, 1)),
    Case("one in pieces of 32,768 octets", split(frame(padded(9, 65535)), 32768), good(9)),
    Case("a large answer", [LARGE[4]], good(4), large=frozenset([4])),
    Case("a large answer whatever size EDNS offers, which is that of UDP",
         [frame(ask(4, "big", "TXT", edns=512))], good(4), large=frozenset([4])),
    Case("forty large answers in a pipeline", [b"".join(LARGE)], good(*range(40)),
         large=frozenset(range(40))),
    Case("large and small answers in turn",
         [b"".join(frame(ask(i, *(("big", "TXT") if i % 2 else ("www", "A"))))
                   for i in range(30))], good(*range(30)),
         large=frozenset(range(1, 30, 2))),
    Case("ANY: the whole name, which UDP does not give (RFC 8482)",
         [frame(ask(4, "big", "ANY"))], good(4), large=frozenset([4])),
]


def check_reply(octets, wanted, case):
    ident, rcode = wanted
    message = wire.parse(octets)
    assert message.flags & wire.QR and not message.tc
    assert (message.ident, message.rcode) == (ident, rcode)
    assert (len(octets) > harness.BIG * 0.9) == (ident in case.large and ident != FENCE)


def check_end(stream):
    stream.socket.settimeout(5)
    assert stream.pending == b""
    assert stream.socket.recv(1) == b""  # a reset would be an error


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.sentence)
def test_stream(served, case, host):
    with Stream(served.address(host)) as stream:
        for piece in case.pieces:
            if piece is END:
                stream.socket.shutdown(socket.SHUT_WR)
            else:
                stream.socket.sendall(piece)
        for wanted in case.replies:
            octets = stream.receive()
            assert octets is not None, f"ended before {wanted}"
            check_reply(octets, wanted, case)
        if case.end == FIN:
            check_end(stream)
        else:
            stream.send(ask(FENCE))
            check_reply(stream.receive(), (FENCE, wire.NOERROR), case)


@pytest.mark.parametrize("host", HOSTS)
def test_a_question_may_be_cut_at_any_octet(served, host):
    octets = ONE + TWO
    for at in range(1, len(octets)):
        with Stream(served.address(host)) as stream:
            stream.socket.sendall(octets[:at])
            stream.socket.sendall(octets[at:])
            for ident in (1, 2):
                assert wire.parse(stream.receive()).ident == ident


@pytest.mark.parametrize("host", HOSTS)
def test_what_control_answers_does_not_hold_up_the_rest(served, host):
    """Its reply may come in any place; all others keep their order, and none is lost."""
    count = 200
    messages = [UPDATE if i % 20 == 5 else ask(i) for i in range(count)]
    messages = [wire.with_id(message, i) for i, message in enumerate(messages)]
    with Stream(served.address(host)) as stream:
        stream.send(*messages)
        replies = [wire.parse(stream.receive()) for _ in messages]
    assert sorted(reply.ident for reply in replies) == list(range(count))
    of_memory = [reply.ident for reply in replies if reply.opcode == wire.QUERY]
    assert of_memory == sorted(of_memory) and len(of_memory) == count - count // 20
    assert all(reply.rcode == wire.REFUSED for reply in replies if reply.opcode == wire.UPDATE)


@pytest.mark.parametrize("host", HOSTS)
def test_what_is_sent_behind_a_message_without_a_header_costs_no_answer(served, host):
    """Closing with octets unread would be a reset, and the answers on their way were lost."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.connect(served.address(host))
        link.settimeout(10)
        link.sendall(b"".join(LARGE[:10]) + frame(b""))
        octets = link.recv(1)  # so it has been read
        link.sendall(ONE * 1000)
        while fresh := link.recv(1 << 16):
            octets += fresh
    sizes = []
    while octets:
        size = int.from_bytes(octets[:2], "big")
        sizes.append(len(octets[2:2 + size]))
        octets = octets[2 + size:]
    assert len(sizes) == 10 and min(sizes) > harness.BIG * 0.9


@pytest.mark.parametrize("host", HOSTS)
def test_a_reader_with_a_small_window_gets_every_octet(served, host):
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.connect(served.address(host))
        link.settimeout(10)
        link.sendall(b"".join(LARGE) + ONE)
        link.shutdown(socket.SHUT_WR)
        octets = bytearray()
        while fresh := link.recv(997):
            octets += fresh
    idents = []
    while octets:
        size = int.from_bytes(octets[:2], "big")
        idents.append(wire.parse(bytes(octets[2:2 + size])).ident)
        del octets[:2 + size]
    assert idents == [*range(40), 1]


@pytest.mark.parametrize("host", HOSTS)
def test_clients_that_reset_harm_nobody(served, host):
    with Stream(served.address(host)) as steady:
        for i in range(60):
            with Stream(served.address(host)) as stream:
                stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                stream.socket.sendall(b"".join(LARGE[:i % 7]) + ONE[:i % 20])
            if i % 10 == 0:
                assert wire.parse(steady.ask(ask(i))).ident == i
        assert wire.parse(steady.ask(ask(99))).ident == 99
