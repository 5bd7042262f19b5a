"""bowlinec: exit codes, what goes to which stream, JSON, Prometheus, commands from a pipe, and what
it does without a server."""

import json
import os
import pathlib
import pwd
import re
import socket
import subprocess
import threading

import pytest

import appliance as harness
from control_fake import OK, FakeControl, counters, items, rows

BOWLINEC = str(harness.BUILD / "bowlinec")
REFUSED = {"end": {"ok": False, "error": "no active transaction", "data": "begin with conf-begin"}}
NO_ZONE = [{"failure": {"zone": "nope", "error": "no such zone found"}}, {"end": {"ok": False}}]

ANSWERS = {
    "status": lambda request: [*items(version="1.2.3", state="serving"), OK],
    "stats": [*counters({"server.zone-count": 3, "dataplane.rcode-noerror": 17,
                         "xdp.steered": 0, "mod-stats.query-type[A]": 4,
                         "mod-stats.query-type[AAAA]": 2}), OK],
    "zone-status": lambda request: NO_ZONE if "nope" in request["args"] else [
        *rows({"zone": "a.", "role": "master", "serial": 7}), OK],
    "conf-commit": [REFUSED],
    "reload": [{"text": "2 zones loaded"}, OK],
}


def run(*arguments, seconds=30, text=None, **options):
    return subprocess.run([BOWLINEC, *map(str, arguments)], capture_output=True, text=True,
                          timeout=seconds, input=text, stdin=None if text else subprocess.DEVNULL,
                          **options)


@pytest.fixture(scope="module")
def control():
    with FakeControl(ANSWERS) as fake:
        yield fake


@pytest.mark.parametrize("words, code, out, err", [
    (["status"], 0, "Running\n", ""),
    (["reload"], 0, "Reloaded\n", "2 zones loaded\n"),
    (["conf-begin"], 0, "OK\n", ""),
    (["zone-status", "nope"], 1, "error: [nope] (no such zone found)\n",
     "bowlinec: nope: no such zone found\n"),
    (["conf-commit"], 1, "error: (no active transaction) \n",
     "bowlinec: no active transaction: begin with conf-begin\n"),
    (["zone-stauts"], 2, "", "invalid command 'zone-stauts'; did you mean 'zone-status'?"),
    (["stop", "now"], 2, "", "stop takes no arguments"),
    (["status", "speed"], 2, "", "there are: version, workers"),
    (["zone-status", "+speed"], 2, "", "there are: +role"),
    (["--speed"], 2, "", "no such option: --speed"),
    (["-t", "never", "status"], 2, "", "from 0 to 86400"),
    (["status", "--watch=x"], 2, "", "--watch=<count>"),
])
def test_exit_codes_and_streams(control, words, code, out, err):
    done = run("-s", control.path, *words)
    assert (done.returncode, done.stdout) == (code, out)
    assert err in done.stderr and bool(err) == bool(done.stderr)


def test_flags_of_the_request(control):
    for words, expected in ((["zone-reload"], (False, False, False)),
                            (["-bfe", "zone-reload"], (True, True, True)),
                            (["zone-reload", "-b", "-f", "a."], (True, True, False))):
        run("-s", control.path, *words)
        request = control.requests[-1]
        assert (request["blocking"], request["force"], request["extended"]) == expected
    assert request["args"] == ["a."]


def test_a_silent_server_is_waited_for_as_long_as_asked():
    release = threading.Event()

    def wait():
        release.wait(30)
        return OK

    with FakeControl({"status": [wait], "zone-reload": [wait], "stop": [None]}) as control:
        for words in (["-t", "1", "status"], ["-t", "1", "-b", "zone-reload"]):
            done = run("-s", control.path, *words)
            assert done.returncode == 4 and "wait longer with -t" in done.stderr
            assert done.stdout == ""
        done = run("-s", control.path, "stop")
        assert done.returncode == 4 and "ended the connection" in done.stderr
        release.set()


def test_rubbish_from_the_server_is_an_error(tmp_path):
    for octets in (b"\0\0\0\2{]", b"\xff\xff\xff\xff", b"\0\0\0\4null\0\0\0\7[1,2,3]", b"\0"):
        with socket.socket(socket.AF_UNIX) as listener:
            path = str(tmp_path / f"s{len(octets)}-{octets[-1]}")
            listener.bind(path)
            listener.listen()

            def answer():
                link, _ = listener.accept()
                with link:
                    link.recv(4096)
                    link.sendall(octets)

            thread = threading.Thread(target=answer)
            thread.start()
            done = run("-s", path, "status")
            thread.join()
            assert done.returncode == 4 and done.stderr.startswith("bowlinec: ")


