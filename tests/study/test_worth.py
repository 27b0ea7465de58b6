"""What tuning was worth, in the sentence that people read first."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from optbench.catalog.metrics import metric_named
from optbench.core.findings import Finding, Severity
from optbench.study.wording import floor_sentence, headline


def verdict(told, **values):
    return Finding("recorded-sentence", Severity.REMARK, {"text": told, **values})


@pytest.mark.parametrize(("outcome", "gain"), [("worse", -0.03), ("undecided", -0.03), ("better", 0.03)])
def test_tuning_that_did_harm_is_said_beside_the_verdict(outcome, gain):
    """Only beyond doubt: the order may be that of the ranges, not of the optimizers."""
    worth = SimpleNamespace(label="adam", default="adam-default", gain=gain, outcome=outcome)
    told = headline(
        SimpleNamespace(
            problem=SimpleNamespace(verdict=[verdict("sgd is better.")]),
            worth_of_tuning=[worth],
            comparison=SimpleNamespace(metric=metric_named("accuracy")),
        )
    )
    assert told.startswith("sgd is better.")
    failed = "Tuning failed for adam: its own default (adam-default) is better by 3.00 points."
    assert (failed in told) == (outcome == "worse")


def test_the_noise_floor_is_explained_once_where_a_verdict_first_names_it():
    """Not at all if none does."""
    without, first, second = (
        SimpleNamespace(problem=SimpleNamespace(verdict=[verdict("x", floor=floor)])) for floor in (None, 1, 2)
    )
    told = [floor_sentence(one, [without, first, second]) for one in (without, first, second)]
    assert [bool(sentence) for sentence in told] == [False, True, False]
    assert floor_sentence(without, [without]) == ""
