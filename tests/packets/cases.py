"""A case: a sentence, frames that go in, and the frames that must come out."""

import dataclasses

import pytest

import frames
import wire


@dataclasses.dataclass
class Case:
    sentence: str
    sent: list       # octets
    expected: list   # octets
    expected_by_stream: list = None  # over TCP, if that differs
    any_order: bool = False  # of the records in authority and additional section


def _octets(frame):
    return frame if isinstance(frame, bytes) else frame.octets()


def answered(sentence, frame, message):
    """`frame` gets `message`, in a frame that goes back the way that it came."""
    return Case(sentence, [_octets(frame)], [frames.reply_to(frame, message)])


def all_answered(sentence, pairs):
    """The same for several (frame, message)."""
    pairs = list(pairs)
    return Case(sentence, [_octets(frame) for frame, _ in pairs],
                [frames.reply_to(frame, message) for frame, message in pairs])


def silent(sentence, *sent):
    """None of these gets a reply."""
    return Case(sentence, [_octets(frame) for frame in sent], [])


def each(cases):
    """Makes a test of each case."""
    cases = list(cases)
    names = [case.sentence for case in cases]
    assert len(set(names)) == len(names), "two cases with one name"
    return pytest.mark.parametrize("case", cases, ids=names)


def same(octets, wanted, any_order):
    if octets == wanted or not any_order or None in (octets, wanted):
        return octets == wanted
    came, should = (_without_order(each) for each in (octets, wanted))
    return came == should


def _without_order(octets):
    message = wire.parse(frames.message_of(octets))
    sections = (sorted(section, key=dataclasses.astuple)
                for section in (message.authority, message.additional))
    # The rest of the frame is judged where order is no matter: its checksums depend on it.
    return (octets[:14], frames.udp_ports(octets), message.ident, message.flags, message.counts,
            message.questions, message.answer, message.opt, *sections)


def check(port, case):
    expected = case.expected
    if port.stream and case.expected_by_stream is not None:
        expected = case.expected_by_stream
    if any(len(octets) < port.smallest for octets in case.sent):
        assert not expected
    got = port.exchange([octets for octets in case.sent if len(octets) >= port.smallest],
                        len(expected))
    wanted = [port.expected(octets) for octets in expected]
    if len(got) == len(wanted) and all(same(*pair, case.any_order) for pair in zip(got, wanted)):
        return
    lines = [case.sentence]
    for i in range(max(len(got), len(wanted))):
        came = got[i] if i < len(got) else None
        should = wanted[i] if i < len(wanted) else None
        if same(came, should, case.any_order):
            continue
        lines.append(f"reply {i}")
        if len(case.sent) <= 4:
            lines += ["  sent     " + frames.describe(octets) for octets in case.sent]
        lines.append("  wanted   " + (frames.describe(should) if should else "nothing"))
        lines.append("  came     " + (frames.describe(came) if came else "nothing"))
        if len(lines) > 60:
            break
    pytest.fail("\n".join(lines), pytrace=False)
