"""What two replies to one question differ in, and which class explains it."""

import dataclasses

import messages
import names
from messages import AA, AD, CD, QR, RA, RD, TC, Z

FLAGS = {"qr": QR, "aa": AA, "tc": TC, "rd": RD, "ra": RA, "z": Z, "ad": AD, "cd": CD}
SECTIONS = ("answer", "authority", "additional")
OURS = "bowline"


@dataclasses.dataclass(frozen=True)
class Case:
    """One question, the zone that answers it first, and all replies by server; None: no reply.

    `joined`: of a server whose reply is put together from several the further names (chains.py).
    `whole`: the replies over TCP, if one over UDP was cut.
    """

    question: object
    zone: object
    zones: list
    replies: dict
    joined: dict
    whole: dict

    @property
    def ours(self):
        return self.replies[OURS]

    @property
    def peers(self):
        return [server for server in self.replies if server != OURS]


@dataclasses.dataclass
class Difference:
    """One part of a reply that is not what one peer has there."""

    case: Case
    peer: str
    part: str         # a flag, a field, or a section
    ours: object      # of a section: the records that only we have
    theirs: object    # of a section: those that only the peer has
    alone: bool       # all peers agree with each other, and not with us

    @property
    def question(self):
        return self.case.question

    @property
    def reply(self):
        return self.case.ours

    @property
    def other(self):
        return self.case.replies[self.peer]


def zone_of(zones, key, qtype):
    """The zone that answers for the name: of DS the parent (RFC 4035 3.1.4.1)."""
    above = sorted((zone for zone in zones if names.is_below(key, zone.key)),
                   key=lambda zone: len(zone.key))
    if len(above) > 1 and qtype == messages.DS and above[-1].key == key:
        return above[-2]
    return above[-1] if above else None


def option_codes(opt):
    found, rest = [], opt[2]
    while len(rest) >= 4:
        found.append(int.from_bytes(rest[:2], "big"))
        rest = rest[4 + int.from_bytes(rest[2:4], "big"):]
    return tuple(sorted(found))


def fields_of(reply):
    """Everything but the sections, by name."""
    found = {name: bool(reply.flags & bit) for name, bit in FLAGS.items()}
    found |= {"rcode": reply.rcode, "opcode": reply.opcode, "question": reply.question,
              "repeated": reply.repeated, "opt": reply.opt is not None}
    if reply.opt is not None:
        size, ttl, _ = reply.opt
        found |= {"opt-size": size, "opt-version": ttl >> 16 & 255, "opt-flags": ttl & 0xffff,
                  "opt-options": option_codes(reply.opt)}
    return found


def compares_sections(ours, theirs):
    """Of a truncated reply nobody uses the records (RFC 2181 9)."""
    return not (ours.flags | theirs.flags) & TC


def differences(case):
    """All of one case; most cases have none, which is found out quickly."""
    ours = case.ours
    others = [case.replies[peer] for peer in case.peers]
    if ours is None or None in others:
        return reply_differences(case)
    fields = fields_of(ours)
    found = []
    all_fields = [fields_of(other) for other in others]
    for peer, other, theirs in zip(case.peers, others, all_fields):
        for part in fields.keys() | theirs.keys():
            mine, its = fields.get(part), theirs.get(part)
            if mine != its and not (part.startswith("opt-") and None in (mine, its)):
                alone = len(others) > 1 and len({each.get(part) for each in all_fields}) == 1
                found.append(Difference(case, peer, part, mine, its, alone))
        if compares_sections(ours, other):
            for part in SECTIONS:
                mine, its = getattr(ours, part), getattr(other, part)
                if mine != its:
                    alone = len(others) > 1 and all(
                        compares_sections(ours, each) and getattr(each, part) == its
                        for each in others)
                    found.append(Difference(case, peer, part, mine - its, its - mine, alone))
    return found


def reply_differences(case):
    """Where somebody does not reply at all."""
    answered = case.ours is not None
    theirs = [case.replies[peer] is not None for peer in case.peers]
    alone = len(theirs) > 1 and len(set(theirs)) == 1
    return [Difference(case, peer, "reply", answered, its, alone)
            for peer, its in zip(case.peers, theirs) if its != answered]


def explain(difference, rows):
    """The rows that explain it, and what is left of it: None if nothing is."""
    used = []
    for row in rows:
        if difference.peer not in row.peers or difference.part not in row.parts:
            continue
        left = row.explain(difference)
        if left is difference:
            continue
        used.append(row)
        if left is None:
            return used, None
        difference = left
    return used, difference


def explain_all(found, rows):
    """Of all differences of a case: (difference, names of its classes, what is left of it).

    Where all peers agree with each other and not with us, no row explains that for all of them
    unless it says that it may; each peer may have its own reason.
    """
    explained = [(difference, *explain(difference, rows)) for difference in found]
    forbidden = {}
    for difference, used, _ in explained:
        if difference.alone:
            mine = {row.name for row in used if not row.alone}
            forbidden.setdefault(difference.part, []).append(mine)
    common = {part: set.intersection(*each) for part, each in forbidden.items()}
    for difference, used, left in explained:
        names_used = [row.name for row in used]
        if difference.alone and common[difference.part]:
            left = difference
        yield difference, names_used, left


def without(difference, ours=frozenset(), theirs=frozenset()):
    """What is left of a section's difference when these records are explained."""
    mine, its = difference.ours - ours, difference.theirs - theirs
    if mine == difference.ours and its == difference.theirs:
        return difference
    return dataclasses.replace(difference, ours=mine, theirs=its) if mine or its else None


def signature(difference):
    """A short name for a difference that no class explains, to count those that are alike."""
    if difference.part in SECTIONS:
        def kinds(records):
            return ",".join(sorted({messages.type_text(r[1]) for r in records})) or "-"
        detail = f"ours {kinds(difference.ours)} theirs {kinds(difference.theirs)}"
    elif difference.part == "rcode":
        detail = (f"ours {messages.rcode_text(difference.ours)} "
                  f"theirs {messages.rcode_text(difference.theirs)}")
    else:
        detail = f"ours {difference.ours} theirs {difference.theirs}"
        detail = detail[:100]
    who = "all peers" if difference.alone else difference.peer
    return f"{difference.part}: {who}: {detail}"
