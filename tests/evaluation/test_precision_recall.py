"""Precision-recall curves and reliability are scikit-learn's, or those of the definition."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from sklearn import metrics as oracle
from sklearn.calibration import calibration_curve

from optbench.evaluation import evaluate, precision_recall_csv, reliability_csv
from optbench.evaluation.curve_points import MOST_POINTS
from optbench.evaluation.precision_recall import precision_recall_curves
from optbench.records import Predictions


@pytest.mark.parametrize("classes", [2, 3])
def test_points_are_scikit_learns(predictions, classes):
    """Precision and recall at every threshold; the positive class of two, else each against the rest."""
    found, names = predictions(classes), "abc"[:classes]
    curves = precision_recall_curves(found, class_names=names, positive_class=0)
    shown = ["a"] if classes == 2 else ["a", "b", "c"]
    assert [(curve.split, curve.label) for curve in curves] == [
        (s, label) for s in ("train", "test") for label in shown
    ]
    for curve in curves:
        number, part = names.index(curve.label), found[curve.split]
        is_class, score = part.y_true == number, part.y_score[:, number]
        every = zip(*oracle.precision_recall_curve(is_class, score)[:2], strict=True)
        assert set(zip(curve.precision, curve.recall, strict=True)) <= set(every)
        for precision, recall, threshold in zip(curve.precision, curve.recall, curve.threshold, strict=True):
            answered = score >= threshold
            assert precision == pytest.approx(oracle.precision_score(is_class, answered, zero_division=1))
            assert recall == pytest.approx(oracle.recall_score(is_class, answered))
        assert curve.average_precision == pytest.approx(oracle.average_precision_score(is_class, score), rel=1e-12)
        assert curve.share == is_class.mean()


def test_the_curve_begins_where_nothing_is_answered_and_ends_where_all_is(predictions):
    """Recall from 0 to 1, thresholds falling from infinity."""
    for curve in evaluate(predictions(4), class_names="abcd").precision_recall_curves:
        assert (curve.recall[0], curve.precision[0], curve.threshold[0]) == (0.0, 1.0, np.inf)
        assert curve.recall[-1] == 1.0
        assert (np.diff(curve.recall) >= 0).all()
        assert (np.diff(curve.threshold) < 0).all()


def test_a_curve_of_very_many_points_is_thinned_and_its_area_is_not():
    """10,000 points of 100,000 different scores; their steps enclose nearly the same area."""
    rng = np.random.default_rng(0)
    score = rng.random(100_000).astype(np.float32)
    y_true = (rng.random(100_000) < score**4).astype(np.int64)
    found = Predictions(y_true, np.stack([1 - score, score], axis=1), np.arange(100_000))
    (curve,) = precision_recall_curves({"test": found}, class_names=("no", "yes"), positive_class=1)
    assert curve.average_precision == pytest.approx(oracle.average_precision_score(y_true, score), rel=1e-12)
    assert len(curve.recall) <= MOST_POINTS + 2
    assert np.sum(np.diff(curve.recall) * curve.precision[1:]) == pytest.approx(curve.average_precision, abs=1e-3)


def test_a_class_without_rows_has_no_curve_and_a_diverged_run_has_none(predictions):
    """Nothing can be found of what is not there."""
    found = predictions(3)
    part = found["test"]
    found["test"] = Predictions(np.minimum(part.y_true, 1), part.y_score, part.rows)
    curves = precision_recall_curves(found, class_names="abc", positive_class=2)
    assert [curve.label for curve in curves if curve.split == "test"] == ["a", "b"]
    lost = {split: Predictions(p.y_true, np.full_like(p.y_score, np.nan), p.rows) for split, p in found.items()}
    evaluation = evaluate(lost, class_names="abc")
    assert (evaluation.precision_recall_curves, evaluation.reliability) == ((), ())


def test_reliability_of_the_positive_class_is_scikit_learns(predictions):
    """Mean probability and share of the class in bins of equally many rows."""
    found = predictions(2, n=450)
    curves = {curve.split: curve for curve in evaluate(found, class_names="ab", positive_class=0).reliability}
    part = found["train"]
    share, probability = calibration_curve(part.y_true == 0, part.y_score[:, 0], n_bins=15, strategy="quantile")
    assert curves["train"].label == "a"
    # where exactly a bin ends between two rows differs: one row of 30 may be in the next
    assert curves["train"].probability == pytest.approx(probability, abs=0.02)
    assert curves["train"].share == pytest.approx(share, abs=2 / 30)
    assert curves["train"].rows.sum() == 450
    assert (curves["train"].probability * curves["train"].rows).sum() == pytest.approx(
        part.y_score[:, 0].sum(), rel=1e-5
    )
    assert (curves["train"].share * curves["train"].rows).sum() == pytest.approx((part.y_true == 0).sum())


def test_reliability_of_more_classes_is_that_of_the_answer(predictions):
    """Confidence beside accuracy: summed over the bins they are the means of all rows."""
    found = predictions(4)
    for curve in evaluate(found, class_names="abcd").reliability:
        part = found[curve.split]
        assert curve.label == ""
        weight = curve.rows / curve.rows.sum()
        assert weight @ curve.share == pytest.approx((part.y_score.argmax(axis=1) == part.y_true).mean())
        assert weight @ curve.probability == pytest.approx(part.y_score.max(axis=1).mean(), rel=1e-6)


def test_tables_hold_every_point_and_bin(predictions):
    """Class names that begin like a formula are guarded, as in the other tables."""
    evaluation = evaluate(predictions(2), class_names=("no", "=yes"))
    points = list(csv.DictReader(io.StringIO(precision_recall_csv(evaluation.precision_recall_curves))))
    assert len(points) == sum(len(curve.recall) for curve in evaluation.precision_recall_curves)
    assert (points[0]["class"], points[0]["threshold"]) == ("'=yes", "inf")
    bins = list(csv.DictReader(io.StringIO(reliability_csv(evaluation.reliability))))
    assert {row["scores"] for row in bins} == {"model"}
    assert [float(row["share"]) for row in bins if row["split"] == "test"] == evaluation.reliability[1].share.tolist()
