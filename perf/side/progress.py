"""What is being measured, how much of it is done, and how long the rest may take."""

import sys
import time


def clock(seconds):
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


class Progress:
    """One line a step on standard error. `expected`: seconds of all steps, guessed; what steps took
    until now corrects the guess."""

    def __init__(self, steps, expected, out=sys.stderr):
        self.steps = steps
        self.expected = expected
        self.out = out
        self.done = 0
        self.guessed = 0
        self.begin = time.monotonic()

    def left(self):
        passed = time.monotonic() - self.begin
        pace = passed / self.guessed if self.guessed else 1
        return max(0, self.expected - self.guessed) * pace

    def starts(self, title):
        if self.out.isatty():
            self.line(f"{title} ...", end="\r")

    def ends(self, title, guess, outcome):
        self.done += 1
        self.guessed += guess
        self.line(f"{title}: {outcome}", end="\n")

    def line(self, text, end):
        clear = "\x1b[K" if self.out.isatty() else ""
        print(f"[{self.done}/{self.steps}, {clock(self.left())} left] {text}{clear}", end=end,
              file=self.out, flush=True)
