"""A model between its input and its output layer as data: Keras layers, and what each is applied to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

INPUT = -1
"""The position that stands for the model's input, of several the first; `INPUT - 1` for the second, and so on."""
OPERATION = "ops."
"""What the name of a function of `keras.ops` begins with, where it stands in the place of a layer."""


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """One Keras layer, or one operation.

    Attributes
    ----------
    class_name : class in `keras.layers`, or `ops.` and a function in `keras.ops`
    arguments : of the constructor (of the function, behind its inputs); a value may be another `LayerSpec`
    inputs : positions of the specs it is applied to, `INPUT` and below for the model's inputs; () for the one before it
    """

    class_name: str
    arguments: Mapping[str, Any]
    inputs: tuple[int, ...] = ()


class LayerGraph:
    """Specs in the order they are applied; each is added behind those it needs, so there is no circle."""

    def __init__(self, front: tuple[LayerSpec, ...] = ()) -> None:
        self._specs: list[LayerSpec] = list(front)

    @property
    def last(self) -> int:
        """Position of the spec added last, `INPUT` if there is none."""
        return len(self._specs) - 1

    @property
    def specs(self) -> tuple[LayerSpec, ...]:
        """What was added; the last one is the output."""
        return tuple(self._specs)

    def add(self, class_name: str, *inputs: int, **arguments: Any) -> int:
        """Add a layer on the given positions (the last one if none is given); returns its own."""
        self._specs.append(LayerSpec(class_name, arguments, inputs))
        return self.last

    def extend(self, specs: Sequence[LayerSpec], source: int) -> int:
        """Add specs that were made by themselves, on what stands at a position; returns where their output is."""
        offset, is_behind = len(self._specs), source == self.last
        for position, spec in enumerate(specs):
            inputs = tuple(source if other == INPUT else other + offset for other in spec.inputs)
            if not (inputs or position or is_behind):
                inputs = (source,)
            self._specs.append(replace(spec, inputs=inputs))
        return self.last if specs else source


def kernel_penalty(model: object) -> dict[str, Any]:
    """Return the argument that penalises a layer's kernel as a model's section asks; {} without a penalty."""
    l2 = getattr(model, "l2", 0.0)
    return {"kernel_regularizer": {"l2": l2}} if l2 else {}
