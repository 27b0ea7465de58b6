"""Single test rows of finished runs, read from their folders when a comparison asks for them.

The predictions of a run are read once and let go: what is asked of them again takes a small part of their memory.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.comparison import AnsweredRows, RowCounts, RowScores, SplitEvidence
from optbench.core.regular_files import is_file
from optbench.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from optbench.catalog.metric import Metric
    from optbench.records import RunRecord, SplitName
    from optbench.tasks.task import StoredAnswers


MOST_READ: Final = 256 << 20
"""Size of predictions that `compare` reads for what is a sentence beside its verdict."""

MOST_RUNS: Final = 2_000
"""Number of runs whose predictions are read for that; `verdict-unknown-many_runs` names it too."""


def evidence_of(records: Sequence[RunRecord], rows: StoredRows | None = None) -> SplitEvidence:
    """Return what a comparison of these runs may ask about single rows."""
    return SplitEvidence(rows or StoredRows(MOST_READ), are_scores_read=len(records) <= MOST_RUNS)


@dataclass(frozen=True, slots=True)
class RunAnswers:
    """What is compared of the predictions of a run.

    Attributes
    ----------
    class_names : () for another task, or without predictions
    n_train : rows of the training split; None if unknown
    test : None for another task, or without finite scores
    confusion : (classes, classes) rows true, columns predicted; None if `test` is, or has no rows
    """

    class_names: tuple[str, ...] = ()
    n_train: int | None = None
    test: AnsweredRows | None = None
    confusion: NDArray[np.int64] | None = None

    @classmethod
    def of(cls, stored: StoredAnswers) -> RunAnswers:
        """Look at the predictions of a run."""
        from optbench.evaluation import count_classes

        names, scores = stored.class_names, stored.scores
        test = None if scores is None else AnsweredRows.of(scores, len(names))
        if scores is None or test is None or not test.rows.size:
            return cls(names, stored.n_train, test)
        return cls(names, stored.n_train, test, count_classes(scores, len(names)))


class StoredRows:
    """Reads `predictions.npz`; what was asked for once is kept, the predictions are not.

    Parameters
    ----------
    most : size in bytes of a file that is still read for `counts` and `scores`; None reads any
    with_answers : whether `answers` will be asked for, too, so that a file that is read is looked at for both
    """

    def __init__(self, most: int | None = None, *, with_answers: bool = False) -> None:
        self._most, self._with_answers = most, with_answers
        self._counts: dict[str, RowCounts | None] = {}
        self._scores: dict[tuple[str, str], RowScores | None] = {}
        self._answers: dict[str, RunAnswers] = {}
        self._rows: dict[bytes, NDArray[np.int64]] = {}

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

    def answers(self, record: RunRecord) -> RunAnswers:
        """Return what is compared of a run's predictions; a folder without them gives nothing.

        Raises
        ------
        StorageError
            If the file is damaged.
        """
        if record.folder not in self._answers:
            self._look_at(record, stored_answers(record))
        return self._answers[record.folder]

    def _read(self, record: RunRecord, metric: Metric | None) -> None:
        from optbench.tasks import task_named

        stored = _readable(record, self._most)
        if self._with_answers and stored.splits:
            self._look_at(record, stored)
        n_train, n_test = stored.n_train, stored.n_test
        counts = None if n_train is None or n_test is None else RowCounts(n_train, n_test)
        self._counts[record.folder] = counts
        if metric is None:
            return
        test = stored.splits.get("test")
        values = None if test is None else task_named(record.config.get("task")).row_scores(test, metric)
        found = None
        if test is not None and values is not None:
            order = np.argsort(test.rows, kind="stable")
            found = RowScores(self._shared(test.rows[order]), values[order])
        self._scores[record.folder, metric.name] = found

    def _look_at(self, record: RunRecord, stored: StoredAnswers) -> None:
        found = RunAnswers.of(stored)
        if found.test is not None:
            found = replace(found, test=replace(found.test, rows=self._shared(found.test.rows)))
        self._answers[record.folder] = found

    def _shared(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the row numbers that were met first of those that are equal: runs on one split have the same."""
        return self._rows.setdefault(hashlib.sha256(rows.tobytes()).digest(), rows)


def stored_answers(record: RunRecord) -> StoredAnswers:
    """Return the predictions of a run and what they are of; a folder without them gives nothing.

    Raises
    ------
    StorageError
        If the file is damaged.
    """
    from optbench.run_store import RunPaths
    from optbench.tasks import task_named
    from optbench.tasks.task import StoredAnswers

    paths = RunPaths(Path(record.folder))
    if not is_file(paths.predictions):
        return StoredAnswers()
    return task_named(record.config.get("task")).stored_answers(paths)


def stored_predictions(record: RunRecord, most: int | None = None) -> Mapping[SplitName, Any]:
    """Return the predictions of a run by split; {} if they are not there, damaged, or larger than `most` bytes."""
    return _readable(record, most).splits


def _readable(record: RunRecord, most: int | None) -> StoredAnswers:
    """Return the predictions of a run; nothing if they are not there, damaged, or larger than `most` bytes."""
    from optbench.run_store import RunPaths
    from optbench.tasks.task import StoredAnswers

    predictions = RunPaths(Path(record.folder)).predictions
    if most is not None and is_file(predictions) and predictions.stat().st_size > most:
        return StoredAnswers()
    try:
        return stored_answers(record)
    except StorageError:
        return StoredAnswers()
