"""server.proxy-allowlist by real sockets: whose headers are believed, over UDP and TCP."""

import socket
import struct
import subprocess
import tempfile

import appliance as harness
import client
import wire

ZONE = "small.test."
TEXT = harness.small_zone(ZONE, 1)
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
IPV4_BLOCK = socket.inet_aton("198.51.100.7") + socket.inet_aton("203.0.113.9") + b"\x10\x92\0\x35"
IPV6_BLOCK = (socket.inet_pton(socket.AF_INET6, "2001:db8:7::1")
              + socket.inet_pton(socket.AF_INET6, "2001:db8:9::1") + b"\x10\x92\0\x35")
LOCAL, PROXY = 0x20, 0x21
QUESTION = wire.query(f"www.{ZONE}", "A", ident=7)


def header(command=PROXY, family=0x12, block=IPV4_BLOCK, length=None):
    size = len(block) if length is None else length
    return SIGNATURE + struct.pack("!BBH", command, family, size) + block


def tlv(size):
    return struct.pack("!BH", 4, size) + bytes(size)


# Header, and whether what stands behind it is answered; and how knotd 3.2.6 differs, if it does.
CASES = {
    "IPv4 over UDP": (header(), True, None),
    "IPv6 over UDP": (header(family=0x22, block=IPV6_BLOCK), True, None),
    "a TLV behind the addresses": (header(block=IPV4_BLOCK + tlv(9)), True, None),
    "a TLV that ends beyond the header": (header(block=IPV4_BLOCK + b"\4\0\7\0"), True, None),
    "IPv4 over TCP": (header(family=0x11), True,
                      "what came over TCP or HTTPS may be passed on by UDP"),
    "LOCAL": (header(LOCAL, 0, b""), True, "the specification has it accepted"),
    "LOCAL with addresses": (header(LOCAL), True, "the same"),
    "no family": (header(family=0, block=b""), False, None),
    "a UNIX client": (header(family=0x32, block=bytes(216)), False, None),
    "version 1": (header(0x11), False, None),
    "a third command": (header(0x22), False, None),
    "IPv4 without a transport": (header(family=0x10), False, None),
    "a length beyond the datagram": (header(length=300), False, None),
    "a block too short for its addresses": (header(block=b"\1\2\3\4"), False,
                                            "knotd takes the proxy for the client"),
    "600 octets of TLVs": (header(block=IPV4_BLOCK + tlv(600)), False,
                           "knotd has no limit"),
}


def answered(address, octets):
    """Whether the datagram gets the answer to QUESTION."""
    reply = client.try_udp(address, octets + QUESTION, 0.3)
    return reply is not None and len(wire.parse(reply).answer) == 1


def counter(running, name):
    found = [int(value) for key, value in running.ctl_json("stats").items()
             if key == name or key.endswith(f".{name}")]
    assert len(found) <= 1, name
    return found[0] if found else 0  # what is zero is not told


def served(allowed="127.0.0.0/8, ::1"):
    return harness.Appliance({ZONE: TEXT}, server=f"proxy-allowlist: [ {allowed} ]")


def test_headers_over_udp_and_what_knotd_makes_of_them():
    with served() as running, Knotd() as knotd:
        running.start()
        for name, (octets, wanted, difference) in CASES.items():
            assert answered(running.address(), octets) == wanted, name
            assert answered(knotd.address, octets) == (wanted == (difference is None)), name
        assert answered(running.address("::1"), header())
        assert answered(running.address(), b"")
        reasons = {"truncated": 1, "version": 2, "family": 3, "length": 2}
        for reason, count in reasons.items():
            assert counter(running, f"drop-proxy-{reason}") == count, reason
        assert counter(running, "proxied") == sum(wanted for _, wanted, _ in CASES.values()) + 1


def test_headers_over_tcp():
    with served() as running:
        running.start()
        for octets in (header(), header(family=0x21, block=IPV6_BLOCK), header(LOCAL, 0, b""), b""):
            with client.Stream(running.address()) as stream:
                stream.socket.sendall(octets)
                for ident in (1, 2):
                    reply = wire.parse(stream.ask(wire.with_id(QUESTION, ident)))
                    assert (reply.ident, len(reply.answer)) == (ident, 1)
        for octets in (header(0x22), header(family=0), header(block=IPV4_BLOCK + tlv(600))):
            with client.Stream(running.address()) as stream:
                stream.socket.sendall(octets + stream.frame(QUESTION))
                assert stream.receive() is None
        assert counter(running, "tcp-closed-malformed") == 3


def test_what_control_answers_goes_back_to_the_proxy():
    with served() as running:
        running.start()
        for octets in (header(), header(family=0x22, block=IPV6_BLOCK)):
            reply = wire.parse(client.udp(running.address(), octets + wire.query(ZONE, "IXFR")))
            assert reply.rcode == wire.REFUSED
            with client.Stream(running.address()) as stream:
                stream.socket.sendall(octets)
                assert wire.parse(stream.ask(wire.query(ZONE, "AXFR"))).rcode == wire.REFUSED


def test_others_do_not_get_a_word_of_the_zone_for_their_headers():
    """Hardening 56: from a source that is not named the octets are a message without sense."""
    with served("127.0.0.2") as running:
        running.start()
        for octets in (header(), header(LOCAL)):
            reply = wire.parse(client.udp(running.address(), octets + QUESTION))
            assert (reply.rcode, reply.answer) == (wire.NOTIMP, [])
        assert counter(running, "proxied") == 0
        running.server = "proxy-allowlist: 127.0.0.1"
        running.write_config()
        running.ctl("reload")
        assert answered(running.address(), header())
        running.server = ""
        running.write_config()
        running.ctl("reload")
        assert not answered(running.address(), header())


def test_kdig_speaks_through_a_proxy_header():
    with served() as running:
        running.start()
        for arguments in ([], ["+tcp"]):
            said = subprocess.run(["kdig", "@127.0.0.1", "-p", str(running.port), "+short",
                                   "+proxy=198.51.100.7#4242-203.0.113.9#53", *arguments,
                                   f"www.{ZONE}", "A"], capture_output=True, text=True, timeout=20)
            assert said.stdout.split() == ["192.0.2.80"], said


class Knotd:
    """A knotd that believes all of 127.0.0.0/8."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="bowline-knotd-")
        self.address = ("127.0.0.1", harness.free_port())
        path = f"{self.folder.name}/knot.conf"
        with open(f"{self.folder.name}/small.zone", "w") as zone:
            zone.write(TEXT)
        with open(path, "w") as config:
            config.write(f"server:\n  rundir: {self.folder.name}\n  listen: 127.0.0.1@"
                         f"{self.address[1]}\n  proxy-allowlist: 127.0.0.0/8\n"
                         f"database:\n  storage: {self.folder.name}\nzone:\n  - domain: {ZONE}\n"
                         f"    storage: {self.folder.name}\n    file: small.zone\n")
        self.process = subprocess.Popen(["knotd", "-c", path], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        try:
            harness.wait_until(lambda: answered(self.address, b""), 20.0, "an answer of knotd")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()
