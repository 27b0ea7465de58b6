"""Warnings that are the same for classes and for numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.records import History

_RISE_OF_LOSS: Final = 1.05
_NAMES_SHOWN: Final = 5


def not_finite_loss(history: History | None) -> list[str]:
    """Say that the training loss ended as no number."""
    losses = history.column("loss") if history is not None else []
    if losses and not math.isfinite(losses[-1]):
        return [f"the run diverged: the training loss of the last epoch is {losses[-1]}; its metrics mean little."]
    return []


def rising_loss(history: History | None) -> list[str]:
    """Say that the validation loss rose while the training loss went on falling."""
    if history is None or "val_loss" not in history.columns:
        return []
    columns = (history.column("epoch"), history.column("loss"), history.column("val_loss"))
    points = [point for point in zip(*columns, strict=True) if all(map(math.isfinite, point))]
    if not points:
        return []
    best, last = min(points, key=lambda point: point[2]), points[-1]
    if not (best[0] < last[0] and last[2] > _RISE_OF_LOSS * best[2] and last[1] < best[1]):
        return []
    rise = f"lowest after epoch {best[0]:.0f} ({best[2]:.4g}) and rose to {last[2]:.4g} after epoch {last[0]:.0f}"
    fall = f"the training loss fell from {best[1]:.4g} to {last[1]:.4g}"
    remedy = "fewer epochs, regularisation or early_stopping with restore_best would help"
    return [f"the validation loss was {rise}, while {fall}: training went on into over-fitting; {remedy}."]


def seen_rows(count: int, total: int) -> list[str]:
    """Say that test rows have the inputs of training rows."""
    if not count:
        return []
    return [f"{count} of {total} test rows have the same inputs as a training row, which flatters the test metrics."]


def listed(names: Sequence[str]) -> str:
    """Return names for a sentence, cut after a few."""
    shown = ", ".join(names[:_NAMES_SHOWN])
    hidden = len(names) - _NAMES_SHOWN
    return f"{shown} and {hidden} more" if hidden > 0 else shown
