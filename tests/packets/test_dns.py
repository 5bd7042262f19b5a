"""DNS: every kind of answer to its very octets, EDNS, and sizes up to what a frame carries."""

import struct

import dns.rdatatype
import dns.zone
import pytest

import appliance as harness
import messages
import wire
from cases import all_answered, answered, check, each, silent
from frames import SERVICE_VLAN, VLAN, Frame, reply_to
from messages import Name, error, query, reply

FAMILIES = {"IPv4": Frame(), "IPv6": Frame(ipv6=True)}
LONGEST_FRAME = 1518  # Ethernet's, with one tag


def a(*octets):
    return bytes(octets)


def aaaa(last):
    return bytes.fromhex("20010db8") + bytes(11) + bytes((last,))


SOA = ("example.test.", "SOA", 300, Name("ns1.example.test."), Name("hostmaster.example.test."),
       struct.pack("!5I", 2026010101, 7200, 1800, 1209600, 300))
APEX_A = ("example.test.", "A", 3600, a(192, 0, 2, 80))
NS = [("example.test.", "NS", 3600, Name(f"ns{i}.example.test.")) for i in (1, 2)]
NS1 = [("ns1.example.test.", "A", 3600, a(192, 0, 2, 1)),
       ("ns1.example.test.", "AAAA", 3600, aaaa(1))]
NS2 = ("ns2.example.test.", "A", 3600, a(192, 0, 2, 2))
MAIL = [("Mail.example.test.", "A", 3600, a(192, 0, 2, 25)),
        ("Mail.example.test.", "AAAA", 3600, aaaa(0x25))]
# RFC 4034 6.3: the shorter label is the lesser rdata.
SUB_NS = [("sub.example.test.", "NS", 3600, Name("ns.sub.example.test.")),
          ("sub.example.test.", "NS", 3600, Name("ns1.example.test."))]
SUB_GLUE = [("ns.sub.example.test.", "A", 3600, a(192, 0, 2, 53)),
            ("ns.sub.example.test.", "AAAA", 3600, aaaa(0x53))]


def cname(owner, target):
    return (owner, "CNAME", 3600, Name(target))


ANSWERS = {
    "an address": (query("example.test."), {"answer": [APEX_A]}),
    "an address, asked in other letters": (query("ExAmPlE.tEsT."), {"answer": [APEX_A]}),
    "an IPv6 address": (query("mail.example.test.", "AAAA"), {"answer": [
        ("mail.example.test.", "AAAA", 3600, aaaa(0x25))]}),
    "recursion desired": (query("example.test.", flags=wire.RD), {"answer": [APEX_A]}),
    "checking disabled": (query("example.test.", flags=wire.CD), {"answer": [APEX_A]}),
    "servers with their addresses": (query("example.test.", "NS"), {
        "answer": NS, "additional": [*NS1, NS2]}),
    "the start of authority": (query("example.test.", "SOA"), {
        "answer": [("example.test.", "SOA", 3600, *SOA[3:])]}),
    "mail servers with addresses": (query("example.test.", "MX"), {"answer": [
        ("example.test.", "MX", 3600, b"\0\x0a", Name("mail.example.test.")),
        ("example.test.", "MX", 3600, b"\0\x14", Name("mail.elsewhere.invalid."))],
        "additional": MAIL}),
    "text": (query("example.test.", "TXT"), {"answer": [
        ("example.test.", "TXT", 3600, b"\x0ev=spf1 mx -all")]}),
    "an alias": (query("www.example.test."), {"answer": [
        cname("www.example.test.", "example.test."), APEX_A]}),
    "an alias of an alias": (query("blog.example.test."), {"answer": [
        cname("blog.example.test.", "www.example.test."),
        cname("www.example.test.", "example.test."), APEX_A]}),
    "the alias itself": (query("www.example.test.", "CNAME"), {"answer": [
        cname("www.example.test.", "example.test.")]}),
    "an alias that leads elsewhere": (query("shop.example.test."), {"answer": [
        cname("shop.example.test.", "shop.elsewhere.invalid.")]}),
    "a wildcard": (query("any.pages.example.test."), {"answer": [
        ("any.pages.example.test.", "A", 3600, a(192, 0, 2, 81))]}),
    "a name beside a wildcard": (query("fixed.pages.example.test."), {"answer": [
        ("fixed.pages.example.test.", "A", 3600, a(192, 0, 2, 82))]}),
    "a name that is not there": (query("nothing.example.test."), {
        "rcode": wire.NXDOMAIN, "authority": [SOA]}),
    "a type that is not there": (query("example.test.", "LOC"), {"authority": [SOA]}),
    "an empty non-terminal": (query("deep.example.test.", "TXT"), {"authority": [SOA]}),
    "an alias to nothing": (query("dead.example.test."), {
        "rcode": wire.NXDOMAIN, "answer": [cname("dead.example.test.", "nothing.example.test.")],
        "authority": [SOA]}),
    "a referral with glue": (query("www.sub.example.test."), {
        "aa": False, "authority": SUB_NS, "additional": [*SUB_GLUE, *NS1]}),
    "a name of nobody's": (query("www.elsewhere.invalid."), {"aa": False, "rcode": wire.REFUSED}),
    "the root": (query(".", "NS"), {"aa": False, "rcode": wire.REFUSED}),
    "EDNS": (query("example.test.", edns=1232), {"answer": [APEX_A]}),
    "EDNS and DO, without signatures": (query("example.test.", do=True), {"answer": [APEX_A]}),
    "EDNS of size 0": (query("example.test.", edns=0), {"answer": [APEX_A]}),
    "EDNS of size 65535": (query("example.test.", edns=65535), {"answer": [APEX_A]}),
    "EDNS with an unknown option": (
        query("example.test.", options=wire.option(65001, b"whatever")), {"answer": [APEX_A]}),
    "EDNS with padding of 900 octets": (
        query("example.test.", options=wire.option(12, bytes(900))), {"answer": [APEX_A]}),
}


