"""Data sets with a name, a file per family: a file defines `FAMILY`, and experiments can name its data sets."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from optbench.catalog.dataset import Family
from optbench.catalog.entries import entries_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optbench.catalog.dataset import DatasetEntry

DATASETS: Final[Mapping[str, DatasetEntry]] = MappingProxyType(
    {entry.name: entry for family in entries_in(__name__, __path__, "FAMILY", Family) for entry in family.entries}
)
"""Every data set that comes with scikit-learn or is downloaded, by its name, in the order of listings."""
