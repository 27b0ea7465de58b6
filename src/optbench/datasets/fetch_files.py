"""Data sets brought into the data directory before they are needed: for machines that will be offline."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from optbench.catalog.datasets import DATASETS
from optbench.config.dataset_sections import OPENML_PATTERN
from optbench.core.worded import worded
from optbench.datasets.downloads import ensure_file
from optbench.datasets.openml import fetch_openml_table
from optbench.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from optbench.catalog.dataset import DatasetEntry


def fetch(name: str, *, data_dir: Path, quiet: bool, known: Mapping[str, DatasetEntry] = DATASETS) -> list[Path]:
    """Make the files of a named data set present below `data_dir`.

    Returns
    -------
    list of Path
        Its files, or of openml.org the folder that scikit-learn keeps them in; [] for data that needs none.

    Side effects: downloads into `data_dir/<name>/`, of openml.org into `data_dir/openml/`; a progress bar on stderr, on
    a terminal, unless `quiet`.

    Raises
    ------
    UsageError
        If there is no data set of that name.
    DataError
        If a file cannot be downloaded, or has another sha256 than the pinned ones.
    MachineError
        If the data directory cannot be written.
    """
    if re.fullmatch(OPENML_PATTERN, name):
        fetch_openml_table(name, data_dir=data_dir)
        return [data_dir / "openml"]
    entry = known.get(name)
    if entry is None:
        raise UsageError(
            worded(
                "typed-fetch",
                "there is no data set {name!r} to fetch.{hint} Known: {known}, openml:NUMBER.",
                name=name,
                hint=did_you_mean(name, known),
                known=", ".join(known),
            ),
            code="usage-data-set-unknown",
        )
    return [ensure_file(file, data_dir=data_dir, quiet=quiet, dataset=name).path for file in entry.files]
