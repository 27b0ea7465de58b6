"""What `auto` stands for: a function of the experiment alone, never of the machine, so that a key means the same.

Threads: one for small models, whose steps are too short to share; two where a step has enough arithmetic.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from optbench.catalog.tasks import TASKS
from optbench.config.layers import are_layers_known, layer_specs

if TYPE_CHECKING:
    from optbench.config.model_sections import ModelConfig
    from optbench.records import InputPart

LARGE_MODEL_THREADS = 2
_LARGE_WEIGHTS = 1_000_000
_LARGE_INPUT = 1_000
_HEAVY_LAYERS = (
    *("Conv", "SeparableConv", "DepthwiseConv"),
    *("LSTM", "GRU", "SimpleRNN", "Bidirectional", "MultiHeadAttention"),
)


def auto_loss(task: str, num_classes: int) -> str:
    """Return the loss that fits the task and, for classification, the classes."""
    facts = TASKS[task]
    return facts.loss_of_two if num_classes == 2 else facts.loss  # noqa: PLR2004 - two classes


def auto_threads(
    model: ModelConfig,
    *,
    input_shape: tuple[int, ...],
    num_classes: int,
    vocabulary_size: int | None = None,
    parts: tuple[InputPart, ...] = (),
) -> int:
    """Return the number of threads.

    Two for convolutions, recurrent layers and attention, for more than a million dense weights, and for a user's own
    model on inputs of more than 1000 numbers (what is in it cannot be known here); one otherwise.
    """
    size = math.prod(input_shape)
    if not are_layers_known(model):
        return LARGE_MODEL_THREADS if size > _LARGE_INPUT else 1
    weights, width = 0, size
    for spec in layer_specs(model, input_shape=input_shape, vocabulary_size=vocabulary_size, parts=parts):
        if spec.class_name.startswith(_HEAVY_LAYERS):
            return LARGE_MODEL_THREADS
        units = spec.arguments.get("units")
        if spec.class_name == "Dense" and isinstance(units, int):
            weights, width = weights + width * units, units
    weights += width * max(1, num_classes)
    return LARGE_MODEL_THREADS if weights > _LARGE_WEIGHTS else 1
