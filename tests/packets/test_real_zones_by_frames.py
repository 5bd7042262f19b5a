"""The real zones come back through each port, whole, as dnspython reads their files."""

import struct

import pytest

import appliance as harness
import frames
import ports
import wire
from frames import Frame
from zone_truth import DS, NS, NSEC, REAL_ZONES, ZoneTruth

SAMPLE = 5  # of the ten thousand RRsets of huge.example one in so many
# What does not fit a datagram of 1232 octets comes by TCP; test_links_zones.py asks for it.
TRUNCATED_FROM = 1000


@pytest.fixture(scope="module")
def files():
    folder = harness.SHARED / "data" / "zones"
    if not folder.exists():
        pytest.skip(f"{folder} is not there")
    return {origin: folder / name for origin, name in REAL_ZONES.items()}


@pytest.fixture(scope="module")
def truths(files):
    return {origin: ZoneTruth(origin, path) for origin, path in files.items()}


@pytest.fixture(scope="module", params=list(ports.PORTS))
def real(request, files):
    with ports.PORTS[request.param](files) as made:
        yield made


def ask_all(port, questions):
    """Parsed replies in the order of the questions, half by IPv4 and half by IPv6."""
    sent = [Frame(payload=wire.with_id(question, ident), ipv6=ident % 2 == 1).octets()
            for ident, question in enumerate(questions)]
    replies = {}
    for _ in range(3):  # a loaded machine may lose a frame
        missing = [ident for ident in range(len(sent)) if ident not in replies]
        for octets in port.exchange([sent[ident] for ident in missing]):
            message = frames.message_of(octets)
            replies[struct.unpack_from("!H", message)[0]] = wire.parse(message)
        if len(replies) == len(sent):
            break
    assert len(replies) == len(sent), f"{len(sent) - len(replies)} questions got no reply"
    return [replies[ident] for ident in range(len(sent))]


@pytest.mark.parametrize("origin", REAL_ZONES)
def test_authoritative_rrsets_come_back(real, truths, origin):
    rrsets = sorted(truths[origin].authoritative(), key=lambda r: (r.owner, r.type))
    if len(rrsets) > 5000:
        rrsets = rrsets[::SAMPLE]
    questions = [wire.query(r.owner, r.type, do=bool(r.signatures), edns=1232) for r in rrsets]
    for rrset, reply in zip(rrsets, ask_all(real, questions)):
        where = f"{rrset.owner} type {rrset.type}"
        assert reply.rcode == wire.NOERROR and reply.aa, where
        size = sum(12 + len(each) for each in (*rrset.rdata, *rrset.signatures))
        if reply.tc:
            assert size > TRUNCATED_FROM, where
            continue
        assert reply.rdata("answer", rrset.owner, rrset.type) == rrset.rdata, where
        assert {r.ttl for r in reply.answer if r.type == rrset.type} == {rrset.ttl}, where


def test_delegations_of_the_root_come_back(real, truths):
    truth = truths["."]
    delegations = [ns for ns, _, _ in truth.delegations()]
    questions = [wire.query(b"\5below" + ns.owner, "A", do=True) for ns in delegations]
    for ns, reply in zip(delegations, ask_all(real, questions)):
        assert reply.rcode == wire.NOERROR and not reply.aa and not reply.answer, ns.owner
        assert reply.tc or reply.rdata("authority", ns.owner, NS) == ns.rdata, ns.owner
        node = truth.nodes[ns.owner.lower()]
        proof = node[DS] if DS in node else node[NSEC]
        assert reply.tc or reply.rdata("authority", ns.owner, proof.type) == proof.rdata, ns.owner
