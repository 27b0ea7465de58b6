"""The predictions of a regression run as `.npz`: an exact round trip, the same bytes for the same values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.errors import StorageError
from optbench.records import SPLITS
from optbench.regression_records import TargetPredictions
from optbench.run_store.arrays import by_split, read_arrays, write_arrays

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from numpy.typing import NDArray

    from optbench.records import SplitName

_LARGEST_PREDICTIONS = 8 << 30
_TYPES = {"y_true": "<f8", "y_pred": "<f8", "row": "<i8"}


def write_target_predictions(path: Path, predictions: Mapping[SplitName, TargetPredictions]) -> None:
    """Write `y_true_<split>`, `y_pred_<split>` (float64, in the unit of the target) and `row_<split>` as `.npz`.

    Raises
    ------
    StorageError
        If the file cannot be written.
    """
    import numpy as np

    arrays: dict[SplitName, dict[str, NDArray[Any]]] = {
        split: {
            "y_true": np.asarray(found.y_true, dtype=np.float64),
            "y_pred": np.asarray(found.y_pred, dtype=np.float64),
            "row": np.asarray(found.rows, dtype=np.int64),
        }
        for split, found in predictions.items()
    }
    write_arrays(path, by_split(arrays))


def read_target_predictions(path: Path) -> dict[SplitName, TargetPredictions]:
    """Read the predictions of a regression run.

    Raises
    ------
    StorageError
        If the file is missing, damaged, over 8 GiB, or its arrays do not belong together.
    """
    arrays = read_arrays(path, most=_LARGEST_PREDICTIONS)
    return {split: _predictions(arrays, split, path) for split in SPLITS if f"y_true_{split}" in arrays}


def _predictions(arrays: Mapping[str, NDArray[Any]], split: SplitName, path: Path) -> TargetPredictions:
    found = {name: arrays.get(f"{name}_{split}") for name in _TYPES}
    present = [array for array in found.values() if array is not None]
    fit = len(present) == len(found) and all(array.ndim == 1 and len(array) == len(present[0]) for array in present)
    if not fit or any(array.dtype.str != _TYPES[name] for name, array in found.items() if array is not None):
        raise StorageError(
            f"{path}: the arrays of the {split} split do not belong together; the file is damaged.",
            code="storage-file-damaged",
        )
    return TargetPredictions(*present)
