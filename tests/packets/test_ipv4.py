"""IPv4: options, fields that do not matter, and headers that lie."""

import pytest

import messages
from cases import all_answered, answered, check, each, silent
from frames import CLIENT_IPV4, OUR_IPV4, VLAN, Frame

QUESTION = messages.query()
ANSWER = messages.reply(QUESTION, answer=messages.WWW)
GOOD = Frame(payload=QUESTION)

OPTIONS = {
    "one word of no-operations": b"\1\1\1\1",
    "an end of the list": b"\0\0\0\0",
    "a router alert": b"\x94\4\0\0",
    "a record of the route": b"\7\7\4\0\0\0\0",
    "a time stamp": b"\x44\x0c\5\0" + b"\0" * 8,
    "an unknown option": b"\x9e\6abcd",
    "a loose source route": b"\x83\7\4\xc0\0\2\x35",
    "an option with length 0": b"\x9e\0\0\0",
    "an option that ends behind the header": b"\x9e\xff\0\0",
    "all forty octets": b"\1" * 40,
}


@each([*(answered(f"{what} in the options is skipped and not sent back",
                  GOOD.but(options=octets), ANSWER) for what, octets in OPTIONS.items()),
       *(answered(f"{words} words of options are skipped", GOOD.but(options=b"\1" * 4 * words),
                  ANSWER) for words in range(2, 10)),
       *(answered(f"{words} words of options behind a tag are skipped",
                  GOOD.but(options=b"\1" * 4 * words, tags=((VLAN, 3),)), ANSWER)
         for words in (1, 5, 10))])
def test_options(port, case):
    check(port, case)


@each([*(answered(f"a TTL of {ttl} is answered with one of 64", GOOD.but(ttl=ttl), ANSWER)
         for ttl in (1, 64, 255)),
       *(answered(f"the type of service {service:02x} is answered with none",
                  GOOD.but(service=service), ANSWER) for service in (0, 1, 3, 0xb8, 0xff)),
       *(answered(f"the identification {ident:04x} is answered without one",
                  GOOD.but(identification=ident), ANSWER) for ident in (0, 1, 0xffff)),
       answered("a datagram that must not be fragmented is answered",
                GOOD.but(fragment=0x4000), ANSWER)])
def test_fields_that_do_not_matter(port, case):
    check(port, case)


@each([answered("a packet that goes on behind its datagram is answered",
                GOOD.but(ip_length_change=6, trailing=b"\xee" * 6), ANSWER),
       answered("a packet that goes on, in a frame that goes on, is answered",
                GOOD.but(ip_length_change=3, trailing=b"\xee" * 9), ANSWER),
       silent("a packet said to go on behind its frame is not",
              *(GOOD.but(ip_length_change=change) for change in (1, 2, 3, 4, 100, 1000, 60000)))])
def test_packets_longer_than_the_datagram(port, case):
    check(port, case)


def test_each_packet_shorter_than_its_datagram_is_dropped(port):
    size = len(GOOD.ip())
    check(port, silent("a shorter packet",
                       *(GOOD.but(ip_length_change=-cut) for cut in range(1, size + 1))))


@pytest.mark.parametrize("version", [v for v in range(16) if v != 4])
def test_another_version_is_dropped(port, version):
    check(port, silent("a version", GOOD.but(version=version)))


@pytest.mark.parametrize("words", [w for w in range(16) if w != 5])
def test_a_header_of_another_size_than_it_has_is_dropped(port, words):
    check(port, silent("header words", GOOD.but(header_words=words),
                       GOOD.but(header_words=words, trailing=b"\0" * 60)))


def test_a_header_with_options_of_another_size_than_it_has_is_dropped(port):
    frame = GOOD.but(options=b"\1" * 20)
    check(port, silent("header words with options", *(frame.but(header_words=words)
                                                      for words in range(16) if words != 10)))


def test_each_bit_of_the_header_checksum_counts(port):
    check(port, silent("checksum", *(GOOD.but(ip_checksum_change=1 << bit) for bit in range(16))))


@each([silent(f"protocol {protocol} is not answered", GOOD.but(next_header=protocol))
       for protocol in (0, 1, 2, 4, 41, 47, 50, 58, 132, 136, 255)])
def test_protocols(port, case):
    check(port, case)


@each([silent("a first fragment is not answered", GOOD.but(fragment=0x2000)),
       silent("a middle fragment is not answered", GOOD.but(fragment=0x2004)),
       silent("a last fragment is not answered", GOOD.but(fragment=0x0004)),
       silent("fragments at every offset of one bit are not answered",
              *(GOOD.but(fragment=1 << bit) for bit in range(14))),
       silent("a fragment with all flags is not answered", GOOD.but(fragment=0xffff))])
def test_fragments(port, case):
    check(port, case)


@each([silent(f"the source {source} is not answered", GOOD.but(source=source))
       for source in ("0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.254", "224.0.0.1",
                      "239.255.255.255", "240.0.0.1", "255.255.255.255")])
def test_sources_that_nobody_has(port, case):
    check(port, case)


@each([silent(f"the destination {destination} is not answered",
              GOOD.but(destination=destination))
       for destination in ("192.0.2.54", "192.0.2.1", "198.51.100.53", "127.0.0.1", "192.0.2.255",
                           "192.0.2.0", "224.0.0.1", "224.0.0.251", "255.255.255.255",
                           "0.0.0.0")])
def test_destinations_that_are_not_ours(port, case):
    check(port, case)


@each([silent("a question from our own address and port is not answered",
              GOOD.but(source=OUR_IPV4, source_port=53)),
       answered("a question from another address and our port is answered",
                GOOD.but(source_port=53), ANSWER),
       all_answered("sources all over the address space are answered",
                    ((GOOD.but(source=source), ANSWER) for source in
                     (CLIENT_IPV4, "1.0.0.0", "10.255.255.255", "126.255.255.255", "128.0.0.0",
                      "169.254.1.1", "192.0.2.255", "223.255.255.255")))])
def test_sources(port, case):
    check(port, case)
