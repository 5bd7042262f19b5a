"""Answers of exactly the sizes where limits are (hardening 43 and 48)."""

import struct

import pytest

import appliance as harness
import client
import wire

HEADER = 12
OPT = 11
RECORD = 12  # a pointer and the fixed fields
ZONE = "sizes.test."
NSID_TEXT = b"an-identifier"
NSID = 4 + len(NSID_TEXT)
PTR_NAMES = 3000
FIRST_RECORD = 30_000  # of two that fill a large answer

# Sizes of answers without EDNS.
SIZES = sorted({limit + off - extra
                for limit in (512, 1232) for off in (-1, 0, 1) for extra in (0, OPT, OPT + NSID)}
               | {limit - extra for limit in (65534, 65535) for extra in (0, OPT, OPT + NSID)})


def owner(size):
    return f"s{size:05}.{ZONE}"


def txt_octets(count):
    """The text of a TXT record with so many octets of rdata."""
    strings = []
    while count > 0:
        length = min(255, count - 1)
        strings.append('"' + "x" * length + '"')
        count -= length + 1
    return " ".join(strings)


def answer_of(size):
    """A TXT RRset of one or two records whose answer is of that size."""
    room = size - HEADER - len(wire.name(owner(size))) - 4 - RECORD
    lines = []
    if room > 60000:
        lines.append(txt_octets(FIRST_RECORD))
        room -= FIRST_RECORD + RECORD
    lines.append(txt_octets(room))
    return "".join(f"s{size:05} TXT {line}\n" for line in lines)


@pytest.fixture(scope="module")
def sizes():
    text = harness.small_zone(ZONE, 1) + "".join(map(answer_of, SIZES))
    text += "".join(f"many PTR n{i:04}.z.\n" for i in range(PTR_NAMES))
    text += "".join(f"more TXT {txt_octets(20000 + i)}\n" for i in range(5))
    with harness.Appliance({ZONE: text}, server=f'nsid: "{NSID_TEXT.decode()}"') as running:
        yield running.start()


def ask(sizes, size, tcp=False, **options):
    send = client.tcp if tcp else client.udp
    return wire.parse(send(sizes.address(), wire.query(owner(size), "TXT", **options)))


@pytest.mark.parametrize("size", [s for s in SIZES if s < 2000])
def test_without_edns_512_octets_are_the_limit(sizes, size):
    reply = ask(sizes, size)
    if size <= 512:
        assert reply.size == size and not reply.tc and reply.answer
    else:
        assert reply.tc and reply.size <= 512 and not reply.answer
    whole = ask(sizes, size, tcp=True)
    assert whole.size == size and not whole.tc


@pytest.mark.parametrize("nsid", [False, True])
@pytest.mark.parametrize("size", [s for s in SIZES if s < 2000])
def test_with_edns_the_clients_size_is_the_limit(sizes, size, nsid):
    whole = size + OPT + (NSID if nsid else 0)
    for offered in {0, 511, 512, 513, whole - 1, whole, whole + 1, 1231, 1232, 1233, 4096, 65535}:
        limit = min(max(offered, 512), 1232)
        for do in (False, True):
            reply = ask(sizes, size, edns=offered, do=do,
                        options=wire.option(3) if nsid else b"")
            where = f"{whole} octets, {offered} offered"
            assert reply.size <= limit, where
            assert reply.tc == (whole > limit), where
            assert bool(reply.answer) == (whole <= limit), where
            if whole <= limit:
                assert reply.size == whole, where
            assert reply.opt is not None and bool(reply.opt.ttl & wire.DO) == do, where
            assert (dict(reply.options()).get(3) == NSID_TEXT) == nsid, where


@pytest.mark.parametrize("nsid", [False, True])
@pytest.mark.parametrize("size", [s for s in SIZES if s > 60000])
def test_over_tcp_65535_octets_are_the_limit(sizes, size, nsid):
    whole = size + OPT + (NSID if nsid else 0)
    plain = ask(sizes, size, tcp=True)
    assert plain.size == size and not plain.tc
    reply = ask(sizes, size, tcp=True, edns=1232, options=wire.option(3) if nsid else b"")
    assert reply.size <= 65535
    assert reply.tc == (whole > 65535), whole
    if whole <= 65535:
        assert reply.size == whole


def test_an_rrset_that_no_message_holds_is_truncated_even_over_tcp(sizes):
    reply = wire.parse(client.tcp(sizes.address(), wire.query("more." + ZONE, "TXT")))
    assert reply.tc and not reply.answer and reply.size < 65535
    assert sizes.ask("www." + ZONE, "A").answer


def test_three_thousand_distinct_names_fill_an_answer(sizes):
    """Hardening 43: the search for compression ends early, so they fit as they are."""
    octets = client.tcp(sizes.address(), wire.query("many." + ZONE, "PTR"))
    reply = wire.parse(octets)
    wanted = {wire.name(f"n{i:04}.z.") for i in range(PTR_NAMES)}
    assert not reply.tc and reply.rdata("answer", "many." + ZONE, "PTR") == wanted
    assert len(octets) > 60_000


def test_truncated_answers_have_whole_rrsets_only(sizes):
    """RFC 2181 9: a datagram never holds a part of an RRset."""
    for size in (512, 700, 1232):
        question = wire.query("many." + ZONE, "PTR", edns=size)
        reply = wire.parse(client.udp(sizes.address(), question))
        assert reply.tc and reply.counts[1] == 0 and len(reply.octets) <= size


def test_the_id_and_the_question_come_back_as_they_went(sizes):
    qname = b"\6S00512\5SizEs\4tEsT\0"
    for ident in (0, 1, 0xffff):
        octets = client.udp(sizes.address(), wire.query(qname, "TXT", ident=ident))
        assert struct.unpack_from("!H", octets)[0] == ident
        assert wire.parse(octets).questions[0][0] == qname
