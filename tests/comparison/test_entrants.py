"""Comparisons that belong to a plan: named groups, rows that stand aside, runs without test rows."""

from __future__ import annotations

import dataclasses

import pytest

from optbench.comparison import Obstacle, compare
from optbench.errors import NoRunsError
from optbench.records import RunRecord, RunStatus
from optbench.words.comparisons import located_sentences, problem_verdict

SHIFT = {"sgd": 0.00, "adam": 0.10, "sgd-default": 0.2}


def record(label, seed, *, withhold=False):
    metrics = {"accuracy": 0.7 + SHIFT[label] + 0.001 * seed, "majority_accuracy": 0.6}
    return RunRecord(
        run=f"{label}-s{seed}",
        folder=f"runs/{label}-s{seed}",
        key=f"{label}-{seed}-{withhold}",
        status=RunStatus.COMPLETED,
        seed=seed,
        config={
            "dataset": {"name": "iris", "split": {"withhold_test": withhold}},
            "model": {"name": "mlp"},
            "optimizer": {"name": label.split("-")[0], "learning_rate": 0.01 if "default" in label else 0.1},
            "training": {"epochs": 3},
        },
        versions={},
        metrics={"test": dict.fromkeys(metrics) if withhold else metrics, "epochs_run": 3},
        timing={"training_seconds": 1.0},
        digests={"data": "d", "split": "s"},
        machine="m",
    )


def records(*labels, seeds=8):
    return [record(label, seed) for label in labels for seed in range(seeds)]


def labels_of(found):
    return {one.run: one.run.rpartition("-s")[0] for one in found}


def test_labels_tell_groups_apart_that_have_the_same_settings():
    """Two rows with one key and one configuration, as in A against A, stay two rows."""
    found = records("sgd")
    again = [dataclasses.replace(one, run=f"again-s{one.seed}") for one in found]
    labels = labels_of([*found, *again])
    (problem,) = compare([*found, *again], labels=labels).problems
    assert [(one.label, one.n) for one in problem.optimizers] == [("again", 8), ("sgd", 8)]
    assert set(problem.pairs[0].differences) == {0.0}
    assert problem.pairs[0].obstacle is Obstacle.SAME_ALGORITHM


def test_who_stands_aside_is_compared_with_its_own_only():
    """It has a row and its pair, counts in Holm's m, and does not lead the verdict however good it is."""
    found = records("sgd", "adam", "sgd-default")
    aside = {"sgd-default": frozenset({"sgd"})}
    (problem,) = compare(found, labels=labels_of(found), aside=aside).problems
    assert problem.optimizers[0].label == "sgd-default"
    assert {frozenset((pair.a, pair.b)) for pair in problem.pairs} == {
        frozenset({"sgd", "adam"}),
        frozenset({"sgd", "sgd-default"}),
    }
    assert [pair.p_adjusted for pair in problem.pairs] == pytest.approx([2 * 2 / 2**8] * 2)
    assert problem_verdict(problem).startswith("adam beats sgd")
    assert "2 comparisons" in problem_verdict(problem)


def test_runs_without_test_rows_are_left_out_and_told():
    """They have no test metric; alone they are refused, and the sentence says why."""
    hidden = [record("adam", seed, withhold=True) for seed in range(3)]
    comparison = compare([*records("sgd", "adam"), *hidden])
    assert any(
        "3 runs with a withheld test split" in sentence for sentence in located_sentences(comparison.all_differences)
    )
    assert sum(one.n for one in comparison.problems[0].optimizers) == 16
    with pytest.raises(NoRunsError, match="the test split of 3 runs is withheld"):
        compare(hidden)
