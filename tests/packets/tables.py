"""Tables of questions and exact answers, for the files that have one feature each.

    @table("wild.test.", [
        row("a wildcard answers for a name that is not there", "a.b A", answer="a.b A 192.0.2.1"),
    ])
    def test_wildcards(port, case): check(port, case)

Questions and records are written as in the zone's file (zones/<zone>zone): names without a dot at
their end are below the zone, `@` is the zone, the TTL is 300 unless one stands there. "RRSIG A" is
the signature of that RRset, all of which are alike in these zones: three octets of zeros by key 1
of algorithm 13; "RRSIG A/2" is one that covers two labels, as at names that a wildcard made.
Expectations are what the RFCs say, not what a server said.
"""

import pytest

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype

import messages
import wire
from cases import Case, all_answered, each
from frames import Frame

TTL = 300
NEGATIVE_TTL = 60  # RFC 2308 5, RFC 9077: the least of the SOA's TTL and its last field
# RFC 2308 3: what stands in the authority section of every negative answer.
SOA = "@ 60 SOA ns hostmaster 1 3600 600 86400 60"
SIGNED_SOA = [SOA, "@ 60 RRSIG SOA"]
NAMES_ALONE = ("MB", "MG", "MR", "MINFO")  # types of names that dnspython has no text of
FLAGS = {"+rd": wire.RD, "+cd": wire.CD, "+ad": wire.AD}


def absolute(name, zone):
    return dns.name.from_text(name, dns.name.from_text(zone))


def read_question(text, zone):
    """"www A +do +rd edns=512" as a message."""
    name, kind, *words = text.split()
    options = {"flags": 0}
    for word in words:
        if word in FLAGS:
            options["flags"] |= FLAGS[word]
        elif word == "+do":
            options["do"] = True
        else:
            key, value = word.split("=")
            assert key == "edns", text
            options["edns"] = int(value)
    return messages.query(absolute(name, zone), kind, **options)


def signature(owner, words, zone):
    """Rdata text of the signature of an RRset at `owner`."""
    covered, _, labels = words[0].partition("/")
    if not labels:
        labels = len(owner) - 1 - (owner.labels[0] == b"*")
    ttl = NEGATIVE_TTL if covered in ("NSEC", "NSEC3") else TTL
    return f"{covered} 13 {labels} {ttl} 20300101000000 20200101000000 1 {zone} AAAA"


def read_record(text, zone):
    """A line of a zone file as the arguments of messages.Writer.record()."""
    owner, *words = text.split(" ")
    ttl = int(words.pop(0)) if words[0].isdigit() else TTL
    kind, owner = words.pop(0), absolute(owner, zone)
    rest = signature(owner, words, zone) if kind == "RRSIG" and len(words) == 1 else " ".join(words)
    if kind in NAMES_ALONE:
        rdata = b"".join(absolute(name, zone).to_wire() for name in words)
    else:
        rdata = dns.rdata.from_text(dns.rdataclass.IN, kind, rest, relativize=False,
                                    origin=dns.name.from_text(zone)).to_wire()
    return (owner, wire.type_code(kind), ttl, *_parts(wire.type_code(kind), rdata))


def _parts(code, rdata):
    """Rdata, with the names apart that may be compressed."""
    at, count = wire.COMPRESSIBLE.get(code, (0, 0))
    yield rdata[:at]
    for _ in range(count):
        begin, (_, at) = at, wire.expand(rdata, at)
        yield messages.Name(dns.name.from_wire(rdata, begin)[0].to_text())
    yield rdata[at:]


def read_section(lines, zone):
    return [read_record(line, zone) for line in ([lines] if isinstance(lines, str) else lines)]


def _reply(request, parts, zone):
    sections = {section: read_section(parts.get(section, ()), zone)
                for section in ("answer", "authority", "additional")}
    return messages.reply(request, **{**parts, **sections})


def row(sentence, question, *, stream=None, any_order=False, **parts):
    """`parts` as of messages.reply(); `stream`: what differs over TCP. With `any_order` the records
    of authority and additional section may stand in any order."""
    def make(zone):
        request = read_question(question, zone)
        forms = [Frame(payload=request), Frame(payload=request, ipv6=True)]
        made, by_stream = (all_answered(sentence, [(form, _reply(request, given, zone))
                                                   for form in forms])
                           for given in (parts, {**parts, **(stream or {})}))
        return Case(sentence, made.sent, made.expected, any_order=any_order,
                    expected_by_stream=by_stream.expected)
    return make


def table(zone, rows):
    """Makes a test of each row; they run over sockets and TCP, too."""
    def mark(test):
        return pytest.mark.every_transport(each(make(zone) for make in rows)(test))
    return mark
