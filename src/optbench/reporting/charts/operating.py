"""Where a classifier of two classes stands on its curves with the answers that it gives."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class OperatingPoint(NamedTuple):
    """Rates of the answers; NaN where a rate is of no row."""

    false_positive_rate: float
    recall: float
    precision: float

    @property
    def rates(self) -> tuple[float, float]:
        """The point of a ROC curve."""
        return self.false_positive_rate, self.recall


def operating_point(counts: NDArray[np.int64], positive: int) -> OperatingPoint:
    """Return the rates behind a confusion matrix of two classes.

    Parameters
    ----------
    counts : (2, 2), rows true, columns predicted
    positive : number of the positive class
    """
    negative = 1 - positive
    right, missed = int(counts[positive, positive]), int(counts[positive, negative])
    wrong, left = int(counts[negative, positive]), int(counts[negative, negative])
    return OperatingPoint(_share(wrong, wrong + left), _share(right, right + missed), _share(right, right + wrong))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
