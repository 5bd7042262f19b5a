"""What clients may send that is not a plain question: each gets the right RCODE, or silence."""

import random
import struct

import pytest

import client
import wire
from wire import (BADVERS, FORMERR, NOERROR, NOTAUTH, NOTIFY, NOTIMP, QUERY, REFUSED, UPDATE,
                  header, opt, option, question, record)

NAME = "www.example.test."
SEED = 20260101


def rcode_of(appliance, message, tcp=False):
    send = client.tcp if tcp else client.udp
    return wire.parse(send(appliance.address(), message)).rcode


def still_answers(appliance):
    assert appliance.ask("mail.example.test.", "A").answer
    assert appliance.ask("mail.example.test.", "A", tcp=True).answer


# ---- Flags and counts (hardening 47) -------------------------------------------------------------


def expected(flags, counts):
    """The reference: None is silence, else (rcode, flags that must be set, flags that must not)."""
    if flags & wire.QR:
        return None
    opcode = flags >> 11 & 15
    if opcode not in (QUERY, NOTIFY, UPDATE):
        return NOTIMP
    if counts != (1, 0, 0, 0):
        return FORMERR
    return NOERROR if opcode == QUERY else NOTAUTH


def check_flags(flags, counts, octets):
    wanted = expected(flags, counts)
    reply = wire.parse(octets)
    where = f"flags {flags:04x} counts {counts}"
    assert reply.rcode == wanted, where
    assert reply.flags & wire.QR and reply.opcode == flags >> 11 & 15, where
    assert reply.flags & wire.RD == flags & wire.RD, where
    assert not reply.flags & (wire.TC | wire.RA | wire.Z | wire.AD), where
    assert reply.aa == (wanted == NOERROR), where
    if counts[0] == 1:
        assert reply.questions == [(wire.name("mail.example.test."), 1, 1)], where


@pytest.mark.parametrize("counts", [(1, 0, 0, 0), (0, 0, 0, 0), (2, 0, 0, 0), (65535, 0, 0, 0),
                                    (1, 1, 0, 0), (1, 0, 65535, 0), (1, 0, 0, 2)])
def test_every_flag_word_gets_what_the_table_says(samples, counts):
    """All of them with honest counts; with the others every seventh."""
    step = 1 if counts == (1, 0, 0, 0) else 7
    words = range(0, 0x10000, step)
    body = question("mail.example.test.", "A")
    asked = [flags for flags in words if expected(flags, counts) is not None]
    replies = client.udp_many(samples.address(), [header(0, f, counts) + body for f in asked])
    for flags, octets in zip(asked, replies):
        assert octets is not None, f"no reply to flags {flags:04x} counts {counts}"
        check_flags(flags, counts, octets)
    unasked = [header(1, f, counts) + body for f in words if expected(f, counts) is None]
    assert client.silent(samples.address(), unasked) == []
    still_answers(samples)


@pytest.mark.parametrize("qclass", [0, 2, wire.CH, wire.HS, wire.NONE, 65535])
@pytest.mark.parametrize("opcode", [QUERY, NOTIFY, UPDATE])
def test_other_classes_get_no_data_for_any_opcode(samples, opcode, qclass):
    message = header(3, opcode << 11) + question("example.test.", "SOA", qclass)
    reply = wire.parse(client.udp(samples.address(), message))
    assert reply.rcode in (REFUSED, NOTAUTH, FORMERR, NOTIMP) and not reply.answer


def test_header_only_messages(samples):
    assert rcode_of(samples, header(counts=(0, 0, 0, 0))) == FORMERR
    assert rcode_of(samples, header(counts=(1, 0, 0, 0))) == FORMERR
    assert rcode_of(samples, header(flags=3 << 11, counts=(0, 0, 0, 0))) == NOTIMP


def test_reflected_answers_get_no_answer(samples):
    """Hardening 40: every answer sent back as it is, no word in return."""
    asked = [("mail", "A"), ("nothing", "A"), ("sub", "A"), ("blog", "A"), ("large", "TXT")]
    answers = [client.udp(samples.address(), wire.query(f"{name}.example.test.", rr_type))
               for name, rr_type in asked]
    answers.append(client.udp(samples.address(), header(counts=(0, 0, 0, 0))))
    assert client.silent(samples.address(), answers * 20) == []


# ---- EDNS ----------------------------------------------------------------------------------------


def with_additional(*records, counts=None):
    counts = counts or (1, 0, 0, len(records))
    return header(4, 0, counts) + question("mail.example.test.") + b"".join(records)


A_RECORD = record("mail.example.test.", "A", rdata=bytes(4))
COOKIE, NSID, PADDING, KEEPALIVE, EXPIRE, SUBNET, CHAIN = 10, 3, 12, 11, 9, 8, 13


