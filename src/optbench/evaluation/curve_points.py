"""What curves over all thresholds are drawn of: a class against the rest, and as many points as a file should hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from optbench.evaluation.split_metrics import is_scored

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from optbench.records import Predictions, SplitName

CURVE_SPLITS: Final[tuple[SplitName, ...]] = ("train", "test")
MOST_POINTS: Final = 10_000


class ClassScores(NamedTuple):
    """One class against the rest.

    Attributes
    ----------
    label : of the class
    is_class : (n,) bool
    score : (n,) float32
    """

    label: str
    is_class: NDArray[np.bool_]
    score: NDArray[np.float32]


def scored_splits(predictions: Mapping[SplitName, Predictions]) -> Iterator[tuple[SplitName, Predictions]]:
    """Yield the splits that curves are drawn of, as far as they have rows and finite scores."""
    for split in CURVE_SPLITS:
        found = predictions.get(split)
        if found is not None and is_scored(found):
            yield split, found


def class_scores(found: Predictions, *, class_names: Sequence[str], positive_class: int) -> Iterator[ClassScores]:
    """Yield the positive class of two, else each."""
    two = len(class_names) == 2  # noqa: PLR2004 - two classes
    for number in [positive_class] if two else range(len(class_names)):
        yield ClassScores(class_names[number], found.y_true == number, found.y_score[:, number])


def kept_points(along: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the positions of the points that are kept: all, or of more than `MOST_POINTS` that many along the curve.

    Parameters
    ----------
    along : (m,) how far each point is along the curve from its first, non-decreasing

    Notes
    -----
    Millions of rows have a curve of millions of points. Those kept are points of it, at equal steps along it, so that
    no point left out is farther than a step from one that is kept.
    """
    last = len(along) - 1
    if last < MOST_POINTS:
        return np.arange(len(along))
    steps = np.linspace(along[0], along[-1], MOST_POINTS)
    return np.unique(np.append(np.searchsorted(along, steps).clip(max=last), [0, last]))
