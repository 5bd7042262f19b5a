"""The steps of a run, in their order, and what each adds to the result."""

import contextlib
import dataclasses
import os
import pathlib
import subprocess

from side import generators, links, memory, servers, zones
from side.process import Failure
from side.serving import serving

START_s = 2.5            # guesses: a server and the generator started and ended
BUILD_s_PER_NAME = 1e-6  # tables of bench_answer
REST_s = 1.5             # a server's start and end besides REST_s of memory.py
RECORDS_PER_DELEGATION = 2.5  # of make_zone.py
APEX_RECORDS = 5


@dataclasses.dataclass
class Bench:
    """What all steps share. `work`: a folder of the run; `veth`: None without a link."""

    work: pathlib.Path
    zone: zones.Zone
    veth: links.Veth
    pktgen: generators.Pktgen
    server_cpu: int
    poll: str
    seconds: int
    rest_s: float
    rounds: int


@dataclasses.dataclass
class Step:
    """`work()` adds to the result and returns what it found as text. `place`: the server on its
    link; once it failed, its other steps are left out."""

    title: str
    guess_s: float
    place: tuple
    work: callable
    leave_out: callable = lambda: None


def brief(rate):
    return f"{rate / 1e6:.2f} M answers/s" if rate >= 1e6 else f"{rate / 1e3:,.0f} k answers/s"


# ---- answers a second, round by round ------------------------------------------------------------

def rate_on_link(bench, link, server):
    if link == "memory":
        names = bench.zone.names or zones_of_size(bench.zone)
        found = generators.bench_answer(bench.server_cpu, names, bench.seconds)
        keys = ("answers_per_second", "cycles_per_query", "cycles_by_stage", "verified", "names")
        return {key: found[key] for key in keys if key in found}
    with serving(server, link, bench) as where:
        return bench.pktgen.run(where, bench.seconds, reflected=server == "reflector")


def zones_of_size(zone):
    """For a zone that was given: about as many names as it has lines."""
    with open(zone.path, "rb") as file:
        return max(1, sum(1 for _ in file))


def rate_step(bench, result, number, link, server):
    runs = result["links"][link]["servers"][server]["rounds"]

    def work():
        load = os.getloadavg()[0]
        run = rate_on_link(bench, link, server)
        runs.append({**run, "load": load})
        return brief(run["answers_per_second"])

    return Step(f"round {number + 1} of {bench.rounds}, {link}, {server}",
                bench.seconds + START_s, (link, server), work, lambda: runs.append(None))


def rate_steps(bench, result):
    for number in range(bench.rounds):
        for link, found in result["links"].items():
            names = list(found["servers"])
            first = number % len(names)  # nobody is always first, or always after the same one
            for server in names[first:] + names[:first]:
                yield rate_step(bench, result, number, link, server)


# ---- what the plots show besides -----------------------------------------------------------------

def size_steps(bench, result, sizes, repeats):
    """Bowline in memory by the number of names."""
    for number in range(repeats):
        for names in sizes:
            def work(names=names):
                found = generators.bench_answer(bench.server_cpu, names, 1)
                row = next((r for r in result["zone_sizes"] if r["names"] == names), None)
                if row is None:
                    row = {"names": names, "answers_per_second": [], "table_bytes": 0}
                    result["zone_sizes"].append(row)
                row["answers_per_second"].append(found["answers_per_second"])
                row["table_bytes"] = found.get("table_bytes", 0)
                return brief(found["answers_per_second"])

            yield Step(f"in memory, {names:,} names, {number + 1} of {repeats}",
                       1.5 + names * BUILD_s_PER_NAME, ("memory", "bowline"), work)


@contextlib.contextmanager
def asking(bench, link, server):
    """Yields a function of a rate (None: the highest) that measures for a second."""
    reflected = server == "reflector"
    if link == "memif":
        # One client in a server's life: not every one takes a second.
        def ask(rate):
            with serving(server, link, bench) as where:
                return bench.pktgen.run(where, 1, rate, reflected=reflected)

        yield ask
        return
    with serving(server, link, bench) as where:
        yield lambda rate: bench.pktgen.run(where, 1, rate, reflected=reflected)


def latency_step(bench, result, link, server, loads):
    def work():
        rows = []
        with asking(bench, link, server) as ask:
            highest = ask(None)["answers_per_second"]
            for load in loads:
                run = ask(highest * load)
                rows.append({"load": load, "asked": highest * load, **{
                    key: run[key] for key in ("answers_per_second", "loss", "latency_us")}})
        result["latency"].setdefault(link, {})[server] = {"highest": highest, "loads": rows}
        middle = min(rows, key=lambda row: abs(row["load"] - 0.5))
        return (f"at {middle['load']:.0%} of {brief(highest)} p50 {middle['latency_us']['p50']:.0f}"
                f" us, p99.9 {middle['latency_us']['p99_9']:.0f} us")

    return Step(f"latency, {link}, {server}", START_s + 2 * (1 + len(loads)), (link, server), work)


def memory_steps(bench, result, chosen, records):
    for count in records:
        path = bench.work / f"registry-{count}"
        for server in chosen:
            def work(server=server, count=count, path=path):
                if not path.exists():
                    made = round((count - APEX_RECORDS) / RECORDS_PER_DELEGATION)
                    subprocess.run([str(servers.TOP / "perf/make_zone.py"), "delegations",
                                    str(made), str(path)], check=True, capture_output=True)
                seconds, mebibytes = memory.measure(server, [("registry.test", path)],
                                                    bench.rest_s)
                result["memory"].setdefault(server, []).append(
                    {"records": count, "seconds": seconds, "mebibytes": mebibytes})
                return f"{mebibytes:.0f} MiB, first answer after {seconds:.2f} s"

            yield Step(f"memory, {count:,} records, {server}",
                       bench.rest_s + REST_s + count * 4e-6, ("loopback", server), work)


# ---- all of it -----------------------------------------------------------------------------------

def take(steps, result, progress):
    """Works through the steps. One that fails is noted, and its server is left out from then on."""
    failed = set()
    for step in steps:
        if step.place in failed:
            step.leave_out()
            progress.ends(step.title, step.guess_s, "left out, it failed before")
            continue
        progress.starts(step.title)
        try:
            outcome = step.work()
        except (Failure, subprocess.SubprocessError, OSError) as failure:
            failed.add(step.place)
            step.leave_out()
            result["failed"].append({"what": step.title, "why": str(failure)})
            outcome = f"FAILED: {failure}"
        progress.ends(step.title, step.guess_s, outcome)