@pytest.mark.parametrize("what,message,rcode", [
    ("a plain OPT", with_additional(opt()), NOERROR),
    ("a tiny size", with_additional(opt(size=0)), NOERROR),
    ("the largest size", with_additional(opt(size=65535)), NOERROR),
    ("unknown flags", with_additional(opt(flags=0x7fff)), NOERROR),
    ("an unknown option", with_additional(opt(options=option(65001, b"xyz"))), NOERROR),
    ("version 1", with_additional(opt(version=1)), BADVERS),
    ("version 255 with DO", with_additional(opt(version=255, flags=wire.DO)), BADVERS),
    ("OPT not last", with_additional(opt(), A_RECORD), NOERROR),
    ("OPT after another record", with_additional(A_RECORD, opt()), NOERROR),
    ("two OPT", with_additional(opt(), opt()), FORMERR),
    ("two OPT around a record", with_additional(opt(), A_RECORD, opt()), FORMERR),
    ("OPT in the answer", with_additional(opt(), counts=(1, 1, 0, 0)), FORMERR),
    ("OPT in the authority", with_additional(opt(), counts=(1, 0, 1, 0)), FORMERR),
    ("OPT with an owner", with_additional(opt(owner=b"\1x\0")), FORMERR),
    ("OPT with a pointer as owner", with_additional(opt(owner=b"\xc0\x0c")), FORMERR),
    ("options cut in the code", with_additional(opt(options=b"\0")), FORMERR),
    ("options cut in the length", with_additional(opt(options=b"\0\3\0")), FORMERR),
    ("an option beyond its end", with_additional(opt(options=b"\0\3\0\5abc")), FORMERR),
    ("a cookie of 7 octets", with_additional(opt(options=option(COOKIE, bytes(7)))), FORMERR),
    ("a cookie of 8 octets", with_additional(opt(options=option(COOKIE, bytes(8)))), NOERROR),
    ("32 options", with_additional(opt(options=option(65001) * 32)), NOERROR),
    ("33 options", with_additional(opt(options=option(65001) * 33)), FORMERR),
    ("octets behind the message", with_additional(opt()) + b"\0", FORMERR),
    ("ARCOUNT without a record", with_additional(counts=(1, 0, 0, 1)), FORMERR),
])
@pytest.mark.parametrize("tcp", [False, True])
def test_edns_of_every_shape(samples, tcp, what, message, rcode):
    send = client.tcp if tcp else client.udp
    reply = wire.parse(send(samples.address(), message))
    assert reply.rcode == rcode, what
    if rcode in (NOERROR, BADVERS):
        # RFC 6891 6.1.1: an OPT for an OPT; 6.1.3: with the version that we have.
        assert reply.opt is not None and reply.opt.ttl >> 16 & 0xff == 0, what
    assert bool(reply.answer) == (rcode == NOERROR), what


def test_the_reply_has_no_opt_unless_the_query_had_one(samples):
    assert samples.ask(NAME).opt is None
    assert samples.ask("nothing.example.test.").opt is None
    assert samples.ask(NAME, edns=1232).opt.rr_class == 1232


def test_all_pairs_of_duplicate_options_are_survived(samples):
    values = {NSID: b"", COOKIE: bytes(8), PADDING: bytes(20), KEEPALIVE: b"", EXPIRE: b"",
              SUBNET: bytes([0, 1, 24, 0, 192, 0, 2]), CHAIN: wire.name("test."), 14: bytes(2),
              15: bytes(2), 65001: b"x"}
    for first, first_value in values.items():
        for second, second_value in values.items():
            options = option(first, first_value) * 2 + option(second, second_value) * 2
            reply = wire.parse(client.udp(samples.address(),
                                          with_additional(opt(options=options))))
            assert reply.rcode == NOERROR, (first, second)
            codes = [code for code, _ in reply.options()]
            assert len(codes) == len(set(codes)), (first, second)


def test_a_flood_of_options_is_formerr(samples):
    """Hardening 44: 16,000 options without a value."""
    message = with_additional(opt(options=option(65001) * 16000))
    assert rcode_of(samples, message, tcp=True) == FORMERR
    still_answers(samples)


# ---- Names and compression (hardening 41, 42) ----------------------------------------------------

LONG = b"".join(bytes([63]) + bytes([97 + i]) * 63 for i in range(3))  # 192 octets


