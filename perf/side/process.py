"""Programs that are started here, put before all else on their CPU, and ended by their own id."""

import contextlib
import os
import pathlib
import subprocess
import sys
import time

START_MAX_s = 300   # for a server: a large zone
STOP_MAX_s = 20
HIGHEST_PRIORITY = -20
PAUSE_s = 0.02      # between looks at a condition
TAIL = 1500         # octets of a log that an error shows


class Failure(Exception):
    """What was to be measured did not work; the text says what and why."""


def run(*words):
    """Output of a command that has to succeed."""
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"{' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def preferred(command):
    """`command` before all else that wants its CPU. REQUIRES: it starts in a session of its own.

    The kernel shares CPUs among sessions first (autogroup), so a nice value alone does not do.
    """
    script = ('[ ! -e /proc/self/autogroup ] || echo "$0" >/proc/self/autogroup; '
              'exec nice -n "$0" "$@"')
    return ["sh", "-c", script, str(HIGHEST_PRIORITY), *command]


@contextlib.contextmanager
def preferred_softirqs():
    """The kernel's threads for what interrupts leave undone, so that they are not starved."""
    before = {}
    for process in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            if (process / "comm").read_text().startswith("ksoftirqd/"):
                before[int(process.name)] = os.getpriority(os.PRIO_PROCESS, int(process.name))
    try:
        for thread in before:
            os.setpriority(os.PRIO_PROCESS, thread, HIGHEST_PRIORITY)
        yield
    finally:
        for thread, priority in before.items():
            os.setpriority(os.PRIO_PROCESS, thread, priority)


def processes_below(pid):
    """`pid` and all that it started; those that end meanwhile are left out."""
    found = [pid]
    with contextlib.suppress(OSError):
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += processes_below(int(child))
    return found


def confine(pid, cpu):
    """Puts all threads of a process and of those below it on one CPU, whatever they chose."""
    for process in processes_below(pid):
        with contextlib.suppress(OSError):
            for task in pathlib.Path(f"/proc/{process}/task").iterdir():
                with contextlib.suppress(ProcessLookupError):
                    os.sched_setaffinity(int(task.name), {cpu})


def strays(pid, cpu):
    """Threads of a process and of those below it that may run on another CPU."""
    found = []
    for process in processes_below(pid):
        with contextlib.suppress(OSError):
            found += [int(task.name) for task in pathlib.Path(f"/proc/{process}/task").iterdir()
                      if os.sched_getaffinity(int(task.name)) != {cpu}]
    return found


class Running:
    """A server process with what it starts. REQUIRES: use as a context manager."""

    def __init__(self, command, log):
        self.command = command
        self.log = log
        self.process = None

    def __enter__(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(preferred(self.command), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, start_new_session=True)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(STOP_MAX_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            print(f"perf: {' '.join(self.command)} had to be killed", file=sys.stderr)

    @property
    def pid(self):
        return self.process.pid

    def text(self):
        return self.log.read_text(errors="replace")

    def tail(self):
        return self.text()[-TAIL:].strip()

    def ended(self):
        return self.process.poll() is not None

    def wait_until(self, condition, what, pause=PAUSE_s):
        end = time.monotonic() + START_MAX_s
        while not condition():
            if self.ended() or time.monotonic() > end:
                raise Failure(f"no {what}; the log ends: {self.tail()}")
            time.sleep(pause)
