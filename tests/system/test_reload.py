"""bowlinec and SIGHUP: what is changed shows, what is broken keeps its last version."""

import json
import signal
import socket
import subprocess

import pytest

import appliance as harness
import wire

zone = harness.small_zone


@pytest.fixture
def running():
    zones = {name: zone(name, 1) for name in ("one.test.", "two.test.")}
    with harness.Appliance(zones) as started:
        yield started.start()


def test_a_changed_zone_shows_and_the_other_is_not_read(running):
    running.write_zone("one.test.", zone("one.test.", 2, "new A 192.0.2.99\n"))
    text = running.ctl("reload").told
    assert "1 zones loaded" in text and "1 unchanged" in text
    assert running.serial("one.test.") == 2 and running.serial("two.test.") == 1
    reply = running.ask("new.one.test.", "A")
    assert reply.rdata("answer", "new.one.test.", "A") == {bytes([192, 0, 2, 99])}


def test_a_broken_zone_keeps_its_last_version_and_says_why(running):
    broken = zone("one.test.", 2, "oops A not-an-address\n")
    running.write_zone("one.test.", broken)
    done = running.ctl("reload", check=False)
    assert done.returncode == 1
    place = f"one.test.zone:{broken.count(chr(10))}:8"
    assert place in done.told and "not-an-address" in done.told
    assert running.serial("one.test.") == 1 and running.ask("www.one.test.", "A").aa
    row = running.ctl_json("zone-status", "one.test.")[0]
    assert row["serial"] == 1 and place in row["error"] and row["status"].startswith("served")
    # Nothing is left of the failure once the file is mended.
    running.write_zone("one.test.", zone("one.test.", 3))
    running.ctl("reload")
    assert running.serial("one.test.") == 3
    assert running.ctl_json("zone-status", "one.test.")[0]["error"] == ""


def test_a_deleted_zone_file_keeps_the_last_version(running):
    running.zones["one.test."].unlink()
    done = running.ctl("reload", check=False)
    assert done.returncode == 1 and "one.test.zone" in done.told
    assert running.serial("one.test.") == 1


def test_sighup_reloads(running):
    running.write_zone("two.test.", zone("two.test.", 7))
    running.process.send_signal(signal.SIGHUP)
    harness.wait_until(lambda: running.serial("two.test.") == 7, 5.0, "serial 7")


def test_sighup_with_a_broken_zone_keeps_serving_and_logs_the_place(running):
    running.write_zone("two.test.", "$TTL 1\n@ SOA ( broken\n")
    running.process.send_signal(signal.SIGHUP)
    running.wait_log("two.test.zone:")
    assert running.serial("two.test.") == 1


def test_a_removed_zone_is_refused_and_an_added_one_served(running):
    del running.zones["one.test."]
    running.add_zone("three.test.", zone("three.test.", 3))
    running.write_config()
    running.ctl("reload")
    assert running.ask("www.one.test.", "A").rcode == wire.REFUSED
    assert running.serial("three.test.") == 3 and running.serial("two.test.") == 1
    assert {row["zone"] for row in running.ctl_json("zone-status")} == {"two.test.", "three.test."}


def test_a_child_zone_that_comes_and_goes_changes_who_answers(running):
    assert running.ask("www.sub.one.test.", "A").rcode == wire.NXDOMAIN
    running.add_zone("sub.one.test.", zone("sub.one.test.", 5))
    running.write_config()
    running.ctl("reload")
    assert running.ask("www.sub.one.test.", "A").answer
    del running.zones["sub.one.test."]
    running.write_config()
    running.ctl("reload")
    assert running.ask("www.sub.one.test.", "A").rcode == wire.NXDOMAIN


def test_a_bad_configuration_changes_nothing(running):
    running.write_file(running.config, running.config_text() + "nonsense:\n    item: 1\n")
    done = running.ctl("reload", check=False)
    assert done.returncode == 1 and "bowline.conf:" in done.told and "nonsense" in done.told
    assert running.serial("one.test.") == 1 and running.serial("two.test.") == 1
    running.process.send_signal(signal.SIGHUP)
    running.wait_log("nonsense")
    assert running.serial("one.test.") == 1
    assert running.process.poll() is None


def test_settings_of_answers_change_by_reload():
    big = "big TXT " + " ".join(['"' + "x" * 200 + '"'] * 8) + "\n"
    with harness.Appliance({"one.test.": zone("one.test.", 1, big)}) as running:
        running.start()
        assert running.ask("big.one.test.", "TXT", edns=4096).tc
        running.server = "udp-max-payload: 4096"
        running.write_config()
        running.ctl("reload")
        harness.wait_until(lambda: not running.ask("big.one.test.", "TXT", edns=4096).tc, 5.0,
                           "an answer beyond 1232 octets")


