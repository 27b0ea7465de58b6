"""Targets of a regression problem: a number per row, in its own unit, and what is recorded of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.core.worded import worded
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from optbench.records import SplitData, SplitName

_OR_CLASSES = worded("hint-for-classes", "For classes leave out 'task: regression'.")


def as_targets(y: NDArray[Any], *, split: str, where: str) -> NDArray[np.float64]:
    """Return the numbers to predict, (n,) float64.

    Raises
    ------
    DataError
        If they are no finite numbers.
    """
    flat = y.reshape(-1)
    if flat.dtype.kind not in "iuf":
        raise DataError(
            f"{where}: y_{split} must hold numbers for task: regression. Received: {flat.dtype}, e.g. "
            f"{flat[0].item()!r}. {_OR_CLASSES}",
            code="data-array-type-wrong",
        )
    values = flat.astype(np.float64)
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        raise DataError(
            f"{where}: y_{split} must hold finite numbers. Received: {values[wrong[0]]} at position {wrong[0]}; "
            f"{len(wrong)} such values in all. Remove these examples.",
            code="data-target-not-finite",
        )
    return values


def require_spread(y: NDArray[np.float64], *, where: str) -> None:
    """Require training targets that differ.

    Raises
    ------
    DataError
        If there is none, or all are the same number: nothing can be learned then.
    """
    if len(y) == 0 or float(np.ptp(y)) == 0.0:
        seen = f"{y[0]:g} in all {len(y)} training rows" if len(y) else "no training row"
        raise DataError(
            worded(
                "rows-target-constant",
                "{where} must vary over the training rows. Received: {seen}. Name another target.",
                where=where,
                seen=seen,
            ),
            code="data-target-constant",
        )


def require_finite_variance(splits: Mapping[SplitName, SplitData], *, where: str) -> None:
    """Require targets whose squares are still numbers: scale, mse and r2 are made of them.

    Raises
    ------
    DataError
        If the variance of a split is too large for a float64, as for targets of 1e300.
    """
    for name, data in splits.items():
        with np.errstate(over="ignore", invalid="ignore"):
            is_finite = len(data.y) == 0 or bool(np.isfinite(data.y.var()))
        if not is_finite:
            raise DataError(
                f"{where} must have a variance that is a finite number. Received: values up to "
                f"{float(np.abs(data.y).max()):g} in the {name} split. Give it in a larger unit, or its logarithm.",
                code="data-target-too-wide",
            )


def target_facts(splits: Mapping[SplitName, SplitData]) -> dict[str, dict[str, float]]:
    """Return mean, standard deviation (n), smallest and largest target of every split that has rows."""
    return {
        name: {
            "mean": float(data.y.mean()),
            "sd": float(data.y.std()),
            "min": float(data.y.min()),
            "max": float(data.y.max()),
        }
        for name, data in splits.items()
        if len(data.y)
    }
