"""What tuning was worth, in the sentence that people read first."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from optbench.comparison import metric_named
from optbench.study.wording import headline


@pytest.mark.parametrize(("outcome", "gain"), [("worse", -0.03), ("undecided", -0.03), ("better", 0.03)])
def test_tuning_that_did_harm_is_said_beside_the_verdict(outcome, gain):
    """Only beyond doubt: the order may be that of the ranges, not of the optimizers."""
    worth = SimpleNamespace(label="adam", default="adam-default", gain=gain, outcome=outcome)
    told = headline(
        SimpleNamespace(
            problem=SimpleNamespace(verdict="sgd is better."),
            worth_of_tuning=[worth],
            comparison=SimpleNamespace(metric=metric_named("accuracy")),
        )
    )
    assert told.startswith("sgd is better.")
    failed = "Tuning failed for adam: its own default (adam-default) is better by 3.00 points."
    assert (failed in told) == (outcome == "worse")
