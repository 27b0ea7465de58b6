"""A loaded data set as plain files, so that every run of a command shares one copy of it in memory.

Arrays lie in `.npy` files that are opened as memory maps: the system holds their pages once, however many processes
read them.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.core.findings import Finding
from optbench.datasets.scratch import PREFIX, storage_errors
from optbench.errors import DataError
from optbench.records import SPLITS, Dataset, InputPart, SplitData

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optbench.records import SplitName

_RECORD = "dataset.json"
_ARRAYS = ("x", "y", "rows")


def stage_dataset(dataset: Dataset, folder: Path) -> None:
    """Write a data set into a folder.

    Side effects: creates the folder if needed and writes an `.npy` file per array and one JSON file, the JSON last.

    Raises
    ------
    MachineError
        If the system refuses, such as for lack of space.
    """
    with storage_errors():
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in dataset.splits.items():
            for part, array in (("x", data.x), ("y", data.y), ("rows", data.rows)):
                _save(folder / f"{name}.{part}.npy", array)
        (folder / _RECORD).write_text(_record_text(dataset), encoding="utf-8")


def _record_text(dataset: Dataset) -> str:
    record = {
        "name": dataset.name,
        "splits": list(dataset.splits),
        "class_names": list(dataset.class_names),
        "positive_class": dataset.positive_class,
        "feature_names": list(dataset.feature_names),
        "data_digest": dataset.data_digest,
        "split_digest": dataset.split_digest,
        "facts": dataset.facts,
        "notes": [note.to_json() for note in dataset.notes],
        "task": dataset.task,
        "vocabulary_size": dataset.vocabulary_size,
        "preprocessing": dataset.preprocessing,
        "parts": [asdict(part) for part in dataset.parts],
    }
    return json.dumps(record, allow_nan=False, ensure_ascii=False)


def _save(path: Path, array: NDArray[Any]) -> None:
    """Write an array; one that is a file of a large table already gets a second name for the same bytes, if possible.

    Other mapped arrays are copied: a user's may be a view of its file, or be changed meanwhile.
    """
    if isinstance(array, np.memmap) and array.filename is not None:
        with contextlib.suppress(OSError):
            file = Path(array.filename)
            is_ours = file.parent.name.startswith(PREFIX) and not array.flags.writeable
            if is_ours and array.offset + array.nbytes == file.stat().st_size:
                path.hardlink_to(file)
                return
    np.save(path, array, allow_pickle=False)


def open_staged_dataset(folder: Path) -> Dataset:
    """Open a staged data set; its arrays are read-only memory maps.

    Raises
    ------
    DataError
        If the folder holds no complete staged data set.
    """
    try:
        record = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
        splits = {name: _open_split(folder, name) for name in SPLITS if name in record["splits"]}
        return Dataset(
            name=record["name"],
            train=splits["train"],
            test=splits["test"],
            validation=splits.get("validation"),
            class_names=tuple(record["class_names"]),
            positive_class=record["positive_class"],
            feature_names=tuple(record["feature_names"]),
            data_digest=record["data_digest"],
            split_digest=record["split_digest"],
            facts=record["facts"],
            notes=tuple(map(Finding.from_json, record["notes"])),
            task=record["task"],
            vocabulary_size=record["vocabulary_size"],
            preprocessing=record["preprocessing"],
            parts=tuple(InputPart(**part) for part in record["parts"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{folder} holds no complete staged data set ({type(error).__name__}: {error}). Stage it again.",
            code="data-staged-incomplete",
        ) from error


def _open_split(folder: Path, name: SplitName) -> SplitData:
    x, y, rows = (_open_array(folder / f"{name}.{part}.npy") for part in _ARRAYS)
    if not len(x) == len(y) == len(rows):
        raise ValueError(f"the arrays of the {name} split have {len(x)}, {len(y)} and {len(rows)} rows")
    return SplitData(x=x, y=y, rows=rows)


def _open_array(path: Path) -> NDArray[Any]:
    array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return array
