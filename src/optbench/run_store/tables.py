"""The history as CSV and the predictions as `.npz`: exact round trips, the same bytes for the same values."""

from __future__ import annotations

import csv
import io
from itertools import chain
from typing import TYPE_CHECKING, Any

from optbench.errors import StorageError
from optbench.records import SPLITS, History, Predictions
from optbench.run_store.arrays import by_split, read_arrays, write_arrays
from optbench.run_store.atomic import write_text
from optbench.run_store.reading import read_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from optbench.records import SplitName

_LARGEST_HISTORY = 256 << 20
_LARGEST_PREDICTIONS = 8 << 30


def write_history(path: Path, history: History) -> None:
    """Write the history as CSV: shortest decimal text that reads back as the same float; `nan`, `inf` as such.

    Raises
    ------
    StorageError
        If the file cannot be written.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(history.columns)
    for row in history.rows:
        writer.writerow([_cell(name, value) for name, value in zip(history.columns, row, strict=True)])
    write_text(path, buffer.getvalue(), durable=False)


def read_history(path: Path) -> History:
    """Read a history; epochs, too, are floats.

    Raises
    ------
    StorageError
        If the file is missing, damaged or no history.
    """
    data = read_bytes(path, most=_LARGEST_HISTORY)
    try:
        columns, *rows = _lines(data.decode("utf-8")) or [[]]
        return History(tuple(columns), _numbers(rows, len(columns)))
    except (ValueError, csv.Error) as error:
        raise StorageError(
            f"{path} is damaged or no history of optbench: {error}.", code="storage-file-damaged"
        ) from error


def write_predictions(path: Path, predictions: Mapping[SplitName, Predictions], *, class_names: Sequence[str]) -> None:
    """Write `y_true_<split>`, `y_score_<split>`, `row_<split>` and `class_names` as an uncompressed `.npz`.

    With them `logits_<split>`, float32, where there are any. The bytes depend on the values alone: fixed dates, the
    order train, validation, test. `numpy.load` reads it.

    Raises
    ------
    StorageError
        If the file cannot be written.
    """
    import numpy as np

    arrays: dict[SplitName, dict[str, NDArray[Any]]] = {
        split: {
            "y_true": np.asarray(found.y_true, dtype=np.int64),
            "y_score": np.asarray(found.y_score, dtype=np.float32),
            "row": np.asarray(found.rows, dtype=np.int64),
            **({} if found.logits is None else {"logits": np.asarray(found.logits, dtype=np.float32)}),
        }
        for split, found in predictions.items()
    }
    write_arrays(path, {**by_split(arrays), "class_names": np.array(list(class_names), dtype=np.str_)})


def read_predictions(path: Path) -> tuple[dict[SplitName, Predictions], tuple[str, ...]]:
    """Read predictions and class names.

    Raises
    ------
    StorageError
        If the file is missing, damaged, over 8 GiB, or its arrays do not belong together.
    """
    arrays = read_arrays(path, most=_LARGEST_PREDICTIONS)
    names = arrays.get("class_names")
    if names is None or names.ndim != 1 or (names.size and names.dtype.kind != "U"):
        raise StorageError(
            f"{path} holds no class_names; it is damaged or not a file of optbench.", code="storage-file-damaged"
        )
    splits = {split: _predictions(arrays, split, path, len(names)) for split in SPLITS if f"y_true_{split}" in arrays}
    return splits, tuple(names.tolist())


def _cell(column: str, value: float) -> str:
    number = float(value)
    return str(int(number)) if column == "epoch" and number.is_integer() else repr(number)


def _lines(text: str) -> list[list[str]]:
    """Return the cells of each line; a comparison reads thousands of histories, short and written without quotes."""
    if '"' in text or "\r" in text or len(text) > csv.field_size_limit():
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))
    return [line.split(",") if line else [] for line in text.removesuffix("\n").split("\n")] if text else []


def _numbers(rows: Sequence[Sequence[str]], width: int) -> tuple[tuple[float, ...], ...]:
    """Return the numbers of rows of equal width, in one go: a comparison reads thousands of histories."""
    for found in set(map(len, rows)) - {width}:
        raise ValueError(f"a row must have {width} cells. Received: {found}")
    cells = map(float, chain.from_iterable(rows))
    return tuple(zip(*[cells] * width, strict=True))  # one iterator, asked for each column in turn


def _predictions(arrays: Mapping[str, NDArray[Any]], split: SplitName, path: Path, classes: int) -> Predictions:
    y_true, y_score, rows = (arrays.get(f"{name}_{split}") for name in ("y_true", "y_score", "row"))
    if y_true is None or y_score is None or rows is None:
        raise StorageError(
            f"{path} lacks an array of the {split} split; it is damaged or not a file of optbench.",
            code="storage-file-damaged",
        )
    types = (y_true.dtype.str, y_score.dtype.str, rows.dtype.str) == ("<i8", "<f4", "<i8")
    shapes = y_true.ndim == rows.ndim == 1 and y_score.shape == (len(y_true), classes) and rows.shape == y_true.shape
    if not types or not shapes:
        raise StorageError(
            f"{path}: the arrays of the {split} split do not belong together; the file is damaged.",
            code="storage-file-damaged",
        )
    if y_true.size and not (y_true.min() >= 0 and y_true.max() < classes):
        raise StorageError(
            f"{path}: y_true_{split} names a class that class_names lacks; the file is damaged.",
            code="storage-file-damaged",
        )
    logits = arrays.get(f"logits_{split}")
    if logits is not None and not _are_logits(logits, len(y_true), classes):
        raise StorageError(
            f"{path}: logits_{split} must have a number per class, or one for two. Received: {logits.dtype} "
            f"{logits.shape}; the file is damaged.",
            code="storage-file-damaged",
        )
    return Predictions(y_true=y_true, y_score=y_score, rows=rows, logits=logits)


def _are_logits(logits: NDArray[Any], rows: int, classes: int) -> bool:
    """Return True for a number per class and row, or for one that answers for two classes."""
    shapes = {(rows, classes), *([(rows, 1)] if classes == 2 else [])}  # noqa: PLR2004 - one unit for two
    return logits.dtype.str == "<f4" and logits.shape in shapes
