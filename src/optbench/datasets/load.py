"""The door of this room: the `dataset:` section of an experiment file becomes a data set."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from optbench.catalog.datasets import DATASETS
from optbench.catalog.tasks import CLASSIFICATION, TASKS
from optbench.config import (
    TASK_OF,
    CsvConfig,
    GeneratedConfig,
    ImageFolderConfig,
    NpzConfig,
    OpenmlConfig,
    PythonDataset,
    without_strata,
)
from optbench.core.findings import Finding, Severity
from optbench.core.refusals import told_as
from optbench.core.worded import worded
from optbench.datasets.array_data import load_arrays
from optbench.datasets.array_sources import call_user_function, read_npz
from optbench.datasets.downloads import ensure_file
from optbench.datasets.forms import READERS
from optbench.datasets.generated import load_generated
from optbench.datasets.image_folders import load_image_folder
from optbench.datasets.opening import Storage, open_table
from optbench.datasets.openml import load_openml
from optbench.datasets.paths import located, location_note
from optbench.datasets.spellings import Convention
from optbench.datasets.table_columns import TableOptions, kinds_and_sizes, missing_texts
from optbench.datasets.tables import load_table_files
from optbench.datasets.withhold import without_test_rows
from optbench.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from optbench.catalog.dataset import DatasetEntry
    from optbench.config import DatasetConfig, NamedDataset, TextForm, TokenDataset
    from optbench.records import Dataset

OWN_DATA = ("csv", "npz", "image_folder", "python")


def load_dataset(
    config: DatasetConfig,
    *,
    base: Path,
    data_dir: Path,
    quiet: bool = True,
    task: str = CLASSIFICATION,
    texts: TextForm | None = None,
    known: Mapping[str, DatasetEntry] = DATASETS,
) -> Dataset:
    """Load, split and preprocess the data set of an experiment; with `split.withhold_test` its test split is empty.

    With `split.all_rows` every row is a training row, there is no validation split, and the test split is empty.

    Parameters
    ----------
    config : the validated `dataset:` section
    base : folder that paths in it start from
    data_dir : where downloaded data sets are; missing ones are downloaded into it
    quiet : say nothing about downloads
    task : what is predicted: a class, or a number; rows are drawn without strata for a number
    texts : what texts of a table become where the section leaves it open (`config.text_form_for` of the model); None
        for tokens where a text is the only input, and words beside other columns
    known : the data sets with a name

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
    if texts is not None and isinstance(config, CsvConfig) and config.text.form is None:
        config = config.model_copy(update={"text": config.text.model_copy(update={"form": texts})})
    if not TASKS[task].has_classes:
        config = without_strata(config)
    with told_as(DataError, getattr(config, "path", None) or config.name, code="data-file-unreadable"):
        dataset = _loaded(config, base, data_dir, quiet=quiet, task=task, known=known)
    if config.split.all_rows:
        note = Finding("data-all-rows", Severity.NOTE, {"n_rows": len(dataset.train.y)})
        return replace(dataset, notes=(*dataset.notes, note))
    return without_test_rows(dataset) if config.split.withhold_test else dataset


def _loaded(
    config: DatasetConfig,
    base: Path,
    data_dir: Path,
    *,
    quiet: bool,
    task: str,
    known: Mapping[str, DatasetEntry],
) -> Dataset:
    if isinstance(config, GeneratedConfig):
        _require_task(config.name, TASK_OF[config.name], task)
        return load_generated(config)
    if isinstance(config, OpenmlConfig):
        return load_openml(config, data_dir=data_dir, task=task)
    if isinstance(config, CsvConfig):
        return _own_table(config, base, task, quiet=quiet)
    if isinstance(config, ImageFolderConfig):
        _require_task(config.name, TASK_OF[config.name], task)
        return load_image_folder(config, base=base)
    if isinstance(config, NpzConfig | PythonDataset):
        return _own_arrays(config, base, task)
    return _named(config, known, data_dir=data_dir, quiet=quiet, task=task)


def _own_arrays(config: NpzConfig | PythonDataset, base: Path, task: str) -> Dataset:
    if isinstance(config, NpzConfig):
        data = read_npz("npz", located(base, config.path), shown=config.path)
    else:
        data = call_user_function("python", config.function, config.arguments, base=base)
    return load_arrays(data, split=config.split, task=task, tokens=config.tokens)


def _named(
    config: NamedDataset | TokenDataset,
    known: Mapping[str, DatasetEntry],
    *,
    data_dir: Path,
    quiet: bool,
    task: str,
) -> Dataset:
    entry = known.get(config.name)
    if entry is None:
        names = (*known, *OWN_DATA)
        raise DataError(
            worded(
                "must-data-set",
                "dataset.name must be a known data set. Received: {name!r}.{hint} Known: {known}.",
                name=config.name,
                hint=did_you_mean(config.name, names),
                known=", ".join((*names, "openml:ID")),
            ),
            code="data-set-unknown",
        )
    _require_task(entry.name, entry.task, task)
    files = [ensure_file(file, data_dir=data_dir, quiet=quiet, dataset=entry.name) for file in entry.files]
    return READERS[entry.form](entry, files, config)


def _require_task(name: str, wanted: str, task: str) -> None:
    if wanted != task:
        raise DataError(
            worded(
                "must-task",
                "{name} is for task: {wanted}. Received: task: {task}. Write 'task: {wanted}'.",
                name=name,
                wanted=wanted,
                task=task,
            ),
            code="data-task-wrong",
        )


def _own_table(config: CsvConfig, base: Path, task: str, *, quiet: bool) -> Dataset:
    options = TableOptions(
        target=config.target,
        positive_class=config.positive_class,
        drop=tuple(config.drop),
        separator=config.separator,
        missing=missing_texts(config.missing),
        target_missing=config.target_missing,
        **kinds_and_sizes(config.features),
        split_column=config.split.column,
        group=config.split.group,
        time=config.split.time,
        numbers=Convention(config.decimal, config.thousands),
        date_order=config.date_order,
    )
    names = [name for name in (config.path, config.split.test_path) if name is not None]
    storage = Storage(config.separator, config.encoding, config.sheet)
    notes = [note for name in names for note in location_note(base, name)]
    with ExitStack() as stack:
        opened = [stack.enter_context(open_table(located(base, name), storage, name=name)) for name in names]
        notes += [note for each in opened for note in each.notes]
        files = [each.file for each in opened]
        dataset = load_table_files(
            "csv", files, options=options, split=config.split, task=task, text=config.text, quiet=quiet
        )
    return replace(dataset, notes=(*notes, *dataset.notes)) if notes else dataset
