"""Start and memory: seconds from the start of a process to its first right answer, and what it
holds in memory some seconds later, on loopback.

Memory is the proportional set size of all its processes plus hugetlb pages, shared pages counted
once.
"""

import os
import pathlib
import socket
import tempfile
import time

from side import questions, servers
from side.process import Running, processes_below

ADDRESS = "127.0.0.1"
REST_s = 3      # after the first answer, for what a server does behind it
ASK_EVERY_s = 0.005
SERVERS = ("bowline", "knotd", "named", "nsd")


def free_port():
    """Free for UDP and TCP on loopback a moment ago."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, \
                socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
            udp.bind((ADDRESS, 0))
            try:
                tcp.bind((ADDRESS, udp.getsockname()[1]))
            except OSError:
                continue
            return udp.getsockname()[1]


def serves(name, port):
    answer = questions.ask(name, questions.TYPE_SOA, ADDRESS, port, timeout=0.02)
    return questions.fault(answer, name, questions.TYPE_SOA) is None


def mebibytes_of(pid):
    kib = 0
    shared_huge = 0
    for each in processes_below(pid):
        huge = 0
        for line in pathlib.Path(f"/proc/{each}/smaps_rollup").read_text().splitlines():
            field = line.split()
            if field[0] in ("Pss:", "Private_Hugetlb:"):
                kib += int(field[1])
            elif field[0] == "Shared_Hugetlb:":
                huge = int(field[1])
        shared_huge = max(shared_huge, huge)
    return (kib + shared_huge) / 1024


def measure(server, zones, rest_s=REST_s):
    """(seconds, MiB) of a server with zones [(name, path)]. Failure if it does not come up."""
    with tempfile.TemporaryDirectory(prefix="bowline-startup-") as folder:
        folder = pathlib.Path(folder)
        place = servers.Place(folder, zones, ADDRESS, free_port(), workers=os.cpu_count())
        command = servers.command(server, place)
        begin = time.monotonic()
        with Running(command, folder / "log") as process:
            process.wait_until(lambda: serves(zones[-1][0], place.port), "right answer",
                               pause=ASK_EVERY_s)
            seconds = time.monotonic() - begin
            time.sleep(rest_s)
            return seconds, mebibytes_of(process.pid)
