"""The techniques that perf/ablation takes out are still there: their texts stand in their files."""

import sys

import pytest

import appliance

sys.path[:0] = [str(appliance.TOP / "perf"), str(appliance.TOP / "tests" / "support")]

from patched_tree import check_patch  # noqa: E402
from techniques import TECHNIQUES, WORKLOADS  # noqa: E402


@pytest.mark.parametrize("technique", TECHNIQUES, ids=[each.name for each in TECHNIQUES])
def test_technique_fits(technique):
    assert bool(technique.options) != bool(technique.patches)
    assert technique.workloads and set(technique.workloads) <= set(WORKLOADS)
    for file, text, replacement in technique.patches:
        check_patch((appliance.TOP / file).read_text(), file, text)
        assert text != replacement


def test_a_text_that_is_gone_is_found_out():
    with pytest.raises(ValueError, match="stands 0 times in a.cpp"):
        check_patch("int a;", "a.cpp", "int b;")
    with pytest.raises(ValueError, match="stands 2 times"):
        check_patch("int a; int a;", "a.cpp", "int a;")
