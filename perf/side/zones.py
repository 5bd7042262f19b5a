"""The zone that all servers of a run serve, and questions with known answers from it."""

import dataclasses
import pathlib
import re
import subprocess

from side import questions
from side.process import Failure

TOP = pathlib.Path(__file__).resolve().parents[2]
MADE_ORIGIN = "hosts.test"
CHECKS = 16  # names that every server is asked for before it is measured


@dataclasses.dataclass
class Zone:
    """`names`: 0 for a zone that was given; how many a made one has otherwise."""

    origin: str
    path: pathlib.Path
    names: int

    def describe(self):
        made = f"{self.names:,} names with an address, made by perf/make_zone.py hosts"
        return f"{self.origin}: {made if self.names else self.path}"

    def checks(self):
        """[(name, type, rdata or None)] spread over the zone."""
        found = [(self.origin, questions.TYPE_SOA, None)]
        for i in range(min(CHECKS, self.names)):
            number = i * (self.names - 1) // max(1, min(CHECKS, self.names) - 1)
            found.append((f"h{number}.{self.origin}", questions.TYPE_A, made_address(number)))
        return found


def made_address(number):
    """What make_zone.py hosts gives the name of that number."""
    return bytes([10, number >> 16 & 255, number >> 8 & 255, number & 255])


def make(folder, names):
    path = folder / "zone"
    done = subprocess.run([str(TOP / "perf/make_zone.py"), "hosts", str(names), str(path)],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"make_zone.py: {done.stderr.strip()}")
    return Zone(MADE_ORIGIN, path, names)


def given(path, origin):
    """A zone file of the user's. Its name without an ending is the origin unless that is given."""
    path = path.resolve()
    if not path.is_file():
        raise Failure(f"{path}: no such zone file")
    name = (origin or re.sub(r"\.(zone|txt|db)$", "", path.name)).rstrip(".").lower()
    return Zone(name or ".", path, 0)
