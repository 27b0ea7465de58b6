"""An outline: everything planning asks of a data set, without its memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optbench.config.dataset_sections import NamedDataset
from optbench.datasets import load_dataset, outline


@pytest.mark.parametrize("name", ["digits", "diabetes"])
def test_all_but_the_numbers_is_there(name, tmp_path):
    """Shapes, dtypes, digests and facts stay; every array is one number seen many times."""
    task = "regression" if name == "diabetes" else "classification"
    whole = load_dataset(NamedDataset(name=name), base=tmp_path, data_dir=tmp_path, task=task)
    found = outline(whole)
    assert replace(found, train=whole.train, test=whole.test, validation=whole.validation) == whole
    assert list(found.splits) == list(whole.splits)
    for split, data in whole.splits.items():
        for part in ("x", "y", "rows"):
            own, known = getattr(found.splits[split], part), getattr(data, part)
            assert (own.shape, own.dtype) == (known.shape, known.dtype)
            assert set(own.strides) == {0}
