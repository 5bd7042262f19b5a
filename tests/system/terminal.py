"""A terminal with bowlinec in it: keys go in, a screen comes out."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

DEADLINE_s = 20.0  # a loaded machine; an idle one needs milliseconds


class Terminal:
    """REQUIRES: use as a context manager."""

    def __init__(self, command, *, home, size=(30, 100), environment=None):
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        self.before = termios.tcgetattr(theirs)
        self.theirs = theirs
        self.text = ""
        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={**os.environ, "HOME": str(home), "TERM": "xterm", **(environment or {})})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.ours)
        os.close(self.theirs)

    def type(self, keys):
        os.write(self.ours, keys.encode())

    def plain(self):
        """What was printed, without colours and moves of the cursor."""
        text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]", "", self.text)
        return text.replace("\r\n", "\n")

    def read_some(self, seconds):
        ready, _, _ = select.select([self.ours], [], [], seconds)
        if ready:
            try:
                self.text += os.read(self.ours, 65536).decode(errors="replace")
            except OSError:
                pass

    def expect(self, pattern, raw=False):
        """Reads until the pattern is there; returns the match and forgets what was before."""
        deadline = time.monotonic() + DEADLINE_s
        while True:
            text = self.text if raw else self.plain()
            found = re.search(pattern, text, re.S)
            if found:
                self.text = text[found.end():]
                return found
            assert time.monotonic() < deadline, f"{pattern!r} did not come:\n{self.text!r}"
            self.read_some(0.05)

    def wait(self):
        """The exit code; what is printed meanwhile is read."""
        deadline = time.monotonic() + DEADLINE_s
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"it does not end:\n{self.text!r}"
            self.read_some(0.02)
        self.read_some(0)
        return self.process.returncode

    def settings(self):
        return termios.tcgetattr(self.theirs)