@pytest.mark.parametrize("what,qname,rcode", [
    ("a name of 255 octets", LONG + b"\x3d" + b"x" * 61 + b"\0", REFUSED),
    ("a name of 256 octets", LONG + b"\x3e" + b"x" * 62 + b"\0", FORMERR),
    ("127 labels", b"\1a" * 127 + b"\0", REFUSED),
    ("128 labels", b"\1a" * 128 + b"\0", FORMERR),
    ("a label of 64 octets", b"\x40" + b"x" * 64 + b"\0", FORMERR),
    ("the bit-string label of old", b"\x41\x04\xf0\0", FORMERR),
    ("a reserved label type", b"\x80\0", FORMERR),
    ("a pointer to itself", b"\xc0\x0c", FORMERR),
    ("a pointer forward", b"\xc0\x20", FORMERR),
    ("a pointer into the header", b"\xc0\x04", FORMERR),
    ("a pointer behind the end", b"\xff\xff", FORMERR),
    ("a label, then a pointer to it", b"\1a\xc0\x0c", FORMERR),
    ("half a pointer", b"\xc0", FORMERR),
    ("a name without an end", b"\3www\7example", FORMERR),
])
def test_names_of_every_shape_in_the_question(samples, what, qname, rcode):
    for tcp in (False, True):
        message = header() + qname + struct.pack("!HH", 1, 1)
        assert rcode_of(samples, message, tcp) == rcode, what


@pytest.mark.parametrize("what,owner", [
    ("a pointer to itself", lambda at: struct.pack("!H", 0xc000 | at)),
    ("a pointer forward", lambda at: struct.pack("!H", 0xc000 | at + 2)),
    ("a pointer into the header", lambda at: b"\xc0\x00"),
    ("a circle of two", lambda at: b"\1a" + struct.pack("!H", 0xc000 | at)),
    ("a reserved label type", lambda at: b"\x80\0"),
    ("a name of 256 octets", lambda at: LONG + b"\x3e" + b"x" * 62 + b"\0"),
])
def test_bad_owners_behind_the_question_are_formerr(samples, what, owner):
    body = question("mail.example.test.")
    bad = owner(12 + len(body)) + struct.pack("!HHIH", 1, 1, 0, 4) + bytes(4)
    for counts in ((1, 1, 0, 0), (1, 0, 1, 0), (1, 0, 0, 1)):
        for tcp in (False, True):
            assert rcode_of(samples, header(0, 0, counts) + body + bad, tcp) == FORMERR, what


def test_the_largest_message_with_thousands_of_names_is_read_at_once(samples):
    """Hardening 42: 65,535 octets over TCP, full of owners; the server answers and goes on."""
    body = question("mail.example.test.")
    at = 12 + len(body)
    records, count = b"", 0
    while at + len(records) + 14 <= 65535:
        records += bytes([1, 97 + count % 26, 0xc0, 12]) + struct.pack("!HHIH", 1, 1, 0, 0)
        count += 1
    message = header(0, 0, (1, count, 0, 0)) + body + records
    assert count > 4000
    assert rcode_of(samples, message, tcp=True) in (NOERROR, FORMERR)
    with client.Stream(samples.address()) as stream:
        stream.send(*[message] * 10)
        for _ in range(10):
            assert stream.receive() is not None
    still_answers(samples)


def test_a_message_of_65535_octets_of_rubbish_is_formerr(samples):
    noise = random.Random(SEED).randbytes(65535 - 12)
    assert rcode_of(samples, header(9, 0, (1, 2, 3, 4)) + noise, tcp=True) == FORMERR
    still_answers(samples)


# ---- Cut messages and random octets --------------------------------------------------------------


def corpus():
    """One message of each kind that the server knows."""
    tsig = record("key.test.", "TSIG", wire.ANY, 0,
                  wire.name("hmac-sha256.") + bytes(6) + b"\1\x2c\0\x20" + bytes(32)
                  + struct.pack("!HHH", 7, 0, 0))
    return {
        "a question": wire.query(NAME),
        "with EDNS": wire.query(NAME, do=True, options=option(NSID) + option(COOKIE, bytes(8))),
        "chaos": wire.query("version.bind.", "TXT", qclass=wire.CH),
        "AXFR": wire.query("example.test.", "AXFR"),
        "IXFR": header(7, 0, (1, 0, 1, 0)) + question("example.test.", "IXFR") + record(
            "example.test.", "SOA", rdata=wire.name("a.") + wire.name("b.") + bytes(20)),
        "NOTIFY": header(7, NOTIFY << 11) + question("example.test.", "SOA"),
        "UPDATE": header(7, UPDATE << 11, (1, 1, 1, 0)) + question("example.test.", "SOA")
        + record("new.example.test.", "A", wire.NONE) + record("new.example.test.", "A",
                                                               rdata=bytes(4)),
        "TSIG": header(7, 0, (1, 0, 0, 1)) + question(NAME) + tsig,
    }


