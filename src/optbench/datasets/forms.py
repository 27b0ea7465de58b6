"""How the files of a named data set are read: a reader for each form that an entry of the catalogue can have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from optbench.datasets.array_data import load_arrays
from optbench.datasets.array_sources import read_idx_pairs, read_npz
from optbench.datasets.bundled import load_bundled
from optbench.datasets.cifar import read_cifar10
from optbench.datasets.table_columns import TableOptions
from optbench.datasets.table_reading import TableFile
from optbench.datasets.tables import load_table_files
from optbench.datasets.token_lists import load_token_lists
from optbench.records import Dataset

if TYPE_CHECKING:
    from optbench.catalog.dataset import DatasetEntry, Form
    from optbench.datasets.downloads import CheckedFile

Reader = Callable[["DatasetEntry", "Sequence[CheckedFile]", Any], Dataset]
"""From an entry, its files and the `dataset` section of the experiment to the data; the task is the entry's."""


def _bundled(entry: DatasetEntry, _files: Sequence[CheckedFile], config: Any) -> Dataset:
    return load_bundled(entry, split=config.split)


def _table(entry: DatasetEntry, files: Sequence[CheckedFile], config: Any) -> Dataset:
    """Read the first file as the training table, a second one as that of the test rows."""
    if entry.table is None:
        raise ValueError(f"the catalogue's entry of {entry.name} has the form of a table and no table")
    options = TableOptions(
        target=entry.table.target,
        positive_class=entry.positive_class,
        drop=entry.table.drop,
        separator=entry.table.separator,
        missing=entry.table.missing,
        features=entry.table.features,
        group=config.split.group,
        time=config.split.time,
    )
    read = [TableFile(file.name, file.path, separator=entry.table.separator, copy=file.copy) for file in files]
    return load_table_files(entry.name, read, options=options, split=config.split, task=entry.task)


def _idx(entry: DatasetEntry, files: Sequence[CheckedFile], config: Any) -> Dataset:
    return load_arrays(read_idx_pairs(entry, files), split=config.split, task=entry.task)


def _cifar(entry: DatasetEntry, files: Sequence[CheckedFile], config: Any) -> Dataset:
    return load_arrays(read_cifar10(entry, files[0]), split=config.split, task=entry.task)


def _npz(entry: DatasetEntry, files: Sequence[CheckedFile], config: Any) -> Dataset:
    file = files[0]
    data = read_npz(entry.name, file.path, shown=file.name, copy=file.copy, labels=entry.labels)
    return load_arrays(replace(data, positive_class=entry.positive_class), split=config.split, task=entry.task)


def _token_lists(entry: DatasetEntry, files: Sequence[CheckedFile], config: Any) -> Dataset:
    return load_token_lists(entry, files[0], config)


READERS: Final[Mapping[Form, Reader]] = {
    "sklearn_table": _bundled,
    "sklearn_images": _bundled,
    "table": _table,
    "idx": _idx,
    "npz": _npz,
    "cifar": _cifar,
    "token_lists": _token_lists,
}
