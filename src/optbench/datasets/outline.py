"""A data set without its numbers: what planning needs to know of data that is read again when it is used."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.records import SplitData

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optbench.records import Dataset


def outline(dataset: Dataset) -> Dataset:
    """Return a data set with the same shapes, dtypes, digests and facts, whose arrays are zeros that take no memory."""
    validation = None if dataset.validation is None else _outline(dataset.validation)
    return replace(dataset, train=_outline(dataset.train), test=_outline(dataset.test), validation=validation)


def _outline(split: SplitData) -> SplitData:
    return SplitData(x=_zeros(split.x), y=_zeros(split.y), rows=_zeros(split.rows))


def _zeros(array: NDArray[Any]) -> NDArray[Any]:
    return np.broadcast_to(np.zeros((), array.dtype), array.shape)
