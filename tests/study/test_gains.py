"""What tuning gained, in the sentence that people read first."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from optbench.core.findings import Finding, Severity
from optbench.study.gains import Outcome, TuningGain
from optbench.study.sentences import floor_sentence, short_headline
from optbench.study.statements import failed_tunings, gain_statements
from optbench.words import sentence


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


@pytest.mark.parametrize(("gain", "told"), [(0.01, "adam gained 1.00"), (0.0, "adam gained nothing"), (-0.01, "lost")])
def test_what_tuning_gained_is_said_by_its_sign(gain, told):
    """Nothing is neither gained nor lost."""
    problem = SimpleNamespace(verdict=(), optimizers=(), pairs=(), scope=None)
    comparison = SimpleNamespace(metric=SimpleNamespace(name="accuracy"), problems=(problem,))
    config = SimpleNamespace(aside={}, tuning=SimpleNamespace(metric="val_accuracy"))
    gains = [TuningGain("adam", "adam-default", gain, Outcome.UNDECIDED)]
    (found,) = gain_statements(config, comparison, gains, None)
    assert told in sentence(found, "en")


def test_the_noise_floor_is_explained_once_where_a_verdict_first_names_it():
    """Not at all if none does."""
    without, first, second = (SimpleNamespace(compared=verdict("x", floor=floor)) for floor in (None, 0.01, 0.02))
    told = [floor_sentence(one, [without, first, second]) for one in (without, first, second)]
    assert [bool(sentence) for sentence in told] == [False, True, False]
    assert floor_sentence(without, [without]) == ""
