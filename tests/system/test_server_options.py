"""Options of the server section that change what an answer says: identity, version, nsid,
edns-client-subnet, answer-rotation."""

import socket
import struct
import subprocess

import pytest

import appliance as harness
import wire
from wire import CH, NOERROR, REFUSED

SUBNET = wire.option(8, b"\0\1\x18\0\xc0\0\x02")
ZONE = "rotated.test."
ADDRESSES = [bytes((192, 0, 2, i)) for i in range(1, 6)]
TEXT = harness.small_zone(ZONE, 1, "".join(f"many A 192.0.2.{i}\n" for i in range(1, 6)))


def own_text(running, name, **options):
    """The text that the server gives of itself, or its RCODE."""
    reply = running.ask(name, "TXT", qclass=CH, **options)
    if reply.rcode != NOERROR:
        return reply.rcode
    record, = reply.answer
    assert (record.rr_class, record.ttl, record.rdata[0]) == (CH, 0, len(record.rdata) - 1)
    return record.rdata[1:].decode()


def nsid(running):
    reply = running.ask(ZONE, "SOA", options=wire.option(3))
    return dict(reply.options()).get(3)


def served(server=""):
    return harness.Appliance({ZONE: TEXT}, server=server)


def test_by_default_the_server_has_the_hosts_full_name_and_its_own_version():
    name = socket.gethostname()
    if "." not in name:  # /etc/hosts may know more, and nothing else is asked
        found = subprocess.run(["getent", "-s", "files", "hosts", name], capture_output=True,
                               text=True)
        name = (found.stdout.split() + [name, name])[1] if found.returncode == 0 else name
    with served() as running:
        running.start()
        assert own_text(running, "id.server.") == name
        assert own_text(running, "hostname.bind.") == name
        assert nsid(running) == name.encode()
        for asked in ("version.server.", "version.bind."):
            assert own_text(running, asked).startswith("Bowline ")
        assert own_text(running, "version.bind.", tcp=True, host="::1").startswith("Bowline ")


def test_texts_that_are_set_are_given():
    with served('identity: "here, at home"\nversion: "none of yours"\nnsid: box-7') as running:
        running.start()
        assert own_text(running, "id.server.") == "here, at home"
        assert own_text(running, "HOSTNAME.bind.") == "here, at home"
        assert own_text(running, "version.server.") == "none of yours"
        assert nsid(running) == b"box-7"


def test_empty_texts_are_not_given():
    with served('identity: ""\nversion:\nnsid: ""') as running:
        running.start()
        for name in ("id.server.", "hostname.bind.", "version.server.", "version.bind."):
            assert own_text(running, name) == REFUSED
        assert nsid(running) is None


@pytest.mark.parametrize("written,octets", [
    ("0x00ff10", b"\x00\xff\x10"), ("0xCAFE", b"\xca\xfe"), ("text", b"text"),
    ('"0 x"', b"0 x")])
def test_an_nsid_is_text_or_hexadecimal(written, octets):
    with served(f"nsid: {written}") as running:
        running.start()
        assert nsid(running) == octets


def rotation(running, ident, **options):
    """The last octets of the addresses as they come."""
    reply = running.ask(f"many.{ZONE}", "A", ident=ident, **options)
    assert sorted(r.rdata for r in reply.answer) == ADDRESSES
    return [r.rdata[3] for r in reply.answer]


def test_client_subnet_and_rotation_come_and_go_with_a_reload():
    with served() as running:
        running.start()
        assert rotation(running, 1) == [1, 2, 3, 4, 5]
        assert running.ask(ZONE, "SOA", options=SUBNET).options() == []

        running.server = "answer-rotation: on\nedns-client-subnet: on"
        running.write_config()
        running.ctl("reload")
        for ident in (*range(8), 0x7fff, 0xffff):
            wanted = [(ident + i) % 5 + 1 for i in range(5)]
            for tcp in (False, True):
                assert rotation(running, ident, tcp=tcp) == wanted
                assert rotation(running, ident, tcp=tcp, edns=1232) == wanted
        reply = running.ask(ZONE, "SOA", options=SUBNET)
        assert reply.options() == [(8, SUBNET[4:])]
        broken = wire.option(8, struct.pack("!HBB", 9, 8, 0) + b"\1")
        assert running.ask(ZONE, "SOA", options=broken).rcode == wire.FORMERR

        running.server = ""
        running.write_config()
        running.ctl("reload")
        assert rotation(running, 1) == [1, 2, 3, 4, 5]
        assert running.ask(ZONE, "SOA", options=broken).options() == []


@pytest.mark.parametrize("seconds,units", [(10, 100), (1, 10), (7200, 65535)])
def test_the_idle_timeout_of_tcp_is_told_to_who_asks(seconds, units):
    """RFC 7828: in units of 100 ms; 6553.5 s are the most that can be said."""
    with served(f"tcp-idle-timeout: {seconds}") as running:
        running.start()
        keepalive = wire.option(11)
        reply = running.ask(ZONE, "SOA", tcp=True, options=keepalive)
        assert reply.options() == [(11, struct.pack("!H", units))]
        assert running.ask(ZONE, "SOA", options=keepalive).options() == []
