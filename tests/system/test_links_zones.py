"""The real zones come back through AF_XDP and DPDK to a client with a kernel, by UDP and, beside it
through the kernel or the exception port, by TCP."""

import pytest

import links
import wire
from network import OUR_IPV4, OUR_IPV6
from test_real_zones import SAMPLE, ask_many, check_answer, check_referral

WAYS = [(transport, host) for transport in ("udp", "tcp") for host in (OUR_IPV4, OUR_IPV6)]


@pytest.fixture(scope="module", params=links.BACKENDS)
def served(request, zone_files):
    with links.Served(request.param, zone_files) as running:
        yield running


@pytest.mark.parametrize("transport,host", WAYS)
def test_authoritative_rrsets_come_back(served, truths, transport, host):
    with served.from_client():
        for truth in truths.values():
            rrsets = sorted(truth.authoritative(), key=lambda r: (r.owner, r.type))
            if len(rrsets) > 5000:
                rrsets = rrsets[WAYS.index((transport, host))::SAMPLE]
            questions = [wire.query(r.owner, r.type, do=bool(r.signatures), edns=1232)
                         for r in rrsets]
            for question, rrset, reply in zip(questions, rrsets,
                                              ask_many(served, transport, host, questions)):
                check_answer(served, host, question, rrset, reply)


@pytest.mark.parametrize("transport,host", WAYS)
def test_delegations_come_back_with_glue(served, truths, transport, host):
    with served.from_client():
        for truth in truths.values():
            delegations = list(truth.delegations())
            questions = [wire.query(b"\5below" + ns.owner, "A", edns=1232)
                         for ns, _, _ in delegations]
            for delegation, reply in zip(delegations,
                                         ask_many(served, transport, host, questions)):
                check_referral(truth, transport, reply, *delegation)


def test_udp_came_by_the_backend_and_tcp_by_the_kernel(served):
    stats = served.stats()
    if served.backend == "xdp":
        assert stats["xdp-steered"] > 1000 and stats["xdp-passed-not-udp"] > 100
    else:
        assert stats["exception-to-kernel"] > 100 and stats["exception-from-kernel"] > 100
    assert stats["received-udp"] > 1000 and stats["received-tcp"] > 1000
