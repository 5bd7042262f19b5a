"""What is not DNS goes on while an interface is served: by the kernel beside XDP, and through the
exception port of DPDK."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import time

import pytest

import appliance as harness
import client
import links
import wire
from load import Load
from network import CLIENT_IPV4, CLIENT_IPV6, OUR_IPV4, OUR_IPV6

pytestmark = pytest.mark.usefixtures("urgent")

NAMES = 1000
LARGE_STRINGS = 220  # of 250 octets: a message of 55 kilobytes
COPY_MIB = 50
LOAD_RATE = {"xdp": 50_000, "dpdk": 10_000}  # queries a second beside the copy
LOAD_s = 6
SERVED_AT_LEAST = 0.9  # of the rate, on two processors that also make the load and the copy


def zone_text():
    return harness.small_zone("links.test.", 1, "".join(
        [f"n{i} A 192.0.2.{i % 250}\n" for i in range(NAMES)]
        + [f'large TXT "{i:03}{"x" * 247}"\n' for i in range(LARGE_STRINGS)]))


@pytest.fixture(scope="module", params=links.BACKENDS)
def served(request):
    with links.Served(request.param, {"links.test.": zone_text()}) as running:
        yield running


def ping(served, host, count=3):
    return served.link.client.run("ping", "-n", "-c", count, "-i", "0.1", "-W", "2", host)


@pytest.mark.parametrize("host", (OUR_IPV4, OUR_IPV6))
def test_ping(served, host):
    assert " 0% packet loss" in ping(served, host).stdout
    # The other way, too: what the kernel of the appliance sends leaves.
    theirs = {OUR_IPV4: CLIENT_IPV4, OUR_IPV6: CLIENT_IPV6}[host]
    done = served.link.ours.run("ping", "-n", "-c", "3", "-i", "0.1", "-W", "2", theirs)
    assert " 0% packet loss" in done.stdout


def neighbours(served, host):
    return served.link.client.ip("neigh", "show", host)


@pytest.mark.parametrize("host", (OUR_IPV4, OUR_IPV6))
def test_addresses_are_resolved_again_after_a_flush(served, host):
    for _ in range(3):
        served.link.client.ip("neigh", "flush", "dev", "eth0")
        served.link.ours.ip("neigh", "flush", "all")
        assert "lladdr" not in neighbours(served, host)
        assert served.ask("www.links.test.", host=host).aa
        assert "02:00:00:00:00:53" in neighbours(served, host)


def test_arping(served):
    done = served.link.client.run("arping", "-c", "2", "-w", "5", "-I", "eth0", OUR_IPV4)
    assert done.stdout.lower().count("02:00:00:00:00:53") == 2, done.stdout


@pytest.mark.parametrize("host", (OUR_IPV4, OUR_IPV6))
def test_tcp(served, host):
    for i in range(10):
        assert served.ask(f"n{i}.links.test.", host=host, tcp=True).aa
    with served.from_client(), client.Stream(served.address(host)) as stream:
        for i in range(100):
            assert wire.parse(stream.ask(wire.query(f"n{i}.links.test."))).aa


@pytest.mark.parametrize("host", (OUR_IPV4, OUR_IPV6))
def test_large_messages_over_tcp(served, host):
    question = wire.query("large.links.test.", "TXT")
    truncated = served.ask("large.links.test.", "TXT", host=host)
    assert truncated.tc
    with served.from_client(), client.Stream(served.address(host)) as stream:
        for _ in range(20):
            reply = wire.parse(stream.ask(question))
            assert len(reply.answer) == LARGE_STRINGS and reply.size > 50_000


# ---- A copy by ssh under load --------------------------------------------------------------------


@pytest.fixture
def sshd(served, tmp_path):
    """An sshd of this test alone; returns the options that a client of it needs."""
    tools = {name: shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
             for name in ("sshd", "ssh-keygen", "scp")}
    if None in tools.values():
        pytest.skip(f"not installed: {[name for name, path in tools.items() if not path]}")
    if not pathlib.Path("/run/sshd").exists():
        pathlib.Path("/run/sshd").mkdir(mode=0o755)
    for key in ("host", "user"):
        subprocess.run([tools["ssh-keygen"], "-q", "-t", "ed25519", "-N", "", "-f",
                        tmp_path / key], check=True)
    (tmp_path / "authorized").write_text((tmp_path / "user.pub").read_text())
    config = tmp_path / "sshd_config"
    config.write_text(
        f"ListenAddress {OUR_IPV4}:2222\nHostKey {tmp_path}/host\nPidFile none\nUsePAM no\n"
        f"AuthorizedKeysFile {tmp_path}/authorized\nStrictModes no\nPermitRootLogin yes\n"
        "PasswordAuthentication no\nSubsystem sftp internal-sftp\n")
    log = tmp_path / "sshd.log"
    with open(log, "wb") as output:
        server = subprocess.Popen([*served.link.ours.prefix, tools["sshd"], "-D", "-e", "-f",
                                   config], stdout=output, stderr=output)
    try:
        harness.wait_until(lambda: "listening on" in log.read_text(), 10.0, log.read_text)
        yield [tools["scp"], "-q", "-B", "-P", "2222", "-i", tmp_path / "user",
               "-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={tmp_path}/known",
               "-o", "ConnectTimeout=10"]
    finally:
        server.terminate()
        server.wait(10)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def kernel_packets(served):
    """Packets that the kernel got beside the DNS."""
    stats = served.stats()
    return stats["xdp-passed-not-udp" if served.backend == "xdp" else "exception-to-kernel"]


def copy_beside(served, command, load):
    """Copies by ssh, and pings, resolves and asks by TCP meanwhile; returns (s, rounds)."""
    begin, rounds = time.monotonic(), 0
    scp = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        while scp.poll() is None and load.running():
            served.link.client.ip("neigh", "flush", "dev", "eth0")
            ping(served, OUR_IPV4, 2)
            assert served.ask("large.links.test.", "TXT", tcp=True).size > 50_000
            rounds += 1
        took_s, beside = time.monotonic() - begin, load.running()
        _, said = scp.communicate(timeout=60)
    finally:
        if scp.poll() is None:
            scp.kill()
            scp.wait()
    assert scp.returncode == 0, said
    assert beside, "the load ended before the copy"
    assert rounds > 0
    return took_s, rounds


def test_everything_goes_on_under_load(served, sshd, tmp_path):
    """A file copy, ping, resolution and TCP beside a load of DNS over UDP."""
    source, copy = tmp_path / "source", tmp_path / "copy"
    source.write_bytes(os.urandom(1 << 20) * COPY_MIB)
    command = [*served.link.client.prefix, *map(str, sshd), str(source),
               f"root@{OUR_IPV4}:{copy}"]
    rate = LOAD_RATE[served.backend]
    questions = [(f"n{i}.links.test.", "A") for i in range(NAMES)]
    # Again if something else on the machine took the processors: what is asked is whether it can.
    for _ in range(4):
        copy.unlink(missing_ok=True)
        before, answers = kernel_packets(served), served.stats()["answers"]
        with served.from_client():
            load = Load(served.appliance, questions, LOAD_s, rate, host=OUR_IPV4)
        with load:
            harness.wait_until(lambda: served.stats()["answers"] > answers + rate / 10, 10.0,
                               "the load")
            took_s, rounds = copy_beside(served, command, load)
            outcome = load.result()
        print(f"{served.backend}: {COPY_MIB} MiB in {took_s:.1f} s beside {outcome}; "
              f"{rounds} rounds of ping, ARP and TCP")
        assert digest(copy) == digest(source)
        # Segments of 1448 octets: they came this way and no other.
        assert kernel_packets(served) - before > (COPY_MIB << 20) / 1500
        if outcome.rate > SERVED_AT_LEAST * rate:
            return
    pytest.fail(f"{rate}/s were not served: {outcome}")
