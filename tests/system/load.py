"""Load from dnsperf at a bounded rate, and what was lost of it."""

import dataclasses
import re
import signal
import subprocess

# What may be outstanding: far more than a pause of a tenth of a second leaves behind, so that a
# pause shows as loss or delay and does not slow the sender down.
OUTSTANDING = 20_000
CLIENTS = 16         # sockets, so that both workers get their part
ANSWER_TIMEOUT_s = 2  # then a question counts as lost


@dataclasses.dataclass
class Outcome:
    sent: int
    lost: int
    rate: float
    slowest_s: float
    text: str

    def __str__(self):
        return (f"{self.sent} sent, {self.lost} lost, {self.rate:.0f}/s, "
                f"slowest {self.slowest_s * 1000:.1f} ms")


class Load:
    """Runs beside the test, in this thread's namespace; result() waits for its end."""

    def __init__(self, appliance, questions, seconds, rate=None, *, host="127.0.0.1"):
        path = appliance.folder / "questions"
        path.write_text("".join(f"{name} {rr_type}\n" for name, rr_type in questions))
        command = ["dnsperf", "-s", host, "-p", str(appliance.port), "-d", str(path),
                   "-l", str(seconds), "-t", str(ANSWER_TIMEOUT_s), "-c", str(CLIENTS), "-T", "1",
                   "-b", "4096", "-q", str(OUTSTANDING if rate else 200)]
        if rate:
            command += ["-Q", str(int(rate))]
        # It prints a line for each loss: a pipe that nobody empties would hold it up.
        self.output = appliance.folder / "dnsperf"
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output)
        self.seconds = seconds

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def running(self):
        return self.process.poll() is None

    def stop(self):
        """Ends it before its time; what it did until then is its result."""
        self.process.send_signal(signal.SIGINT)
        return self.result()

    def result(self):
        self.process.wait(timeout=self.seconds + 30)
        lines = self.output.read_text(errors="replace").splitlines()
        text = "\n".join(line for line in lines if not line.startswith("[Timeout]"))
        assert self.process.returncode == 0, text

        def number(pattern):
            found = re.search(pattern, text)
            return float(found.group(1)) if found else 0.0

        return Outcome(int(number(r"Queries sent:\s+(\d+)")), int(number(r"Queries lost:\s+(\d+)")),
                       number(r"Queries per second:\s+([\d.]+)"),
                       number(r"Average Latency.*max ([\d.]+)"), text)


def rate_without_loss(appliance, questions, seconds):
    """A rate that an idle run of open-loop load answers without loss, near the highest."""
    with Load(appliance, questions, seconds) as load:
        rate = 0.9 * load.result().rate
    for _ in range(6):
        with Load(appliance, questions, seconds, rate) as load:
            idle = load.result()
        if idle.lost == 0:
            return min(rate, idle.rate)
        rate *= 0.6
    raise AssertionError(f"an idle run loses answers even at {rate:.0f}/s: {idle.text}")
