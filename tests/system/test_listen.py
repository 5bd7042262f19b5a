"""server.listen beyond addresses of this machine: UNIX sockets, and addresses that come later."""

import contextlib
import os
import signal
import socket
import stat
import subprocess

import appliance as harness
import client
import network
import wire

ZONE = "small.test."
ZONES = {ZONE: harness.small_zone(ZONE, 1)}


class UnixStream(client.Stream):
    """DNS messages, each behind its length, on a UNIX socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(client.TIMEOUT_s)
        self.socket.connect(str(path))
        self.pending = b""


def on_unix_sockets(folder_option=""):
    made = harness.Appliance(ZONES, server=folder_option)
    text = made.config_text().replace("listen: [ ", f"listen: [ dns.sock, {made.folder}/other, ")
    made.write_config(text)
    return made


def test_a_path_is_a_stream_socket_that_speaks_as_tcp_does():
    with on_unix_sockets() as running:
        running.start()
        for path in (running.rundir / "dns.sock", running.folder / "other"):
            with UnixStream(path) as stream:
                for ident in range(3):
                    reply = wire.parse(stream.ask(wire.query(f"www.{ZONE}", "A", ident=ident)))
                    assert (reply.ident, len(reply.answer)) == (ident, 1)
                # What control answers finds its way back, too.
                reply = wire.parse(stream.ask(wire.query(ZONE, "AXFR", ident=9)))
                assert (reply.ident, reply.rcode) == (9, wire.REFUSED)
        assert running.ask(f"www.{ZONE}", "A").answer
        stats = running.ctl_json("stats")
        assert int(find(stats, "received-tcp")) == 8
        found = os.lstat(running.rundir / "dns.sock")
        assert stat.S_ISSOCK(found.st_mode) and stat.S_IMODE(found.st_mode) == 0o660
    assert not os.path.lexists(running.rundir / "dns.sock")


def find(stats, name):
    """A counter by its name, whatever stands before that."""
    found = [value for key, value in stats.items() if key == name or key.endswith(f".{name}")]
    assert len(found) == 1, stats
    return found[0]


def test_the_socket_outlives_the_dataplane_and_what_a_kill_left_is_replaced():
    with on_unix_sockets() as running:
        running.start()
        path = running.rundir / "dns.sock"
        inode = os.lstat(path).st_ino
        running.wait_new_child("bowline-dataplane", running.kill_child("bowline-dataplane"))
        with UnixStream(path) as stream:  # waits in the socket until somebody is there
            assert wire.parse(stream.ask(wire.query(ZONE, "SOA"))).answer
        assert os.lstat(path).st_ino == inode
        running.children()
        running.process.send_signal(signal.SIGKILL)
        running.process.wait()
        running.end_what_is_left()
        running.process = None
        assert os.path.lexists(path)
        running.start()
        with UnixStream(path) as stream:
            assert wire.parse(stream.ask(wire.query(ZONE, "SOA"))).answer


def test_kdig_asks_on_the_unix_socket():
    with on_unix_sockets() as running:
        running.start()
        said = subprocess.run(["kdig", f"@{running.rundir}/dns.sock", "+tcp", "+short",
                               f"www.{ZONE}", "A"], capture_output=True, text=True, timeout=20)
        assert said.stdout.split() == ["192.0.2.80"], said


def test_an_address_that_is_not_there_yet_is_served_as_soon_as_it_comes():
    network.needs_namespaces()
    late = {"10.99.0.7": "10.99.0.7/32", "fd00:99::7": "fd00:99::7/128"}
    with contextlib.ExitStack() as stack:
        space = stack.enter_context(network.Namespace())
        running = stack.enter_context(harness.Appliance(
            ZONES, listen=["127.0.0.1", *late], namespace=space))
        running.start()
        assert "10.99.0.7, fd00:99::7 of server.listen on no interface yet" in running.errors()
        with space.entered():
            for host, prefix in late.items():
                for tcp in (False, True):
                    assert not reaches(running, host, tcp)
                space.ip("address", "add", prefix, "dev", "lo", *(["nodad"] if ":" in host else []))
                for tcp in (False, True):
                    assert running.ask(f"www.{ZONE}", "A", host=host, tcp=tcp).answer


def reaches(running, host, tcp):
    """Whether there is a way to the address at all."""
    kind = socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM
    with socket.socket(client.family_of((host,)), kind) as probe:
        probe.settimeout(0.3)
        try:
            probe.connect(running.address(host))
            probe.send(b"x")
            probe.recv(1)
        except OSError:
            return False
        return True
