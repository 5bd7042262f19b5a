"""perf/run with one server at tiny numbers, and how it ends when it must not go on."""

import json
import os
import pathlib
import signal
import subprocess
import xml.etree.ElementTree as ElementTree

import appliance
import network
import perf_results  # noqa: F401, finds the modules of perf/
import pytest

from side import generators, rounds, zones
from side.process import Failure, processes_below

RUN = appliance.TOP / "perf/run"
NEEDED = ("bowline-pktgen", "bench_answer", "perf/reflector")


@pytest.fixture(scope="module")
def links():
    """Skips where there is no link to be had."""
    network.needs_namespaces()
    network.needs_hugepages()
    if os.cpu_count() < 2:
        pytest.skip("server and generator need a CPU each")
    for program in NEEDED:
        if not (appliance.BUILD / program).exists():
            pytest.skip(f"{program} is not built")


def command(*words):
    return [str(RUN), "--no-build", *map(str, words)]


def namespaces(pid):
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True).stdout
    return [line for line in listed.splitlines() if line.split()[0].endswith(f"-{pid}")]


def test_quick_run_of_one_server(links, tmp_path):
    """All parts of a run that a memif has: rate, latency, memory."""
    done = subprocess.run(
        command("--quick", "--links", "memif", "--servers", "bowline", "--names", 200,
                "--json", tmp_path / "r.json"), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((tmp_path / "r.json").read_text())
    assert (result["format"], result["failed"]) == (1, [])
    (rate,) = result["links"]["memif"]["servers"]["bowline"]["rounds"]
    assert rate["answers"] > 1000 and rate["wrong"] == 0 < rate["checked"]
    assert set(rate["rcodes"]) == {"NOERROR"}
    loads = result["latency"]["memif"]["bowline"]["loads"]
    assert [row["load"] for row in loads] == [0.1, 0.5, 0.9]
    assert all(0 < row["latency_us"]["p50"] <= row["latency_us"]["p99_9"] for row in loads)
    assert result["memory"]["bowline"][0]["mebibytes"] > 1
    assert {"cpu", "kernel", "cpus", "load_before", "load_after"} <= set(result["machine"])
    assert "Bowline" in result["versions"]["bowline"]
    page = ElementTree.fromstring((tmp_path / "r.html").read_text())
    assert "Latency by load" in [each.text for each in page.iter("h2")]
    assert "memif  bowline" in done.stdout
    assert "left] round 1 of 1, memif, bowline" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_run_leaves_nothing_behind(links, tmp_path, number):
    process = subprocess.Popen(
        command("--links", "xdp", "--servers", "bowline", "--rounds", 50, "--names", 200,
                "--json", tmp_path / "r.json"),
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        line = process.stderr.readline()  # one step is done, the next one has begun
        assert "xdp, bowline" in line, line + process.stderr.read()
        assert len(namespaces(process.pid)) == 2
        appliance.wait_until(lambda: "bowlined" in names_of(processes_below(process.pid)), 30,
                             "the next server")
        started = set(processes_below(process.pid)) - {process.pid}
        process.send_signal(number)
        rest = process.communicate(timeout=60)[1]
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 1 and "nothing was written" in rest, rest
    assert "Traceback" not in rest
    assert namespaces(process.pid) == []
    assert not [pid for pid in started if appliance.started_at(pid)]
    assert not (tmp_path / "r.json").exists()


def names_of(pids):
    found = set()
    for pid in pids:
        try:
            found.add(pathlib.Path(f"/proc/{pid}/comm").read_text().strip())
        except OSError:
            continue
    return found


@pytest.mark.parametrize("words, text", [
    (["--servers", "bowline,unbound"], "unbound: choose from reflector,bowline,knotd"),
    (["--links", ""], "nothing: choose from memory,memif,xdp,sockets"),
    (["--rounds", "0"], "0: a number from 1 on"),
    (["--seconds", "1.5"], "1.5: a number from 1 on"),
    (["--zone", "/nowhere/x.zone"], "/nowhere/x.zone: no such zone file"),
    (["--json", "/nowhere/r.json"], "/nowhere/r.json cannot be written")])
def test_bad_options_are_named(tmp_path, words, text):
    beside = [] if "--json" in words else ["--json", tmp_path / "r.json"]
    done = subprocess.run(command("--quick", *beside, *words), capture_output=True, text=True)
    assert done.returncode != 0 and text in done.stderr.splitlines()[-1], done.stderr


def test_link_that_cannot_be_made_is_named(tmp_path):
    done = subprocess.run(
        command("--quick", "--links", "xdp", "--server-cpu", 0, "--generator-cpu", 0, "--names",
                10, "--servers", "reflector", "--json", tmp_path / "r.json"),
        capture_output=True, text=True)
    assert done.returncode == 1
    assert "not measured: xdp: " in done.stdout and "nothing was measured" in done.stdout


# ---- answers that are wrong ----------------------------------------------------------------------

@pytest.fixture
def pktgen(monkeypatch, tmp_path):
    """A function: what the generator says of a run in which it prints `text`."""
    def said(text, **more):
        program = tmp_path / "pktgen"
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")
        program.chmod(0o755)
        monkeypatch.setattr(generators, "PKTGEN", program)
        monkeypatch.setattr(generators, "in_namespace", lambda _, words: words)
        monkeypatch.setattr(generators, "preferred", lambda words: words)
        zone = zones.Zone("hosts.test", pathlib.Path("zone"), 10)
        return generators.Pktgen(zone, 0, 1, "existing=100").run(("", None), 1, **more)
    return said


def test_wrong_answers_fail_a_run(pktgen):
    found = {"answers": 9, "sent": 9, "wrong": 1, "checked": 4}
    with pytest.raises(Failure, match="1 of 4 checked answers are wrong"):
        pktgen(json.dumps(found))
    assert pktgen(json.dumps(found), reflected=True)["answers"] == 9


def test_no_answers_fail_a_run(pktgen):
    with pytest.raises(Failure, match="no answer to 9 questions"):
        pktgen(json.dumps({"answers": 0, "sent": 9, "wrong": 0, "checked": 0}))
    with pytest.raises(Failure, match="ended with status 0: no device"):
        pktgen("no device")


class Silent:
    starts = ends = lambda *_: None


def test_server_that_failed_is_left_out_and_the_others_go_on():
    result, order = {"failed": []}, []

    def step(title, place, fails=False):
        def work():
            if fails:
                raise Failure("it broke")
            order.append(title)
        return rounds.Step(title, 1, place, work, lambda: order.append(f"no {title}"))

    rounds.take([step("a", "nsd", fails=True), step("b", "named"), step("c", "nsd")], result,
                Silent())
    assert order == ["no a", "b", "no c"]
    assert result["failed"] == [{"what": "a", "why": "it broke"}]


def test_made_zone_is_checked_all_over():
    checks = zones.Zone("hosts.test", pathlib.Path("zone"), 100000).checks()
    assert checks[1] == ("h0.hosts.test", 1, bytes([10, 0, 0, 0]))
    assert checks[-1] == ("h99999.hosts.test", 1, bytes([10, 1, 0x86, 0x9f]))
    assert len(checks) == 17
    assert len(zones.Zone("x", pathlib.Path("zone"), 0).checks()) == 1
