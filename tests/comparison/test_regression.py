"""Comparisons of regression runs: lower is better, in the unit of the target."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from finished_runs import make_run

from optbench.catalog.metrics import lower_is_better, measured
from optbench.comparison import compare
from optbench.errors import NoRunsError, UsageError
from optbench.records import RunStatus
from optbench.reporting.comparison_document import comparison_document
from optbench.words.comparisons import difference_sentences, located_sentences, problem_verdict, verdict_text

BASE = [54.0, 54.4, 53.8, 54.1, 54.3, 53.9, 54.2, 54.0]
MEAN_PREDICTOR = 80.0


def errors(rmse, *, r2):
    """Every metric of regression where the errors have one size."""
    known = {"rmse": rmse, "mse": rmse**2, "r2": r2}
    return {metric.name: known.get(metric.name, 0.8 * rmse) for metric in measured("regression")}


def make_number_run(optimizer, seed, rmse, *, diverged=False, mean_predictor=MEAN_PREDICTOR, **options):
    """A finished regression run whose errors follow from its RMSE; the target's variance is that of the mean."""
    of_mean = errors(mean_predictor, r2=0.0)
    own = dict.fromkeys(of_mean) if diverged else errors(rmse, r2=1 - (rmse / mean_predictor) ** 2)
    record = make_run(optimizer, seed, diverged=diverged, **options)
    test = {**own, **{f"mean_predictor_{name}": value for name, value in of_mean.items()}}
    return replace(
        record,
        config={**record.config, "task": "regression"},
        metrics={**record.metrics, "test": test},
    )


def number_runs(optimizer, values, **options):
    return [make_number_run(optimizer, seed, value, **options) for seed, value in enumerate(values)]


@pytest.mark.parametrize("metric", [metric.name for metric in measured("regression")])
def test_the_smaller_error_wins_on_every_metric(metric):
    """An optimizer with two units less error is better, whatever the sign of the metric's difference."""
    runs = number_runs("adam", [value - 2 for value in BASE]) + number_runs("sgd", BASE)
    found = compare(runs, metric=metric)
    problem = found.problems[0]
    assert [summary.label for summary in problem.optimizers] == ["adam", "sgd"]
    pair = problem.pairs[0]
    assert pair.decision.value == "a_better"
    assert np.sign(pair.difference) == (-1 if lower_is_better(metric) else 1)
    assert pair.improvement == 1.0
    assert comparison_document(found)["higher_is_better"] is (metric == "r2")
    assert problem_verdict(problem).startswith("adam beats sgd by ")


def test_the_task_decides_what_is_compared():
    """Without a metric it is RMSE; the verdict speaks in the unit of the target, never of points."""
    found = compare(number_runs("adam", [value - 2 for value in BASE]) + number_runs("sgd", BASE))
    assert found.metric.name == "rmse"
    assert "2.00 of test RMSE" in verdict_text(found)
    assert "points" not in verdict_text(found)
    assert "%" not in verdict_text(found).partition("No run collapsed")[0].replace("95 %", "")


@pytest.mark.parametrize("metric, margin", [("rmse", 0.4), ("mse", 32.0), ("mae", 0.32), ("r2", 0.005)])
def test_the_default_margin_follows_the_unit(metric, margin):
    """Half a percent of the error of the mean; for MSE exactly the difference that 0.005 in R2 is."""
    found = compare(number_runs("adam", BASE) + number_runs("sgd", BASE), metric=metric)
    assert found.margin == pytest.approx(margin)
    assert found.problems[0].margin == found.margin
    assert compare(number_runs("adam", BASE) + number_runs("sgd", BASE), metric=metric, margin=7.0).margin == 7.0


def test_the_unit_of_the_target_changes_no_decision():
    """The same problem in cents and in thousands of dollars ends with the same words per pair and the same p."""
    decisions = set()
    for unit in (1.0, 100.0, 1e-5):
        runs = [
            make_number_run(name, seed, unit * (value + gap), mean_predictor=unit * MEAN_PREDICTOR)
            for name, gap in (("adam", 0.0), ("sgd", 0.05), ("rmsprop", 1.0))
            for seed, value in enumerate(BASE)
        ]
        pairs = compare(runs).problems[0].pairs
        decisions.add(tuple((pair.a, pair.b, pair.decision, round(pair.p_adjusted, 9)) for pair in pairs))
    assert len(decisions) == 1


def test_problems_with_other_units_have_margins_of_their_own():
    """Two data sets: no common margin is claimed."""
    other = {"name": "csv", "path": "prices.csv", "target": "price"}
    runs = number_runs("adam", BASE) + number_runs("sgd", BASE)
    dear = [1000 * value for value in BASE]
    runs += number_runs("adam", dear, dataset=other, mean_predictor=8e4)
    runs += number_runs("sgd", dear, dataset=other, mean_predictor=8e4)
    found = compare(runs)
    assert found.margin is None
    assert sorted(problem.margin for problem in found.problems) == pytest.approx([0.4, 400.0])


def test_a_diverged_run_counts_as_the_mean():
    """It is an outcome: the error of the training mean, said so in a remark."""
    lost = make_number_run("sgd", 7, 0.0, diverged=True)
    assert lost.status is RunStatus.DIVERGED
    problem = compare([*number_runs("adam", BASE), *number_runs("sgd", BASE[:7]), lost]).problems[0]
    assert problem.optimizer("sgd").scores[-1] == MEAN_PREDICTOR
    assert problem.optimizer("sgd").n_diverged == 1
    assert (
        "sgd diverged in 1 of 8 runs (seed 7); each counts with the RMSE of the mean of the training targets, 80.00."
        in difference_sentences(problem.differences)
    )


def test_r2_may_be_negative():
    """The interval of a mean is not cut at 0: worse than the mean is possible."""
    problem = compare(number_runs("adam", [90.0, 91.0, 92.0]), metric="r2").problems[0]
    assert problem.optimizer("adam").ci_low < problem.optimizer("adam").mean < 0


def test_two_tasks_are_never_mixed():
    """Runs of both need a metric, which leaves out those of the other task, and says so."""
    runs = [*number_runs("adam", BASE), *number_runs("sgd", BASE), *(make_run("adam", seed) for seed in range(3))]
    with pytest.raises(UsageError, match="--metric accuracy for classification or --metric rmse for regression"):
        compare(runs)
    found = compare(runs, metric="rmse")
    assert len(found.problems) == 1
    assert any(
        "3 runs of another task, without RMSE, are left out." in sentence
        for sentence in located_sentences(found.all_differences)
    )
    assert not found.mismatches


def test_a_metric_of_the_other_task_is_refused():
    """With the one to use."""
    with pytest.raises(NoRunsError, match="accuracy: it is for classification, .* Use --metric rmse"):
        compare(number_runs("adam", BASE), metric="accuracy")
