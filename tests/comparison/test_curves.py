"""Curves over seeds: the mean and the range, epoch by epoch and rate by rate."""

from __future__ import annotations

import math

import numpy as np
import pytest

from optbench.comparison import curve_bands, roc_bands
from optbench.records import History, RocCurve


def history(*losses):
    return History(("epoch", "loss"), tuple((float(epoch), loss) for epoch, loss in enumerate(losses)))


def roc(fpr, tpr, label="1", split="test"):
    area = float(np.trapezoid(tpr, fpr))
    return RocCurve(split, label, np.array(fpr), np.array(tpr), np.linspace(1, 0, len(fpr)), area)


def test_band_is_the_range_over_seeds():
    """Mean, smallest and largest value of each epoch."""
    (band,) = curve_bands({"adam": [history(1.0, 0.5), history(3.0, 0.25)]}, "loss")
    assert band.epochs.tolist() == [0, 1]
    assert (band.mean.tolist(), band.low.tolist(), band.high.tolist()) == ([2.0, 0.375], [1.0, 0.25], [3.0, 0.5])


def test_runs_that_stopped_or_diverged_leave_the_mean():
    """An early stop ends a curve; a NaN is no value; both are visible in the number of runs."""
    (band,) = curve_bands({"adam": [history(1.0, 0.5, 0.25), history(3.0), history(2.0, math.nan)]}, "loss")
    assert band.runs.tolist() == [3, 1, 1]
    assert band.mean.tolist() == [2.0, 0.5, 0.25]


def test_the_order_of_runs_moves_no_digit():
    """Floating-point sums depend on their order; these do not."""
    histories = [history(*np.random.default_rng(seed).random(4)) for seed in range(9)]
    (one,), (other,) = curve_bands({"a": histories}, "loss"), curve_bands({"a": histories[::-1]}, "loss")
    assert one.mean.tolist() == other.mean.tolist()


def test_without_the_column_there_is_no_band():
    """A run without validation has no validation curve."""
    assert curve_bands({"adam": [history(1.0)], "sgd": []}, "val_loss") == ()


def test_roc_band_averages_vertically():
    """At each false-positive rate the true-positive rates are averaged; the curve starts in the corner."""
    steep, diagonal = roc([0.0, 0.0, 1.0], [0.0, 1.0, 1.0]), roc([0.0, 1.0], [0.0, 1.0])
    (band,) = roc_bands({"adam": [(steep,), (diagonal,)]}, curve_label="1")
    assert (band.mean[0], band.low[0], band.high[0]) == (0.0, 0.0, 0.0)
    assert band.mean[100] == pytest.approx(0.75)
    assert (band.low[100], band.high[100]) == (pytest.approx(0.5), 1.0)
    assert (band.auc, band.runs) == (pytest.approx(0.75), 2)


def test_roc_bands_take_one_class_of_one_split():
    """Curves of other classes and of the training split stay out."""
    curves = (roc([0, 1], [0, 1], "a", "train"), roc([0, 0, 1], [0, 1, 1], "a"), roc([0, 1], [0, 1], "macro"))
    (band,) = roc_bands({"adam": [curves], "sgd": [()]}, curve_label="a")
    assert (band.label, band.runs, band.auc) == ("adam", 1, 1.0)
