"""Confusion matrix and curves as CSV text; the matrix and ROC curves back without loss, too."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from optbench.csv_cells import guarded, unguarded
from optbench.errors import StorageError
from optbench.records import SPLITS, ConfusionMatrix, RocCurve

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from optbench.records import HardExample, PrecisionRecallCurve, ReliabilityCurve, SplitName

CORNER: Final = "true \\ predicted"
ROC_COLUMNS: Final = ("split", "class", "fpr", "tpr", "threshold")
PRECISION_RECALL_COLUMNS: Final = ("split", "class", "precision", "recall", "threshold")
HARDEST_COLUMNS: Final = ("row", "true", "predicted", "probability", "probability_of_true")
RELIABILITY_COLUMNS: Final = ("split", "scores", "class", "probability", "share", "rows")


def confusion_csv(matrix: ConfusionMatrix) -> str:
    """Return a table with one row per true class and one column per predicted class, both labelled."""
    names = [guarded(name) for name in matrix.class_names]
    rows = zip(names, matrix.counts.tolist(), strict=True)
    return _csv([(CORNER, *names), *((name, *counts) for name, counts in rows)])


def read_confusion(path: Path) -> ConfusionMatrix:
    """Read what `confusion_csv` wrote.

    Raises
    ------
    StorageError
        If the file cannot be read or is no such table.
    """
    rows = _rows(path)
    try:
        names = tuple(rows[0][1:])
        counts = np.array([[int(cell) for cell in row[1:]] for row in rows[1:]], dtype=np.int64)
    except (IndexError, ValueError) as error:
        raise _unreadable(path, "a confusion matrix") from error
    if rows[0][0] != CORNER or counts.shape != (len(names), len(names)) or names != tuple(r[0] for r in rows[1:]):
        raise _unreadable(path, "a confusion matrix")
    return ConfusionMatrix("test", tuple(map(unguarded, names)), counts)


def roc_csv(curves: Iterable[RocCurve]) -> str:
    """Return one row per point; thresholds start with `inf` and are `nan` for the macro curve."""
    rows: list[Sequence[object]] = [ROC_COLUMNS]
    for curve in curves:
        points = zip(curve.fpr.tolist(), curve.tpr.tolist(), curve.threshold.tolist(), strict=True)
        rows += [(curve.split, guarded(curve.label), *point) for point in points]
    return _csv(rows)


def read_roc_csv(path: Path) -> tuple[RocCurve, ...]:
    """Read what `roc_csv` wrote; `auc` is computed from the points.

    Raises
    ------
    StorageError
        If the file cannot be read or is no such table.
    """
    rows = _rows(path)
    if not rows or tuple(rows[0]) != ROC_COLUMNS or any(row[0] not in SPLITS for row in rows[1:]):
        raise _unreadable(path, "a table of ROC curves")
    parts: list[list[tuple[float, ...]]] = []
    keys: list[tuple[str, str, bool]] = []
    try:
        for split, label, *cells in rows[1:]:
            fpr, tpr, threshold = map(float, cells)
            # "macro" may be a class as well: its mean is the curve without thresholds
            key = (split, unguarded(label), math.isnan(threshold))
            if not keys or keys[-1] != key or math.isinf(threshold):
                keys.append(key)
                parts.append([])
            parts[-1].append((fpr, tpr, threshold))
    except ValueError as error:
        raise _unreadable(path, "a table of ROC curves") from error
    return tuple(_curve(key[0], key[1], part) for key, part in zip(keys, parts, strict=True))


def precision_recall_csv(curves: Iterable[PrecisionRecallCurve]) -> str:
    """Return one row per point; thresholds start with `inf`."""
    rows: list[Sequence[object]] = [PRECISION_RECALL_COLUMNS]
    for curve in curves:
        points = zip(curve.precision.tolist(), curve.recall.tolist(), curve.threshold.tolist(), strict=True)
        rows += [(curve.split, guarded(curve.label), *point) for point in points]
    return _csv(rows)


def reliability_csv(curves: Iterable[ReliabilityCurve]) -> str:
    """Return one row per bin; without a class the probability is that of the answer."""
    rows: list[Sequence[object]] = [RELIABILITY_COLUMNS]
    for curve in curves:
        scores = "calibrated" if curve.is_calibrated else "model"
        bins = zip(curve.probability.tolist(), curve.share.tolist(), curve.rows.tolist(), strict=True)
        rows += [(curve.split, scores, guarded(curve.label), *each) for each in bins]
    return _csv(rows)


def hardest_csv(examples: Iterable[HardExample]) -> str:
    """Return one line per row, in the order given."""
    rows = [(e.row, guarded(e.true), guarded(e.predicted), e.probability, e.probability_of_true) for e in examples]
    return _csv([HARDEST_COLUMNS, *rows])


def _curve(split: str, label: str, points: Sequence[tuple[float, ...]]) -> RocCurve:
    fpr, tpr, threshold = np.array(points, dtype=np.float64).T
    area = float(np.trapezoid(tpr, fpr))
    return RocCurve(cast("SplitName", split), label, fpr, tpr, threshold, area)


def _csv(rows: Iterable[Iterable[object]]) -> str:
    target = io.StringIO()
    csv.writer(target, lineterminator="\n").writerows(rows)
    return target.getvalue()


def _rows(path: Path) -> list[list[str]]:
    from optbench.run_store.reading import read_bytes

    try:
        return list(csv.reader(io.StringIO(read_bytes(path).decode("utf-8"), newline="")))
    except (ValueError, csv.Error) as error:
        raise _unreadable(path, "a table") from error


def _unreadable(path: Path, what: str) -> StorageError:
    return StorageError(
        f"{path} must hold {what} as optbench writes it. 'optbench check' tells what is damaged.",
        code="storage-file-damaged",
    )
