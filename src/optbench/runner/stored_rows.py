"""Single test rows of finished runs, read from their folders when a comparison asks for them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.comparison import RowCounts, RowScores, SplitEvidence
from optbench.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.catalog.metric import Metric
    from optbench.records import RunRecord, SplitName


MOST_READ: Final = 256 << 20
"""Size of predictions that `compare` reads for what is a sentence beside its verdict."""

MOST_RUNS: Final = 2_000
"""Number of runs whose predictions are read for that; `verdict-unknown-many_runs` names it too."""


def evidence_of(records: Sequence[RunRecord]) -> SplitEvidence:
    """Return what a comparison of these runs may ask about single rows."""
    return SplitEvidence(StoredRows(MOST_READ), are_scores_read=len(records) <= MOST_RUNS)


class StoredRows:
    """Reads `predictions.npz`; what was asked for once is kept, the predictions are not.

    Parameters
    ----------
    most : size in bytes of a file that is still read; None reads any
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._counts: dict[str, RowCounts | None] = {}
        self._scores: dict[tuple[str, str], RowScores | None] = {}

    def counts(self, record: RunRecord) -> RowCounts | None:
        """Return how many rows a run had; None if its predictions are not there."""
        if record.folder not in self._counts:
            self._read(record, None)
        return self._counts[record.folder]

    def scores(self, record: RunRecord, metric: Metric) -> RowScores | None:
        """Return a metric that is a mean over rows, row by row; None if the predictions are not there or not finite."""
        key = (record.folder, metric.name)
        if key not in self._scores:
            self._read(record, metric)
        return self._scores[key]

    def _read(self, record: RunRecord, metric: Metric | None) -> None:
        from optbench.tasks import task_named

        splits = stored_predictions(record, self._most)
        train, test = splits.get("train"), splits.get("test")
        counts = None
        if train is not None and test is not None:
            counts = RowCounts(len(train.y_true), len(test.y_true))
        self._counts[record.folder] = counts
        if metric is None:
            return
        values = None if test is None else task_named(record.config.get("task")).row_scores(test, metric)
        found = None
        if test is not None and values is not None:
            order = np.argsort(test.rows, kind="stable")
            found = RowScores(test.rows[order], values[order])
        self._scores[record.folder, metric.name] = found


def stored_predictions(record: RunRecord, most: int | None = None) -> Mapping[SplitName, Any]:
    """Return the predictions of a run by split; {} if they are not there, damaged, or larger than `most` bytes."""
    from optbench.run_store import RunPaths
    from optbench.tasks import task_named

    paths = RunPaths(Path(record.folder))
    if not paths.predictions.is_file() or (most is not None and paths.predictions.stat().st_size > most):
        return {}
    try:
        return task_named(record.config.get("task")).read_predictions(paths)
    except StorageError:
        return {}
