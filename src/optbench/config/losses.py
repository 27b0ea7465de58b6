"""Names of losses by task, and how many output units each wants."""

from __future__ import annotations

import re

from optbench.catalog.keras_api import folded
from optbench.catalog.tasks import ONE_UNIT, TASKS
from optbench.core.section import FUNCTION_PATTERN

PYTHON_PREFIX = "python:"
# what Keras and other tools call them; only the whole names are taken, so that a file says what is meant
SHORT_NAMES = {
    "mse": "mean_squared_error",
    "kld": "kl_divergence",
    "bce": "binary_crossentropy",
    "cce": "categorical_crossentropy",
    "log_loss": "sparse_categorical_crossentropy",
    "logloss": "sparse_categorical_crossentropy",
    "cross_entropy": "sparse_categorical_crossentropy",
    "crossentropy": "sparse_categorical_crossentropy",
    "nll": "sparse_categorical_crossentropy",
    "l2": "mean_squared_error",
    "rmse": "mean_squared_error",
    "l1": "mean_absolute_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "smooth_l1": "huber",
}


def known_losses(task: str | None = None) -> tuple[str, ...]:
    """Return every loss name an experiment file can hold, `auto` first: of one task, or of all."""
    tasks = TASKS.values() if task is None else (TASKS[task],)
    return tuple(dict.fromkeys(("auto", *(loss for facts in tasks for loss in facts.losses))))


def canonical_loss(name: str) -> str | None:
    """Return the snake-case name of a loss given in any case, a Python reference as it is, None if unknown."""
    if name.startswith(PYTHON_PREFIX):
        return name if re.match(FUNCTION_PATTERN, name.removeprefix(PYTHON_PREFIX)) else None
    return next((known for known in known_losses() if folded(known) == folded(name)), None)


def output_units(num_classes: int, loss: str) -> int:
    """Return the units of the output layer: 1 for a number or for two classes under one sigmoid, else one per class.

    Parameters
    ----------
    num_classes : 0 for regression
    """
    return 1 if num_classes == 2 and loss in ONE_UNIT else max(1, num_classes)  # noqa: PLR2004 - two classes
