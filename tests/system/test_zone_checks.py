"""Semantic checks: which zones are refused, which are warned of, which load; and what is said."""

import collections
import re
import shutil
import subprocess

import pytest

import appliance as harness
import wire
from zone_cases import BASE, CASES, FATAL, NOT_IN_KZONECHECK, OK, REFUSE, WARN


def origin_of(number):
    return f"case{number}.test."


def text_of(number):
    return f"$ORIGIN {origin_of(number)}\n$TTL 5\n{CASES[number][2]}"


def start(zones, checks):
    """An appliance whose template has this semantic-checks."""
    appliance = harness.Appliance(zones, log="info", dataplane="hugepages: off")
    text = appliance.config_text()
    appliance.write_config(
        text.replace("  - id: default\n", f"  - id: default\n    semantic-checks: {checks}\n"))
    return appliance


def said_of(log, kind, origin):
    """What the log says of a zone, at this level."""
    return [line for line in log.splitlines()
            if f" {kind}: [{origin}]" in line and "records outside" not in line
            and "zone event" not in line]


@pytest.fixture(scope="module", params=["on", "off", "soft"])
def loaded(request):
    """(setting, zone -> row of zone-status, the log) with all cases loaded."""
    zones = {origin_of(i): text_of(i) for i in range(len(CASES))}
    with start(zones, request.param) as appliance:
        appliance.start()
        rows = {row["zone"]: row for row in appliance.ctl_json("zone-status")}
        codes = {origin: appliance.ask(origin, "SOA").rcode for origin in zones}
        yield request.param, rows, codes, appliance.errors()


def is_served(outcome, checks):
    return outcome in (OK, WARN) or (outcome == REFUSE and checks == "soft")


def test_what_is_served(loaded):
    checks, rows, codes, _ = loaded
    wrong = []
    for i, (what, outcome, _) in enumerate(CASES):
        served = is_served(outcome, checks)
        row = rows[origin_of(i)]
        if (row["status"] == "served") != served or bool(row["error"]) == served:
            wrong.append((what, outcome, row))
        if codes[origin_of(i)] != (wire.NOERROR if served else wire.SERVFAIL):
            wrong.append((what, outcome, codes[origin_of(i)]))
    assert not wrong


def test_what_is_said(loaded):
    checks, _, _, log = loaded
    place = re.compile(r"case\d+\.test\.zone:\d+:")
    wrong = []
    for i, (what, outcome, _) in enumerate(CASES):
        errors = said_of(log, "error", origin_of(i))
        warnings = said_of(log, "warning", origin_of(i))
        soft = outcome == REFUSE and checks == "soft"
        expected = (bool(not is_served(outcome, checks)),
                    soft or (outcome == WARN and checks == "on"))
        # What the reader ignores is warned of in any case.
        warned = [line for line in warnings if not line.endswith("ignored")]
        if (bool(errors), bool(warned)) != expected:
            wrong.append((what, outcome, errors, warnings))
        # Only what is missing altogether has no line.
        said = [line for line in errors + warned if "no SOA record at its apex" not in line]
        if not all(place.search(line) for line in said):
            wrong.append((what, "no line", errors, warnings))
        if outcome in (WARN, REFUSE) and not all("(RFC " in line for line in errors + warned):
            wrong.append((what, "no RFC", errors, warnings))
    assert not wrong


def test_the_peer_judges_alike(tmp_path):
    if shutil.which("kzonecheck") is None:
        pytest.skip("kzonecheck (knot-dnssecutils) is not there")
    wrong = []
    for i, (what, outcome, _) in enumerate(CASES):
        if what in NOT_IN_KZONECHECK:
            continue
        path = tmp_path / "zone"
        path.write_text(text_of(i))
        done = subprocess.run(["kzonecheck", "-o", origin_of(i), "-d", "off", path],
                              capture_output=True, text=True, timeout=10)
        output = done.stdout + done.stderr
        if done.returncode == 0:
            theirs = {OK}
        elif "failed to run" in output or "missing SOA" in output:
            theirs = {FATAL}
        else:
            theirs = {REFUSE} if "Serious" in output else {WARN}
        if outcome not in theirs:
            wrong.append((what, outcome, output))
    assert not wrong


