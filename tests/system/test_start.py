"""How a start goes, and how it fails: one line that says what is wrong and what to do."""

import os
import pathlib
import socket
import subprocess
import time

import pytest

import appliance as harness
import client
import wire

SMALL = {"small.test.": harness.small_zone("small.test.", 1)}
AS_NOBODY = ("setpriv", f"--reuid={harness.nobody()[0]}", f"--regid={harness.nobody()[1]}",
             "--clear-groups", "--")


def own_lines(text):
    """The lines of the keeper's own complaint."""
    return [line for line in text.splitlines() if line.startswith("bowlined: ")]


def fails_with_one_line(appliance, *words):
    code, text = appliance.run_to_end()
    assert code != 0, text
    grave = [line for line in text.splitlines() if " info: " not in line]
    assert len(grave) == 1 and len(own_lines(text)) == 1, text
    for word in words:
        assert word in text, text
    return text


# ---- What stops a start --------------------------------------------------------------------------


@pytest.mark.parametrize("text,words", [
    ("server:\n    lissen: 127.0.0.1@5300\n", ["bowline.conf:2:5", "lissen"]),
    ("server:\n    listen: 127.0.0.1@99999\n", ["bowline.conf:2:", "server.listen"]),
    ("server:\n    udp-max-payload: 5\n", ["bowline.conf:2:", "1220"]),
    ("sever:\n    listen: 127.0.0.1\n", ["bowline.conf:1:1", "sever"]),
    ("server:\n    user: no-such-user-here\n", ["bowline.conf:2:", "no-such-user-here"]),
    ("zone:\n  - file: x\n", ["bowline.conf:2:"]),
    ("\x00\x01\x02", ["bowline.conf:1:"]),
])
def test_a_bad_configuration_is_named_by_its_place(text, words):
    with harness.Appliance(config=text) as appliance:
        fails_with_one_line(appliance, *words)


def test_all_mistakes_of_a_configuration_are_named_at_once():
    with harness.Appliance(config="server:\n    lissen: x\n    udp-max-payload: 1\n") as appliance:
        code, text = appliance.run_to_end()
        assert code != 0 and ":2:" in text and ":3:" in text


def test_a_configuration_that_is_not_there_is_named():
    with harness.Appliance() as appliance:
        appliance.config.unlink()
        fails_with_one_line(appliance, str(appliance.config), "No such file")


def test_a_busy_port_is_named():
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with harness.Appliance(SMALL) as appliance, \
                socket.socket(socket.AF_INET, kind) as other:
            other.bind(appliance.address())
            if kind == socket.SOCK_STREAM:
                other.listen()
            fails_with_one_line(appliance, f"127.0.0.1@{appliance.port}", "in use",
                                "server.listen")


def test_a_second_bowlined_in_the_same_rundir_is_told_about_the_first(samples):
    with harness.Appliance(SMALL) as second:
        second.rundir = samples.rundir
        second.write_config()
        text = fails_with_one_line(second, "another bowlined runs", str(samples.keeper_pid()))
        assert "rundir" in text
    assert samples.ask("example.test.", "A").aa


def test_an_address_that_is_not_ours_is_named_and_no_reason_not_to_start():
    with harness.Appliance(SMALL, listen=["127.0.0.1", "198.51.100.77"]) as appliance:
        appliance.start()
        assert "198.51.100.77 of server.listen on no interface yet" in appliance.errors()


def test_wrong_command_lines_say_where_help_is():
    for arguments in (["--nonsense"], ["-c"], ["extra"]):
        done = subprocess.run([harness.BUILD / "bowlined", *arguments], capture_output=True,
                              text=True, timeout=10)
        assert done.returncode != 0 and "--help" in done.stderr
    done = subprocess.run([harness.BUILD / "bowlined", "--help"], capture_output=True, text=True,
                          timeout=10)
    assert done.returncode == 0 and "-c" in done.stdout


def test_the_children_say_that_bowlined_starts_them():
    for name in harness.CHILD_NAMES:
        done = subprocess.run([harness.BUILD / name], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=10, close_fds=True)
        assert done.returncode != 0 and "bowlined" in done.stderr


