"""Answers come from the address that was asked, on wildcard listeners as well."""

import socket

import pytest

import appliance as harness
import client
import wire

ZONES = {"small.test.": harness.small_zone("small.test.", 1)}


def own_addresses():
    """Addresses of this machine that are not on the loopback device."""
    found = []
    for family, far in ((socket.AF_INET, "192.0.2.99"), (socket.AF_INET6, "2001:db8::99")):
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((far, 9))
            except OSError:
                continue
            found.append(probe.getsockname()[0])
    return found


@pytest.fixture(scope="module")
def wildcard():
    with harness.Appliance(ZONES, listen=["0.0.0.0", "::"]) as running:
        yield running.start()


def source_of_reply(address):
    message = wire.query("www.small.test.", "A")
    with socket.socket(client.family_of(address), socket.SOCK_DGRAM) as link:
        link.settimeout(client.TIMEOUT_s)
        link.sendto(message, address)
        octets, source = link.recvfrom(65535)
        assert wire.parse(octets).answer
        return source


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.9.8.7", "::1",
                                  *own_addresses()])
def test_the_reply_comes_from_the_address_that_was_asked(wildcard, host):
    for _ in range(20):
        assert source_of_reply(wildcard.address(host))[:2] == (host, wildcard.port)


@pytest.mark.parametrize("host", ["127.0.0.2", "::1", *own_addresses()])
def test_tcp_works_on_every_address(wildcard, host):
    message = wire.query("www.small.test.", "A")
    assert wire.parse(client.tcp(wildcard.address(host), message)).answer


def test_what_control_answers_comes_from_the_address_that_was_asked(wildcard):
    """The reply goes a long way round: by rings and back."""
    for host in ("127.0.0.2", "127.0.0.3", "::1"):
        message = wire.query("small.test.", "IXFR")
        reply = wire.parse(client.udp(wildcard.address(host), message))
        assert reply.rcode == wire.REFUSED


def test_other_addresses_are_not_served_without_a_wildcard(samples):
    with client.udp_socket(samples.address("127.0.0.2")) as link:
        link.settimeout(client.TIMEOUT_s)
        link.send(wire.query("example.test.", "A"))
        with pytest.raises(ConnectionRefusedError):
            link.recv(512)


def test_several_listeners_of_one_family():
    with harness.Appliance(ZONES, listen=["127.0.0.1", "127.0.0.2", "127.0.0.5", "::1"]) as running:
        running.start()
        for host in ("127.0.0.1", "127.0.0.2", "127.0.0.5", "::1"):
            for tcp in (False, True):
                assert running.ask("www.small.test.", "A", host=host, tcp=tcp).answer
