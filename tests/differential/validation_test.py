"""What validators make of Bowline's answers: secure where that is due, and never bogus.

`tests/differential/validate` runs it longer and with other seeds. The zones are those of
validation_zones.py, whose chains are made by ldns and BIND.
"""

import base64
import hashlib
import os
import pathlib
import random
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "system"))
sys.path.insert(0, str(pathlib.Path(__file__).parent))

import appliance  # noqa: E402
import client  # noqa: E402
import validation_servers  # noqa: E402
import validation_zones  # noqa: E402
import wire  # noqa: E402

SEED = int(os.environ.get("BOWLINE_SEED", random.SystemRandom().getrandbits(32)))
QUESTIONS = int(os.environ.get("BOWLINE_QUESTIONS", 2500))  # of each validator
TOOLS = ("ldns-signzone", "ldns-keygen", "dnssec-signzone", "dnssec-keygen", "dnssec-dsfromkey")
CNAME, NSEC3, SOA, RRSIG = (wire.type_code(each) for each in ("CNAME", "NSEC3", "SOA", "RRSIG"))
OPT_OUT = 1
SHOWN = 12  # failures printed in full


class Served:
    """All zones of a seed at one Bowline."""

    def __init__(self, seed):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bowline-validation-"))
        rng = random.Random(seed)
        self.zones = validation_zones.make_trees(rng, self.folder,
                                                 validation_zones.every_flavour(rng))
        self.by_name = {wire.name(zone.name).lower(): zone for zone in self.zones}
        self.questions = [question for zone in self.zones
                          for question in validation_zones.questions(rng, zone)]
        rng.shuffle(self.questions)
        self.app = appliance.Appliance({zone.name: zone.path for zone in self.zones}, log="info",
                                       listen=["127.0.0.1"])

    def close(self):
        self.app.__exit__(None, None, None)
        shutil.rmtree(self.folder, ignore_errors=True)

    def zone_of(self, owner):
        """The zone that the records of a name come from. `owner` is in wire form."""
        owner = owner.lower()
        while owner not in self.by_name:
            owner = owner[owner[0] + 1:]
        return self.by_name[owner]

    def direct(self, questions):
        """What Bowline says, over TCP and in full."""
        messages = [wire.query(name, rr_type, do=True) for name, rr_type in questions]
        return [wire.parse(reply) for reply in client.tcp_many(self.app.address(), messages)]


@pytest.fixture(scope="module")
def served():
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    print(f"BOWLINE_SEED={SEED}")
    made = Served(SEED)
    try:
        made.app.start()
        yield made
    finally:
        made.close()


def nsec3_label(name, rdata):
    """The first label that the NSEC3 of a name has, with the parameters of `rdata` (RFC 5155 5)."""
    iterations, salt = int.from_bytes(rdata[2:4], "big"), rdata[5:5 + rdata[4]]
    digest = hashlib.sha1(name.lower() + salt).digest()
    for _ in range(iterations):
        digest = hashlib.sha1(digest + salt).digest()
    text = base64.b32encode(digest).translate(bytes.maketrans(
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789abcdefghijklmnopqrstuv"))
    return bytes([len(text)]) + text


def is_opted_out(question, reply):
    """Whether an NSEC3 with opt-out covers something: a validator may not set AD (RFC 5155 9.2)."""
    proofs = [record for record in reply.authority if record.type == NSEC3]
    if not any(record.rdata[1] & OPT_OUT for record in proofs):
        return False
    # Only the NSEC3 of the very name that lacks the type covers nothing.
    aliases = [record.rdata for record in reply.answer if record.type == CNAME]
    last = aliases[-1] if aliases else wire.name(question[0])
    has_data = any(record.type == wire.type_code(question[1]) for record in reply.answer)
    return has_data or not all(record.owner.lower().startswith(nsec3_label(last, record.rdata))
                               for record in proofs)


def is_secure(served, question, reply):
    """Whether all of the answer comes from signed zones. None: opt-out leaves it open."""
    owners = {record.owner for record in reply.answer if record.type != RRSIG}
    owners |= {record.owner for record in reply.authority if record.type == SOA}
    assert owners, f"{question}: an answer of nothing"
    for owner in owners:
        zone = served.zone_of(owner)
        if question[1] == "DS" and owner == wire.name(question[0]).lower() and not zone.is_top:
            zone = served.zone_of(owner[owner[0] + 1:])  # of the parent side
        if zone.flavour is None:
            return False
    return None if is_opted_out(question, reply) else True


def data_of(reply):
    return {(record.owner.lower(), record.type, record.rdata) for record in reply.answer}


def faults(served, question, direct, reply):
    """What is wrong with a validator's reply."""
    if reply is None:
        return "no reply"
    if reply.rcode != direct.rcode:
        return f"RCODE {reply.rcode} instead of {direct.rcode}"
    if data_of(reply) != data_of(direct):
        return "other records in the answer"
    due = is_secure(served, question, direct)
    has_ad = bool(reply.flags & wire.AD)
    if due is not None and has_ad != due:
        return "AD is missing" if due else "AD although a zone is not signed"
    return None


@pytest.mark.parametrize("kind", [validation_servers.Unbound, validation_servers.Named],
                         ids=lambda kind: kind.name)
def test_answers_validate(served, kind):
    if not shutil.which(kind.name):
        pytest.skip(f"not installed: {kind.name}")
    asked = served.questions[:QUESTIONS]
    directs = served.direct(asked)
    with kind(served.zones, served.app.port) as validator:
        replies = validator.ask(asked)
        log = validator.errors()
    wrong = []
    secure = 0
    for question, direct, reply in zip(asked, directs, replies):
        secure += reply is not None and bool(reply.flags & wire.AD)
        fault = faults(served, question, direct, reply)
        if fault:
            zone = served.zone_of(wire.name(question[0]))
            wrong.append(f"{question[0]} {question[1]} ({zone.name} {zone.flavour}): {fault}")
    print(f"{kind.name}: {len(asked)} questions, {secure} answers with AD, {len(wrong)} wrong")
    assert not wrong, (f"BOWLINE_SEED={SEED}: {len(wrong)} wrong\n" + "\n".join(wrong[:SHOWN])
                       + f"\n{log}")
    assert secure > len(asked) / 3, "hardly anything was secure"
