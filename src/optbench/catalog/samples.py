"""What metrics are computed from: the predictions of one split, with what several metrics share already prepared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class LabelScores(Protocol):
    """What follows from the confusion matrix alone; `evaluation.label_metrics` computes it once per split."""

    @property
    def accuracy(self) -> float:
        """Share of right answers."""

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall of the classes that are there."""

    @property
    def macro(self) -> tuple[float, float, float]:
        """Unweighted mean of precision, recall and F1 over all classes."""

    @property
    def matthews_correlation(self) -> float:
        """Correlation of true and predicted classes; 0 where one of them is always the same."""

    def of_class(self, number: int) -> tuple[float, float, float]:
        """Return precision, recall and F1 of one class."""


@dataclass(frozen=True, slots=True)
class ScoredLabels:
    """One split of a classification run; at least one row, every score finite.

    Attributes
    ----------
    y_true : (n,) int64
    y_score : (n, classes) float32
    positive_class : the class that is meant where there are two
    labels : of the predicted labels
    """

    y_true: NDArray[np.int64]
    y_score: NDArray[np.float32]
    positive_class: int
    labels: LabelScores

    @property
    def of_positive_class(self) -> tuple[float, float, float] | None:
        """Precision, recall and F1 of the positive class of two; None for more classes."""
        return self.labels.of_class(self.positive_class) if len(self.ranked_classes) == 1 else None

    @property
    def ranked_classes(self) -> list[int]:
        """Classes that are ranked against the rest: the positive one of two, else each."""
        classes = self.y_score.shape[1]
        return [self.positive_class] if classes == 2 else list(range(classes))  # noqa: PLR2004 - two classes


@dataclass(frozen=True, slots=True)
class PredictedNumbers:
    """One split of a regression run; at least one row, every prediction finite.

    Attributes
    ----------
    y_true, y_pred : (n,) float64, in the unit of the target
    mean_squared_error : scikit-learn's
    """

    y_true: NDArray[np.float64]
    y_pred: NDArray[np.float64]
    mean_squared_error: float
