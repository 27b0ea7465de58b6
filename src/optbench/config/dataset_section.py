"""The `dataset` section: every kind of it, by name."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from optbench.catalog.datasets import DATASETS
from optbench.catalog.generated import PROBLEMS
from optbench.catalog.tasks import CLASSIFICATION
from optbench.config.dataset_sections import (
    CsvConfig,
    ImageFolderConfig,
    NamedDataset,
    NpzConfig,
    OpenmlConfig,
    PythonDataset,
    TokenDataset,
)
from optbench.core.section import section_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

    from optbench.catalog.generated_problem import GeneratedConfig

DATASET_CONFIGS: Mapping[str, type[BaseModel]] = {
    **{name: TokenDataset if entry.has_tokens else NamedDataset for name, entry in DATASETS.items()},
    **{name: problem.section for name, problem in PROBLEMS.items()},
    "csv": CsvConfig,
    "npz": NpzConfig,
    "image_folder": ImageFolderConfig,
    "python": PythonDataset,
}
TASK_OF: Mapping[str, str] = {
    **{name: entry.task for name, entry in DATASETS.items()},
    **{name: problem.task for name, problem in PROBLEMS.items()},
    "image_folder": CLASSIFICATION,
}
"""What each data set is for that has one task; others have the task that the experiment says."""


def datasets_for(task: str) -> tuple[str, ...]:
    """Return the names of the data sets that are for a task and no other."""
    return tuple(name for name, own in TASK_OF.items() if own == task)


def generated_fields() -> dict[str, dict[str, Any]]:
    """Return each generated problem's own keys with their defaults."""
    return {name: section_fields(each.section, without=("name", "split")) for name, each in PROBLEMS.items()}


if TYPE_CHECKING:
    GeneratedDataset = GeneratedConfig
else:
    # the sections are known when the catalogue has been read, which is after types are checked
    GeneratedDataset = reduce(or_, (problem.section for problem in PROBLEMS.values()))

DatasetConfig = (
    NamedDataset
    | TokenDataset
    | OpenmlConfig
    | CsvConfig
    | ImageFolderConfig
    | NpzConfig
    | PythonDataset
    | GeneratedDataset
)
