"""Data that comes with scikit-learn, split by fractions: tables of numbers, and images of digits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.array_digests import array_digest, arrays_digest
from optbench.catalog.dataset import DEFAULT_MISSING
from optbench.core.findings import Finding, Severity
from optbench.datasets.array_checks import divided
from optbench.datasets.array_data import array_source
from optbench.datasets.array_sources import bundled_arrays
from optbench.datasets.assembly import Draft, assemble
from optbench.datasets.column_fits import recorded_number
from optbench.datasets.features import FittedNumber, NumberColumn, feature_matrix, fit_columns
from optbench.datasets.labels import choose_positive_class
from optbench.datasets.number_texts import sorted_texts
from optbench.datasets.preprocessing import Table
from optbench.datasets.table_splits import divide_by_fractions
from optbench.records import SplitData

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from optbench.catalog.dataset import DatasetEntry
    from optbench.config import SplitConfig
    from optbench.datasets.preprocessing import Arrays
    from optbench.datasets.splits import SplitRows
    from optbench.records import Dataset

    RowInputs = Callable[[NDArray[np.int64]], NDArray[np.float32]]

_DIGIT_MAX = 16


def load_bundled(entry: DatasetEntry, *, split: SplitConfig) -> Dataset:
    """Return a data set that comes with scikit-learn.

    Classes are in the order of their names (benign before malignant), as everywhere in optbench, which is not always
    scikit-learn's order.

    Raises
    ------
    DataError
        If the split cannot be filled.
    """
    (x, target), given_names, features = bundled_arrays(entry.name)
    class_names = tuple(sorted_texts(given_names))
    y: NDArray[Any] = _class_numbers(given_names, class_names)[target] if class_names else target.astype(np.float64)
    divided = divide_by_fractions(y, split, class_names=class_names)
    is_table = entry.form == "sklearn_table"
    inputs, source = _table_inputs(x, features, divided.rows) if is_table else _image_inputs(x, entry)
    positive, note = choose_positive_class(class_names, entry.positive_class)
    return assemble(
        Draft(
            name=entry.name,
            class_names=class_names,
            positive_class=positive,
            feature_names=features if is_table else (),
            data_digest=arrays_digest({"x": x, "y": y, "class_names": np.array(class_names, dtype=object)}),
            source=source,
            splits={
                name: SplitData(x=inputs(part), y=y[part], rows=part) for name, part in divided.rows.by_name.items()
            },
            method=divided.method,
            facts={
                "files": [{"name": f"scikit-learn: load_{entry.name}", "sha256": array_digest(x), "bytes": x.nbytes}],
                "rows_read": len(y),
                "columns_read": x.shape[1],
                "split": divided.facts,
            },
            notes=[
                *note,
                *([] if is_table else [Finding("data-pixels-divided", Severity.NOTE, {"largest": _DIGIT_MAX})]),
            ],
            task=entry.task,
        )
    )


def _class_numbers(given: Sequence[str], ordered: Sequence[str]) -> NDArray[np.int64]:
    return np.array([ordered.index(name) for name in given], dtype=np.int64)


def _table_inputs(x: NDArray[Any], names: tuple[str, ...], rows: SplitRows) -> tuple[RowInputs, Table]:
    everything = np.arange(len(x), dtype=np.int64)
    columns = [NumberColumn(name, x[:, i].astype(np.float64)) for i, name in enumerate(names)]
    fitted = fit_columns(columns, train=rows.train, used=everything)
    matrix = feature_matrix(fitted, 0, len(x))
    recorded = [recorded_number(column.fitted) for column in fitted if isinstance(column.fitted, FittedNumber)]
    return (lambda part: matrix[part]), Table(missing=DEFAULT_MISSING, columns=tuple(recorded))


def _image_inputs(x: NDArray[Any], entry: DatasetEntry) -> tuple[RowInputs, Arrays]:
    images = divided(x, float(_DIGIT_MAX), where=entry.name).reshape(-1, *entry.shape)
    return (lambda part: images[part]), array_source(x, divide_by=float(_DIGIT_MAX))
