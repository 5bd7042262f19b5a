"""bench_answer: every mix with every kind of signing is answered right, and the JSON has its keys.

What it measures is not looked at here but for what must hold on any machine.
"""

import itertools
import json
import subprocess

import pytest

import appliance

MIXES = ("hit", "hot", "nxdomain", "nxdomain-deep", "delegation", "cname", "wildcard", "refused")
SIGNINGS = (("none", 0), ("none", 1), ("nsec", 0), ("nsec", 1), ("nsec3", 0), ("nsec3", 1))
STAGES = ["receive", "parse", "admit", "zones", "nodes", "proofs", "write", "reply", "commit"]
KEYS = ("names", "zones", "mix", "dnssec", "do", "workers", "burst", "pages", "answers",
        "answers_per_second", "answers_per_second_per_worker", "cycles_per_query",
        "core_cycles_per_query", "instructions_per_query", "octets_per_answer", "table_bytes")


def bench(arguments):
    return subprocess.run([appliance.BUILD / "bench_answer", *arguments.split()],
                          capture_output=True, text=True)


def measured(arguments):
    """The JSON; every reply that was read in full was right, else there is none."""
    done = bench(f"{arguments} --json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("mix", MIXES)
def test_every_kind_of_signing_is_answered(mix):
    for dnssec, dnssec_ok in SIGNINGS:
        out = measured(f"--names 60 --zones 3 --mix {mix} --dnssec {dnssec} --do {dnssec_ok} "
                       "--rings 1")
        assert set(KEYS) <= set(out)
        assert (out["mix"], out["dnssec"], out["do"]) == (mix, dnssec, dnssec_ok)
        assert out["answers"] == 1024 and out["verified"] >= 1024
        is_signed = dnssec != "none" and dnssec_ok == 1 and mix != "refused"
        assert (out["signatures_per_answer"] > 0) == is_signed


def test_stages_come_with_time():
    out = measured("--names 100 --seconds 0.05")
    assert list(out["cycles_by_stage"]) == STAGES
    assert all(cycles >= 0 for cycles in out["cycles_by_stage"].values())
    assert out["cycles_by_stage"]["write"] > 0


@pytest.mark.parametrize("burst,workers", itertools.product((1, 7, 32), (1, 2)))
def test_bursts_and_workers(burst, workers):
    out = measured(f"--names 100 --burst {burst} --workers {workers} --rings 2")
    assert out["answers"] == 2048 * workers


@pytest.mark.parametrize("churn", ("updates", "reload"))
@pytest.mark.parametrize("dnssec", ("none", "nsec"))
def test_churn_changes_no_answer(churn, dnssec):
    out = measured(f"--names 500 --zones 2 --dnssec {dnssec} --do 1 --churn {churn} --seconds 0.1 "
                   "--rounds 2")
    assert out["publications"] > 0 and out["compared"] == "churn"
    assert len(out["ratios"]) == len(out["twin_ratios"]) == 2
    assert out["ratio"] > 0 and out["twin"]["answers_per_second"] > 0


def test_signatures_have_a_price():
    out = measured("--names 500 --dnssec nsec --do 1 --compare do --seconds 0.05 --rounds 1")
    assert out["signatures_per_answer"] == 1
    assert "ns_per_rrsig" in out


def test_workers_are_compared_with_one():
    out = measured("--names 500 --workers 2 --compare workers --seconds 0.05 --rounds 1")
    assert out["workers"] == 2 and out["compared"] == "workers"


@pytest.mark.parametrize("arguments,says", (
    ("--names 2 --zones 3", "more zones than names"),
    ("--compare workers", "needs --workers 2"),
    ("--compare do", "needs --do 1"),
    ("--compare churn", "needs --churn"),
    ("--mix other", "--mix"),
    ("--burst 33", "--burst"),
    ("--names 2000000 --reserve-mib 64", "tables"),
))
def test_what_cannot_be_is_refused(arguments, says):
    done = bench(arguments)
    assert done.returncode != 0
    assert says in done.stderr + done.stdout
