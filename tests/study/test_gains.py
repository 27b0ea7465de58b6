"""What tuning gained, in the sentence that people read first."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from optbench.core.findings import Finding, Severity
from optbench.study.gains import Outcome, TuningGain
from optbench.study.sentences import floor_sentence, short_headline
from optbench.study.statements import failed_tunings


def verdict(told, **values):
    return SimpleNamespace(verdict=[Finding("recorded-sentence", Severity.REMARK, {"text": told, **values})])


@pytest.mark.parametrize(("outcome", "gain"), [("worse", -0.03), ("undecided", -0.03), ("better", 0.03)])
def test_tuning_that_did_harm_is_said_beside_the_verdict(outcome, gain):
    """Only beyond doubt: the order may be that of the ranges, not of the optimizers."""
    gains = [TuningGain("adam", "adam-default", gain, Outcome(outcome))]
    problem = SimpleNamespace(compared=verdict("sgd is better."), failed_tunings=failed_tunings(gains, "accuracy"))
    told = short_headline(problem)
    assert told.startswith("sgd is better.")
    failed = "Tuning failed for adam: its own default (adam-default) is better by 3.00 points."
    assert (failed in told) == (outcome == "worse")


def test_the_noise_floor_is_explained_once_where_a_verdict_first_names_it():
    """Not at all if none does."""
    without, first, second = (SimpleNamespace(compared=verdict("x", floor=floor)) for floor in (None, 0.01, 0.02))
    told = [floor_sentence(one, [without, first, second]) for one in (without, first, second)]
    assert [bool(sentence) for sentence in told] == [False, True, False]
    assert floor_sentence(without, [without]) == ""