@each(answered(f"{family}: {what}", frame.but(payload=question), reply(question, **parts))
      for family, frame in FAMILIES.items() for what, (question, parts) in ANSWERS.items())
def test_answers(port, case):
    check(port, case)


@each(answered(f"{what}, behind two tags", Frame(payload=question, ipv6=True,
                                                 tags=((SERVICE_VLAN, 5), (VLAN, 6))),
               reply(question, **parts)) for what, (question, parts) in ANSWERS.items())
def test_answers_behind_tags(port, case):
    check(port, case)


# ---- Signed zones: their rdata as dnspython reads it ---------------------------------------------


def signed_records(zone, owner, *types):
    """Records in the order of the types; 'RRSIG A' is the signature of A."""
    read = dns.zone.from_file(str(harness.SAMPLES / f"{zone[:-1]}.zone"), origin=zone,
                              relativize=False)
    for text in types:
        kind, _, covered = text.partition(" ")
        found = read.find_rdataset(owner, kind, covered or dns.rdatatype.NONE)
        for rdata in sorted(each.to_wire() for each in found):
            yield (owner, kind, found.ttl, rdata)


SIGNED = "signed.test."


@each([
    answered(f"{family}: a signed address with its signature", frame.but(payload=question),
             reply(question, answer=list(signed_records(
                 SIGNED, "www.signed.test.", "A", "RRSIG A"))))
    for family, frame in FAMILIES.items()
    for question in [query("www.signed.test.", do=True)]] + [
    answered(f"{family}: a signed address without its signature", frame.but(payload=question),
             reply(question, answer=list(signed_records(SIGNED, "www.signed.test.", "A"))))
    for family, frame in FAMILIES.items()
    for question in [query("www.signed.test.", edns=1232)]] + [
    answered(f"{family}: a key with its signature", frame.but(payload=question),
             reply(question, answer=list(signed_records(
                 SIGNED, "signed.test.", "DNSKEY", "RRSIG DNSKEY"))))
    for family, frame in FAMILIES.items()
    for question in [query("signed.test.", "DNSKEY", do=True)]])
def test_signed(port, case):
    check(port, case)


# ---- Sizes ---------------------------------------------------------------------------------------


def sized(size, offered, frame):
    """Asks for the name whose reply with OPT has `size` octets; without EDNS 11 fewer."""
    question = query(messages.sized_name(size), "TXT", edns=offered)
    own = size if offered is not None else size - 11
    whole = min(max(offered or 512, 512), messages.OWN_PAYLOAD, 1452 if frame.ipv6 else 1472)
    fits = own <= whole
    return (frame.but(payload=question),
            reply(question, answer=messages.sized_answer(size)) if fits
            else reply(question, tc=True))


OFFERS = {
    "without EDNS, at 512 octets": (None, range(518, 530)),
    "offering 512, at that": (512, range(507, 518)),
    "offering less than 512, at that": (100, range(507, 518)),
    "offering 1232, at that": (1232, range(1227, 1238)),
    "offering 1400, below that": (1400, (600, 900, 1024, 1400)),
    "offering 1452, at that": (1452, range(1447, 1458)),
    "offering 1472, at that and at the MTU": (1472, range(1447, 1478)),
    "offering 4096, at the MTU": (4096, range(1441, 1479)),
    "offering 65535, at the MTU": (65535, range(1441, 1479)),
}
LAYERS = {**{family: frame for family, frame in FAMILIES.items()},
          "IPv4 with two tags": Frame(tags=((SERVICE_VLAN, 1), (VLAN, 2))),
          "IPv6 with a tag": Frame(ipv6=True, tags=((VLAN, 2),)),
          "IPv4 with 40 octets of options": Frame(options=b"\1" * 40)}


