"""2,584 small zones (FERRET), one question each, and what BIND, Knot, NSD and PowerDNS answer."""

import json

import dns.message
import dns.rcode
import pytest

import appliance as harness
import wire

# The peers differ where the RFCs leave room; an answer that none of them gives is wrong, and so is
# another one than that which all of them give.
MOST_SHOWN = 20
PEERS = 4
CHAIN = 11  # aliases that we follow (answer/limits.h)


def origin_of(case):
    for line in case["zone"].splitlines():
        fields = line.split()
        if "SOA" in fields[:4]:
            return fields[0]
    raise AssertionError(f"case {case['id']} has no SOA")


def as_records(lines):
    """(owner, type, rdata text without regard to case) of each line of a section."""
    found = set()
    for line in lines:
        owner, _, _, rr_type, *rdata = line.split()
        found.add((owner.lower(), rr_type, " ".join(rdata).lower()))
    return frozenset(found)


def peer_answer(answer):
    """(rcode, AA, answer, authority) of one peer's reply."""
    sections, current, rcode, aa = {}, None, None, False
    for line in answer["lines"]:
        if line.startswith("rcode "):
            rcode = line.split()[1]
        elif line.startswith("flags "):
            aa = "AA" in line.split()
        elif line.startswith(";"):
            current = sections.setdefault(line[1:], [])
        elif current is not None:
            current.append(line)
    return rcode, aa, as_records(sections.get("ANSWER", [])), as_records(
        sections.get("AUTHORITY", []))


def our_answer(appliance, case):
    qname, qtype = case["query"]
    octets = appliance.ask(qname, qtype, edns=1232).octets
    reply = dns.message.from_wire(octets, one_rr_per_rrset=True)

    def records(section):
        return as_records([f"{r.name} {r.ttl} IN {line.split(' IN ', 1)[1]}"
                           for r in section for line in r.to_text().splitlines()])

    return (dns.rcode.to_text(reply.rcode()), bool(reply.flags & wire.AA), records(reply.answer),
            records(reply.authority))


def agrees(ours, peer, origin):
    """Whether two answers say the same, but for what is free to choose."""
    if ours[:2] != peer[:2]:
        return False
    # A positive answer may name the zone's servers besides; minimal answers do not.
    servers = {r for r in peer[3] if peer[2] and r[:2] == (origin.lower(), "NS")}
    # How far a chain of aliases is followed is each server's own limit.
    endless = len(ours[2]) > CHAIN and (ours[2] <= peer[2] or ours[2] >= peer[2])
    return (ours[2] == peer[2] or endless) and ours[3] - servers == peer[3] - servers


@pytest.fixture
def cases(shared_data):
    path = shared_data / "ferret" / "cases.jsonl"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_answer_is_one_that_a_peer_gives(cases):
    wrong, refused, unanimous = [], [], 0
    with harness.Appliance({}, log="info", dataplane="hugepages: off") as appliance:
        appliance.start()
        for case in cases:
            origin = origin_of(case)
            appliance.zones = {}
            appliance.add_zone(origin, "$TTL 500\n" + case["zone"])
            appliance.write_config()
            if appliance.ctl("reload", check=False).returncode != 0:
                refused.append(case["id"])
                continue
            ours = our_answer(appliance, case)
            peers = [(peer_answer(a), a["servers"]) for a in case["answers"]]
            unanimous += len(peers) == 1 and len(peers[0][1]) == PEERS
            if not any(agrees(ours, peer, origin) for peer, _ in peers):
                wrong.append((case["id"], case["query"], ours, *peers))
    for each in wrong[:MOST_SHOWN]:
        print(*each, sep="\n  ")
    print(f"{len(cases)} cases, in {unanimous} of them the peers agree")
    assert unanimous > len(cases) / 2
    assert not wrong and not refused, f"{len(wrong)} wrong, {len(refused)} refused {refused[:20]}"
