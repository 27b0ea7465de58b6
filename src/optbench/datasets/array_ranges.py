"""Between which numbers the arrays of training lie, recorded with the facts of a run, and new ones that do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.datasets.array_checks import divided

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optbench.datasets.preprocessing import Arrays
    from optbench.datasets.unusual import Unusual

_ALL: Final = "x"
"""What the numbers of an array without named columns are called together."""


def array_ranges(x: NDArray[Any], source: Arrays) -> dict[str, dict[str, float]]:
    """Return minimum and maximum as given, of each named column, or of all numbers.

    Parameters
    ----------
    x : the training rows as the model takes them
    """
    unit = np.float32(1.0 if source.divide_by is None else source.divide_by)
    return {
        name: {"minimum": float(part.min() * unit), "maximum": float(part.max() * unit)}
        for name, part in _parts(x, source).items()
    }


def count_outside(x: NDArray[Any], source: Arrays, facts: Mapping[str, Any], unusual: Unusual) -> None:
    """Count new rows outside the ranges that a run recorded; where an earlier version recorded none, nothing is.

    Parameters
    ----------
    x : new rows as the model takes them
    facts : of the run's data, from its environment.json
    """
    recorded = facts.get("preprocessing")
    for name, part in _parts(x, source).items():
        found = recorded.get(name) if isinstance(recorded, Mapping) else None
        limits = [found.get(end) if isinstance(found, Mapping) else None for end in ("minimum", "maximum")]
        if not all(isinstance(each, float) for each in limits):
            continue
        low, high = divided(np.array(limits), source.divide_by, where=name)
        is_outside = ((part < low) | (part > high)).reshape(len(part), -1).any(axis=1)
        unusual.add(
            name,
            "outside" if source.columns else "outside-somewhere",
            int(is_outside.sum()),
            usual=dict(zip(("minimum", "maximum"), limits, strict=True)),
        )


def _parts(x: NDArray[Any], source: Arrays) -> dict[str, NDArray[Any]]:
    """Return the numbers that have a range of their own."""
    if not source.columns:
        return {_ALL: x}
    columns = x.reshape(len(x), len(source.columns))
    return {name: columns[:, position] for position, name in enumerate(source.columns)}
