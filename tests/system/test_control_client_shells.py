"""The completion files of bash, zsh and fish, each used by its shell."""

import shutil
import subprocess

import pytest

import appliance as harness
from control_fake import OK, FakeControl, rows
from terminal import Terminal

FILES = {"bash": "bowlinec", "zsh": "_bowlinec", "fish": "bowlinec.fish"}

# A line and the words that may stand at its end.
LINES = [
    ("bowlinec zone-st", {"zone-stats", "zone-status"}),
    ("bowlinec conf-rea", {"conf-read"}),
    ("bowlinec --sock", {"--socket"}),
    ("bowlinec status ver", {"version"}),
    ("bowlinec zone-status +ser", {"+serial"}),
    ("bowlinec -s SOCKET zone-reload example.", {"example.com.", "example.net."}),
    ("bowlinec -s SOCKET zone-read ot", {"other.test."}),
    ("bowlinec zone-read other.test. @ SO", {"SOA"}),
    ("bowlinec conf-read server.udp-w", {"server.udp-workers"}),
    ("bowlinec stats --prom", {"--prometheus"}),
]
ZONES = ("example.com.", "example.net.", "other.test.")


def file_of(shell):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    return harness.BUILD / "control" / "client" / FILES[shell]


@pytest.fixture(scope="module")
def control():
    def read(request):
        return [*rows(*({"section": "zone", "id": zone, "item": "domain", "values": [zone]}
                        for zone in ZONES)), OK]

    with FakeControl({"conf-read": read}) as fake:
        yield fake


@pytest.mark.parametrize("line, expected", LINES)
def test_bash(control, line, expected):
    words = line.replace("SOCKET", control.path).split(" ")
    script = (f"PATH={harness.BUILD}:$PATH; source {file_of('bash')}; "
              "COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _bowlinec; "
              "printf '%s\\n' \"${COMPREPLY[@]}\"")
    done = subprocess.run(["bash", "--norc", "-c", script, "bash", *words], capture_output=True,
                          text=True, timeout=30, check=True)
    assert done.stderr == "" and set(done.stdout.split()) == expected


def test_bash_items(control):
    for word, expected in (("zone", {"zone.", "zone["}), ("zone[exa", {"zone[example.com.]",
                                                                       "zone[example.net.]"}),
                           ("zone[x].semantic", {"zone[x].semantic-checks"})):
        test_bash(control, f"bowlinec -s SOCKET conf-read {word}", expected)


@pytest.mark.parametrize("line, expected", LINES)
def test_fish(control, line, expected, tmp_path):
    script = (f"set -x PATH {harness.BUILD} $PATH; source {file_of('fish')}; "
              "complete -C \"$argv[1]\"")
    done = subprocess.run(["fish", "--no-config", "-c", script,
                           line.replace("SOCKET", control.path)],
                          capture_output=True, text=True, timeout=60, check=True,
                          env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "TERM": "dumb"})
    assert {row.split("\t")[0] for row in done.stdout.splitlines()} == expected


def test_zsh(control, tmp_path):
    """The line editor itself: what it makes of a line and Tab becomes the argument of echo."""
    file_of("zsh")
    shutil.copy(file_of("zsh"), tmp_path)
    with Terminal(["zsh", "-f", "-i"], home=tmp_path, environment={"PS1": "ready> "}) as shell:
        shell.expect("ready> ")
        shell.type(f"PATH={harness.BUILD}:$PATH; fpath=({tmp_path} $fpath); autoload -Uz compinit; "
                   f"compinit -u -d {tmp_path}/dump; unsetopt zle_bracketed_paste; "
                   "echo set''up\n")
        shell.expect("setup.*ready> ")
        for line, expected in LINES:
            if len(expected) > 1:
                continue
            shell.type(line.replace("SOCKET", control.path) + "\t\x01echo '<'\x05 '>'\n")
            word = shell.expect(r"\n<bowlinec [^>\n]*>").group(0).split()[-2]
            assert word in expected, line
            shell.expect("ready> ")
