"""ROC curves are scikit-learn's; their mean is an exact mean."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as oracle

from optbench.evaluation import evaluate
from optbench.evaluation.curve_points import MOST_POINTS
from optbench.evaluation.roc import macro_curve, roc_curves
from optbench.records import Predictions, RocCurve


def test_points_are_scikit_learns(predictions):
    """False and true positive rates and thresholds equal `roc_curve` on the stored scores."""
    found = predictions(3)
    curves = roc_curves(found, class_names=("a", "b", "c"), positive_class=2)
    assert [(curve.split, curve.label) for curve in curves] == [
        (split, label) for split in ("train", "test") for label in ("a", "b", "c", "macro")
    ]
    for curve in curves:
        if curve.label == "macro":
            continue
        number, part = "abc".index(curve.label), found[curve.split]
        fpr, tpr, threshold = oracle.roc_curve(part.y_true == number, part.y_score[:, number])
        assert np.array_equal(curve.fpr, fpr)
        assert np.array_equal(curve.tpr, tpr)
        assert np.array_equal(curve.threshold, threshold)


def test_every_curve_runs_from_corner_to_corner_and_never_falls(predictions):
    """From (0, 0) to (1, 1), both rates non-decreasing, the mean curve included."""
    for classes in (2, 4):
        for curve in evaluate(predictions(classes), class_names="abcd"[:classes]).roc_curves:
            assert (curve.fpr[0], curve.tpr[0], curve.fpr[-1], curve.tpr[-1]) == (0, 0, 1, 1)
            assert (np.diff(curve.fpr) >= 0).all()
            assert (np.diff(curve.tpr) >= 0).all()


@pytest.mark.parametrize("n", [40, 400, 8000])
def test_area_under_the_mean_curve_is_the_mean_of_the_areas(predictions, n):
    """The points of "macro" enclose what `roc_auc` reports; with many thousands of rows up to 1e-4."""
    evaluation = evaluate(predictions(4, n=n), class_names="abcd")
    for curve in evaluation.roc_curves:
        if curve.label != "macro":
            continue
        assert curve.auc == evaluation.metrics[curve.split]["roc_auc"]
        assert oracle.auc(curve.fpr, curve.tpr) == pytest.approx(curve.auc, abs=1e-9 if n < 1000 else 1e-4)
        assert len(curve.fpr) <= 2001


def test_the_mean_of_two_step_functions_is_a_step_function():
    """At a jump the mean jumps too; it is not smeared over the neighbouring rates."""

    def step(at):
        fpr, tpr = np.array([0.0, at, at, 1.0]), np.array([0.0, 0.0, 1.0, 1.0])
        return RocCurve("test", str(at), fpr, tpr, np.zeros(4), 1 - at)

    mean = macro_curve([step(0.25), step(0.75)])
    assert list(zip(mean.fpr, mean.tpr, strict=True)) == [
        (0.0, 0.0),
        (0.25, 0.0),
        (0.25, 0.5),
        (0.75, 0.5),
        (0.75, 1.0),
        (1.0, 1.0),
    ]
    assert mean.auc == 0.5


def test_reversing_the_scores_mirrors_the_area(predictions):
    """AUC of the negated ranking is 1 - AUC."""
    found = predictions(2)
    forward = evaluate(found, class_names="ab", positive_class=1).metrics["test"]["roc_auc"]
    part = found["test"]
    assert oracle.roc_auc_score(part.y_true == 1, -part.y_score[:, 1]) == pytest.approx(1 - forward)


def test_a_curve_of_very_many_points_is_thinned_and_its_area_is_not():
    """Of 200,000 different scores 10,000 points are kept, points of the full curve and nowhere far from each other."""
    rng = np.random.default_rng(0)
    score = rng.random(200_000).astype(np.float32)
    y_true = (rng.random(200_000) < score).astype(np.int64)
    found = Predictions(y_true, np.stack([1 - score, score], axis=1), np.arange(200_000))
    (curve,) = roc_curves({"test": found}, class_names=("no", "yes"), positive_class=1)
    assert curve.auc == oracle.roc_auc_score(y_true, score)
    fpr, tpr, threshold = oracle.roc_curve(y_true, score)
    assert MOST_POINTS * 0.9 < len(curve.fpr) <= MOST_POINTS + 1 < len(fpr)
    assert (curve.fpr[0], curve.tpr[0], curve.fpr[-1], curve.tpr[-1]) == (0, 0, 1, 1)
    assert set(zip(curve.fpr, curve.tpr, curve.threshold, strict=True)) <= set(zip(fpr, tpr, threshold, strict=True))
    kept, all_points = curve.fpr + curve.tpr, fpr + tpr
    before = kept[np.searchsorted(kept, all_points, side="right") - 1]
    assert (all_points - before).max() <= 2 / (MOST_POINTS - 1)
    assert np.trapezoid(curve.tpr, curve.fpr) == pytest.approx(curve.auc, abs=1e-6)
