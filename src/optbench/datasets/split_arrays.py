"""What the model sees of a table, divided among the splits a block of rows at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.records import SplitData

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from optbench.datasets.splits import SplitRows
    from optbench.datasets.table_storage import TableStorage
    from optbench.records import SplitName


class SplitArrays:
    """Takes the inputs of all rows of a table, in their order.

    Parameters
    ----------
    storage : where the arrays go; on the disk they are mapped into memory and read-only
    rows : ascending row numbers of each split
    width : inputs of a row
    dtype : of the inputs

    Raises
    ------
    MachineError
        If the arrays do not fit on the disk.
    """

    def __init__(self, storage: TableStorage, rows: SplitRows, *, width: int, dtype: str) -> None:
        self._storage, self._rows = storage, rows.by_name
        self._writers = {
            name: storage.writer(f"{name}.x", (len(part), width), np.dtype(dtype)) for name, part in self._rows.items()
        }

    def divided(self, first: int, block: NDArray[Any]) -> dict[SplitName, NDArray[Any]]:
        """Return the rows of each split in a block that begins with row `first`; several threads may ask."""
        parts = {}
        for name, rows in self._rows.items():
            begin, end = np.searchsorted(rows, (first, first + len(block)))
            parts[name] = block[rows[begin:end] - first]
        return parts

    def add(self, parts: Mapping[SplitName, NDArray[Any]]) -> None:
        """Append what `divided` gave for the next block."""
        for name, part in parts.items():
            self._writers[name].add(part)

    def finish(self, y: NDArray[Any]) -> dict[SplitName, SplitData]:
        """Return the splits.

        Parameters
        ----------
        y : (all rows,) targets
        """
        array = self._storage.array
        return {
            name: SplitData(self._writers[name].finish(), array(f"{name}.y", y[part]), array(f"{name}.rows", part))
            for name, part in self._rows.items()
        }
