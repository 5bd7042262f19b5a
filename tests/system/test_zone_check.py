"""zone-check: zones are loaded as the server would, without a server."""

import json
import subprocess

import pytest

import appliance as harness

GOOD = harness.small_zone("good.test.", 1)
# A delegation without an address for its server below it: semantic-checks: on says so.
WARNED = harness.small_zone("warned.test.", 1, "sub NS ns.sub\n")
BROKEN = "@ 300 SOA ns1 hostmaster 1 2 3 4\n"


@pytest.fixture
def folder(tmp_path):
    zones = {"good.test": GOOD, "warned.test": WARNED, "broken.test": BROKEN, "gone.test": None}
    lines = ["template:", "  - id: default", f"    storage: {tmp_path}", '    file: "%s.zone"',
             "    semantic-checks: on", "zone:"]
    for name, text in zones.items():
        lines.append(f"  - domain: {name}")
        if text:
            (tmp_path / f"{name}.zone").write_text(text)
    (tmp_path / "bowline.conf").write_text("\n".join(lines) + "\n")
    return tmp_path


def check(folder, *words):
    return subprocess.run([str(harness.BUILD / "bowlinec"), "-c", str(folder / "bowline.conf"),
                           *words], capture_output=True, text=True, timeout=60)


def test_named_zones(folder):
    done = check(folder, "zone-check", "good.test", "GOOD.test.")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    for zone, said in (("broken.test", f"{folder}/broken.test.zone:1:"),
                       ("gone.test", "gone.test.zone: cannot be opened"),
                       ("none.test", "no such zone found")):
        done = check(folder, "zone-check", "good.test", zone)
        assert done.returncode == 1 and said in done.stderr, done.stderr


def test_warnings_fail_with_force_only(folder):
    done = check(folder, "zone-check", "warned.test")
    assert done.returncode == 0, done.stderr
    assert "warned.test." in done.stdout + done.stderr
    done = check(folder, "-f", "zone-check", "warned.test")
    assert done.returncode == 1 and "warned.test." in done.stderr
    assert check(folder, "-f", "zone-check", "good.test").returncode == 0


def test_all_zones(folder):
    for words in (["zone-check"], ["zone-check", "--"]):
        done = check(folder, *words)
        assert done.returncode == 1
        assert "broken.test" in done.stderr and "gone.test" in done.stderr
    told = json.loads(check(folder, "--json", "zone-check").stdout)
    assert sorted(each["zone"] for each in told["failures"]) == ["broken.test.", "gone.test."]


def test_the_mode_is_for_bowlinec(folder):
    program = str(harness.BUILD / "bowline-control")
    done = subprocess.run([program, "--zone-check"], capture_output=True, timeout=60)
    assert done.returncode == 1 and b"usage: " in done.stdout
    source = f"file:{folder}/bowline.conf"
    done = subprocess.run([program, "--zone-check", source, "--", "good.test"],
                          capture_output=True, timeout=60)
    assert done.returncode == 0 and done.stdout.endswith(b'{"end":{"ok":true}}')
