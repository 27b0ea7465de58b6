"""Warnings that are the same for classes and for numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from optbench.core.findings import Finding, Severity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optbench.records import History

_RISE_OF_LOSS: Final = 1.05


def warning(code: str, **values: Any) -> Finding:
    """Return a warning on the numbers of a run."""
    return Finding(code, Severity.WARNING, values)


def not_finite_loss(history: History | None) -> list[Finding]:
    """Say that the training loss ended as no number."""
    losses = history.column("loss") if history is not None else []
    if losses and not math.isfinite(losses[-1]):
        return [warning("evaluation-loss-not-finite", loss=str(losses[-1]))]  # JSON has no such number
    return []


def rising_loss(history: History | None) -> list[Finding]:
    """Say that the validation loss rose while the training loss went on falling."""
    if history is None or not history.is_validated:
        return []
    columns = (history.column("epoch"), history.column("loss"), history.column("val_loss"))
    points = [point for point in zip(*columns, strict=True) if all(map(math.isfinite, point))]
    if not points:
        return []
    best, last = min(points, key=lambda point: point[2]), points[-1]
    if not (best[0] < last[0] and last[2] > _RISE_OF_LOSS * best[2] and last[1] < best[1]):
        return []
    return [
        warning(
            "evaluation-loss-rises",
            best_epoch=int(best[0]),
            last_epoch=int(last[0]),
            best_loss=best[2],
            last_loss=last[2],
            training_loss_at_best=best[1],
            training_loss_at_last=last[1],
        )
    ]


def trained_on_all(all_rows: bool, y_true: NDArray[Any]) -> list[Finding]:
    """Say why there are no test metrics, if all rows were trained on."""
    return [warning("evaluation-all-rows", n_rows=len(y_true))] if all_rows else []


def seen_rows(count: int, total: int) -> list[Finding]:
    """Say that test rows have the inputs of training rows."""
    return [warning("evaluation-test-rows-seen", n=count, n_rows=total)] if count else []
