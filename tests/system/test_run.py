"""./run: builds, starts, says what to try, and ends on Ctrl-C; the same on a link of its own."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest

import appliance as harness
import client
import network
import wire

PORT = 5353
START_s = 3.0
BUILD_ONLY_s = 10.0


@pytest.fixture(scope="module")
def built():
    """./run works on its own build folder, so it must be the one under test."""
    if harness.BUILD != harness.TOP / "build":
        pytest.skip("./run uses build/, and another folder is being tested")
    subprocess.run([harness.TOP / "run", "--build-only"], check=True, timeout=1800,
                   stdout=subprocess.DEVNULL)


@pytest.fixture
def port_free():
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((host, PORT))
            except OSError as error:
                pytest.skip(f"{host} port {PORT} is in use: {error}")


def test_a_second_build_is_quick_and_leaves_all_programs(built):
    begin = time.monotonic()
    done = subprocess.run([harness.TOP / "run", "--build-only"], capture_output=True, text=True,
                          timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert time.monotonic() - begin < BUILD_ONLY_s
    for name in ("bowlined", "bowline-control", "bowline-dataplane", "bowlinec", "bench_answer"):
        assert os.access(harness.BUILD / name, os.X_OK), name


def test_an_unknown_option_is_named(built):
    done = subprocess.run([harness.TOP / "run", "--nonsense"], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode != 0 and "--nonsense" in done.stderr and "--build-only" in done.stderr


def test_run_starts_in_three_seconds_and_ends_on_ctrl_c(built, port_free, tmp_path):
    output = tmp_path / "output"
    begin = time.monotonic()
    with open(output, "wb") as out:
        process = subprocess.Popen([harness.TOP / "run"], stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=out, start_new_session=True)
    try:
        message = wire.query("www.example.test.", "A")

        def answers():
            assert process.poll() is None, output.read_text()
            return client.try_udp(("127.0.0.1", PORT), message, 0.05)

        reply = wire.parse(harness.wait_until(answers, 30.0, "an answer on port 5353"))
        took = time.monotonic() - begin
        assert reply.aa and reply.answer
        for tcp in (False, True):
            for host in ("127.0.0.1", "::1"):
                send = client.tcp if tcp else client.udp
                assert wire.parse(send((host, PORT), message)).answer
        check_the_line_to_try(harness.wait_until(
            lambda: re.search(r"\bk?dig\b.*", output.read_text()), 5.0, "a line with dig").group(0))
        children = harness.children_of(process.pid)
        assert len(children) == 2, children
        # As the terminal does: to all processes of the foreground.
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(10) in (0, 130, -signal.SIGINT)
        for pid in children.values():
            harness.wait_until(lambda pid=pid: harness.started_at(pid) is None, 5.0,
                               f"end of {pid}")
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(10)
    text = output.read_text()
    assert "killed by signal" not in text, text
    for mark in harness.SANITIZER_MARKS:
        assert mark not in text, text
    assert took < START_s, f"{took:.1f} s"


class OnALink:
    """./run --xdp or --dpdk, in a namespace that stands for the machine: what it makes outside of
    its own namespace, it makes there."""

    def __init__(self, mode, machine, folder):
        self.mode, self.machine, self.output = mode, machine, folder / "output"

    def __enter__(self):
        environment = {**os.environ, "BOWLINE_BUILD": str(harness.BUILD)}
        with open(self.output, "wb") as out:
            self.process = subprocess.Popen(
                [*self.machine.prefix, harness.TOP / "run", self.mode], stdin=subprocess.DEVNULL,
                stdout=out, stderr=out, start_new_session=True, env=environment)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)

    def text(self):
        return self.output.read_text(errors="replace")

    def wait_for(self, pattern, seconds=600.0):
        """Building comes first, if something has changed."""
        def found():
            match = re.search(pattern, self.text())
            assert match or self.process.poll() is None, self.text()[-3000:]
            return match
        return harness.wait_until(found, seconds, lambda: f"{pattern}: {self.text()[-3000:]}",
                                  pause=0.02)

    def to_type(self):
        """The commands that are printed, as they stand."""
        block = self.wait_for(r"\ntry: ((?:.*\n)+?)end: Ctrl-C").group(1)
        return [line.strip() for line in block.splitlines()]

    def descendants(self):
        found, new = {}, [self.process.pid]
        while new:
            pid = new.pop()
            found[pid] = harness.started_at(pid)
            new += map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        return found

    def check_all_gone(self, processes):
        for pid, start in processes.items():
            harness.wait_until(lambda pid=pid, start=start: harness.started_at(pid) != start, 10.0,
                               f"end of {pid}")
        name = re.search(r"namespace (bowline-run-\d+)", self.text())
        if name:
            assert not pathlib.Path("/run/netns", name.group(1)).exists()
            assert not (harness.BUILD / "run" / name.group(1)).exists()
        # The other end of the pair goes when the kernel has taken the namespace apart.
        harness.wait_until(lambda: "bowline-run" not in self.machine.ip("link"), 10.0,
                           "end of the veth pair")


@pytest.fixture
def machine():
    network.needs_namespaces()
    with network.Namespace("machine") as namespace:
        yield namespace


@pytest.mark.parametrize("mode, kind, signal_number", [("--xdp", "xdp", signal.SIGINT),
                                                       ("--dpdk", "dpdk", signal.SIGTERM)])
def test_run_on_a_link_answers_what_it_says_to_type(machine, tmp_path, mode, kind, signal_number):
    with OnALink(mode, machine, tmp_path) as run:
        commands = run.to_type()
        assert len([c for c in commands if c.startswith("dig ")]) == 3, commands
        for command in commands:
            done = machine.run("sh", "-c", f"cd {harness.TOP} && {command}")
            if command.startswith("dig "):
                assert "status: NOERROR" in done.stdout or "status: NXDOMAIN" in done.stdout
        status = json.loads(machine.run(*commands[-1].split(), "--json", cwd=harness.TOP).stdout)
        assert [port["kind"] for port in status["ports"]] == [kind]
        assert status["ports"][0]["link"] == "up" and status[f"{kind}-workers"] == 1
        # Two by UDP; control has them from the dataplane once a second at least.
        harness.wait_until(lambda: json.loads(machine.run(
            *commands[-1].split(), "--json", cwd=harness.TOP).stdout)["queues"][0]["sent"] >= 2,
            5.0, "two answers by the queue")
        processes = run.descendants()
        assert len(processes) == 4, processes  # ./run, bowlined, and its two
        if signal_number == signal.SIGINT:  # as the terminal does
            os.killpg(run.process.pid, signal_number)
        else:
            run.process.send_signal(signal_number)
        assert run.process.wait(20) == 0, run.text()[-3000:]
        run.check_all_gone(processes)
    for mark in ("killed by signal", *harness.SANITIZER_MARKS):
        assert mark not in run.text()


def test_run_on_a_link_that_is_ended_at_once_leaves_nothing(machine, tmp_path):
    with OnALink("--xdp", machine, tmp_path) as run:
        run.wait_for("started bowline-control")
        processes = run.descendants()
        run.process.send_signal(signal.SIGTERM)
        assert run.process.wait(20) in (0, 128 + signal.SIGTERM)
        run.check_all_gone(processes)


def check_the_line_to_try(line):
    """What ./run tells people to type works as it stands."""
    command = line.strip().strip("`'\"").split("  ")[0].split()
    assert "5353" in line, line
    if shutil.which(command[0]):
        done = subprocess.run([*command, "+time=5"], capture_output=True, text=True, timeout=30)
        assert done.returncode == 0 and "NOERROR" in done.stdout or done.stdout.strip(), line


def test_without_root_run_names_what_needs_root(built):
    if os.geteuid() != 0:
        pytest.skip("needs root to become nobody")
    uid, gid = harness.nobody()
    done = subprocess.run(["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--",
                           harness.TOP / "run"], capture_output=True, text=True, timeout=600)
    assert done.returncode != 0 and "root" in done.stdout + done.stderr