def test_an_item_that_needs_a_restart_is_named(running):
    running.listen = ["127.0.0.1"]
    running.write_config()
    running.ctl("reload")
    running.wait_log("restart")
    assert running.ask("www.one.test.", "A", host="::1").aa


def test_many_reloads_of_the_same_zone_do_not_grow_memory(running):
    def used():
        return float(running.status()["tables-used"].split()[0])

    text = zone("one.test.", 10, "".join(f"n{i} A 192.0.2.1\n" for i in range(2000)))
    running.write_zone("one.test.", text)
    running.ctl("reload")
    before = used()
    for serial in range(11, 71):
        running.write_zone("one.test.", text.replace(" 10 3600", f" {serial} 3600"))
        running.ctl("reload")
        assert running.serial("one.test.") == serial
    # Each version takes 0.14 MiB; what readers may still see is given back a moment later.
    harness.wait_until(lambda: used() <= before + 2, 5.0,
                       lambda: f"{used()} MiB as the {before} MiB before")


def test_zone_reload_loads_only_what_is_named(running):
    for name in ("one.test.", "two.test."):
        running.write_zone(name, zone(name, 5))
    running.ctl("zone-reload", "two.test.")
    assert running.serial("one.test.") == 1 and running.serial("two.test.") == 5


def test_status_says_what_runs(running):
    harness.wait_until(lambda: running.status()["dataplane"] == "serving", 5.0,
                       "all threads at work")
    status = running.status()
    children = running.children()
    assert int(status["dataplane-pid"]) == children["bowline-dataplane"]
    assert int(status["control-pid"]) == children["bowline-control"]
    assert int(status["keeper-pid"]) == running.keeper_pid()
    assert int(status["zones-served"]) == 2
    assert running.ctl("status").stdout == "Running\n"
    text = running.ctl("-e", "status").stdout
    assert "zones-served" in text and "\x1b" not in text


def test_zone_status_is_lines_and_json(running):
    assert running.ctl("zone-status").stdout == (
        "[one.test.] role: master | serial: 1\n[two.test.] role: master | serial: 1\n")
    rows = json.loads(running.ctl("--json", "zone-status").stdout)
    assert [(row["zone"], row["serial"]) for row in rows] == [("one.test.", 1), ("two.test.", 1)]
    done = running.ctl("zone-status", "nope.test.", check=False)
    assert done.returncode == 1 and "nope.test." in done.stderr


def test_bowlinec_finds_the_socket_by_the_configuration(running):
    done = subprocess.run([running.build / "bowlinec", "-c", running.config, "status"],
                          capture_output=True, text=True, timeout=10)
    assert done.returncode == 0 and done.stdout == "Running\n"


def test_wrong_verbs_and_arguments_say_what_there_is(running):
    done = running.ctl("nonsense", check=False)
    assert done.returncode == 2 and "bowlinec --help" in done.stderr
    assert running.ctl("status", "extra", check=False).returncode == 2
    assert running.ctl("zone-status", "a..b", check=False).returncode == 1


def test_without_a_server_bowlinec_says_so():
    with harness.Appliance({}) as appliance:
        done = appliance.ctl("status", check=False)
        assert done.returncode == 3 and "start bowlined" in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_stop_ends_everything(running):
    running.children()
    assert running.ctl("stop").stdout == "Stopped\n"
    assert running.process.wait(10) == 0
    running.stop()


def test_a_client_of_the_control_socket_that_sends_rubbish_harms_nobody(running):
    path = str(running.rundir / "bowline.sock")
    for octets in (b"", b"\0", b"\xff\xff\xff\xff", b"\0\0\0\2{]", b"\0\0\0\4null", b"\0\0\0\2[]",
                   b"\0\0\0\x0e{\"verb\":[1,2]}", b"\0\0\0\2{}", b"\0\1\0\0" + b"[" * 65536,
                   b"GET / HTTP/1.0\r\n\r\n"):
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(5)
            link.connect(path)
            link.sendall(octets)
            link.shutdown(socket.SHUT_WR)
            try:
                while link.recv(4096):
                    pass
            except ConnectionResetError:
                pass
        assert running.ctl("status").returncode == 0
    assert running.children()["bowline-control"] == int(running.status()["control-pid"])


def test_an_idle_client_of_the_control_socket_does_not_block_others(running):
    links = []
    for _ in range(20):
        link = socket.socket(socket.AF_UNIX)
        link.setblocking(False)
        try:
            link.connect(str(running.rundir / "bowline.sock"))
        except BlockingIOError:
            pass
        links.append(link)
    try:
        harness.wait_until(lambda: running.ctl("status", check=False).returncode == 0, 10.0,
                           "status beside idle clients")
    finally:
        for link in links:
            link.close()