def carried(frame, message):
    """Whether a link of MTU 1500 brings the reply: with two tags, a full packet is too long."""
    return len(reply_to(frame, message)) <= LONGEST_FRAME


@each(all_answered(f"{layer}, {what}: whole or truncated",
                   (pair for size in sizes for pair in [sized(size, offered, frame)]
                    if carried(*pair)))
      for layer, frame in LAYERS.items() for what, (offered, sizes) in OFFERS.items())
def test_sizes(port, case):
    check(port, case)


# ---- Errors --------------------------------------------------------------------------------------

GOOD = query()
FAULTS = {
    "an unknown opcode": (query(flags=wire.STATUS << 11), wire.NOTIMP, True),
    "another unknown opcode": (query(flags=15 << 11), wire.NOTIMP, True),
    "an EDNS version of 1": (query()[:10] + b"\0\1" + query()[12:] + wire.opt(version=1),
                             wire.BADVERS, True),
    "class HS": (query(qclass=wire.HS), wire.REFUSED, True),
    "class NONE": (query(qclass=wire.NONE), wire.REFUSED, True),
    "no question": (wire.header(7, 0, (0, 0, 0, 0)), wire.FORMERR, False),
    "a question that is not there": (wire.header(7, 0, (1, 0, 0, 0)), wire.FORMERR, False),
    "a label that goes on behind the message": (
        wire.header(7, 0, (1, 0, 0, 0)) + b"\x3fabc", wire.FORMERR, False),
    "a name that points to itself": (
        wire.header(7, 0, (1, 0, 0, 0)) + b"\xc0\x0c\0\1\0\1", wire.FORMERR, False),
    "a label of an unknown kind": (
        wire.header(7, 0, (1, 0, 0, 0)) + b"\x41a\0\0\1\0\1", wire.FORMERR, False),
}


@each(answered(f"{family}: {what} is answered with {rcode}", frame.but(payload=request),
               error(request, rcode, question=with_question))
      for family, frame in FAMILIES.items()
      for what, (request, rcode, with_question) in FAULTS.items())
def test_faults(port, case):
    check(port, case)


@each([silent(f"{family}: messages of up to eleven octets get no reply",
              *(frame.but(payload=GOOD[:size]) for size in range(12)))
       for family, frame in FAMILIES.items()] + [
      silent(f"{family}: responses get no reply",
             *(frame.but(payload=query(flags=wire.QR | flags)) for flags in
               (0, wire.TC, wire.AA | wire.RD, wire.NOTIFY << 11, wire.UPDATE << 11)))
      for family, frame in FAMILIES.items()])
def test_no_reply(port, case):
    check(port, case)


# ---- What control answers ------------------------------------------------------------------------

ASKS = {
    "NOTIFY of a zone of ours": (query("packets.test.", "SOA", flags=wire.NOTIFY << 11),
                                 wire.NOTAUTH),
    "UPDATE of a zone of ours": (query("packets.test.", "SOA", flags=wire.UPDATE << 11),
                                 wire.REFUSED),
    "UPDATE of nobody's zone": (query("elsewhere.invalid.", "SOA", flags=wire.UPDATE << 11),
                                wire.NOTAUTH),
    "IXFR over UDP": (query("packets.test.", "IXFR"), wire.REFUSED),
    "IXFR over UDP with EDNS": (query("packets.test.", "IXFR", edns=1232), wire.REFUSED),
}
ASKED_LAYERS = {**FAMILIES, "IPv4 with a tag": Frame(tags=((VLAN, 0x2005),)),
                "IPv6 with two tags": Frame(ipv6=True, tags=((SERVICE_VLAN, 1), (VLAN, 2)))}


@pytest.mark.parametrize("layer", ASKED_LAYERS)
@pytest.mark.parametrize("what", ASKS)
def test_what_only_control_answers_comes_back_the_same_way(port, layer, what):
    request, rcode = ASKS[what]
    if not port.has_control:
        message = error(request, wire.SERVFAIL)
    else:
        message = reply(request, rcode=rcode, aa=False, payload=1232)
    check(port, answered(f"{layer}: {what}", ASKED_LAYERS[layer].but(payload=request), message))
