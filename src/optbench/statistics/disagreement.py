"""Where two classifiers differ on single examples, even if they are equally accurate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class McNemar:
    """McNemar's exact test of equal accuracy on one test set.

    Attributes
    ----------
    only_a, only_b : examples that only a, or only b, classifies correctly
    p : two-sided exact p value; 1 if both counts are 0
    """

    only_a: int
    only_b: int
    p: float


def churn(a: ArrayLike, b: ArrayLike) -> float:
    """Return the share of examples on which two classifiers predict different classes.

    Parameters
    ----------
    a, b : (n,) predicted classes of the same examples in the same order

    References
    ----------
    Milani Fard et al. 2016, NeurIPS, "Launch and Iterate: Reducing Prediction Churn".

    Examples
    --------
    >>> churn([0, 1, 1, 0], [0, 1, 0, 1])
    0.5
    """
    first, second = _aligned(a, b)
    return float((first != second).mean())


def mcnemar(y_true: ArrayLike, a: ArrayLike, b: ArrayLike) -> McNemar:
    """Test whether two trained models are equally accurate on the population of the test set.

    Parameters
    ----------
    y_true, a, b : (n,) true classes, and the classes that the two models predict

    Notes
    -----
    p = P(|X - m/2| >= |only_a - m/2|) for X binomial with m = only_a + only_b and 1/2. The randomness is that of
    the test examples: it speaks of these two trained models, not of their optimizers, because it knows
    one seed of each.

    References
    ----------
    McNemar 1947, Psychometrika 12, 153-157; Dietterich 1998, Neural Comput. 10, 1895-1923.
    """
    from scipy.stats import binomtest

    truth, first = _aligned(y_true, a)
    _, second = _aligned(y_true, b)
    only_a = int(((first == truth) & (second != truth)).sum())
    only_b = int(((first != truth) & (second == truth)).sum())
    p = float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0
    return McNemar(only_a, only_b, p)


def recall_per_class(y_true: ArrayLike, y_pred: ArrayLike, n_classes: int) -> NDArray[np.float64]:
    """Return the share of each class's examples that is recognised; NaN for a class without examples.

    Parameters
    ----------
    y_true, y_pred : (n,) classes 0 ... n_classes - 1
    """
    truth, predicted = _aligned(y_true, y_pred)
    counts = np.bincount(truth, minlength=n_classes)
    hits = np.bincount(truth[truth == predicted], minlength=n_classes)
    recall = np.full(n_classes, np.nan)
    np.divide(hits, counts, out=recall, where=counts > 0)
    return recall


def _aligned(a: ArrayLike, b: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    first, second = np.asarray(a), np.asarray(b)
    if first.ndim != 1 or first.shape != second.shape or first.size == 0:
        raise ValueError(f"both must be classes of the same examples. Received: {first.shape} and {second.shape}.")
    return first, second
