"""What measures: bowline-pktgen over a link, bench_answer in process."""

import json
import subprocess
import time

from side.links import (GENERATOR_ADDRESS, GENERATOR_INTERFACE, GENERATOR_MAC, SERVER_ADDRESS,
                        SERVER_MAC, in_namespace)
from side.process import TAIL, Failure, preferred
from side.servers import BUILD

PKTGEN = BUILD / "bowline-pktgen"
BENCH = BUILD / "bench_answer"
SLACK_s = 90     # for a run to start and to end
# The queue of an interface and the other end of a memif are given back some time after the end of
# their last user.
TRIES = 20
PAUSE_s = 0.1
LATER = ("busy", "not permitted", "nobody took the other end")
KEPT = ("answers_per_second", "sent", "answers", "lost", "loss", "rcodes", "latency_us",
        "per_second", "checked", "wrong", "strange", "seconds", "questions")


def on_cpu(cpu, command):
    return ["taskset", "-c", str(cpu), *map(str, command)]


def finished(command, seconds):
    """(status, standard output, standard error) of a command before all else on its CPU."""
    done = subprocess.run(preferred(command), capture_output=True, text=True, errors="replace",
                          stdin=subprocess.DEVNULL, start_new_session=True,
                          timeout=SLACK_s + 2 * seconds)
    return done.returncode, done.stdout, done.stderr


def last_object(text):
    """The JSON object that ends `text`; None if there is none."""
    start = text.find("{\n") if "{\n" in text else text.find("{")
    try:
        return json.loads(text[start:]) if start >= 0 else None
    except ValueError:
        return None


class Pktgen:
    """bowline-pktgen on one CPU, asking for what is in a zone."""

    def __init__(self, zone, cpu, window, kinds):
        self.zone = zone
        self.cpu = cpu
        self.window = window
        self.kinds = kinds

    def command(self, device, seconds, rate):
        pace = ["--rate", str(max(1, round(rate)))] if rate else ["--window", str(self.window)]
        return on_cpu(self.cpu, [
            PKTGEN, "--device", device or f"net_af_xdp0,iface={GENERATOR_INTERFACE}",
            "--server", SERVER_ADDRESS, "--server-mac", SERVER_MAC, "--client-mac", GENERATOR_MAC,
            "--source", f"{GENERATOR_ADDRESS}/32", "--zone", self.zone.path,
            "--origin", self.zone.origin, *(["--kinds", self.kinds] if self.kinds else []),
            "--seconds", str(seconds), *pace, "--json", "-"])

    def run(self, where, seconds, rate=None, *, reflected=False):
        """What pktgen found, without what is the same for all. `where`: see serving(); `rate`:
        questions a second, None for as fast as they are answered. Failure if an answer is wrong;
        a reflector's are, and that does not count."""
        namespace, device = where
        command = in_namespace(namespace, self.command(device, seconds, rate))
        for _ in range(TRIES):
            status, out, err = finished(command, seconds)
            found = last_object(out)
            if found is not None or not any(word in (out + err).lower() for word in LATER):
                break
            time.sleep(PAUSE_s)
        if found is None:
            raise Failure(f"bowline-pktgen ended with status {status}: {(out + err)[-TAIL:]}")
        if not reflected and found["wrong"]:
            raise Failure(f"{found['wrong']} of {found['checked']} checked answers are wrong; "
                          f"the first: {found.get('first_wrong', 'unknown')}")
        if not found["answers"]:
            raise Failure(f"no answer to {found['sent']} questions")
        return {key: found[key] for key in KEPT if key in found}


def bench_answer(cpu, names, seconds, *more):
    """The JSON of bench_answer, which checks its answers itself."""
    status, out, err = finished(on_cpu(cpu, [
        BENCH, "--names", names, "--seconds", seconds, "--json", *more]), seconds)
    found = last_object(out)
    if status != 0 or found is None:
        raise Failure(f"bench_answer ended with status {status}: {err[-TAIL:].strip()}")
    return found
