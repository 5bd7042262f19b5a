"""Puts together what servers say that stop where an alias leads into another zone they serve.

RFC 1034 4.3.2 step 3a goes on there. So that only this differs, and not all that follows from it,
the server is asked for the target, and its replies are joined.
"""

import asker
import compare
import messages
import names

STOPPING = ("knotd", "named")
CLASSES = (messages.IN, messages.ANY)
LONGEST = 12  # aliases; Bowline follows 11
ANSWERED_THERE = (messages.RRSIG, messages.NSEC, 255)  # what the owner of a CNAME has itself


class Follower:
    """Joins the replies of one server."""

    def __init__(self, zones, kind, client):
        self.zones = zones
        self.kind = kind
        self.client = client

    def follow(self, cases):
        """Asks on until no reply ends at the border of a zone."""
        waiting = cases
        for _ in range(LONGEST):
            pairs = [(case, target) for case in waiting
                     if (target := self.border(case.question, case.replies[self.kind]))]
            if not pairs:
                return
            for tcp in (False, True):
                self.ask([(case, target) for case, target in pairs if case.question.tcp == tcp],
                         tcp)
            waiting = [case for case, _ in pairs]

    def ask(self, pairs, tcp):
        questions = [question_for(case.question, target).octets for case, target in pairs]
        ask = self.client.ask_tcp if tcp else self.client.ask
        for (case, target), octets in zip(pairs, ask(questions)):
            if octets is not None:
                join(case.replies[self.kind], messages.parse(octets))
                case.joined.setdefault(self.kind, set()).add(names.wire(target))

    def border(self, question, reply):
        """The target of the last alias, if another zone has it, and nothing of it is there."""
        if reply is None or question.opcode or question.qclass not in CLASSES:
            return None
        if question.qtype == messages.CNAME:
            return None
        aliases = {r[0]: r[4] for r in reply.answer if r[1] == messages.CNAME}
        owners = {r[0] for r in reply.answer if r[1] not in (messages.DNAME, messages.RRSIG)}
        here, passed = names.wire(question.key), []
        while here in aliases and here not in passed and len(passed) < LONGEST:
            passed.append(here)
            here = aliases[here]
        if not passed or here in owners or here in passed or len(passed) >= LONGEST:
            return None
        if question.qtype in ANSWERED_THERE and not is_made(reply, passed[-1]):
            return None
        target = messages.labels_of(here)
        there = compare.zone_of(self.zones, target, question.qtype)
        last = compare.zone_of(self.zones, messages.labels_of(passed[-1]), question.qtype)
        if there is None or there is last:
            return None
        soa = [r[0] for r in reply.authority if r[1] == messages.SOA]
        if soa and soa[0] != names.wire(last.key):
            return None  # it did go there
        referral = [r[0] for r in reply.authority if r[1] == messages.NS]
        if referral and (there.key == () or not names.is_below(
                there.key, messages.labels_of(referral[0]))):
            return None  # it is there, and that zone refers to another one
        return target


def is_made(reply, owner):
    """Whether the CNAME of this owner was made from a DNAME."""
    return any(r[1] == messages.DNAME and owner.endswith(r[0]) and owner != r[0]
               for r in reply.answer)


def question_for(question, target):
    return asker.Asker.question(target, question.qtype, question.qclass, question.opcode,
                                question.flags, question.edns, question.tcp)


def join(reply, following):
    """Makes `reply` what it were if the server had gone on, not looked for it in its own zone."""
    if any(r[1] in (messages.NS, messages.SOA) for r in reply.authority):
        reply.authority = frozenset(r for r in reply.authority
                                    if messages.signed_type(r) in (messages.NSEC, messages.NSEC3))
        reply.additional = frozenset()
    reply.answer |= following.answer
    reply.authority |= following.authority
    reply.additional |= following.additional
    reply.rcode = following.rcode
    reply.flags |= following.flags & messages.TC
