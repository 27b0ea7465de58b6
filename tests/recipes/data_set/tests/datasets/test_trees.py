"""The data set `trees`: each pitfall of its entry."""

from __future__ import annotations

import os
from pathlib import Path

from optbench.datasets import DATASETS, load_dataset


def test_blank_heights_are_counted(config, tmp_path):
    """The 4 blanks among the heights are missing numbers, not a category."""
    dataset = load_dataset(config("trees"), base=tmp_path, data_dir=Path(os.environ["OPTBENCH_DATA_DIR"]))
    assert dataset.facts["preprocessing"]["height_m"]["missing"] == 4
    assert dataset.num_classes == DATASETS["trees"].classes