# ---- Privileges ----------------------------------------------------------------------------------


@pytest.fixture
def needs_root():
    if os.geteuid() != 0:
        pytest.skip("needs root")


@pytest.mark.parametrize("user", [None, "nobody"])
def test_both_children_keep_no_capability_and_have_the_user(needs_root, user):
    uid = harness.nobody()[0] if user else 0
    with harness.Appliance(SMALL, user=user) as appliance:
        appliance.start()
        for name, pid in appliance.wait_children().items():
            status = harness.status_of(pid)
            for field in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                assert int(status[field], 16) == 0, (name, field, status[field])
            assert status["NoNewPrivs"].strip() == "1", name
            assert set(status["Uid"].split()) == {str(uid)}, name
            assert status["Groups"].split() in ([], [str(uid)]) or uid == 0
        assert appliance.ask("www.small.test.", "A").aa
        assert appliance.ctl("status").returncode == 0
        appliance.kill_child("bowline-control")
        harness.wait_until(lambda: appliance.ctl("status", check=False).returncode == 0, 10.0,
                           "control comes back as the same user")


def run_as_nobody(appliance):
    """Lets the unprivileged keeper write where it has to."""
    os.chown(appliance.folder, *harness.nobody())
    appliance.prefix = AS_NOBODY
    return appliance


def test_without_root_a_port_below_1024_is_refused_with_the_reason(needs_root):
    if int(pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) <= 53:
        pytest.skip("anybody may use port 53 here")
    with harness.Appliance(SMALL, user="nobody") as appliance:
        appliance.port = 53
        appliance.write_config()
        fails_with_one_line(run_as_nobody(appliance), "permission denied",
                            "CAP_NET_BIND_SERVICE")


def test_without_root_the_user_cannot_be_changed_and_that_is_said(needs_root):
    with harness.Appliance(SMALL, user="root") as appliance:
        code, text = run_as_nobody(appliance).run_to_end()
        assert code != 0 and "server.user" in text and "permission" in text, text


def test_without_root_an_own_user_and_a_high_port_work(needs_root):
    with harness.Appliance(SMALL, user="nobody:nogroup") as appliance:
        run_as_nobody(appliance).start()
        assert appliance.ask("www.small.test.", "A").aa
        assert appliance.ask("www.small.test.", "A", tcp=True, host="::1").aa


# ---- What does not stop a start ------------------------------------------------------------------


def test_no_huge_pages_is_a_warning_unless_none_are_wanted():
    meminfo = pathlib.Path("/proc/meminfo").read_text()
    if "HugePages_Free:        0" not in meminfo:
        pytest.skip("this machine has huge pages")
    for setting, warned in (("on", 1), ("auto", 1), ("off", 0)):
        with harness.Appliance(SMALL, dataplane=f"hugepages: {setting}") as appliance:
            appliance.start()
            text = appliance.errors()
            assert text.count("no huge pages") == warned, text
            assert not warned or "vm.nr_hugepages" in text
            assert appliance.ask("www.small.test.", "A").aa


def broken_zone_starts(source, *words, change=None):
    """The zone is named in one line, other zones are served."""
    with harness.Appliance({**SMALL, "broken.test.": source}) as appliance:
        if change:
            change(appliance.zones["broken.test."])
        appliance.start()
        lines = [line for line in appliance.errors().splitlines()
                 if "[broken.test.] zone loader" in line and " error: " in line]
        assert len(lines) == 1, appliance.errors()
        for word in words:
            assert word in lines[0], lines[0]
        assert appliance.ask("www.small.test.", "A").aa
        reply = appliance.ask("www.broken.test.", "A")
        assert reply.rcode in (wire.SERVFAIL, wire.REFUSED) and not reply.aa
        rows = {row["zone"]: row for row in appliance.ctl_json("zone-status")}
        assert rows["broken.test."]["status"] == "failed" and words[0] in str(
            rows["broken.test."])
        assert rows["small.test."]["status"] == "served"
        return lines[0]


def test_a_missing_zone_file_is_named():
    broken_zone_starts(None, "broken.test.zone", "No such file", "check the zone's file")


