"""Instructions per query of standard mixes, counted by valgrind's callgrind.

The counts are those of the worker alone, from a frame in memory to the frame of its reply, with
fixed names, questions and hash secret: two runs of one program agree to the instruction, whatever
else the machine does. For perf/instructions and tests/system/test_instructions.py.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
RECORD = HERE / "instructions.json"
MAX_GROWTH = 0.03

# Of bench_answer. Few names and rings: building the tables takes most of the time.
MIXES = {
    "hit": "--mix hit",
    "hot": "--mix hot",
    "many zones": "--mix hit --zones 1000",
    "nxdomain": "--mix nxdomain",
    "delegation": "--mix delegation",
    "cname": "--mix cname",
    "wildcard": "--mix wildcard",
    "refused": "--mix refused",
    "signed hit with DO": "--mix hit --dnssec nsec --do 1",
    "nsec nxdomain": "--mix nxdomain --dnssec nsec --do 1",
    "nsec3 nxdomain": "--mix nxdomain --dnssec nsec3 --do 1",
    "nsec3 nxdomain, random enclosers": "--mix nxdomain-deep --dnssec nsec3 --do 1",
}
SIZE = "--names 3000 --rings 1 --reserve-mib 1024 --json"
# The folders whose code runs for a query; each is compiled with flags of its own.
COMPILED = {"dns": "dns/name_key.cpp", "zones": "zones/reader.cpp", "answer": "answer/answer.cpp",
            "dataplane": "dataplane/thread_link.cpp", "perf": "perf/bench_runs.cpp"}
LIBRARIES = ("libc6", "libipsec-mb1")


class CountFailed(Exception):
    """One sentence about what went wrong."""


def run(*command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False, **options)
    if done.returncode != 0:
        raise CountFailed(f"{shlex.join(map(str, command))} failed: {done.stderr.strip()[-500:]}")
    return done


def count_mix(bench, arguments):
    """Instructions per query of one mix, and the CPU features that the program saw."""
    with tempfile.TemporaryDirectory(prefix="bowline-callgrind-") as folder:
        done = run("valgrind", "--tool=callgrind", "--collect-atstart=no",
                   "--toggle-collect=*BenchWorker*drain*", "--callgrind-out-file=/dev/null",
                   bench, *f"{SIZE} {arguments}".split(), cwd=folder)
    collected = re.search(r"Collected : (\d+)", done.stderr)
    if collected is None or int(collected[1]) == 0:
        raise CountFailed("callgrind collected nothing: is BenchWorker::drain() there?")
    out = json.loads(done.stdout)
    return round(int(collected[1]) / out["answers_with_warm_up"], 2), out["cpu_features"]


def flags_of(build):
    """By folder, the flags that decide what code the compiler makes; and the compiler."""
    commands = json.loads((build / "compile_commands.json").read_text())
    compiler, flags = None, {}
    for folder, file in COMPILED.items():
        command = next(each["command"] for each in commands if each["file"].endswith(file))
        words = shlex.split(command)
        flags[folder] = " ".join(word for word in words if re.match(r"-(O|f|m|D|U|std)", word)
                                 and not word.startswith("-fdiagnostics"))
        compiler = words[1] if "ccache" in words[0] else words[0]
    return compiler, flags


def conditions(build, features):
    """What the numbers depend on besides our code."""
    compiler, flags = flags_of(build)
    return {"compiler": run(compiler, "--version").stdout.splitlines()[0],
            "valgrind": run("valgrind", "--version").stdout.strip(),
            "libraries": {name: run("dpkg-query", "-W", "-f", "${Version}", name).stdout
                          for name in LIBRARIES},
            "cpu_features": features, "flags": flags}


def why_not(build):
    """Why nothing can be counted here, or None."""
    if shutil.which("valgrind") is None:
        return "valgrind is not installed (apt install valgrind)"
    if not (build / "bench_answer").exists():
        return f"{build}/bench_answer is not built"
    return None


def measure(build):
    """{"instructions_per_query": {mix: number}, ...conditions}. Raises CountFailed."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        counted = dict(zip(MIXES, pool.map(
            lambda arguments: count_mix(build / "bench_answer", arguments), MIXES.values())))
    features = next(iter(counted.values()))[1]
    return {**conditions(build, features),
            "instructions_per_query": {mix: number for mix, (number, _) in counted.items()}}


def other_machine(measured, record):
    """What of this machine makes the numbers of another kind than the record's: sentences."""
    return differences(measured, record, ("compiler", "valgrind", "libraries", "cpu_features"))


def faults_in(measured, record):
    """What must not be, on a machine like the record's: sentences. Flags are ours to record."""
    return differences(measured, record, ("flags",)) or grown(measured, record)


def differences(measured, record, parts):
    out = []
    for what in parts:
        here, there = words_of(measured[what]), words_of(record.get(what, ""))
        if here != there:
            out.append(f"{what}: {' '.join(sorted(here - there)) or 'less'} here, "
                       f"{' '.join(sorted(there - here)) or 'less'} in the record")
    return out


def words_of(value):
    """The parts of a value that may differ: a text, a list's, the words of a dictionary's texts."""
    if isinstance(value, dict):
        return {f"{key}:{word}" for key, text in value.items() for word in text.split()}
    return {value} if isinstance(value, str) else set(value)


def grown(measured, record):
    """The mixes that cost too much more than the record says: sentences."""
    out = []
    for mix, number in measured["instructions_per_query"].items():
        recorded = record["instructions_per_query"].get(mix)
        if recorded is None:
            out.append(f"{mix}: not in the record")
        elif number > recorded * (1 + MAX_GROWTH):
            out.append(f"{mix}: {number} instructions per query, {number / recorded - 1:+.1%} to "
                       f"the recorded {recorded}")
    return out
