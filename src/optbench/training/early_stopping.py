"""Best epoch and early stopping as pure functions of the history: nothing to save, nothing to resume."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from optbench.catalog.metrics import lower_is_better

if TYPE_CHECKING:
    from optbench.config import EarlyStopping
    from optbench.records import History


def best_epoch(history: History, *, monitor: str, min_delta: float = 0.0) -> int:
    """Return the trained epoch (from 1) with the best monitored value; 0 if none was trained or all are NaN.

    An epoch replaces the best one only if it is better by more than `min_delta`, so ties go to the earlier.
    Losses and errors are better when lower, scores when higher.
    """
    sign = 1.0 if lower_is_better(monitor) else -1.0
    best, best_value = 0, math.inf
    epochs = [int(value) for value in history.column("epoch")]
    for epoch, value in zip(epochs, history.column(monitor), strict=True):
        if epoch > 0 and sign * value < best_value - (min_delta if best else 0.0):
            best, best_value = epoch, sign * value
    return best


def should_stop(history: History, rule: EarlyStopping | None) -> bool:
    """Return True if the last `patience` epochs brought no improvement."""
    if rule is None or len(history.rows) < 2:  # noqa: PLR2004 - epoch 0 and one trained epoch
        return False
    last = int(history.column("epoch")[-1])
    best = best_epoch(history, monitor=rule.monitor, min_delta=rule.min_delta)
    return last - best >= rule.patience
