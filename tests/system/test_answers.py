"""Answers of every kind from the sample zones, as a client reads them."""

import pytest

import wire
from wire import FORMERR, NOERROR, NXDOMAIN, REFUSED

SOA, NSEC, NSEC3, RRSIG = (wire.type_code(t) for t in ("SOA", "NSEC", "NSEC3", "RRSIG"))


def types(records):
    return [r.type for r in records]


@pytest.mark.parametrize("tcp", [False, True])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_positive_answer_is_authoritative(samples, tcp, host):
    reply = samples.ask("mail.example.test.", "A", tcp=tcp, host=host)
    assert (reply.rcode, reply.aa, reply.tc) == (NOERROR, True, False)
    assert reply.rdata("answer", "mail.example.test.", "A") == {bytes([192, 0, 2, 25])}


def test_nodata_brings_the_soa_with_the_negative_ttl(samples):
    reply = samples.ask("mail.example.test.", "TXT")
    assert (reply.rcode, reply.aa, reply.answer) == (NOERROR, True, [])
    assert [(r.type, r.ttl) for r in reply.authority] == [(SOA, 300)]


def test_nxdomain_brings_the_soa(samples):
    reply = samples.ask("nothing.example.test.", "A")
    assert (reply.rcode, reply.aa, reply.answer) == (NXDOMAIN, True, [])
    assert types(reply.authority) == [SOA]


def test_an_empty_non_terminal_exists(samples):
    assert samples.ask("more.deep.example.test.", "A").rcode == NOERROR


@pytest.mark.parametrize("name,chain,rcode", [
    ("blog.example.test.", ["blog", "www", "@"], NOERROR),
    ("docs.example.test.", ["docs", "www.signed.test."], NOERROR),
    ("shop.example.test.", ["shop"], NOERROR),  # out of our zones: the client goes on alone
    ("dead.example.test.", ["dead"], NXDOMAIN),  # RFC 2308 2.1: the rcode is that of the last name
])
def test_aliases_are_followed_inside_the_served_zones(samples, name, chain, rcode):
    reply = samples.ask(name, "A")
    assert reply.rcode == rcode
    owners = []
    for label in chain:
        full = "example.test." if label == "@" else label
        owners.append(wire.name(full if full.endswith(".") else f"{full}.example.test."))
    assert [r.owner.lower() for r in reply.answer] == owners


def test_a_circle_of_aliases_ends(samples):
    reply = samples.ask("left.example.test.", "A")
    assert {r.type for r in reply.answer} == {wire.type_code("CNAME")} and len(reply.answer) <= 12


def test_a_dname_renames_what_is_below_it(samples):
    reply = samples.ask("a.old.example.test.", "A")
    assert types(reply.answer)[:2] == [wire.type_code("DNAME"), wire.type_code("CNAME")]
    assert reply.answer[1].rdata == wire.name("a.pages.example.test.")
    assert reply.rdata("answer", "a.pages.example.test.", "A") == {bytes([192, 0, 2, 81])}


def test_wildcards_answer_for_what_is_not_there(samples):
    reply = samples.ask("x.y.pages.example.test.", "A")
    assert reply.rdata("answer", "x.y.pages.example.test.", "A") == {bytes([192, 0, 2, 81])}
    assert samples.ask("fixed.pages.example.test.", "TXT").answer == []
    assert samples.ask("x.alias.example.test.", "AAAA").answer[0].type == wire.type_code("CNAME")


def test_a_delegation_is_a_referral_with_glue(samples):
    reply = samples.ask("host.sub.example.test.", "A")
    assert (reply.rcode, reply.aa, reply.answer) == (NOERROR, False, [])
    assert len(reply.rdata("authority", "sub.example.test.", "NS")) == 2
    assert reply.rdata("additional", "ns.sub.example.test.", "A") == {bytes([192, 0, 2, 53])}


def test_outside_of_all_zones_is_refused(samples):
    for name in ("example.com.", ".", "test.", "xexample.test."):
        reply = samples.ask(name, "A")
        assert (reply.rcode, reply.aa, reply.answer, reply.authority) == (REFUSED, False, [], [])


@pytest.mark.parametrize("zone", ["signed.test.", "hashed.test."])
def test_dnssec_records_come_only_when_asked_for(samples, zone):
    plain = samples.ask("www." + zone, "A")
    assert RRSIG not in types(plain.answer)
    signed = samples.ask("www." + zone, "A", do=True)
    assert types(signed.answer) == [1, RRSIG] and signed.opt.ttl & wire.DO


@pytest.mark.parametrize("zone,proof", [("signed.test.", NSEC), ("hashed.test.", NSEC3)])
@pytest.mark.parametrize("name,rcode", [("nothing.", NXDOMAIN), ("www.", NOERROR)])
def test_signed_zones_prove_what_is_not_there(samples, zone, proof, name, rcode):
    reply = samples.ask(name + zone, "TXT", do=True)
    assert reply.rcode == rcode
    found = types(reply.authority)
    assert proof in found and SOA in found
    assert found.count(RRSIG) == len(set((r.owner, r.type) for r in reply.authority
                                         if r.type != RRSIG))


@pytest.mark.parametrize("zone,proof", [("signed.test.", NSEC), ("hashed.test.", NSEC3)])
def test_a_wildcard_answer_of_a_signed_zone_proves_itself(samples, zone, proof):
    reply = samples.ask("some.wild." + zone, "A", do=True)
    assert types(reply.answer) == [1, RRSIG]
    assert proof in types(reply.authority)


def test_any_is_answered_and_small(samples):
    """RFC 8482: over UDP something of the name, not everything."""
    reply = samples.ask("example.test.", "ANY", edns=1232)
    assert reply.rcode == NOERROR and (reply.answer or reply.tc) and reply.size <= 1232
    assert samples.ask("nothing.example.test.", "ANY").rcode == NXDOMAIN
    assert samples.ask("example.test.", "ANY", tcp=True).answer


def test_other_classes_are_refused(samples):
    for qclass in (2, wire.HS, wire.NONE, 65535):
        reply = samples.ask("example.test.", "A", qclass=qclass)
        assert (reply.rcode, reply.answer) == (REFUSED, [])


def test_the_server_tells_its_version_in_chaos(samples):
    reply = samples.ask("version.server.", "TXT", qclass=wire.CH)
    assert reply.rcode == NOERROR and b"owline" in reply.answer[0].rdata
    assert samples.ask("example.test.", "TXT", qclass=wire.CH).rcode == REFUSED


@pytest.mark.parametrize("rr_type", [0, 41, 249, 250, 128])
def test_types_that_are_no_questions_do_no_harm(samples, rr_type):
    reply = samples.ask("example.test.", rr_type)
    assert reply.rcode in (FORMERR, NOERROR, REFUSED, wire.NOTIMP) and not reply.answer
