"""Whether a model takes the data: each its own kinds, and a misfit is refused with the models that fit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from optbench.catalog.model import KINDS, InputForm
from optbench.catalog.models import MODELS
from optbench.config.layer_sizes import layer_sizes
from optbench.core.worded import joined, worded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.catalog.layer_graph import LayerSpec
    from optbench.catalog.model import Kind
    from optbench.records import InputPart

MOST_WEIGHTS: Final = 10**11
"""No machine that trains with optbench holds more: 400 GB of weights, and as much again for each optimizer variable."""
MOST_NUMBERS: Final = 1 << 28
"""That a layer makes of one example, 1 GiB of them: an image of 4096 x 4096 in 16 channels."""
_MOST_BETWEEN: Final = 2**31 - 1  # that a layer makes on the way to its output: TensorFlow counts in 32 bits
_LARGEST_SHOWN: Final = 10**300  # larger whole numbers are none that could be written with a point


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


def too_large(specs: Sequence[LayerSpec], inputs: Sequence[tuple[int, ...]]) -> str:
    """Return why no machine can hold a model, or what one of its layers makes of an example; "" if one may.

    Parameters
    ----------
    specs : the model's layers, the output layer among them
    inputs : shapes of one example of each of its inputs
    """
    sizes = layer_sizes(specs, inputs)
    for place, (spec, size) in enumerate(zip(specs, sizes, strict=True), 1):
        for numbers, most in ((math.prod(size.shape), MOST_NUMBERS), (size.between, _MOST_BETWEEN)):
            if numbers > most:
                return worded(
                    "key-numbers-of-layer",
                    "model must make at most {most} numbers of one example in a layer. Received: at least {least:.3g} "
                    "in layer {place} ({layer}). Make the layers before it or its own numbers smaller, or the "
                    "examples.",
                    most=most,
                    least=min(numbers, _LARGEST_SHOWN),
                    place=place,
                    layer=spec.class_name,
                )
    weights = sum(size.weights for size in sizes)
    if weights <= MOST_WEIGHTS:
        return ""
    return worded(
        "key-weights",
        "model must have at most {most:.0e} weights. Received: at least {least:.3g}. Make its layers smaller.",
        most=MOST_WEIGHTS,
        least=min(weights, _LARGEST_SHOWN),
    )


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
