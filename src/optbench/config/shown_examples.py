"""Whether a page may show what rows of the data hold: a row of somebody's own table can be a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.catalog.datasets import DATASETS
from optbench.config.dataset_sections import OpenmlConfig

if TYPE_CHECKING:
    from optbench.config.experiment import ExperimentConfig


def shows_examples(config: ExperimentConfig) -> bool:
    """Return whether the contents of rows are shown: as the experiment says, otherwise if the data is public."""
    return is_public(config) if config.report.examples is None else config.report.examples


def is_public(config: ExperimentConfig) -> bool:
    """Return True for data that anybody can have."""
    entry = DATASETS.get(config.dataset.name)
    return isinstance(config.dataset, OpenmlConfig) or (entry is not None and entry.is_public)
