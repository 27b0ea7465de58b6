"""Runs that collapsed: which they are, what so few runs leave possible, what would undo a decision."""

from __future__ import annotations

import pytest

from optbench.catalog.metrics import METRICS
from optbench.comparison import compare
from optbench.comparison.collapse import count_collapsed
from optbench.words.comparisons import problem_verdict

ACCURACY, RMSE, LOG_LOSS = (METRICS[name] for name in ("accuracy", "rmse", "log_loss"))
STEADY = [0.90, 0.91, 0.90, 0.92, 0.91, 0.90, 0.91, 0.92]
BETTER = [score + 0.03 for score in STEADY]


@pytest.mark.parametrize(
    ("metric", "scores", "diverged", "constant", "margin", "count"),
    [
        (ACCURACY, [0.9, 0.9, 0.88, 0.4], (), 0.4, 0.005, 1),  # at the majority class
        (ACCURACY, [0.9, 0.9, 0.9, 0.6], (), 0.4, 0.005, 1),  # lost more than half of the gain
        (ACCURACY, [0.9, 0.9, 0.9, 0.7], (), 0.4, 0.005, 0),
        (RMSE, [50.0, 51.0, 52.0, 70.0], (), 80.0, 0.5, 1),  # lower is better
        (ACCURACY, [0.401, 0.402, 0.401, 0.4], (), 0.4, 0.005, 0),  # nobody has learnt much: noise is no collapse
        (ACCURACY, [0.3, 0.4, 0.5, 0.35], (), 0.4, 0.005, 3),  # the median gains nothing
        (LOG_LOSS, [0.3, 0.4, None], (2,), None, 0.005, 1),  # no constant is known: diverged runs alone
    ],
)  # fmt: skip
def test_what_a_collapse_is(metric, scores, diverged, constant, margin, count):
    """Diverged, or most of what the median run gains over a constant answer is lost, and more than the margin."""
    failed = [place in diverged for place in range(len(scores))]
    assert count_collapsed(scores, failed, metric, constant=constant, margin=margin) == count


def test_clean_runs_are_said_to_leave_a_rate(runs):
    """Once, whatever was decided; no decision is said to be undone."""
    problem = compare(runs("adam", BETTER) + runs("sgd", STEADY)).problems[0]
    assert (
        "No run collapsed; with 8 runs of each, a rate of up to 31 % is still possible (95 % sure)."
        in problem_verdict(problem)
    )
    assert problem.pairs[0].undo_rate is None


def test_a_collapse_is_counted_and_the_rate_that_would_undo_the_lead_is_said(runs):
    """Lead / (mean - constant) for a winner; a diverged run counts as the majority class."""
    records = runs("adam", BETTER) + runs("sgd", [*STEADY[:-1], 0.41])
    problem = compare(records).problems[0]
    (pair,) = problem.pairs
    adam = problem.optimizer("adam")
    assert pair.decision.value == "a_better"
    assert problem.optimizer("sgd").n_collapsed == 1
    assert pair.undo_rate == pytest.approx(pair.difference / (adam.mean - 0.4))
    told = problem_verdict(problem)
    assert "1 of 8 of sgd, which leaves up to 47 % possible; where none did, up to 31 %" in told
    assert "Further collapses would undo a decision: that between adam and sgd at a rate of " in told


def test_runs_that_are_not_compared_can_cast_the_same_doubt(runs):
    """As a tuning run that diverged beside the chosen setting does."""
    (pair,) = compare(runs("adam", BETTER) + runs("sgd", STEADY), unstable={"adam"}).problems[0].pairs
    assert pair.undo_rate == pytest.approx(0.03 / (0.93875 - 0.4), rel=1e-3)


def test_equivalence_is_undone_by_the_one_behind(runs):
    """(margin - difference) / (its mean - constant)."""
    close = [score + 0.001 * (-1) ** place for place, score in enumerate(STEADY)]
    (pair,) = compare(runs("adam", close) + runs("sgd", STEADY), unstable={"sgd"}).problems[0].pairs
    assert pair.decision.value == "equivalent"
    assert pair.undo_rate == pytest.approx((0.005 - abs(pair.difference)) / (0.90875 - 0.4), rel=0.01)
