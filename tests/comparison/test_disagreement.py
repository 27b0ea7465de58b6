"""Equal accuracy can hide different classifiers; retraining alone is the yardstick."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest

from optbench.comparison import AnsweredRows, Disagreements
from optbench.records import Predictions
from optbench.words import sentence

NAMES = ("cat", "dog")
TRUTH = np.array([0, 0, 0, 0, 1, 1, 1, 1])


def disagreement(a, b, runs, names):
    """Compare two labels alone."""
    looked_at = {
        label: {
            seed: found for seed, one in of_label.items() if (found := AnsweredRows.of(one, len(names))) is not None
        }
        for label, of_label in runs.items()
    }
    return Disagreements(looked_at, names).of(a, b)


def predictions(classes, rows=None):
    """Predictions that are sure of `classes`."""
    score = np.eye(2, dtype=np.float32)[np.asarray(classes)]
    return Predictions(TRUTH, score, np.arange(8) if rows is None else rows)


CATS = [0, 0, 0, 0, 0, 0, 1, 1]  # all cats found, half of the dogs
DOGS = [0, 0, 1, 1, 1, 1, 1, 1]  # the other way round


def test_equal_accuracy_different_classes():
    """Both are right on 6 of 8 examples; they disagree on 4, and each has its favourite class."""
    found = disagreement("adam", "sgd", {"adam": {0: predictions(CATS)}, "sgd": {0: predictions(DOGS)}}, NAMES)
    assert (found.n, found.accuracy_gap, found.churn) == (1, 0.0, 0.5)
    assert (found.churn_a, found.churn_b) == (None, None)
    assert [(item.name, item.gap) for item in found.classes] == [("cat", 0.5), ("dog", -0.5)]
    assert found.calibration_a == pytest.approx(0.25)
    assert sentence(found.finding) == (
        "adam and sgd differ by 0.00 points of test accuracy but classify 50.0 % of the test examples differently; "
        "class cat shows the widest gap: adam finds 50.0 points more of it than sgd."
    )
    assert json.loads(json.dumps(found.to_json(), allow_nan=False)) == found.to_json()


def test_retraining_is_the_yardstick():
    """Two seeds of one optimizer that disagree as much as two optimizers: the sentence shows both."""
    runs = {"adam": {0: predictions(CATS), 1: predictions(DOGS)}, "sgd": {0: predictions(DOGS), 1: predictions(DOGS)}}
    found = disagreement("adam", "sgd", runs, NAMES)
    assert (found.n, found.churn, found.churn_a, found.churn_b) == (2, 0.25, 0.5, 0.0)
    assert "(two seeds of one optimizer: 50.0 % for adam, 0.0 % for sgd)" in sentence(found.finding)


@pytest.mark.parametrize("own_rows", [False, True])
def test_retraining_is_each_two_seeds_on_the_rows_that_both_have(own_rows):
    """Counted pair by pair in plain Python, to the last digit; seeds may have rows of their own."""
    rng = np.random.default_rng(3)
    runs = {}
    for seed in range(9):
        rows = rng.permutation(30)[:8] if own_rows else np.arange(8)
        runs[seed] = predictions(rng.integers(0, 2, 8), rows)
    shares = []
    for one, other in itertools.combinations(runs.values(), 2):
        of_one, of_other = (dict(zip(run.rows, run.y_score.argmax(axis=1), strict=True)) for run in (one, other))
        shared = of_one.keys() & of_other.keys()
        shares += [sum(of_one[row] != of_other[row] for row in shared) / len(shared)] if shared else []
    found = disagreement("adam", "sgd", {"adam": runs, "sgd": runs}, NAMES)
    assert found.churn_a == found.churn_b == math.fsum(shares) / len(shares)
    assert found.churn == 0.0


def test_rows_are_matched_by_number():
    """The same test rows in another order are the same rows; other rows are another split."""
    order = np.array([7, 6, 5, 4, 3, 2, 1, 0])
    turned = Predictions(TRUTH[order], predictions(CATS).y_score[order], order)
    runs = {"adam": {0: predictions(CATS)}, "sgd": {0: turned}}
    assert disagreement("adam", "sgd", runs, NAMES).churn == 0.0
    other = {"adam": {0: predictions(CATS)}, "sgd": {0: predictions(CATS, np.arange(8) + 1)}}
    assert disagreement("adam", "sgd", other, NAMES) is None


def test_diverged_runs_and_lone_seeds_are_left_out():
    """NaN scores predict nothing; seeds of one side have no partner."""
    lost = Predictions(TRUTH, np.full((8, 2), np.nan, dtype=np.float32), np.arange(8))
    runs = {"adam": {0: predictions(CATS), 1: lost}, "sgd": {0: predictions(DOGS), 1: predictions(CATS), 2: lost}}
    assert disagreement("adam", "sgd", runs, NAMES).n == 1
    assert disagreement("adam", "sgd", {"adam": {0: lost}, "sgd": {0: lost}}, NAMES) is None
    assert disagreement("adam", "sgd", {}, NAMES) is None


def test_a_class_without_test_examples_has_no_recall():
    """It is no number, and never the widest gap."""
    runs = {"adam": {0: predictions(CATS)}, "sgd": {0: predictions(DOGS)}}
    found = disagreement("adam", "sgd", runs, (*NAMES, "bird"))
    assert (found.classes[2].recall_a, found.classes[2].gap) == (None, None)
    assert found.widest.name == "cat"


def test_swapping_the_optimizers_turns_the_gaps_round():
    """Churn is symmetric, gaps change sign."""
    runs = {"adam": {0: predictions(CATS)}, "sgd": {0: predictions([0] * 8)}}
    one, other = disagreement("adam", "sgd", runs, NAMES), disagreement("sgd", "adam", runs, NAMES)
    assert one.churn == other.churn
    assert one.accuracy_gap == -other.accuracy_gap
    assert [item.gap for item in one.classes] == [-item.gap for item in other.classes]


def test_a_wide_gap_is_no_contrast():
    """Whoever differs by many points also classifies differently: no `but`."""
    runs = {"adam": {0: predictions(CATS)}, "sgd": {0: predictions([0] * 8)}}
    found = disagreement("adam", "sgd", runs, NAMES)
    assert "25.00 points of test accuracy and classify 25.0 %" in sentence(found.finding)
