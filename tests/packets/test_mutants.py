"""The mutants of mutants/run still fit: each one's text stands in its file once, and its case is
there. What the cases say to them takes a build for each: run mutants/run."""

import importlib
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).parent
sys.path.append(str(HERE / "mutants"))

from mutants import MUTANTS  # noqa: E402


def sentences(module):
    for test in vars(importlib.import_module(module)).values():
        for mark in getattr(test, "pytestmark", ()):
            if mark.name == "parametrize" and mark.args[0] == "case":
                yield from (case.sentence for case in mark.args[1])


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.rule for mutant in MUTANTS])
def test_mutant_fits(mutant):
    text = (HERE.parents[1] / mutant.file).read_text()
    assert text.count(mutant.text) == 1, f"{mutant.file}: {mutant.text}"
    assert mutant.text != mutant.replacement
    file, _, sentence = mutant.case.partition("::")
    assert sentence in set(sentences(file.removesuffix(".py")))