# ---- without a server -----------------------------------------------------------------------


def test_no_server_says_what_to_do(tmp_path):
    done = run("-s", tmp_path / "none", "status")
    assert done.returncode == 3 and done.stdout == ""
    assert "start bowlined" in done.stderr and len(done.stderr.splitlines()) == 1
    path = tmp_path / "dead"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    done = run("-s", path, "status")
    assert done.returncode == 3 and "nobody listens" in done.stderr
    assert json.loads(run("--json", "-s", path, "status").stdout)["ok"] is False
    done = run("-s", "/" + "x" * 200, "status")
    assert done.returncode == 3 and "too long" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="a socket of somebody else needs root")
def test_no_permission_names_the_group(control):
    folder = pathlib.Path(control.folder.name)
    folder.chmod(0o755)
    os.chown(control.path, 0, pwd.getpwnam("daemon").pw_gid)
    os.chmod(control.path, 0o660)
    nobody = pwd.getpwnam("nobody")
    reachable = subprocess.run([BOWLINEC, "-V"], user=nobody.pw_uid, capture_output=True)
    if reachable.returncode != 0:
        pytest.skip("nobody cannot reach the build folder")
    done = run("-s", control.path, "status", user=nobody.pw_uid, group=nobody.pw_gid,
               extra_groups=[])
    assert done.returncode == 3 and "usermod -aG daemon nobody" in done.stderr


def test_the_socket_comes_from_the_configuration(control, tmp_path):
    config = tmp_path / "bowline.conf"
    config.write_text(f"control:\n    listen: {control.path}\n")
    assert run("-c", config, "status").stdout == "Running\n"
    assert "asking status at " + control.path in run("-v", "-c", config, "status").stderr
    config.write_text(f"server:\n    rundri: {tmp_path}\n")
    done = run("-c", config, "status")
    assert done.returncode == 2 and f"{config}:2:5: server.rundri" in done.stderr
    done = run("-c", tmp_path / "none.conf", "status")
    assert done.returncode == 2 and "none.conf" in done.stderr


# ---- JSON -----------------------------------------------------------------------------------


@pytest.mark.parametrize("words, expected", [
    (["status"], {"version": "1.2.3", "state": "serving"}),
    (["zone-status"], [{"zone": "a.", "role": "master", "serial": 7}]),
    (["reload"], {"ok": True, "messages": ["2 zones loaded"]}),
    (["conf-diff"], []),
])
def test_json(control, words, expected):
    assert json.loads(run("--json", "-s", control.path, *words).stdout) == expected
    assert json.loads(run("-s", control.path, words[0], "-j").stdout) == expected


def test_json_of_what_went_wrong(control):
    done = run("--json", "-s", control.path, "zone-status", "nope")
    answer = json.loads(done.stdout)
    assert done.returncode == 1 and answer["ok"] is False
    assert answer["failures"] == [{"zone": "nope", "error": "no such zone found"}]
    answer = json.loads(run("--json", "-s", control.path, "conf-commit").stdout)
    assert answer["error"] == "no active transaction"


# ---- Prometheus -----------------------------------------------------------------------------


def parse_exposition(text):
    """Metric name to (type, {labels: value}), as the text format 0.0.4 defines it."""
    families, current = {}, None
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, help_text = line[len("# HELP "):].split(" ", 1)
            assert name not in families and help_text
            current = name
            families[name] = [None, {}]
        elif line.startswith("# TYPE "):
            name, kind = line[len("# TYPE "):].split(" ")
            assert name == current and kind in ("counter", "gauge")
            assert families[name][0] is None and not families[name][1]
            families[name][0] = kind
        else:
            found = re.fullmatch(
                r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"\})?'
                r" (\d+)", line)
            assert found and found[1] == current, line
            key = (found[2], found[3])
            assert key not in families[current][1], line
            families[current][1][key] = int(found[4])
    return {name: (kind, samples) for name, (kind, samples) in families.items()}


def test_prometheus_is_read_by_parsers(control):
    done = run("-s", control.path, "stats", "--prometheus")
    assert done.returncode == 0 and done.stderr == "" and done.stdout.endswith("\n")
    assert control.requests[-1]["force"] is True
    families = parse_exposition(done.stdout)
    assert families == {
        "bowline_server_zone_count": ("gauge", {(None, None): 3}),
        "bowline_dataplane_rcode_noerror_total": ("counter", {(None, None): 17}),
        "bowline_xdp_steered_total": ("counter", {(None, None): 0}),
        "bowline_mod_stats_query_type_total": ("counter", {("id", "A"): 4, ("id", "AAAA"): 2}),
    }


