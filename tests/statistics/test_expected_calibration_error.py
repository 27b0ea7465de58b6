"""Calibration in equal-mass bins, against scikit-learn's reliability curve and laws."""

from __future__ import annotations

import numpy as np
import pytest

from optbench.statistics import expected_calibration_error, reliability


def binary(seed, n):
    """Return labels and scores of a model that is overconfident."""
    rng = np.random.default_rng(seed)
    p = rng.uniform(0.5, 1.0, n)
    predicted = rng.integers(0, 2, n)
    truth = np.where(rng.random(n) < p**2, predicted, 1 - predicted)
    score = np.empty((n, 2))
    score[np.arange(n), predicted], score[np.arange(n), 1 - predicted] = p, 1 - p
    return truth, score


@pytest.mark.parametrize("seed", range(10))
def test_agrees_with_the_quantile_bins_of_scikit_learn(seed):
    """The curve of sklearn.calibration.calibration_curve on "is the prediction correct?", weighted by its counts."""
    from sklearn.calibration import calibration_curve

    truth, score = binary(seed, 400)
    correct = score.argmax(axis=1) == truth
    result = reliability(truth, score, bins=8)
    accuracy, confidence = calibration_curve(correct, score.max(axis=1), n_bins=8, strategy="quantile")
    assert result.counts.tolist() == [50] * 8
    assert result.confidence.tolist() == pytest.approx(confidence.tolist())
    assert result.accuracy.tolist() == pytest.approx(accuracy.tolist())
    assert result.expected_calibration_error == pytest.approx(np.abs(accuracy - confidence).mean())


def test_by_hand():
    """Two bins: half right at 0.6 and all right at 0.9 gives (0.1 + 0.1) / 2."""
    score = [[0.6, 0.4], [0.4, 0.6], [0.9, 0.1], [0.1, 0.9]]
    assert expected_calibration_error([0, 0, 0, 1], score, bins=2) == pytest.approx(0.1)


def test_perfect_and_worst():
    """Sure and right is 0; sure and always wrong is 1; a fair coin that says 0.5 is 0."""
    sure = np.eye(2)[[0, 1, 0, 1]]
    assert expected_calibration_error([0, 1, 0, 1], sure) == 0.0
    assert expected_calibration_error([1, 0, 1, 0], sure) == 1.0
    assert expected_calibration_error([0, 1, 0, 1], np.full((4, 2), 0.5)) == 0.0


def test_ties_and_order_do_not_matter():
    """Rounded probabilities tie; no order of the examples changes a bit, and no bin cuts through a tie."""
    truth, score = binary(1, 300)
    score = score.round(1)
    order = np.random.default_rng(0).permutation(300)
    result = expected_calibration_error(truth, score)
    assert expected_calibration_error(truth[order], score[order]) == result
    bins = reliability(truth, score)
    assert bins.counts.sum() == 300
    assert len(bins.counts) == len(np.unique(score.max(axis=1)))


def test_a_calibrated_model_is_near_zero_and_one_bin_is_the_gap_of_the_means():
    """Truth drawn from the scores: only the upward bias that the docstring states is left."""
    rng = np.random.default_rng(4)
    score = rng.dirichlet([1.0, 1.0, 1.0], 20_000)
    truth = (rng.random(20_000)[:, None] > score.cumsum(axis=1)).sum(axis=1)
    assert expected_calibration_error(truth, score) < 2 * np.sqrt(15 / 20_000) / 3
    gap = abs((score.argmax(axis=1) == truth).mean() - score.max(axis=1).mean())
    assert expected_calibration_error(truth, score, bins=1) == pytest.approx(gap)


@pytest.mark.parametrize(
    ("truth", "score", "bins", "words"),
    [
        ([0], [[np.nan, 0.5]], 5, "finite"),
        ([0, 1], [[0.5, 0.5]], 5, "examples by classes"),
        ([0], [0.5], 5, "examples by classes"),
        ([0], [[0.5, 0.5]], 0, "bins"),
    ],
)
def test_what_is_refused(truth, score, bins, words):
    """A diverged run has no calibration."""
    with pytest.raises(ValueError, match=words):
        expected_calibration_error(truth, score, bins=bins)
