"""`bottleneck`: dense layers around a narrow one, made up for the recipe in CONTRIBUTING."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from optbench.catalog.layer_graph import LayerSpec, kernel_penalty
from optbench.catalog.model import Activation, Example, InputForm, Model, ModelSection, Penalty, Units

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class BottleneckConfig(ModelSection):
    """`model: {name: bottleneck}`."""

    name: Literal["bottleneck"]
    width: Units = Field(default=32, description="Units of the layers before and behind the narrow one.")
    narrow: Units = Field(default=4, description="Units of the narrow layer.")
    activation: Activation = Field(default="relu", description="A Keras activation.")
    l2: Penalty = 0.0


def layers(model: BottleneckConfig, _inputs: InputForm) -> tuple[LayerSpec, ...]:
    """Return the three layers."""
    shared = {"activation": model.activation, **kernel_penalty(model)}
    return tuple(LayerSpec("Dense", {"units": units, **shared}) for units in (model.width, model.narrow, model.width))


def _size(section: Mapping[str, Any]) -> str:
    return f"{section.get('width')}-{section.get('narrow')}"


MODEL = Model(
    order=35,
    section=BottleneckConfig,
    takes=("table",),
    examples=(Example({"width": 8, "narrow": 3}, InputForm((6,))),),
    layers=layers,
    size=_size,
    other_names={"autoencoder": "Write {name: bottleneck}."},
)
