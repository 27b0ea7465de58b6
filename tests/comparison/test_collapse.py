"""Runs that collapsed: which they are, what so few runs leave possible, what would undo a decision."""

from __future__ import annotations

import numpy as np
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
    assert "1 of 8 of sgd (up to 47 % possible); where none did, up to 31 %" in told
    assert "Further collapses would undo a decision: adam against sgd at " in told


def values_of(verdict, code):
    """The values of the only sentence of a verdict with a code; None if there is none."""
    (values,) = [one.values for one in verdict if one.code == code] or [None]
    return values


@pytest.mark.parametrize("is_tuned", [True, False])
def test_a_row_beside_the_ranking_collapses_as_well(runs, is_tuned):
    """A default that only its own tuned row is compared with stands in the table; the verdict counts its runs."""
    records = runs("adam", BETTER) + runs("sgd", STEADY) + runs("lion", [*STEADY[:-2], 0.41, 0.4])
    untuned = {"lion"} if is_tuned else {"adam", "sgd", "lion"}
    problem = compare(records, aside={"lion": {"adam"}}, untuned=untuned).problems[0]
    said = values_of(problem.verdict, "collapse-some")
    assert [(one["values"]["label"], one["values"]["count"]) for one in said["items"]] == [("lion", 2)]
    rates = {(pair.a, pair.b): pair.undo_rate for pair in problem.pairs if pair.undo_rate is not None}
    assert rates
    undone = values_of(problem.verdict, "collapse-undoes")["items"]
    assert {(one["values"]["a"], one["values"]["b"]): one["values"]["rate"] for one in undone} == rates


def test_a_verdict_without_a_test_of_its_own_counts_collapses_where_others_were_tested(runs):
    """Six seeds cannot decide three pairs, but one: the default with the only row that it is compared with."""
    records = [run for name in ("adam", "sgd", "lion") for run in runs(name, BETTER[:6])]
    records += runs("rmsprop", [*STEADY[:5], 0.4])
    problem = compare(records, aside={"rmsprop": {"adam"}}, untuned={"rmsprop"}).problems[0]
    assert [pair.obstacle is None for pair in problem.pairs].count(True) == 1
    assert problem.verdict[0].code == "verdict-few-seeds"
    assert values_of(problem.verdict, "collapse-some")["items"][0]["values"]["label"] == "rmsprop"


@pytest.mark.parametrize("seed", range(6))
def test_no_run_is_said_to_have_collapsed_where_none_of_any_row_did(runs, seed):
    """Whichever rows stand beside the ranking; every decision that collapses can undo is named or counted."""
    draw = np.random.default_rng(seed)
    names, aside = ("adam", "sgd", "lion", "rmsprop"), {"lion": {"adam"}, "rmsprop": {"sgd"}}
    records = []
    for place, name in enumerate(names):
        scores = 0.95 - 0.04 * place + 0.005 * draw.standard_normal(8)
        scores[draw.random(8) < 0.06 * (seed % 3)] = 0.4
        records += runs(name, list(scores))
    problem = compare(records, aside=aside, untuned=set(aside)).problems[0]
    is_clean = not any(one.n_collapsed for one in problem.optimizers)
    assert (values_of(problem.verdict, "collapse-none") is not None) == is_clean
    undone = values_of(problem.verdict, "collapse-undoes") or {"items": [], "more": None}
    told = len(undone["items"]) + (undone["more"] or 0)
    assert told == sum(pair.undo_rate is not None for pair in problem.pairs)


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
