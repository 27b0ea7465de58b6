"""Tables of openml.org by number, through scikit-learn, which keeps them below the data directory."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optbench.catalog.tasks import TASKS
from optbench.core.worded import worded
from optbench.datasets.arrow_arrays import texts_of
from optbench.datasets.arrow_texts import stripped
from optbench.datasets.cell_digests import table_digest
from optbench.datasets.columns import column_of_texts
from optbench.datasets.downloads import CheckedFile
from optbench.datasets.spellings import Convention
from optbench.datasets.table_columns import TableOptions, kinds_and_sizes, missing_texts
from optbench.datasets.table_storage import TableStorage
from optbench.datasets.tables import load_table
from optbench.datasets.text_table import RowLines, TextTable
from optbench.errors import DataError

if TYPE_CHECKING:
    from optbench.config import OpenmlConfig
    from optbench.datasets.columns import Column
    from optbench.records import Dataset


def load_openml(config: OpenmlConfig, *, data_dir: Path, task: str) -> Dataset:
    """Return a table of OpenML as a data set, treated as a table of the user's own.

    The number names one version of the table for ever; the digest of its cells is in the record of every run.

    Side effects: downloads into `data_dir/openml/` if it is not there yet.

    Raises
    ------
    DataError
        If it cannot be had, is no table, or as for other tables.
    """
    frame, target = _frame_and_target(config, data_dir)
    table = _text_table(config.name, frame)
    options = TableOptions(
        target=config.target or target,
        positive_class=config.positive_class,
        drop=tuple(config.drop),
        missing=missing_texts([]),
        target_missing="class" if TASKS[task].has_classes else None,  # what is missing there is no word
        **kinds_and_sizes(config.features),
        numbers=Convention(config.decimal, config.thousands),
        date_order=config.date_order,
        group=config.split.group,
        time=config.split.time,
    )
    return load_table(config.name, table, options=options, split=config.split, task=task)


def fetch_openml_table(name: str, *, data_dir: Path) -> Any:
    """Return what scikit-learn gives for `openml:NUMBER`, with the table as a pandas frame.

    Side effects: downloads into `data_dir/openml/` if it is not there yet.

    Raises
    ------
    DataError
        If it cannot be had.
    """
    from sklearn.datasets import fetch_openml

    number = int(name.partition(":")[2])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is wrong is raised as well
            return fetch_openml(
                data_id=number, data_home=str(data_dir / "openml"), as_frame=True, parser="auto", n_retries=1
            )
    except (OSError, ValueError) as error:  # what urllib and scikit-learn raise
        raise DataError(
            worded(
                "rows-openml-missing",
                "{name} could not be had from openml.org: {reason}. Is the number that of a data set there "
                "(not of a task), and is there a network?",
                name=name,
                reason=str(error).strip().rstrip("."),
            ),
            code="data-download-failed",
        ) from error


def _frame_and_target(config: OpenmlConfig, data_dir: Path) -> tuple[Any, str]:
    """Return the table as a pandas frame and the name of its target."""
    found = fetch_openml_table(config.name, data_dir=data_dir)
    names = found.target_names or []
    if config.target is None and len(names) != 1:
        told = f"{len(names)} targets" if names else "no target"
        raise DataError(
            f"{config.name} has {told} of its own. Name one: dataset.target: COLUMN.", code="data-target-needed"
        )
    return found.frame, names[0] if names else ""


def _text_table(name: str, frame: Any) -> TextTable:
    storage = TableStorage(float("inf"))  # the frame is held, too
    columns = tuple(_column(str(label), frame[label], storage) for label in frame.columns)
    lines = RowLines()
    lines.add(range(1, len(frame) + 1))
    digest = table_digest([len(frame)], {column.name: column.digest for column in columns})
    file = CheckedFile(Path(name), name, digest, 0, copy="digest of the table's cells")
    return TextTable((file,), columns, rows_per_file=(len(frame),), lines=lines, storage=storage)


def _column(name: str, values: Any, storage: TableStorage) -> Column:
    """Return a column; numbers become the shortest text that gives the same number."""
    import pandas as pd
    import pyarrow as pa

    codes, levels = pd.factorize(values)
    texts = texts_of([repr(float(x)) if isinstance(x, float) else str(x) for x in levels])
    return column_of_texts(name, stripped(texts).take(pa.array(codes, mask=codes < 0)), storage)
