"""What the dataplane cannot answer goes to control, and its answer comes back the same way."""

import pytest

import wire
from cases import answered, check
from frames import SERVICE_VLAN, VLAN, Frame
from messages import error, extended_error, query, reply

ASKS = {
    "NOTIFY of a zone of ours": (query("packets.test.", "SOA", flags=wire.NOTIFY << 11),
                                 wire.NOTAUTH),
    "UPDATE of a zone of ours": (query("packets.test.", "SOA", flags=wire.UPDATE << 11),
                                 wire.REFUSED),
    "UPDATE of nobody's zone": (query("elsewhere.invalid.", "SOA", flags=wire.UPDATE << 11),
                                wire.NOTAUTH),
    "IXFR over UDP": (query("packets.test.", "IXFR"), wire.REFUSED),
    "IXFR over UDP with EDNS": (query("packets.test.", "IXFR", edns=1232), wire.REFUSED),
}
ASKED_LAYERS = {"IPv4": Frame(), "IPv6": Frame(ipv6=True),
                "IPv4 with a tag": Frame(tags=((VLAN, 0x2005),)),
                "IPv6 with two tags": Frame(ipv6=True, tags=((SERVICE_VLAN, 1), (VLAN, 2)))}


@pytest.mark.parametrize("layer", ASKED_LAYERS)
@pytest.mark.parametrize("what", ASKS)
def test_what_only_control_answers_comes_back_the_same_way(port, layer, what):
    request, rcode = ASKS[what]
    if not port.has_control:
        message = error(request, wire.SERVFAIL, options=extended_error(14))
    else:
        message = reply(request, rcode=rcode, aa=False, payload=1232)
    check(port, answered(f"{layer}: {what}", ASKED_LAYERS[layer].but(payload=request), message))
