"""Real zones come back over UDP and TCP, IPv4 and IPv6, as dnspython reads their files."""

import pytest

import appliance as harness
import client
import wire
from zone_truth import A, AAAA, DS, NS, NSEC, REAL_ZONES

# Of the names of the large zone each transport but the first gets one in so many.
SAMPLE = 8
# An RRset with more targets gets no optional addresses (answer/limits.h).
MAX_OPTIONAL_TARGETS = 13

TRANSPORTS = [("udp", "127.0.0.1"), ("tcp", "127.0.0.1"), ("udp", "::1"), ("tcp", "::1")]


@pytest.fixture(scope="module")
def real(zone_files):
    with harness.Appliance(zone_files) as running:
        yield running.start()


def ask_many(appliance, transport, host, messages):
    send = client.udp_many if transport == "udp" else client.tcp_many
    replies = send(appliance.address(host), messages)
    assert None not in replies, f"{replies.count(None)} of {len(messages)} questions got no reply"
    return replies


def part_of(rrsets, transport, host):
    """All of them for the first transport, and of many a sample for the others."""
    if (transport, host) == TRANSPORTS[0] or len(rrsets) < 5000:
        return rrsets
    return rrsets[TRANSPORTS.index((transport, host))::SAMPLE]


WITHOUT_DELEGATIONS = {"huge.example."}


def all_origins():
    return list(REAL_ZONES) + [name + "." for name in harness.SAMPLE_ZONES]


def check_answer(appliance, host, question, rrset, octets):
    reply = wire.parse(octets)
    if reply.tc:
        # Truncated: TCP has it, and it is indeed larger than what was offered.
        octets = client.tcp(appliance.address(host), question)
        assert len(octets) > 1232, "truncated without need"
        reply = wire.parse(octets)
    where = f"{rrset.owner} type {rrset.type}"
    assert reply.rcode == wire.NOERROR and reply.aa, where
    assert reply.rdata("answer", rrset.owner, rrset.type) == rrset.rdata, where
    ttls = {r.ttl for r in reply.answer if r.type == rrset.type}
    assert ttls == {rrset.ttl}, where
    if rrset.signatures:
        got = {s for s in reply.rdata("answer", rrset.owner, "RRSIG")
               if int.from_bytes(s[:2], "big") == rrset.type}
        assert got == rrset.signatures, where


@pytest.mark.parametrize("origin", all_origins())
@pytest.mark.parametrize("transport,host", TRANSPORTS)
def test_authoritative_rrsets_come_back_in_the_answer(real, truths, origin, transport, host):
    truth = truths[origin]
    ordered = sorted(truth.authoritative(), key=lambda r: (r.owner, r.type))
    rrsets = part_of(ordered, transport, host)
    assert rrsets
    questions = [wire.query(r.owner, r.type, do=bool(r.signatures), edns=1232) for r in rrsets]
    for question, rrset, reply in zip(questions, rrsets,
                                      ask_many(real, transport, host, questions)):
        check_answer(real, host, question, rrset, reply)


def check_referral(truth, transport, octets, ns, below, beside):
    reply = wire.parse(octets)
    where = str(ns.owner)
    assert reply.rcode == wire.NOERROR and not reply.aa and not reply.answer, where
    if reply.tc:
        assert transport == "udp", where
        return
    assert reply.rdata("authority", ns.owner, NS) == ns.rdata, where
    wanted = {**below, **(beside if len(ns.rdata) <= MAX_OPTIONAL_TARGETS else {})}
    for target, addresses in wanted.items():
        for rr_type, rdata in addresses.items():
            if transport == "udp" and target in beside and reply.size > 1100:
                continue  # optional, and the datagram is full
            assert reply.rdata("additional", target, rr_type) == rdata, (where, target)
    for record in reply.additional:
        assert record.type in (A, AAAA) and record.owner.lower() in {t.lower() for t in ns.rdata}
        assert record.rdata in truth.nodes[record.owner.lower()][record.type].rdata


@pytest.mark.parametrize("origin", [o for o in all_origins() if o not in WITHOUT_DELEGATIONS])
@pytest.mark.parametrize("transport,host", TRANSPORTS)
def test_delegations_come_back_as_referrals_with_glue(real, truths, origin, transport, host):
    truth = truths[origin]
    delegations = list(truth.delegations())
    assert delegations
    questions = [wire.query(b"\5below" + ns.owner, "A", edns=1232) for ns, _, _ in delegations]
    for delegation, reply in zip(delegations, ask_many(real, transport, host, questions)):
        check_referral(truth, transport, reply, *delegation)


@pytest.mark.parametrize("origin", [".", "signed.test."])
def test_referrals_of_a_signed_zone_bring_ds_or_its_denial(real, truths, origin):
    truth = truths[origin]
    delegations = [ns for ns, _, _ in truth.delegations()]
    questions = [wire.query(ns.owner, "A", do=True) for ns in delegations]
    for ns, octets in zip(delegations, ask_many(real, "tcp", "127.0.0.1", questions)):
        reply = wire.parse(octets)
        node = truth.nodes[ns.owner.lower()]
        wanted = node[DS] if DS in node else node[NSEC]
        assert reply.rdata("authority", ns.owner, wanted.type) == wanted.rdata, ns.owner
        signatures = reply.rdata("authority", ns.owner, "RRSIG")
        assert signatures == wanted.signatures, ns.owner


def test_every_name_of_the_root_exists_for_any_type(real, truths):
    """NODATA or a referral, never NXDOMAIN, for each name that the file has."""
    names = sorted(truths["."].nodes)
    questions = [wire.query(name, "TXT", edns=1232) for name in names]
    for name, octets in zip(names, ask_many(real, "udp", "127.0.0.1", questions)):
        assert wire.parse(octets).rcode == wire.NOERROR, name


def test_real_queries_of_a_root_server_get_sane_answers(real, shared_data):
    lines = (shared_data / "queries" / "root-stream.txt").read_text(errors="replace").splitlines()
    sample = [line.rsplit(" ", 1) for line in lines[::6]]
    questions = [wire.query(name, rr_type) for name, rr_type in sample]
    rcodes = {}
    for (name, _), octets in zip(sample, ask_many(real, "udp", "127.0.0.1", questions)):
        reply = wire.parse(octets)
        rcodes[reply.rcode] = rcodes.get(reply.rcode, 0) + 1
        assert reply.rcode in (wire.NOERROR, wire.NXDOMAIN), name
        if reply.rcode == wire.NXDOMAIN:
            assert [r.type for r in reply.authority] == [wire.type_code("SOA")], name
        elif not reply.aa:
            assert reply.tc or NS in {r.type for r in reply.authority}, name
    assert rcodes.get(wire.NOERROR, 0) > 1000 and rcodes.get(wire.NXDOMAIN, 0) > 10, rcodes


def test_names_and_rdata_keep_the_case_of_the_file(samples):
    reply = samples.ask("MAIL.example.TEST.", "A")
    # RFC 1035 4.1.4: the owner is a pointer to the question, whose case is the client's.
    assert reply.questions[0][0] == b"\4MAIL\7example\4TEST\0"
    mx = samples.ask("example.test.", "MX").rdata("answer", "example.test.", "MX")
    assert b"\0\x0a\4mail\7example\4test\0" in mx
