"""Whether a model takes the data: each its own kinds, and a misfit is refused with the models that fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.catalog.model import KINDS, InputForm
from optbench.catalog.models import MODELS
from optbench.core.worded import joined, worded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.catalog.layer_graph import LayerSpec
    from optbench.catalog.model import Kind
    from optbench.records import InputPart

_WIDTHS = ("units", "filters")
MOST_PARAMETERS = 10**11
"""No machine that trains with optbench holds more: 400 GB of weights, and as much again for each optimizer variable."""


def misfit(
    name: str,
    *,
    input_shape: tuple[int, ...],
    vocabulary_size: int | None,
    task: str,
    parts: tuple[InputPart, ...] = (),
) -> str:
    """Return why a model cannot take the data, and which models can; "" if it can."""
    kind, model = InputForm(input_shape, vocabulary_size, parts).kind, MODELS[name]
    if kind in model.takes:
        return ""
    taken = [KINDS[each] for each in model.takes]
    fitting = [other.name for other in MODELS.values() if kind in other.takes and task not in other.not_for]
    return worded(
        "fits-not",
        "model.name: {name} takes {taken}. Received: {kind} of shape {shape}. Models that take them: "
        "{fitting}.{remedy}",
        name=name,
        taken=joined(*taken, between=worded("must-otherwise", " or ")),
        kind=KINDS[kind],
        shape=input_shape,
        fitting=", ".join(fitting),
        remedy=_remedy(model.takes, kind),
    )


def least_parameters(specs: Sequence[LayerSpec]) -> int:
    """Return how many weights a model has at least: of each layer with a width, the kernel from the one before it."""
    widths: list[int] = []
    total = 0
    for spec in specs:
        own = next((spec.arguments[key] for key in _WIDTHS if isinstance(spec.arguments.get(key), int)), None)
        before = spec.inputs[0] if spec.inputs else len(widths) - 1
        reached = widths[before] if before >= 0 else 1
        widths.append(reached if own is None else own)
        total += 0 if own is None else own * reached
    return total


def _remedy(takes: tuple[Kind, ...], kind: Kind) -> str:
    if kind == "mixed":
        return worded(
            "hint-words-as-columns",
            " Or let the words of the texts be columns of 0 and 1: dataset.text: {{form: words}}.",
        )
    if kind == "embedded" and "table" in takes:
        return worded("hint-hashing", " Or write hashing, or leave the column a category, in dataset.features.")
    if kind == "table" and "sequences" in takes:
        return worded(
            "hint-columns-in-time",
            " If the columns are steps in time, give them as arrays of shape (time, 1) in an npz; if they are token "
            "numbers, as integers there with dataset.tokens: true; a column of texts needs "
            "dataset.features: {{COLUMN: text}}.",
        )
    return ""
