"""What a comparison can ask about single test rows of a run; who reads them is elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from optbench.catalog.metric import Metric
    from optbench.records import RunRecord


@dataclass(frozen=True, slots=True)
class RowScores:
    """A metric that is a mean over rows, row by row of a test split.

    Attributes
    ----------
    rows : (n,) int64, row numbers in the data as read, rising
    values : (n,) one number per row
    """

    rows: NDArray[np.int64]
    values: NDArray[Any]


@dataclass(frozen=True, slots=True)
class RowCounts:
    """How many rows a run was trained and tested on."""

    train: int
    test: int


class RunRows(Protocol):
    """Reads what runs left behind row by row."""

    def counts(self, record: RunRecord) -> RowCounts | None:
        """Return how many rows a run had; None if its predictions are not there."""

    def scores(self, record: RunRecord, metric: Metric) -> RowScores | None:
        """Return a metric row by row; None if its predictions are not there or not finite."""


@dataclass(frozen=True, slots=True)
class SplitEvidence:
    """What is known beyond the score of each run about how far scores depend on the split.

    Attributes
    ----------
    rows : reads single rows; None where nobody can
    are_scores_read : whether it may be asked for the scores of every run; of very many that would take longer than all
        else
    seed_variances : pair of labels -> variance of their difference from seed to seed on one split
    """

    rows: RunRows | None = None
    seed_variances: Mapping[frozenset[str], float] = field(default_factory=dict)
    are_scores_read: bool = True
