"""The command line of perf/run, and what of it can be measured here."""

import argparse
import dataclasses
import os
import pathlib
import shutil

from side import memory, servers
from side.links import DESCRIPTIONS

TOOLS = {"ip": "iproute2", "ethtool": "ethtool", "taskset": "util-linux"}


@dataclasses.dataclass
class Extent:
    """How much is measured: the default, and --quick."""

    rounds: int
    seconds: int
    names: int
    sizes: tuple         # names, for throughput by zone size
    size_rounds: int
    loads: tuple         # shares of the highest rate
    latency_links: tuple
    records: tuple
    rest_s: float


FULL = Extent(rounds=5, seconds=2, names=100_000, sizes=(10**3, 10**4, 10**5, 10**6, 10**7),
              size_rounds=2, loads=tuple(tenth / 10 for tenth in range(1, 10)),
              latency_links=("memif", "xdp", "sockets"), records=(10**4, 10**5, 10**6),
              rest_s=memory.REST_s)
QUICK = Extent(rounds=1, seconds=1, names=10_000, sizes=(10**3, 10**4, 10**5), size_rounds=1,
               loads=(0.1, 0.5, 0.9), latency_links=("memif",), records=(10**4,), rest_s=0.5)


def some_of(known):
    def parse(text):
        chosen = [word for word in text.split(",") if word]
        unknown = [word for word in chosen if word not in known]
        if unknown or not chosen:
            raise argparse.ArgumentTypeError(
                f"{', '.join(unknown) or 'nothing'}: choose from {','.join(known)}")
        return [word for word in known if word in chosen]
    return parse


def at_least(least):
    def parse(text):
        if not text.isdigit() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text}: a number from {least} on")
        return int(text)
    return parse


def parser(description):
    made = argparse.ArgumentParser(description=description,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
    add = made.add_argument
    add("--quick", action="store_true", help="a look in under a minute, not a result")
    add("--rounds", type=at_least(1), help=f"default {FULL.rounds}")
    add("--seconds", type=at_least(1), help=f"of each run; default {FULL.seconds}")
    add("--links", type=some_of(DESCRIPTIONS), default=list(DESCRIPTIONS),
        help=",".join(DESCRIPTIONS))
    add("--servers", type=some_of(servers.SERVERS), default=list(servers.SERVERS),
        help=",".join(servers.SERVERS))
    add("--names", type=at_least(2), help=f"in the made zone; default {FULL.names:,}")
    add("--zone", type=pathlib.Path, help="a zone file of yours instead")
    add("--origin", help="of --zone; default: the name of the file without .zone")
    add("--rates-only", action="store_true",
        help="answers a second only: no zone sizes, latency and memory")
    add("--window", type=at_least(1), default=512, help="questions under way at the highest rate")
    add("--poll", choices=["adaptive", "busy"], default="adaptive",
        help="Bowline's dataplane.poll")
    add("--server-cpu", type=at_least(0), default=min(1, os.cpu_count() - 1))
    add("--generator-cpu", type=at_least(0), default=0)
    add("--no-build", action="store_true", help="what is in the build folder is what is meant")
    add("--json", type=pathlib.Path, help="default perf/results/DATE.json; --quick: build folder")
    add("--report", type=pathlib.Path, help="default: beside the JSON")
    add("--report-only", type=pathlib.Path, metavar="RESULT.json",
        help="measure nothing, write the report of that result again")
    return made


def extent(options):
    """FULL or QUICK with what the command line changes."""
    base = QUICK if options.quick else FULL
    return dataclasses.replace(base, rounds=options.rounds or base.rounds,
                               seconds=options.seconds or base.seconds,
                               names=options.names or base.names)


def cannot_link(options):
    """Why no link can be made here, or None."""
    if os.geteuid() != 0:
        return "needs root: namespaces, XDP sockets and hugepages"
    cpus = os.cpu_count()
    if cpus < 2 or options.server_cpu == options.generator_cpu:
        return "server and generator need a CPU each"
    lacking = [f"{tool} (apt-get install {package})" for tool, package in TOOLS.items()
               if not shutil.which(tool)]
    return f"{', '.join(lacking)} is missing" if lacking else None


def places(options):
    """({link: [server]} that can be measured, [{what, why}] that cannot)."""
    found, skipped = {}, {}
    unlinked = cannot_link(options)
    for link in options.links:
        if link != "memory" and unlinked:
            skipped[link] = unlinked
            continue
        for server in servers.ON_LINK[link]:
            if server not in options.servers:
                continue
            if servers.missing(server):
                skipped[server] = servers.missing(server)
            else:
                found.setdefault(link, []).append(server)
    return found, [{"what": what, "why": why} for what, why in skipped.items()]


def memory_servers(options):
    return [server for server in memory.SERVERS
            if server in options.servers and not servers.missing(server)]