def test_a_zone_that_cannot_be_loaded_is_answered_servfail(running):
    running.add_zone("child.one.test.", "broken")
    running.add_zone("later.test.")  # no file yet
    running.write_config()
    done = running.ctl("reload", check=False)
    assert done.returncode == 1 and "child.one.test.zone:1:" in done.told
    for name in ("www.child.one.test.", "child.one.test.", "later.test.", "x.later.test."):
        for tcp in (False, True):
            assert running.ask(name, "A", tcp=tcp).rcode == wire.SERVFAIL
    assert running.ask("www.one.test.").answer
    assert running.ask("child.one.test.", "DS").rcode == wire.NXDOMAIN  # the parent's to answer
    rows = {row["zone"]: row for row in running.ctl_json("zone-status")}
    assert rows["child.one.test."]["status"] == "failed" and rows["child.one.test."]["error"]
    assert rows["later.test."]["serial"] is None
    assert int(running.status()["zones-served"]) == 2
    assert int(running.status()["zones-configured"]) == 4

    running.write_zone("later.test.", zone("later.test.", 4))
    running.ctl("reload", check=False)
    assert running.serial("later.test.") == 4
    assert int(running.status()["zones-served"]) == 3

    del running.zones["child.one.test."]
    running.write_config()
    assert "0 removed" in running.ctl("reload").told
    assert running.ask("www.child.one.test.").rcode == wire.NXDOMAIN


def test_a_zone_that_never_loaded_is_answered_servfail_after_the_start():
    with harness.Appliance({"good.test.": zone("good.test.", 1), "bad.test.": "broken"}) as each:
        each.start()
        assert each.ask("www.good.test.").answer
        assert each.ask("www.bad.test.").rcode == wire.SERVFAIL
        assert each.ask("www.elsewhere.test.").rcode == wire.REFUSED
        old = each.kill_child("bowline-control")
        each.wait_new_child("bowline-control", old)
        each.wait_log("dataplane uses tables of generation 2")
        harness.wait_until(lambda: each.ask("www.bad.test.").rcode == wire.SERVFAIL, 5.0,
                           "SERVFAIL from the new tables")
        assert int(each.status()["zones-served"]) == 1


def test_a_changed_included_file_is_loaded(running):
    included = running.folder / "more"
    running.write_file(included, "a 60 A 192.0.2.7\n")
    running.write_zone("one.test.", zone("one.test.", 2, "$INCLUDE more\n"))
    running.ctl("reload")
    assert running.ask("a.one.test.").answer
    running.write_file(included, "b 60 A 192.0.2.8\n")
    assert "1 zones loaded, 0 failed, 0 removed, 1 unchanged" in running.ctl("reload").told
    assert running.ask("b.one.test.").answer
    assert running.ask("a.one.test.").rcode == wire.NXDOMAIN
    running.write_file(included, "b 60 A 192.0.2\n")
    done = running.ctl("reload", check=False)
    assert done.returncode == 1 and f"{included}:1:8:" in done.told
    assert running.ask("b.one.test.").answer
    assert "0 zones loaded, 1 failed" in running.ctl("reload", check=False).told


def test_files_that_include_each_other_end(running):
    loop = running.folder / "loop"
    running.write_file(loop, "$INCLUDE loop\n")
    running.write_zone("one.test.", zone("one.test.", 2, "$INCLUDE loop\n"))
    done = running.ctl("reload", check=False)
    assert done.returncode == 1 and f"{loop}:1:10:" in done.told
    assert "more than 10 levels deep" in done.told
    secret = running.folder.parent / f"{running.folder.name}-secret"
    try:
        running.write_file(secret, "root:x\n")
        secret.chmod(0o640)
        (running.folder / "link").symlink_to(secret)
        for path in (secret, f"../{secret.name}", "link", "/etc/shadow", "/proc/self/mem",
                     "/dev/zero", "/", "/etc/ssl/private"):
            running.write_zone("one.test.", zone("one.test.", 2, f"$INCLUDE {path}\n"))
            done = running.ctl("reload", check=False)
            assert done.returncode == 1 and "one.test.zone:" in done.told, path
            assert "root:" not in done.told + running.errors(), path
    finally:
        secret.unlink()
    running.write_zone("one.test.", zone("one.test.", 2, "$GENERATE 0-65536 a$ A 192.0.2.1\n"))
    done = running.ctl("reload", check=False)
    assert done.returncode == 1 and "at most 65536 steps" in done.told
    assert running.serial("one.test.") == 1
