"""Whether a classifier's probabilities mean what they say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

SMALLEST: Final = 2.0**-125
"""What a probability of 0 stands for, 2.35e-38: below it TensorFlow's softmax gives 0 on a CPU, and its sigmoid does by
some paths, by others from half of it on, the smallest normal float32."""
SMALLEST_REST: Final = 2.0**-25
"""What 1 - p stands for where one sigmoid unit says 1: half the step of float32 below it."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """A reliability diagram: bins of (almost) equally many examples, by rising confidence.

    Attributes
    ----------
    confidence : (m,) mean probability of the event: that the predicted class is right
    accuracy : (m,) share of the examples in which it happened
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
    """Return confidence and accuracy in bins of equal mass: of the predicted class, whichever it is.

    Parameters
    ----------
    y_true : (n,) classes
    y_score : (n, n_classes) finite probabilities

    References
    ----------
    Guo et al. 2017, ICML, "On Calibration of Modern Neural Networks".
    """
    truth, score = np.asarray(y_true), np.asarray(y_score, dtype=np.float64)
    if score.ndim != 2 or truth.shape != score.shape[:1]:  # noqa: PLR2004
        raise ValueError(f"y_score must be examples by classes. Received: {score.shape} for {truth.shape} labels.")
    return binned(score.argmax(axis=1) == truth, score.max(axis=1), bins=bins)


def binned(happened: ArrayLike, probability: ArrayLike, *, bins: int = 15) -> Reliability:
    """Return what was said of an event and how often it happened, in bins of equal mass.

    Parameters
    ----------
    happened : (n,) bool, at least one
    probability : (n,) finite, of the event

    Notes
    -----
    Examples are sorted by probability and cut into `bins` groups of n / bins; a cut never separates equal
    probabilities, so the result does not depend on the order of examples and there may be fewer bins.

    References
    ----------
    Nixon et al. 2019, CVPR workshops, "Measuring Calibration in Deep Learning" (equal mass).
    """
    correct, confidence = np.asarray(happened), np.asarray(probability, dtype=np.float64)
    n = correct.size
    if correct.shape != confidence.shape or n == 0:
        raise ValueError(f"each probability needs its event. Received: {confidence.shape} for {correct.shape}.")
    if not np.isfinite(confidence).all():
        raise ValueError("y_score must be finite: a diverged run has no calibration. Received: NaN or infinity.")
    if bins < 1:
        raise ValueError(f"bins must be at least 1. Received: {bins}.")
    order = np.lexsort((correct, confidence))
    confidence, correct = confidence[order], correct[order]
    cuts = np.round(np.arange(1, bins) * n / bins).astype(np.intp)
    cuts = np.searchsorted(confidence, confidence[np.minimum(cuts, n - 1)])
    starts = np.unique(np.concatenate([[0], cuts]))
    counts = np.diff(np.append(starts, n))
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