def test_a_refused_version_leaves_the_last_good_one():
    """A good zone each, then a bad version of each, then a good one again."""
    bad = [i for i, (_, outcome, _) in enumerate(CASES) if outcome in (REFUSE, FATAL)]
    good = harness.small_zone
    zones = {origin_of(i): good(origin_of(i), 11) for i in bad}
    zones["beside.test."] = good("beside.test.", 11)
    with start(zones, "off") as appliance:
        appliance.start()
        for i in bad:
            appliance.write_zone(origin_of(i), text_of(i))
        appliance.write_zone("beside.test.", good("beside.test.", 12))
        done = appliance.ctl("reload", check=False)
        assert done.returncode == 1
        assert f"1 zones loaded, {len(bad)} failed, 0 removed, 0 unchanged" in done.told
        rows = {row["zone"]: row for row in appliance.ctl_json("zone-status")}
        for i in bad:
            row = rows[origin_of(i)]
            assert row["serial"] == 11, row
            assert f"case{i}.test.zone" in row["error"], row
            assert f"[{origin_of(i)}]" in done.told
            assert appliance.serial(origin_of(i)) == 11
            assert appliance.ask("www." + origin_of(i)).answer
        assert appliance.serial("beside.test.") == 12
        for i in bad:
            appliance.write_zone(origin_of(i), good(origin_of(i), 13))
        appliance.ctl("reload")
        assert all(appliance.serial(origin_of(i)) == 13 for i in bad)
        assert int(appliance.status()["zones-served"]) == len(bad) + 1


def test_at_most_twenty_errors_of_a_zone_are_listed():
    text = BASE + "".join(f"x{i} A 1.2.3\n" for i in range(100))
    with start({"many.test.": text, "good.test.": BASE}, "off") as appliance:
        appliance.start()
        errors = said_of(appliance.errors(), "error", "many.test.")
        assert len(errors) == 21 and "more errors follow" in errors[-1]
        assert ":4:6:" in errors[0] and "1.2.3" in errors[0] and "IPv4" in errors[0]
        assert appliance.ask("good.test.", "SOA").answer
        assert appliance.ask("x1.many.test.").rcode == wire.SERVFAIL


# ---- FERRET's ill-formed zones ------------------------------------------------------------------


def records_of(text):
    """(owner, type, rdata) of a zone in their form: one record a line, owners absolute."""
    owner, found = None, []
    for line in text.splitlines():
        if not line.strip():
            continue
        fields = line.split()
        if not line[0].isspace():
            owner = fields.pop(0).lower()
        if fields[0].isdigit():
            fields.pop(0)
        found.append((owner, fields[0], " ".join(fields[1:]).lower()))
    return found


def is_below(name, above):
    return name != above and name.endswith("." + above)


def breaks_a_mandatory_rule(records, origin):
    """The list of the manual's `semantic-checks`, word by word."""
    types = collections.defaultdict(lambda: collections.defaultdict(set))
    for owner, rr_type, rdata in records:
        if owner == origin or is_below(owner, origin):
            types[owner][rr_type].add(rdata)
    if "SOA" not in types[origin]:
        return True
    for owner, here in types.items():
        others = set(here) - {"CNAME", "RRSIG", "NSEC"}
        if "CNAME" in here and (others or len(here["CNAME"]) > 1):
            return True
        if "DNAME" in here:
            below = any(is_below(name, owner) and found for name, found in types.items())
            if below or len(here["DNAME"]) > 1 or ("NS" in here and owner != origin):
                return True
    return "DS" in types[origin]


def test_ferret_zones_are_refused_by_the_manual_s_rules(shared_data):
    folder = shared_data / "ferret" / "invalid"
    if not folder.exists():
        pytest.skip(f"{folder} is not there")
    left = []
    for path in sorted(folder.glob("*.txt")):
        records = records_of(path.read_text())
        owners = [owner for owner, rr_type, _ in records if rr_type == "SOA"]
        origin = owners[0] if owners else records[0][0]
        left.append((path, origin, records))
    assert len(left) == 180
    wrong, refused = [], 0
    with start({}, "off") as appliance:
        appliance.start()
        while left:
            # Each round has as many zones of different names as there are.
            now = list({origin: (path, records) for path, origin, records in left}.items())
            left = [each for each in left if each[0] not in {path for _, (path, _) in now}]
            appliance.zones = {}
            for origin, (path, _) in now:
                appliance.add_zone(origin, "$TTL 500\n" + path.read_text())
            appliance.write_config()
            appliance.ctl("reload", check=False)
            rows = {row["zone"]: row["status"] for row in appliance.ctl_json("zone-status")}
            for origin, (path, records) in now:
                expected = not breaks_a_mandatory_rule(records, origin)
                refused += not expected
                if (rows[origin] == "served") != expected:
                    wrong.append((path.name, origin, rows[origin]))
            appliance.zones = {}
            appliance.write_config()
            appliance.ctl("reload")  # the next versions of the same names start afresh
    assert not wrong
    assert 0 < refused < 180
