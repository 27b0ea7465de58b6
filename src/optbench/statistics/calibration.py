"""Whether a classifier's probabilities mean what they say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class Reliability:
    """A reliability diagram: bins of (almost) equally many examples, by rising confidence.

    Attributes
    ----------
    confidence : (m,) mean probability of the predicted class
    accuracy : (m,) share of correct predictions
    counts : (m,) examples per bin
    """

    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    counts: NDArray[np.int64]

    @property
    def expected_calibration_error(self) -> float:
        """Mean |confidence - accuracy| over the bins, weighted by their counts."""
        gaps = np.abs(self.confidence - self.accuracy)
        return float((gaps * self.counts).sum() / self.counts.sum())


def reliability(y_true: ArrayLike, y_score: ArrayLike, *, bins: int = 15) -> Reliability:
    """Return confidence and accuracy in bins of equal mass.

    Parameters
    ----------
    y_true : (n,) classes
    y_score : (n, n_classes) finite probabilities

    Notes
    -----
    Examples are sorted by the probability of their predicted class and cut into `bins` groups of n / bins;
    a cut never separates equal probabilities, so the result does not depend on the order of examples and
    there may be fewer bins.

    References
    ----------
    Guo et al. 2017, ICML, "On Calibration of Modern Neural Networks"; Nixon et al. 2019, CVPR workshops, "Measuring
    Calibration in Deep Learning" (equal mass).
    """
    truth, score = np.asarray(y_true), np.asarray(y_score, dtype=np.float64)
    if score.ndim != 2 or truth.shape != score.shape[:1] or truth.size == 0:  # noqa: PLR2004
        raise ValueError(f"y_score must be examples by classes. Received: {score.shape} for {truth.shape} labels.")
    if not np.isfinite(score).all():
        raise ValueError("y_score must be finite: a diverged run has no calibration. Received: NaN or infinity.")
    if bins < 1:
        raise ValueError(f"bins must be at least 1. Received: {bins}.")
    confidence = score.max(axis=1)
    correct = score.argmax(axis=1) == truth
    order = np.lexsort((correct, confidence))
    confidence, correct = confidence[order], correct[order]
    cuts = np.round(np.arange(1, bins) * truth.size / bins).astype(np.intp)
    cuts = np.searchsorted(confidence, confidence[np.minimum(cuts, truth.size - 1)])
    starts = np.unique(np.concatenate([[0], cuts]))
    counts = np.diff(np.append(starts, truth.size))
    return Reliability(
        np.add.reduceat(confidence, starts) / counts,
        np.add.reduceat(correct.astype(np.float64), starts) / counts,
        counts.astype(np.int64),
    )


def expected_calibration_error(y_true: ArrayLike, y_score: ArrayLike, *, bins: int = 15) -> float:
    """Return how far confidence and accuracy are apart on average; 0 is perfect.

    Notes
    -----
    ECE = sum over bins of (n_b / n) |accuracy_b - confidence_b|, with the equal-mass bins of `reliability`. It is
    biased upwards: a perfectly calibrated model has about sqrt(bins / n) / 3 by chance, so compare it
    between models on the same examples and with the same bins only.

    References
    ----------
    Naeini, Cooper and Hauskrecht 2015, AAAI; Guo et al. 2017, ICML; Nixon et al. 2019 (equal mass).
    """
    return reliability(y_true, y_score, bins=bins).expected_calibration_error
