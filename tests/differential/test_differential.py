"""A short run of what tests/differential/run does, and that a difference is found at all."""

import pathlib
import random
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import asker  # noqa: E402
import campaign  # noqa: E402
import classes  # noqa: E402
import compare  # noqa: E402
import messages  # noqa: E402
import names  # noqa: E402
import servers  # noqa: E402
import zonemaker  # noqa: E402

TABLE = pathlib.Path(__file__).parents[2] / "docs" / "differences.md"
SEED, ZONES, QUESTIONS = "short", 25, 8000
QUESTION = asker.Asker.question(names.name("www.example.test"), messages.A, messages.IN, 0,
                                messages.RD, (1232, False, 0, 0, b""), False)
ADDRESS = (b"\3www\7example\4test\0", messages.A, messages.IN, 300, bytes((192, 0, 2, 1)))
OTHER_ADDRESS = (*ADDRESS[:4], bytes((192, 0, 2, 2)))


def reply(**parts):
    """What every server says to QUESTION, but for `parts`."""
    made = messages.Reply()
    made.flags = messages.QR | messages.AA | messages.RD
    made.rcode, made.opcode, made.repeated, made.size = 0, 0, 0, 61
    made.question = QUESTION.octets[12:-11]
    made.answer, made.authority, made.additional = frozenset([ADDRESS]), frozenset(), frozenset()
    made.opt = (1232, 0, b"")
    for name, value in parts.items():
        setattr(made, name, value)
    return made


def report_of(ours, **peers):
    replies = {compare.OURS: ours, **{peer: reply() for peer in servers.PEERS}, **peers}
    report = campaign.Report()
    report.add(compare.Case(QUESTION, None, [], replies, {}, {}))
    return report


def test_the_table_has_every_class_and_no_other():
    described = re.findall(r"^\| `([^`]+)`( \(\*\*all\*\*\))? \|", TABLE.read_text(), re.MULTILINE)
    assert sorted(name for name, _ in described) == sorted({row.name for row in classes.ROWS})
    marked = {name for name, mark in described if mark}
    assert marked == {row.name for row in classes.ROWS if row.alone}


def test_replies_that_are_alike_are_no_difference():
    assert report_of(reply()).different == 0


@pytest.mark.parametrize("ours", [
    reply(answer=frozenset()), reply(answer=frozenset([OTHER_ADDRESS])),
    reply(authority=frozenset([ADDRESS])), reply(additional=frozenset([OTHER_ADDRESS])),
    reply(flags=messages.QR | messages.RD), reply(flags=messages.QR | messages.AA),
    reply(flags=messages.QR | messages.AA | messages.RD | messages.TC),
    reply(rcode=messages.NXDOMAIN), reply(repeated=1), reply(opt=None),
    reply(opt=(1232, messages.DO, b"")), reply(question=b""), None],
    ids=["answer missing", "another answer", "authority", "additional", "AA", "RD", "TC", "RCODE",
         "repeated", "OPT", "DO", "question", "no reply"])
def test_what_all_peers_have_otherwise_is_in_no_class(ours):
    assert report_of(ours).unknown


@pytest.mark.parametrize("peer", servers.PEERS)
def test_an_answer_that_one_peer_has_otherwise_is_in_no_class(peer):
    assert report_of(reply(), **{peer: reply(answer=frozenset([OTHER_ADDRESS]))}).unknown
    assert report_of(reply(), **{peer: reply(rcode=messages.NXDOMAIN)}).unknown


def test_the_same_seed_makes_the_same_zones_and_questions():
    def made(seed):
        zones = zonemaker.make_world(seed, 0, 10)
        ask = asker.Asker(seed, 0, zones)
        return [zone.records for zone in zones], [ask.make().octets for _ in range(500)]

    assert made("a") == made("a")
    assert made("a") != made("b")


def test_the_reader_of_replies_takes_no_rubbish():
    whole = messages.request(b"\1a\0", messages.A, flags=messages.QR, opt=messages.opt_record())
    assert messages.parse(whole).question == b"\1a\0\0\1\0\1"
    rng = random.Random(1)
    for size in range(len(whole)):
        with pytest.raises(messages.Malformed):
            messages.parse(whole[:size])
    for _ in range(2000):
        octets = bytes(rng.randrange(256) for _ in range(rng.randrange(60)))
        try:
            messages.parse(octets)
        except messages.Malformed:
            pass


def test_bowline_and_its_peers_differ_only_as_the_table_says():
    missing = set(servers.PEERS) - set(servers.installed())
    if missing:
        pytest.skip(f"not installed: {', '.join(sorted(missing))}")
    report = campaign.run(SEED, ZONES, QUESTIONS, [servers.OURS, *servers.PEERS], ZONES)
    assert report.questions >= QUESTIONS and report.zones == ZONES
    assert not report.unknown, report.text()
