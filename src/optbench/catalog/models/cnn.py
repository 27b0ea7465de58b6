"""`cnn`: stages of convolutions over images or over time, with or without residual connections."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from optbench.catalog.layer_graph import LayerGraph, LayerSpec, kernel_penalty
from optbench.catalog.model import (
    MOST_LAYERS,
    Activation,
    EmbeddingDimension,
    Example,
    InputForm,
    Model,
    ModelSection,
    Penalty,
    Units,
    sizes,
)
from optbench.catalog.model_layers import DEFAULT_EMBEDDING_DIMENSION, hidden, vectors_of_tokens

_LAST: Final = {"flatten": "Flatten", "average": "GlobalAveragePooling{}D", "max": "GlobalMaxPooling{}D"}


class CnnConfig(ModelSection):
    """`model: {name: cnn}`."""

    name: Literal["cnn"]
    filters: list[Units] = Field(
        default=[32, 64], min_length=1, max_length=100, description="Filters of each stage's convolutions."
    )
    kernel_size: int = Field(default=3, ge=1, le=99, description="Width and height of the kernels, or their steps.")
    depth: int = Field(default=1, ge=1, le=1000, description="Convolutions of each stage.")
    residual: bool = Field(default=False, description="Add to each stage's result what it was applied to.")
    pooling: Literal["flatten", "average", "max"] = Field(
        default="flatten", description="What follows the last stage: all its numbers, or one per filter."
    )
    hidden_units: list[Units] = Field(
        default=[64], max_length=MOST_LAYERS, description="Units of each dense layer after the convolutions."
    )
    activation: Activation = Field(default="relu", description="A Keras activation.")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="Share of units dropped before each dense layer.")
    batch_normalization: bool = Field(default=False, description="Normalise after each convolution.")
    l2: Penalty = 0.0
    embedding_dimension: EmbeddingDimension = None


def layers(model: CnnConfig, inputs: InputForm) -> tuple[LayerSpec, ...]:
    """Return the stages."""
    # no mask: convolutions take none, and pad the sequence themselves
    front = vectors_of_tokens(inputs, embedding_dimension=model.embedding_dimension, masked=False)
    axes, channels = len(inputs.shape) - 1, inputs.shape[-1]
    if front:
        axes, channels = 1, model.embedding_dimension or DEFAULT_EMBEDDING_DIMENSION
    return _stages(model, front, axes=axes, channels=channels)


def head(model: CnnConfig) -> tuple[LayerSpec, ...]:
    """Return the dense layers behind the stages."""
    return hidden(
        model.hidden_units,
        activation=model.activation,
        dropout=model.dropout,
        penalty=kernel_penalty(model),
        dropout_first=True,
    )


def _stages(model: CnnConfig, front: tuple[LayerSpec, ...], *, axes: int, channels: int) -> tuple[LayerSpec, ...]:
    """Return the front, the stages behind it and what makes one row of numbers of them.

    Parameters
    ----------
    front : layers before the first convolution
    axes : 1 for sequences, 2 for images
    channels : of what reaches the first convolution
    """
    graph = LayerGraph(front)
    for filters in model.filters:
        if model.residual:
            _residual_block(graph, model, filters, axes=axes, channels=channels)
        else:
            for _ in range(model.depth):
                _convolution(graph, model, filters, axes=axes, activation=model.activation)
        graph.add(f"MaxPooling{axes}D")
        channels = filters
    graph.add(_LAST[model.pooling].format(axes))
    return graph.specs


def _residual_block(graph: LayerGraph, model: CnnConfig, filters: int, *, axes: int, channels: int) -> None:
    """Add convolutions and, to their result, what they were applied to (He et al. 2016, arXiv 1512.03385).

    Where the number of channels changes, a convolution of size 1 brings what is added into the same form.
    """
    before = graph.last
    for position in range(model.depth):
        if position:
            graph.add("Activation", activation=model.activation)
        _convolution(graph, model, filters, axes=axes, activation="linear")
    after = graph.last
    if channels != filters:
        before = graph.add(f"Conv{axes}D", before, filters=filters, kernel_size=1, **kernel_penalty(model))
    graph.add("Add", before, after)
    graph.add("Activation", activation=model.activation)


def _convolution(graph: LayerGraph, model: CnnConfig, filters: int, *, axes: int, activation: str) -> None:
    graph.add(
        f"Conv{axes}D",
        filters=filters,
        kernel_size=model.kernel_size,
        padding="same",
        activation=activation,
        **kernel_penalty(model),
    )
    if model.batch_normalization:
        graph.add("BatchNormalization")


_IMAGE: Final = InputForm((8, 8, 1))

MODEL = Model(
    order=40,
    section=CnnConfig,
    takes=("tokens", "mixed", "sequences", "images"),
    examples=(
        Example({"filters": [4], "hidden_units": [8], "dropout": 0.2, "batch_normalization": True}, _IMAGE),
        Example(
            {"filters": [4, 6], "depth": 2, "residual": True, "batch_normalization": True, "pooling": "max"},
            _IMAGE,
            "residual",
        ),
        Example({"filters": [4], "pooling": "average"}, InputForm((8, 3)), "sequences"),
        Example({"filters": [4], "residual": True, "embedding_dimension": 4}, InputForm((9,), 12), "tokens"),
    ),
    layers=layers,
    head=head,
    size=sizes("filters", "hidden_units"),
)
