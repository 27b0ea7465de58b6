"""The door of this room: the `dataset:` section of an experiment file becomes a data set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.catalog.tasks import CLASSIFICATION, TASKS
from optbench.config import (
    CsvConfig,
    GeneratedConfig,
    ImageFolderConfig,
    NpzConfig,
    OpenmlConfig,
    PythonDataset,
    TokenDataset,
    named_task,
    without_strata,
)
from optbench.datasets.array_data import load_arrays
from optbench.datasets.array_sources import call_user_function, read_idx_pairs, read_npz
from optbench.datasets.bundled import load_bundled
from optbench.datasets.cifar import read_cifar10
from optbench.datasets.csv_files import read_csv
from optbench.datasets.downloads import ensure_file
from optbench.datasets.generated import load_generated
from optbench.datasets.image_folders import load_image_folder
from optbench.datasets.large_tables import is_large
from optbench.datasets.openml import load_openml
from optbench.datasets.registry import DATASETS
from optbench.datasets.table_columns import TableOptions, missing_texts
from optbench.datasets.tables import load_large_table, load_table, read_table, require_regular_file
from optbench.datasets.text_tables import load_text_table
from optbench.datasets.token_lists import load_token_lists
from optbench.datasets.withhold import without_test_rows
from optbench.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

    from optbench.config import DatasetConfig, NamedDataset
    from optbench.datasets.downloads import CheckedFile
    from optbench.datasets.registry import DatasetEntry, TableEntry
    from optbench.records import Dataset

OWN_DATA = ("csv", "npz", "image_folder", "python")


def load_dataset(
    config: DatasetConfig, *, base: Path, data_dir: Path, quiet: bool = True, task: str = CLASSIFICATION
) -> Dataset:
    """Load, split and preprocess the data set of an experiment; with `split.withhold_test` its test split is empty.

    Parameters
    ----------
    config : the validated `dataset:` section
    base : folder that paths in it start from
    data_dir : where downloaded data sets are; missing ones are downloaded into it
    quiet : say nothing about downloads
    task : what is predicted: a class, or a number; rows are drawn without strata for a number

    Notes
    -----
    A test set that comes with the data (fashion_mnist, mnist, npz, python) is kept: `split.test` is then an error, and
    `split.validation` a fraction of the other rows. A validation set in an npz file is kept too; `split.validation`
    has no effect then. Images (uint8 arrays, digits) become float32 from 0 to 1 with a channel axis, the shape that
    `cnn` takes.

    Raises
    ------
    DataError
        If the data is missing, unreadable or unfit for the task as configured.
    MachineError
        If the data directory cannot be written, or an extra package is missing.
    """
    if not TASKS[task].has_classes:
        config = without_strata(config)
    dataset = _loaded(config, base=base, data_dir=data_dir, quiet=quiet, task=task)
    return without_test_rows(dataset) if config.split.withhold_test else dataset


def _loaded(config: DatasetConfig, *, base: Path, data_dir: Path, quiet: bool, task: str) -> Dataset:
    if isinstance(config, GeneratedConfig):
        _require_task(config.name, named_task(config.name), task)
        return load_generated(config)
    if isinstance(config, OpenmlConfig):
        return load_openml(config, data_dir=data_dir, task=task)
    if isinstance(config, CsvConfig):
        return _own_table(config, base, task)
    if isinstance(config, ImageFolderConfig):
        _require_task(config.name, CLASSIFICATION, task)
        return load_image_folder(config, base=base)
    if isinstance(config, NpzConfig | PythonDataset):
        return _own_arrays(config, base, task)
    return _named(config, data_dir=data_dir, quiet=quiet, task=task)


def _own_arrays(config: NpzConfig | PythonDataset, base: Path, task: str) -> Dataset:
    if isinstance(config, NpzConfig):
        data = read_npz("npz", base / config.path, shown=config.path)
    else:
        data = call_user_function("python", config.function, config.arguments, base=base)
    return load_arrays(data, split=config.split, task=task, tokens=config.tokens)


def _named(config: NamedDataset | TokenDataset, *, data_dir: Path, quiet: bool, task: str) -> Dataset:
    entry = DATASETS.get(config.name)
    if entry is None:
        known = (*DATASETS, *OWN_DATA)
        raise DataError(
            f"dataset.name must be a known data set. Received: {config.name!r}."
            f"{did_you_mean(config.name, known)} Known: {', '.join((*known, 'openml:ID'))}."
        )
    _require_task(entry.name, entry.task, task)
    if entry.is_embedded:
        return load_bundled(entry, split=config.split)
    files = [ensure_file(file, data_dir=data_dir, quiet=quiet, dataset=entry.name) for file in entry.files]
    return _downloaded(entry, files, config)


def _require_task(name: str, wanted: str, task: str) -> None:
    if wanted != task:
        raise DataError(f"{name} is for task: {wanted}. Received: task: {task}. Write 'task: {wanted}'.")


def _own_table(config: CsvConfig, base: Path, task: str) -> Dataset:
    options = TableOptions(
        target=config.target,
        positive_class=config.positive_class,
        drop=tuple(config.drop),
        separator=config.separator,
        missing=missing_texts(config.missing),
        features=config.features,
        split_column=config.split.column,
    )
    paths = [(name, base / name) for name in (config.path, config.split.test_path) if name is not None]
    for name, path in paths:
        require_regular_file(path, name)
    if "text" in config.features.values():
        return load_text_table("csv", paths, options=options, text=config.text, split=config.split, task=task)
    if is_large([path for _, path in paths]):
        return load_large_table("csv", paths, options=options, split=config.split, task=task)
    tables = [read_table(path, separator=config.separator, name=name) for name, path in paths]
    test_table = tables[1] if len(tables) > 1 else None
    return load_table("csv", tables[0], test_table=test_table, options=options, split=config.split, task=task)


def _downloaded(entry: DatasetEntry, files: list[CheckedFile], config: NamedDataset | TokenDataset) -> Dataset:
    if entry.table is not None:
        return _named_table(entry, entry.table, files[0], config)
    if entry.form == "idx":
        return load_arrays(read_idx_pairs(entry, files), split=config.split, task=entry.task)
    file = files[0]
    if isinstance(config, TokenDataset):
        return load_token_lists(entry, file, config)
    if entry.form == "cifar":
        return load_arrays(read_cifar10(entry, file), split=config.split, task=entry.task)
    data = read_npz(entry.name, file.path, shown=file.name, copy=file.copy, labels=entry.labels)
    return load_arrays(data, split=config.split, task=entry.task)


def _named_table(
    entry: DatasetEntry, table_entry: TableEntry, file: CheckedFile, config: NamedDataset | TokenDataset
) -> Dataset:
    options = TableOptions(
        target=table_entry.target,
        positive_class=table_entry.positive_class,
        separator=table_entry.separator,
        missing=table_entry.missing,
    )
    table = read_csv(file.path, separator=table_entry.separator, name=file.name, copy=file.copy)
    return load_table(entry.name, table, test_table=None, options=options, split=config.split, task=entry.task)
