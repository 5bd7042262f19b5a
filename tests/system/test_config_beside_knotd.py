"""500 random configurations of what knotd 3.2.6 knows, valid and broken: `bowlinec -c F conf-check`
says the same as `knotc -c F conf-check`, apart from what is named here and in docs/differences.md.
"""

import concurrent.futures
import dataclasses
import json
import re
import shutil
import subprocess
import sys

import pytest

import appliance as harness

sys.path.insert(0, str(harness.TOP / "tests" / "support"))

import config_generator  # noqa: E402

SEED, COUNT = 20261121, 500
DOCS = harness.TOP / "docs" / "differences.md"
BASE = "remote:\n  - id: r\n    address: ::1\n"


@dataclasses.dataclass
class Kept:
    """A difference that is meant: who refuses, what it then says, and an example of it."""

    name: str
    refuses: str  # knotd or bowline
    says: str     # a pattern in the message
    example: str


KEPT = [
    Kept("empty-texts", "bowline", "the value is missing, allowed is (a path|base64|USER)|"
         r"remote\[.*\]\.address: must be set",
         "zone:\n  - domain: a\n    file: \"\"\n"),
    Kept("address-slips", "bowline", r"allowed is ADDRESS\b", "server:\n  listen: 1.2.3.4.5\n"),
    Kept("ranges-backwards", "bowline", "FIRST-LAST in order",
         "acl:\n  - id: a\n    address: 9.0.0.1-8.0.0.1\n"),
    Kept("group-like-a-remote", "bowline", "there is an entry of that name in remote",
         BASE + "remotes:\n  - id: r\n    remote: r\n"),
    Kept("section-values", "bowline", "a section has no value", "server: \"\"\n"),
    Kept("includes-of-nothing", "bowline", "the path or pattern is missing|not a regular file",
         "include: \"\"\n"),
    Kept("listed-twice", "bowline", "is listed twice",
         "server:\n  listen: [127.0.0.1, 127.0.0.1@53]\n"),
    Kept("order-of-entries", "knotd", "invalid reference",
         "zone:\n  - domain: a\n    master: r\n" + BASE),
    Kept("network-devices", "knotd", "XDP interface specification", "xdp:\n  listen: none0\n"),
    Kept("newer-values", "knotd", r"value '\d+[wMy]' \(invalid parameter|no rate limit specified|"
         r"missing module configuration|value '/\S*' \(invalid parameter|"
         r"value '\d+\.\d+(\.\d+)?' \(invalid parameter",
         "server:\n  tcp-idle-timeout: 1w\n"),
    Kept("words-with-brackets", "knotd", r"value '[^']*' \(parser failed",
         "zone:\n  - domain: a\n    file: %c[0].zone\n"),
    Kept("empty-lists", "knotd", r"line \d+, item '\S+' \(parser failed",
         "server:\n  listen: []\n"),
    Kept("byte-order-mark", "knotd", r"line 1 \(parser failed",
         "\N{ZERO WIDTH NO-BREAK SPACE}server:\n  identity: x\n"),
]


def is_valid(command, path):
    """Whether a client holds the configuration for valid, and what it says of it."""
    result = subprocess.run([*command, "-c", path, "conf-check"], capture_output=True, text=True,
                            errors="replace", timeout=60)
    assert result.returncode in (0, 1), (result.returncode, result.stderr)
    return result.returncode == 0, result.stdout + result.stderr


def both(path, text):
    path.write_text(text)
    return is_valid(["knotc"], path), is_valid([harness.BUILD / "bowlinec"], path)


def explanation(knotd, bowline):
    """The names of the kept differences that explain two opinions."""
    refuses, says = ("bowline", bowline[1]) if knotd[0] else ("knotd", knotd[1])
    return {kept.name for kept in KEPT if kept.refuses == refuses and re.search(kept.says, says)}


@pytest.fixture(scope="module", autouse=True)
def knotc():
    if shutil.which("knotc") is None:
        pytest.skip("knotc is not installed")
    version = subprocess.run(["knotc", "--version"], capture_output=True, text=True, timeout=60)
    if " 3.2." not in version.stdout:
        pytest.skip(f"the differences are those to 3.2: {version.stdout.strip()}")


def test_docs_have_every_kept_difference_and_no_other():
    section = DOCS.read_text().split("\n## Configuration\n")[1].split("\n## ")[0]
    described = re.findall(r"^\| \*\*([a-z-]+)\*\* \|", section, re.MULTILINE)
    assert sorted(described) == sorted(kept.name for kept in KEPT)


@pytest.mark.parametrize("kept", KEPT, ids=[kept.name for kept in KEPT])
def test_a_kept_difference_is_one(kept, tmp_path):
    knotd, bowline = both(tmp_path / "t.conf", kept.example)
    assert knotd[0] == (kept.refuses == "bowline"), knotd[1]
    assert bowline[0] == (kept.refuses == "knotd"), bowline[1]
    assert kept.name in explanation(knotd, bowline)


def test_random_configurations_are_judged_alike(tmp_path):
    written = subprocess.run([harness.BUILD / "docs" / "option_reference", "--schema"],
                             capture_output=True, text=True, timeout=60)
    generator = config_generator.Generator(json.loads(written.stdout), SEED)
    texts = [generator.next() for _ in range(COUNT)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda n: both(tmp_path / f"{n}.conf", texts[n]), range(COUNT)))
    unknown = [f"seed {SEED}, {n}: {knotd[1]}{bowline[1]}\n{texts[n]}"
               for n, (knotd, bowline) in enumerate(results)
               if knotd[0] != bowline[0] and not explanation(knotd, bowline)]
    assert not unknown, f"{len(unknown)} of {COUNT} differ\n" + "\n".join(unknown[:5])
    valid = sum(knotd[0] and bowline[0] for knotd, bowline in results)
    broken = sum(not knotd[0] and not bowline[0] for knotd, bowline in results)
    print(f"{valid} valid, {broken} broken, {COUNT - valid - broken} known differences")
    assert valid > COUNT / 4 and broken > COUNT / 4
