"""Names of losses for classification, and how many output units each wants."""

from __future__ import annotations

from optbench.config.keras_api import folded

PYTHON_PREFIX = "python:"
# For two classes these work on one sigmoid unit; all others want one softmax unit per class.
ONE_UNIT = ("binary_crossentropy", "binary_focal_crossentropy", "hinge", "squared_hinge")
PER_CLASS = (
    "sparse_categorical_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "categorical_hinge",
    "kl_divergence",
    "mean_squared_error",
)


def known_losses() -> tuple[str, ...]:
    """Return every loss name an experiment file can hold, `auto` first."""
    return ("auto", *ONE_UNIT, *PER_CLASS)


def canonical_loss(name: str) -> str | None:
    """Return the snake-case name of a loss given in any case, a Python reference as it is, None if unknown."""
    if name.startswith(PYTHON_PREFIX):
        return name
    return next((known for known in known_losses() if folded(known) == folded(name)), None)


def output_units(num_classes: int, loss: str) -> int:
    """Return the units of the output layer: 1 (sigmoid) or one per class (softmax)."""
    return 1 if num_classes == 2 and loss in ONE_UNIT else num_classes  # noqa: PLR2004 - two classes
