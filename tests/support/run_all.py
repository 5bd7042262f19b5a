"""Runs the unit tests of each build, the system and packet tests, and counts them in the last line.

Usage: run_all.py NAME=BUILDDIR ...; NAME is release, asan or tsan. Pytest gets `release`.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

TOP = pathlib.Path(__file__).resolve().parents[2]

# What has more than one thread: TSan has nothing to say about the rest.
THREADED = {"unit_link", "unit_zones", "unit_dataplane", "unit_control"}

SANITIZER_ENV = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.failures = []
        self.skips = []

    def add_junit(self, path, where):
        """Adds the cases of a JUnit file; returns how many there were."""
        count = 0
        root = ElementTree.parse(path).getroot()
        for out in root.iter("system-out"):  # how a Catch2 case says that it could not run
            for line in (out.text or "").splitlines():
                if line.startswith("SKIP"):
                    self.skipped += 1
                    self.skips.append(f"{where}: {line}")
        for case in root.iter("testcase"):
            count += 1
            name = f"{where}: {case.get('classname', '')} {case.get('name', '')}"
            if case.find("failure") is not None or case.find("error") is not None:
                self.failed += 1
                self.failures.append(name)
            elif case.find("skipped") is not None:
                self.skipped += 1
                self.skips.append(f"{name}: {case.find('skipped').get('message', '')}")
            else:
                self.passed += 1
        return count

    def fail(self, name):
        self.failed += 1
        self.failures.append(name)


def run_unit(tally, name, build, executable):
    """Runs one Catch2 program; a crash counts as one failure besides what it had reported."""
    where = f"{name} {executable.name}"
    print(f"running: {where}", flush=True)
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        environment = {**os.environ, **SANITIZER_ENV, "BOWLINE_SOURCE": str(TOP)}
        environment.setdefault("BOWLINE_SHARED", str(TOP.parent / "shared"))
        process = subprocess.run(
            [executable, "-r", "junit", "-o", report.name],
            cwd=build, env=environment, capture_output=True, text=True, errors="replace")
        try:
            count = tally.add_junit(report.name, where)
        except ElementTree.ParseError:
            count = 0
        if process.returncode != 0:
            print(process.stdout[-4000:], process.stderr[-6000:], sep="\n", flush=True)
            show_failures(executable, build, environment)
            if process.returncode < 0 or count == 0:
                tally.fail(f"{where}: ended with status {process.returncode}")


def show_failures(executable, build, environment):
    """Runs the program again for a text that people can read."""
    process = subprocess.run([executable], cwd=build, env=environment, capture_output=True,
                             text=True, errors="replace")
    print(process.stdout[-6000:], process.stderr[-6000:], sep="\n", flush=True)


def run_system(tally, folder):
    """Runs the pytest files of a folder of tests/ in a process of their own."""
    print(f"running: {folder} tests", flush=True)
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        status = subprocess.run(
            ["/usr/bin/python3", "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider",
             f"--junit-xml={report.name}", f"tests/{folder}"], cwd=TOP).returncode
        try:
            count = tally.add_junit(report.name, folder)
        except ElementTree.ParseError:
            count = 0
        if status not in (0, 1) or count == 0:
            tally.fail(f"{folder} tests: pytest ended with status {status}")


def main():
    tally = Tally()
    builds = dict(argument.split("=", 1) for argument in sys.argv[1:])
    for name, directory in builds.items():
        build = TOP / directory
        for executable in sorted(build.glob("tests/unit/*/unit_*")):
            if not executable.is_file() or not os.access(executable, os.X_OK):
                continue
            if name == "tsan" and executable.name not in THREADED:
                continue
            run_unit(tally, name, build, executable)
    for folder in ("system", "packets", "differential"):
        run_system(tally, folder)
    for skip in tally.skips:
        print(f"skipped: {skip}")
    for failure in tally.failures:
        print(f"FAILED: {failure}")
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped")
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
