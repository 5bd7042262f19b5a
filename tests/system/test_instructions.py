"""Instructions per query of standard mixes have not grown by more than 3 % (perf/instructions)."""

import json
import sys

import pytest

import appliance

sys.path.insert(0, str(appliance.TOP / "perf"))

import instruction_count as count  # noqa: E402


@pytest.fixture(scope="module")
def record():
    return json.loads(count.RECORD.read_text())


@pytest.fixture(scope="module")
def measured():
    reason = count.why_not(appliance.BUILD)
    if reason:
        pytest.skip(reason)
    return count.measure(appliance.BUILD)


def test_no_mix_has_grown(measured, record):
    others = count.other_machine(measured, record)
    if others:
        pytest.skip(f"not comparable with perf/instructions.json: {'; '.join(others)}")
    faults = count.faults_in(measured, record)
    assert not faults, "\n".join(faults + ["what it buys, and perf/instructions --record, belong "
                                           "into the same commit"])


def test_growth_is_found(record):
    """Whatever is counted here: 3 % more is a fault, a little less than that is not."""
    def with_factor(factor):
        return {"instructions_per_query": {
            mix: number * factor for mix, number in record["instructions_per_query"].items()}}
    assert set(record["instructions_per_query"]) == set(count.MIXES)
    assert len(count.grown(with_factor(1.031), record)) == len(count.MIXES)
    assert not count.grown(with_factor(1.029), record)


def test_another_compiler_is_another_record(record):
    assert not count.other_machine(record, record)
    other = {**record, "compiler": "g++ 13"}
    assert [line.split(":")[0] for line in count.other_machine(other, record)] == ["compiler"]


def test_other_flags_are_a_fault(record):
    assert not count.faults_in(record, record)
    other = {**record, "flags": {**record["flags"], "dns": "-O0"}}
    assert not count.other_machine(other, record)
    assert [line.split(":")[0] for line in count.faults_in(other, record)] == ["flags"]
