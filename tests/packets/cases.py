"""A case: a sentence, frames that go in, and the frames that must come out."""

import dataclasses

import pytest

import frames


@dataclasses.dataclass
class Case:
    sentence: str
    sent: list       # octets
    expected: list   # octets
    later: bool = False  # control answers: not in the order of the barrier


def _octets(frame):
    return frame if isinstance(frame, bytes) else frame.octets()


def answered(sentence, frame, message, **options):
    """`frame` gets `message`, in a frame that goes back the way that it came."""
    return Case(sentence, [_octets(frame)], [frames.reply_to(frame, message)], **options)


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


def check(port, case):
    if any(len(octets) < port.smallest for octets in case.sent):
        assert not case.expected
    got = port.exchange([octets for octets in case.sent if len(octets) >= port.smallest],
                        len(case.expected))
    wanted = [port.expected(octets) for octets in case.expected]
    if got == wanted:
        return
    lines = [case.sentence]
    for i in range(max(len(got), len(wanted))):
        came = got[i] if i < len(got) else None
        should = wanted[i] if i < len(wanted) else None
        if came == should:
            continue
        lines.append(f"reply {i}")
        if len(case.sent) <= 4:
            lines += ["  sent     " + frames.describe(octets) for octets in case.sent]
        lines.append("  wanted   " + (frames.describe(should) if should else "nothing"))
        lines.append("  came     " + (frames.describe(came) if came else "nothing"))
        if len(lines) > 60:
            break
    pytest.fail("\n".join(lines), pytrace=False)