def sane(octets):
    """Whether a reply is well-formed and bears an RCODE that a cut message may have."""
    reply = wire.parse(octets)
    return reply.flags & wire.QR and reply.rcode in (NOERROR, FORMERR, NOTAUTH, NOTIMP, REFUSED)


@pytest.mark.parametrize("what", corpus())
def test_each_message_cut_at_each_octet(samples, what):
    whole = corpus()[what]
    cuts = [whole[:size] for size in range(12, len(whole))]
    replies = client.udp_many(samples.address(), cuts, tries=1)
    for size, octets in enumerate(replies, start=12):
        assert octets is not None, f"{what} cut to {size}"
        reply = wire.parse(octets)
        assert reply.rcode == FORMERR, f"{what} cut to {size}: {reply}"
    assert client.silent(samples.address(), [whole[:size] for size in range(12)]) == []
    still_answers(samples)


@pytest.mark.parametrize("what", corpus())
def test_each_message_cut_at_each_octet_over_tcp(samples, what):
    whole = corpus()[what]
    with client.Stream(samples.address()) as stream:
        for size in range(12, len(whole)):
            reply = wire.parse(stream.ask(whole[:size]))
            assert reply.rcode == FORMERR, f"{what} cut to {size}"
    still_answers(samples)


@pytest.mark.parametrize("what", corpus())
def test_each_message_with_each_octet_changed(samples, what):
    """Whatever comes is well-formed; whether anything comes is the changed octet's affair."""
    whole, changed = corpus()[what], []
    rng = random.Random(SEED)
    for at in range(2, len(whole)):
        for value in {0, 0xff, 0xc0, whole[at] ^ 1, rng.randrange(256)}:
            changed.append(whole[:at] + bytes([value]) + whole[at + 1:])
    replies = [r for r in client.silent(samples.address(), changed) if r]
    assert replies
    for octets in replies:
        reply = wire.parse(octets)
        assert reply.flags & wire.QR
    still_answers(samples)


def test_random_octets_get_a_sane_reply_or_none(samples):
    rng = random.Random(SEED)
    messages = []
    for _ in range(5000):
        size = rng.choice([rng.randrange(60), rng.randrange(12, 600), 12])
        message = rng.randbytes(size)
        if size >= 12 and rng.random() < 0.8:  # most get past the header
            counts = (1, rng.randrange(2), rng.randrange(2), rng.randrange(3))
            flags = rng.choice([0, 0x0100, 0x2000, 0x2800])
            message = header(rng.randrange(65536), flags, counts) + message[12:]
        messages.append(message)
    for octets in client.silent(samples.address(), messages):
        assert sane(octets)
    still_answers(samples)


# ---- What control must answer --------------------------------------------------------------------


@pytest.mark.parametrize("what,rcode,tcp", [
    ("AXFR", REFUSED, True),  # by datagram it is not implemented at all
    *((what, rcode, tcp) for tcp in (False, True) for what, rcode in
      (("IXFR", REFUSED), ("UPDATE", REFUSED), ("NOTIFY", NOTAUTH), ("TSIG", NOTAUTH)))])
def test_requests_for_control_are_refused_with_the_right_rcode(samples, what, rcode, tcp):
    message = corpus()[what]
    send = client.tcp if tcp else client.udp
    reply = wire.parse(send(samples.address(), message))
    assert reply.rcode == rcode and reply.ident == 0x0007 * (what not in ("AXFR",))
    assert reply.questions and not reply.answer
    if what == "TSIG":
        # RFC 8945 5.3.2: unsigned, with BADKEY.
        assert [r.type for r in reply.additional] == [wire.TSIG]
        assert struct.unpack("!H", reply.additional[0].rdata[-4:-2])[0] == 17


@pytest.mark.parametrize("what", ["AXFR", "UPDATE"])
def test_zones_that_are_not_ours_are_notauth(samples, what):
    code = wire.type_code("AXFR" if what == "AXFR" else "SOA")
    flags = 0 if what == "AXFR" else UPDATE << 11
    for tcp in (False, True):
        message = header(1, flags) + question("elsewhere.test.", code)
        by_datagram = NOTIMP if what == "AXFR" else NOTAUTH
        assert rcode_of(samples, message, tcp) == (NOTAUTH if tcp else by_datagram)


def test_a_thousand_requests_for_control_do_not_hold_up_answers(samples):
    asks = [wire.query("example.test.", "AXFR", ident=i) for i in range(1000)]
    with client.Stream(samples.address()) as stream:
        for start in range(0, 1000, 20):
            stream.send(*asks[start:start + 20])
            assert samples.ask("mail.example.test.", "A").answer
            for _ in range(20):
                assert wire.parse(stream.receive()).rcode == REFUSED
