"""Runs batches: makes zones, starts the servers, asks, compares, counts."""

import collections
import contextlib
import dataclasses
import pathlib
import shutil
import tempfile
import time

import asker
import chains
import classes
import compare
import messages
import pipeline
import servers
import signer
import zonemaker

CHUNK = 128          # questions on their way to each server at once
SHOWN = 3            # examples of each unknown difference
ZONES_SHOWN = 5      # zone files that are printed


@dataclasses.dataclass
class Report:
    """What a run found."""

    questions: int = 0
    different: int = 0
    zones: int = 0
    classes: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    unknown: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    examples: dict = dataclasses.field(default_factory=dict)  # of classes
    failures: dict = dataclasses.field(default_factory=dict)  # signature -> [text]

    def add(self, case):
        self.questions += 1
        found = compare.differences(case)
        self.different += bool(found)
        seen = {"chain-across-zones"} if case.joined else set()
        for difference, explained, left in compare.explain_all(found, classes.ROWS):
            seen.update(explained)
            for name in explained:
                if name not in self.examples:
                    self.examples[name] = case_text(difference)
            if left is not None:
                mark = compare.signature(left)
                if mark not in seen:
                    seen.add(mark)
                    self.unknown[mark] += 1
                shown = self.failures.setdefault(mark, [])
                if len(shown) < SHOWN:
                    with_zone = not shown and len(self.failures) <= ZONES_SHOWN
                    shown.append(case_text(left) + (zone_text(case) if with_zone else ""))
        self.classes.update(seen - self.unknown.keys())

    def text(self, failures=True):
        lines = []
        if failures:
            for mark, count in self.unknown.most_common():
                lines += [f"==== {count} x {mark}", *self.failures[mark]]
        lines.append(f"{self.questions} questions over {self.zones} zones, {self.different} with a "
                     "difference to some peer; by class:")
        lines += [f"{count:8} {name}" for name, count in self.classes.most_common()]
        lines += [f"{count:8} NOT IN THE TABLE: {mark}" for mark, count in
                  self.unknown.most_common()]
        return "\n".join(lines)


def case_text(difference):
    """The command, the zone file, what each server says, and who has which records alone."""
    case = difference.case
    lines = [f"-- {case.question.kdig()}"]
    if case.zone is not None:
        lines.append(f"   zone {case.zone} {case.zone.flavour}, file {case.zone.path}; "
                     f"{case.zone.signed_by or 'unsigned'}")
    lines += [f"   {server}: {messages.reply_text(reply)[0]}"
              for server, reply in case.replies.items()]
    other = difference.other
    if difference.reply is not None and other is not None:
        for section in compare.SECTIONS:
            mine, its = getattr(difference.reply, section), getattr(other, section)
            for who, records in (("both", mine & its), (compare.OURS, mine - its),
                                 (difference.peer, its - mine)):
                lines += [f"   {section}, {who}: {messages.record_text(record)}"
                          for record in sorted(records)]
    return "\n".join(lines)


def parse(octets):
    if octets is None:
        return None
    return messages.parse(octets)


def zone_text(case):
    """The zone as it was before it was signed."""
    if case.zone is None:
        return ""
    return f"\n; zone {case.zone}\n{case.zone.source.read_text()}; end of the zone"


class Batch:
    """The zones of one batch with all servers up."""

    def __init__(self, seed, number, zone_count, kinds, folder):
        self.number = number
        self.folder = folder / f"batch{number}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.zones = zonemaker.make_world(seed, number, zone_count)
        signer.write_world(self.zones, self.folder, f"{seed} {number}")
        self.kinds = kinds
        self.asker = asker.Asker(seed, number, self.zones)

    def run(self, count, report):
        with contextlib.ExitStack() as stack:
            running = [stack.enter_context(servers.make(kind, self.zones)) for kind in self.kinds]
            for server in running:
                servers.wait_serving(server, self.zones)
            clients = [pipeline.Client("127.0.0.1", server.port) for server in running]
            for client in clients:
                stack.callback(client.close)
            for at in range(0, count, CHUNK):
                questions = [self.asker.make() for _ in range(min(CHUNK, count - at))]
                self.ask(clients, questions, report)
            for server in running:
                if not server.running():
                    raise servers.NotServing(f"{server.kind} ended: {server.errors()[-3000:]}")
        report.zones += len(self.zones)

    def ask(self, clients, questions, report):
        datagrams = [question for question in questions if not question.tcp]
        streams = [question for question in questions if question.tcp]
        replies = pipeline.ask_all(clients, [question.octets for question in datagrams])
        cut = []  # of these it is the whole reply that says whether they had to be cut
        for case in self.cases(clients, datagrams, replies):
            if any(reply is not None and reply.has(messages.TC)
                   for reply in case.replies.values()):
                cut.append(case)
            else:
                report.add(case)
        streams = [case.question.over_tcp() for case in cut] + streams
        replies = [client.ask_tcp([question.octets for question in streams])
                   for client in clients]
        whole = self.cases(clients, streams, replies)
        for case, over_tcp in zip(cut, whole):
            case.whole.update(over_tcp.replies)
        for case in cut + whole:
            report.add(case)

    def cases(self, clients, questions, replies):
        found = []
        for question, octets in zip(questions, zip(*replies)):
            parsed = {kind: parse(each) for kind, each in zip(self.kinds, octets)}
            zone = compare.zone_of(self.zones, question.key, question.qtype)
            found.append(compare.Case(question, zone, self.zones, parsed, {}, {}))
        for kind, client in zip(self.kinds, clients):
            if kind in chains.STOPPING:
                chains.Follower(self.zones, kind, client).follow(found)
        return found


def run(seed, zones, queries, kinds, batch_size, keep=None, first=0, say=print):
    """Asks so many queries over so many zones; gives back a Report."""
    report = Report()
    folder = pathlib.Path(keep or tempfile.mkdtemp(prefix="bowline-differential-"))
    batches = max(1, round(zones / batch_size))
    begin = time.monotonic()
    try:
        for number in range(first, first + batches):
            batch = Batch(seed, number, zones // batches, kinds, folder)
            batch.run(queries // batches, report)
            say(f"batch {number}: {report.questions} questions, {report.different} different, "
                f"{sum(report.unknown.values())} not in the table, "
                f"{time.monotonic() - begin:.0f} s", flush=True)
    finally:
        if not keep and not report.unknown:
            shutil.rmtree(folder, ignore_errors=True)
    return report
