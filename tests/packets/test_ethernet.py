"""Ethernet: VLAN tags, sizes of frames, padding, and whom a frame is for."""

import pytest

import frames
import messages
from cases import all_answered, answered, check, each, silent
from frames import SERVICE_VLAN, VLAN, Frame

QUESTION = messages.query()
ANSWER = messages.reply(QUESTION, answer=messages.WWW)
FAMILIES = {"IPv4": Frame(payload=QUESTION), "IPv6": Frame(payload=QUESTION, ipv6=True)}

TAGS = {
    "an 802.1Q tag": ((VLAN, 7),),
    "an 802.1ad tag": ((SERVICE_VLAN, 7),),
    "an 802.1Q tag of the highest VLAN": ((VLAN, 4094),),
    "a priority tag (VLAN 0)": ((VLAN, 0xa000),),
    "an 802.1Q tag with priority and drop eligible": ((VLAN, 0xf000 | 100),),
    "two 802.1Q tags": ((VLAN, 100), (VLAN, 200)),
    "a service and a customer tag": ((SERVICE_VLAN, 0x3064), (VLAN, 0x50c8)),
    "two 802.1ad tags": ((SERVICE_VLAN, 1), (SERVICE_VLAN, 2)),
    "a customer tag outside of a service tag": ((VLAN, 3), (SERVICE_VLAN, 4)),
    "two priority tags": ((VLAN, 0xe000), (VLAN, 0)),
}


@each(answered(f"{family}, {what}, goes back with the same tags", frame.but(tags=tags), ANSWER)
      for family, frame in FAMILIES.items() for what, tags in TAGS.items())
def test_tags(port, case):
    check(port, case)


@each(silent(f"{family}, three tags {kinds[0]:04x} {kinds[1]:04x} {kinds[2]:04x}, is not answered",
             frame.but(tags=tuple((kind, 5) for kind in kinds)))
      for family, frame in FAMILIES.items()
      for kinds in ((VLAN, VLAN, VLAN), (SERVICE_VLAN, VLAN, VLAN),
                    (SERVICE_VLAN, SERVICE_VLAN, SERVICE_VLAN)))
def test_three_tags(port, case):
    check(port, case)


@each(answered(f"{family}, padded by {octets} octets, is answered without them",
               frame.but(trailing=b"\xee" * octets), ANSWER)
      for family, frame in FAMILIES.items() for octets in (1, 2, 3, 18, 46, 200))
def test_padding(port, case):
    check(port, case)


@each(answered(f"{family} with tags, padded by 4 octets, is answered without them",
               frame.but(tags=((VLAN, 9),), trailing=b"\0" * 4), ANSWER)
      for family, frame in FAMILIES.items())
def test_padding_with_tags(port, case):
    check(port, case)


def root_question(ident):
    return messages.query(".", "SOA", ident=ident)


@each([answered("a question of 59 octets gets a reply that is padded to 60",
                Frame(payload=root_question(1)),
                messages.error(root_question(1), messages.wire.REFUSED)),
       answered("a tagged one of 63 octets gets a reply of 63",
                Frame(payload=root_question(2), tags=((VLAN, 1),)),
                messages.error(root_question(2), messages.wire.REFUSED)),
       answered("a question padded to 60 octets, as a card sends it, is answered",
                Frame(payload=root_question(3), trailing=b"\0"),
                messages.error(root_question(3), messages.wire.REFUSED))])
def test_small_frames(port, case):
    check(port, case)


@each(silent(f"{family} to {what}, is not answered", frame.but(destination_mac=address))
      for family, frame in FAMILIES.items()
      for what, address in (("the broadcast address", "ff:ff:ff:ff:ff:ff"),
                            ("IPv4's multicast", "01:00:5e:00:00:01"),
                            ("IPv6's multicast", "33:33:00:00:00:01")))
def test_group_destinations(port, case):
    check(port, case)


@each(silent(f"{family} from {what}, is not answered", frame.but(source_mac=address))
      for family, frame in FAMILIES.items()
      for what, address in (("the broadcast address", "ff:ff:ff:ff:ff:ff"),
                            ("a group address", "03:00:00:00:00:01")))
def test_group_sources(port, case):
    check(port, case)


@each(answered(f"{family} from the MAC address {address} is answered to it",
               frame.but(source_mac=address), ANSWER)
      for family, frame in FAMILIES.items()
      for address in ("00:00:5e:00:01:01", "fe:ff:ff:ff:ff:ff"))
def test_sources(port, case):
    check(port, case)


@pytest.mark.parametrize("kind", (0, 46, 0x05dc, 0x0806, 0x0801, 0x8137, 0x8847, 0x8863, 0x9100,
                                  0x9200, 0xffff))
def test_other_ether_types_are_not_answered(port, kind):
    check(port, silent(f"type {kind:04x}", *(frame.but(ether_type=kind)
                                             for frame in FAMILIES.values())))


@each([silent("IPv4 under the type of IPv6 is not answered",
              Frame(payload=QUESTION, ether_type=frames.IPV6)),
       silent("IPv6 under the type of IPv4 is not answered",
              Frame(payload=QUESTION, ipv6=True, ether_type=frames.IPV4)),
       silent("a tag without anything behind it is not answered",
              Frame(payload=QUESTION, tags=((VLAN, 1),)).octets()[:18])])
def test_wrong_types(port, case):
    check(port, case)


@each([all_answered("a burst of all forms is answered in its order",
                    [(frame.but(tags=tags), ANSWER) for _ in range(3)
                     for frame in FAMILIES.values() for tags in ((), *TAGS.values())])])
def test_bursts(port, case):
    check(port, case)