def test_an_unreadable_zone_file_is_named(needs_root):
    """Root without CAP_DAC_OVERRIDE is nobody special."""
    broken_zone_starts(SMALL["small.test."], "broken.test.zone", "ermission denied", "server.user",
                       change=lambda path: path.chmod(0))


def test_a_folder_for_a_zone_file_is_named():
    def make_folder(path):
        path.mkdir()

    broken_zone_starts(None, "broken.test.zone", change=make_folder)


def test_a_syntax_error_is_named_by_file_line_and_column():
    text = harness.small_zone("broken.test.", 1) + "bad  A  192.0.2.256\n"
    line = text.count("\n")
    broken_zone_starts(text, f"broken.test.zone:{line}:9", "192.0.2.256")


def test_a_zone_without_soa_is_not_served():
    broken_zone_starts("$TTL 60\n@ NS ns.elsewhere.test.\n", "broken.test", "SOA")


def test_twenty_errors_of_a_zone_file_are_collected():
    text = harness.small_zone("broken.test.", 1) + "".join(
        f"b{i} A 192.0.2.{300 + i}\n" for i in range(30))
    with harness.Appliance({"broken.test.": text}) as appliance:
        appliance.start()
        named = appliance.log_count("broken.test.zone:")
        assert 20 <= named <= 21, appliance.errors()


# ---- When answers begin --------------------------------------------------------------------------


def big_zone(names):
    return harness.small_zone("big.test.", 1) + "".join(
        f"h{i} A 10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}\n" for i in range(names))


def test_no_query_is_answered_before_all_zones_are_loaded():
    names = 400_000
    with harness.Appliance({**SMALL, "big.test.": big_zone(names)}) as appliance:
        appliance.launch()
        question = wire.query("www.small.test.", "A")
        last = wire.query(f"h{names - 1}.big.test.", "A")
        begin = time.monotonic()
        first = None
        while first is None:
            first = client.try_udp(appliance.address(), question, 0.02)
            assert time.monotonic() - begin < 60 and appliance.process.poll() is None
        reply = wire.parse(client.udp(appliance.address(), last))
        assert wire.parse(first).rcode == wire.NOERROR and reply.rcode == wire.NOERROR
        assert reply.answer and reply.aa
        assert wire.parse(client.tcp(appliance.address("::1"), last)).answer
        appliance.wait_serving()
        appliance.wait_children()


def test_async_start_answers_before_the_zones_are_loaded():
    with harness.Appliance({"big.test.": big_zone(400_000)}, server="async-start: on") as appliance:
        appliance.launch()
        question = wire.query("h7.big.test.", "A")
        rcodes = []
        begin = time.monotonic()
        while not rcodes or rcodes[-1] != wire.NOERROR:
            reply = client.try_udp(appliance.address(), question, 0.02)
            if reply is not None:
                rcodes.append(wire.parse(reply).rcode)
            assert time.monotonic() - begin < 60 and appliance.process.poll() is None
        assert set(rcodes) <= {wire.SERVFAIL, wire.REFUSED, wire.NOERROR}
        appliance.wait_serving()
        appliance.wait_children()


def test_no_zone_at_all_is_served_too():
    with harness.Appliance({}) as appliance:
        appliance.start()
        assert appliance.ask("example.test.", "A").rcode == wire.REFUSED


def test_items_that_are_not_yet_effective_are_named_once():
    items = "tcp-fastopen: on\nremote-retry-delay: 5"
    with harness.Appliance(SMALL, server=items) as appliance:
        appliance.start()
        lines = [line for line in appliance.errors().splitlines() if "not yet effective" in line]
        assert len(lines) == 1 and "tcp-fastopen" in lines[0]
        assert "remote-retry-delay" in lines[0]


def test_starts_and_ends_leave_nothing_behind():
    """Sockets, files and processes: the second start finds the place as the first one did."""
    with harness.Appliance(harness.SAMPLE_ZONES) as appliance:
        for _ in range(3):
            appliance.start()
            assert appliance.ask("example.test.", "A").aa
            appliance.stop()
            assert list(appliance.rundir.iterdir()) == []
