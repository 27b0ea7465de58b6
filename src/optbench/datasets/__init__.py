"""Data sets: what there is, where it comes from, how it is split and preprocessed."""

from __future__ import annotations

from optbench.catalog.dataset import DatasetEntry
from optbench.catalog.datasets import DATASETS
from optbench.datasets.drawn_splits import draws_test_rows
from optbench.datasets.fetch_files import fetch
from optbench.datasets.inspection import TableInspection, inspect_table
from optbench.datasets.label_names import weights_by_class
from optbench.datasets.label_spellings import labels_to_tell_apart
from optbench.datasets.load import load_dataset
from optbench.datasets.outline import outline
from optbench.datasets.preprocessing import Preprocessing, preprocessing_schema
from optbench.datasets.scratch import make_scratch
from optbench.datasets.staging import open_staged_dataset, stage_dataset
from optbench.datasets.text_doubts import is_running_text
from optbench.datasets.withhold import without_test_rows

__all__ = [
    "DATASETS",
    "DatasetEntry",
    "Preprocessing",
    "TableInspection",
    "draws_test_rows",
    "fetch",
    "inspect_table",
    "is_running_text",
    "labels_to_tell_apart",
    "load_dataset",
    "make_scratch",
    "open_staged_dataset",
    "outline",
    "preprocessing_schema",
    "stage_dataset",
    "weights_by_class",
    "without_test_rows",
]
