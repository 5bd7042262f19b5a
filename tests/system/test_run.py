"""./run: builds, starts, says what to try, and ends on Ctrl-C."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest

import appliance as harness
import client
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
