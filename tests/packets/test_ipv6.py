"""IPv6: extension headers within and beyond the limits, and headers that lie."""

import pytest

import messages
from cases import all_answered, answered, check, each, silent
from frames import (CLIENT_IPV6, DESTINATION, FRAGMENT, HOP_BY_HOP, OUR_IPV6, ROUTING, UDP, VLAN,
                    Frame, chain, routing_extension, tlv_extension)

QUESTION = messages.query()
ANSWER = messages.reply(QUESTION, answer=messages.WWW)
GOOD = Frame(payload=QUESTION, ipv6=True)


def with_chain(*kinds):
    following, octets = chain(kinds)
    return GOOD.but(next_header=following, extensions=octets)


def with_options(kind, body):
    return GOOD.but(next_header=kind, extensions=tlv_extension(UDP, body))


CHAINS = {
    "hop-by-hop options": (HOP_BY_HOP,),
    "destination options": (DESTINATION,),
    "a routing header that is done": (ROUTING,),
    "hop-by-hop and destination options": (HOP_BY_HOP, DESTINATION),
    "hop-by-hop options and routing": (HOP_BY_HOP, ROUTING),
    "all of RFC 8200's in its order": (HOP_BY_HOP, DESTINATION, ROUTING, DESTINATION),
    "four destination options": (DESTINATION,) * 4,
    "four routing headers": (ROUTING,) * 4,
}


@each([*(answered(f"{what} are skipped and not sent back", with_chain(*kinds), ANSWER)
         for what, kinds in CHAINS.items()),
       *(answered(f"{what}, behind a tag, are skipped", with_chain(*kinds).but(tags=((VLAN, 2),)),
                  ANSWER) for what, kinds in list(CHAINS.items())[:4])])
def test_extension_headers(port, case):
    check(port, case)


@pytest.mark.parametrize("count", (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 32, 64, 100))
def test_chains_of_destination_options_up_to_four_are_answered(port, count):
    frame = with_chain(*(DESTINATION,) * count)
    check(port, answered("a chain", frame, ANSWER) if count <= 4 else silent("a chain", frame))


def test_no_chain_of_five_to_a_hundred_is_answered(port):
    check(port, silent("chains", *(with_chain(*(DESTINATION,) * count)
                                   for count in range(5, 101))))


@each([answered("one of 248 octets is skipped", with_options(DESTINATION, b"\1\xf4" + bytes(0xf4)),
                ANSWER),
       answered("one of 256 octets, the limit, is skipped",
                with_options(DESTINATION, b"\1\xfc" + bytes(0xfc)), ANSWER),
       silent("one of 264 octets is too long",
              with_options(DESTINATION, b"\1\xfc" + bytes(0xfc) + b"\1\6" + bytes(6))),
       silent("two of 136 octets are too long together",
              GOOD.but(next_header=DESTINATION,
                       extensions=tlv_extension(DESTINATION, b"\1\x84" + bytes(0x84))
                       + tlv_extension(UDP, b"\1\x84" + bytes(0x84))))])
def test_sizes_of_extension_headers(port, case):
    check(port, case)


@each([answered("pads of one octet are skipped", with_options(DESTINATION, bytes(6)), ANSWER),
       answered("an unknown option that may be skipped is",
                with_options(DESTINATION, b"\x1e\4abcd"), ANSWER),
       *(silent(f"an unknown option of action {action:02x} is not",
                with_options(DESTINATION, bytes((action | 0x1e,)) + b"\4abcd"))
         for action in (0x40, 0x80, 0xc0)),
       silent("an option that ends behind its header is not",
              with_options(DESTINATION, b"\1\5\0\0\0\0")),
       silent("an option without its length is not", with_options(DESTINATION, b"\0\0\0\0\0\1")),
       silent("hop-by-hop options behind others are not", with_chain(DESTINATION, HOP_BY_HOP)),
       *(silent(f"a routing header with {left} segments left is not",
                GOOD.but(next_header=ROUTING, extensions=routing_extension(UDP, left)))
         for left in (1, 255))])
def test_options_in_extension_headers(port, case):
    check(port, case)


@each([silent(f"an extension header of {size} claimed units is not answered",
              GOOD.but(next_header=DESTINATION,
                       extensions=bytes((UDP, size)) + tlv_extension(UDP)[2:]))
       for size in (1, 2, 8, 31, 32, 200, 255)])
def test_lying_extension_headers(port, case):
    check(port, case)


def fragment_header(offset_and_flags):
    return GOOD.but(next_header=FRAGMENT,
                    extensions=bytes((UDP, 0)) + offset_and_flags.to_bytes(2, "big") + b"abcd")


@each([*(silent(f"{what} fragment is not answered", fragment_header(field)) for what, field in
         (("a first", 1), ("a middle", 0x0101), ("a last", 0x0100), ("an atomic", 0))),
       silent("a fragment behind destination options is not answered",
              GOOD.but(next_header=DESTINATION,
                       extensions=tlv_extension(FRAGMENT) + bytes((UDP, 0, 0, 1)) + b"abcd"))])
def test_fragments(port, case):
    check(port, case)


@each([*(answered(f"a hop limit of {ttl} is answered with one of 64", GOOD.but(ttl=ttl), ANSWER)
         for ttl in (1, 64, 255)),
       *(answered(f"traffic class and flow {flow:07x} are answered with none",
                  GOOD.but(flow=flow), ANSWER) for flow in (0, 1, 0x0fffffff, 0x0b800000))])
def test_fields_that_do_not_matter(port, case):
    check(port, case)


@each([answered("a packet that goes on behind its datagram is answered",
                GOOD.but(ip_length_change=6, trailing=b"\xee" * 6), ANSWER),
       silent("a packet said to go on behind its frame is not answered",
              *(GOOD.but(ip_length_change=change) for change in (1, 2, 3, 4, 100, 1000, 60000))),
       silent("a packet shorter than its datagram is not answered, whatever its length",
              *(GOOD.but(ip_length_change=-cut) for cut in range(1, 8 + len(QUESTION) + 1)))])
def test_lengths(port, case):
    check(port, case)


@pytest.mark.parametrize("version", [v for v in range(16) if v != 6])
def test_another_version_is_dropped(port, version):
    check(port, silent("a version", GOOD.but(version=version)))


@each([silent(f"next header {following} is not answered", GOOD.but(next_header=following))
       for following in (1, 6, 50, 51, 58, 59, 132, 135, 136, 139, 140, 253, 255)])
def test_next_headers(port, case):
    check(port, case)


@each([*(silent(f"the source {source} is not answered", GOOD.but(source=source))
         for source in ("::", "::1", "ff02::1", "ff0e::53")),
       *(silent(f"the destination {destination} is not answered",
                GOOD.but(destination=destination))
         for destination in ("2001:db8::54", "2001:db8::1", "::", "::1", "ff02::1",
                             "ff02::1:ff00:53", "fe80::53")),
       silent("a question from our own address and port is not answered",
              GOOD.but(source=OUR_IPV6, source_port=53)),
       all_answered("sources all over the address space are answered",
                    ((GOOD.but(source=source), ANSWER) for source in
                     (CLIENT_IPV6, "::2", "2001:db8:ffff::1", "fe80::1", "fd00::1",
                      "::ffff:192.0.2.1", "64:ff9b::1", "2002::1")))])
def test_addresses(port, case):
    check(port, case)
