"""`layers`: Keras layers written out in the experiment file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from optbench.catalog.keras_api import class_named, layer_signatures
from optbench.catalog.layer_graph import LayerSpec
from optbench.catalog.model import ALL_KINDS, LAYERS, Example, InputForm, Model, ModelSection

if TYPE_CHECKING:
    from collections.abc import Mapping


class LayersConfig(ModelSection):
    """`model: {name: layers}`."""

    name: Literal["layers"]
    layers: Annotated[list[dict[str, dict[str, Any] | None]], LAYERS] = Field(
        min_length=1, max_length=1000, description="A list of {Layer: {argument: value}}."
    )


def _written(model: LayersConfig) -> tuple[LayerSpec, ...]:
    """Return the layers by Keras' own class names, whatever spelling the file has."""
    return tuple(
        LayerSpec(class_named(layer_signatures(), name) or name, dict(arguments or {}))
        for item in model.layers
        for name, arguments in item.items()
    )


def _written_out(model: LayersConfig) -> LayersConfig:
    # so `dropout` and `Dropout` are one experiment
    return model.model_copy(update={"layers": [{spec.class_name: dict(spec.arguments)} for spec in _written(model)]})


def _size(section: Mapping[str, Any]) -> str:
    return f"{len(section['layers'])} layers" if section.get("layers") else ""


MODEL = Model(
    order=70,
    section=LayersConfig,
    takes=ALL_KINDS,
    examples=(
        Example(
            {
                "layers": [
                    {"Dense": {"units": 8, "activation": "relu", "kernel_regularizer": "l2"}},
                    {"BatchNormalization": {}},
                    {"Dropout": {"rate": 0.2}},
                ]
            },
            InputForm((6,)),
        ),
    ),
    layers=lambda _section, _inputs: (),
    head=_written,
    written_out=_written_out,
    size=_size,
)