def test_prometheus_is_read_by_its_own_parser(control):
    parser = pytest.importorskip("prometheus_client.parser")
    text = run("-s", control.path, "stats", "--prometheus").stdout
    found = {family.name: family for family in parser.text_string_to_metric_families(text)}
    assert found["bowline_server_zone_count"].type == "gauge"
    queries = found["bowline_mod_stats_query_type"]
    assert queries.type == "counter"
    assert {sample.labels["id"]: sample.value for sample in queries.samples} == {"A": 4, "AAAA": 2}


# ---- commands from a pipe ---------------------------------------------------------------------


def test_commands_from_a_pipe(control):
    count = len(control.requests)
    done = run("-s", control.path, text="status\n\n# a remark\nnonsense\nzone-status 'a.'\n"
               "conf-set zone[a].comment \"two words\"\nreload -b\nstatus 'open\nexit\nstop\n")
    assert done.returncode == 0
    assert done.stdout == "Running\n[a.] role: master | serial: 7\nOK\nReloaded\n"
    assert "invalid command 'nonsense'" in done.stderr and "has no end" in done.stderr
    asked = control.requests[count:]
    assert [request["verb"] for request in asked] == ["status", "zone-status", "conf-set", "reload"]
    assert asked[2]["args"] == ["zone[a].comment", "two words"] and asked[3]["blocking"] is True


# ---- local commands ---------------------------------------------------------------------------


def test_conf_check_needs_no_server(tmp_path):
    config = tmp_path / "bowline.conf"
    config.write_text("zone:\n  - domain: example.com\n")
    done = run("-c", config, "conf-check")
    assert (done.returncode, done.stdout, done.stderr) == (0, "Configuration is valid\n", "")
    config.write_text("server:\n    udp-workres: 1\n    identity\nzone:\n  - domain: a..b\n")
    done = run("-c", config, "conf-check")
    assert done.returncode == 1 and done.stdout == ""
    lines = done.stderr.splitlines()
    assert [line.split(":")[2] for line in lines] == ["2", "3", "5"]
    assert "udp-workers" in lines[0]
    answer = json.loads(run("-j", "-c", config, "conf-check").stdout)
    assert answer["ok"] is False and "udp-workers" in answer["error"]
    done = run("-c", tmp_path / "none", "conf-check")
    assert done.returncode == 1 and str(tmp_path / "none") in done.stderr


def test_database_commands(tmp_path):
    config, database, copy = tmp_path / "in.conf", tmp_path / "db", tmp_path / "out.conf"
    config.write_text("server:\n    identity: \"two words\"\nremote:\n  - id: r\n"
                      "    address: [ 192.0.2.1, ::1@54 ]\nzone:\n  - domain: example.com\n"
                      "    master: r\n")
    assert run("-C", database, "conf-init").stdout == "OK\n"
    assert run("-C", database, "conf-check").stdout == "Configuration is valid\n"
    assert run("-C", database, "conf-import", config).stdout == "OK\n"
    done = run("-C", database, "conf-import", config)
    assert done.returncode == 1 and "-f" in done.stderr
    assert run("-f", "-C", database, "conf-import", config).stdout == "OK\n"
    shown = run("-C", database, "conf-export").stdout
    assert run("-C", database, "conf-export", copy).stdout == "OK\n"
    assert copy.read_text() == shown and "two words" in shown and "example.com" in shown
    assert copy.stat().st_mode & 0o007 == 0  # keys are nobody's business
    assert run("-c", copy, "conf-export").stdout == shown
    assert run("-c", copy, "conf-check").returncode == 0
    assert json.loads(run("-j", "-c", copy, "conf-export").stdout) == {"configuration": shown}
    config.write_text("zone:\n  - domain: example.net\n")
    assert run("-C", database, "conf-import", config, "+nopurge").stdout == "OK\n"
    both = run("-C", database, "conf-export").stdout
    assert "example.com" in both and "example.net" in both
    for words, part in ((["-c", config, "conf-init"], "-C DIRECTORY"),
                        (["-C", database, "conf-init"], "-f"),
                        (["-C", tmp_path / "no/where", "conf-export"], "no/where"),
                        (["-C", database, "conf-export", tmp_path / "no/x"], "no/x")):
        done = run(*words)
        assert done.returncode == 1 and part in done.stderr, done.stderr


def test_the_schema_is_json():
    schema = json.loads(run("conf-export", "+schema").stdout)
    assert "zone" in schema["properties"]
