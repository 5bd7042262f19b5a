"""Replies of every size up to what a frame carries: whole, or cut at the very octet where they must
be."""

import messages
from cases import all_answered, check, each
from frames import SERVICE_VLAN, VLAN, Frame, reply_to
from messages import query, reply

FAMILIES = {"IPv4": Frame(), "IPv6": Frame(ipv6=True)}
LONGEST_FRAME = 1518  # Ethernet's, with one tag


def sized(size, offered, frame):
    """Asks for the name whose reply with OPT has `size` octets; without EDNS 11 fewer."""
    question = query(messages.sized_name(size), "TXT", edns=offered)
    own = size if offered is not None else size - 11
    whole = min(max(offered or 512, 512), messages.OWN_PAYLOAD, 1452 if frame.ipv6 else 1472)
    fits = own <= whole
    return (frame.but(payload=question),
            reply(question, answer=messages.sized_answer(size)) if fits
            else reply(question, tc=True))


OFFERS = {
    "without EDNS, at 512 octets": (None, range(518, 530)),
    "offering 512, at that": (512, range(507, 518)),
    "offering less than 512, at that": (100, range(507, 518)),
    "offering 1232, at that": (1232, range(1227, 1238)),
    "offering 1400, below that": (1400, (600, 900, 1024, 1400)),
    "offering 1452, at that": (1452, range(1447, 1458)),
    "offering 1472, at that and at the MTU": (1472, range(1447, 1478)),
    "offering 4096, at the MTU": (4096, range(1441, 1479)),
    "offering 65535, at the MTU": (65535, range(1441, 1479)),
}
LAYERS = {**{family: frame for family, frame in FAMILIES.items()},
          "IPv4 with two tags": Frame(tags=((SERVICE_VLAN, 1), (VLAN, 2))),
          "IPv6 with a tag": Frame(ipv6=True, tags=((VLAN, 2),)),
          "IPv4 with 40 octets of options": Frame(options=b"\1" * 40)}


def carried(frame, message):
    """Whether a link of MTU 1500 brings the reply: with two tags, a full packet is too long."""
    return len(reply_to(frame, message)) <= LONGEST_FRAME


@each(all_answered(f"{layer}, {what}: whole or truncated",
                   (pair for size in sizes for pair in [sized(size, offered, frame)]
                    if carried(*pair)))
      for layer, frame in LAYERS.items() for what, (offered, sizes) in OFFERS.items())
def test_sizes(port, case):
    check(port, case)
