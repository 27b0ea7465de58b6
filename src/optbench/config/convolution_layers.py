"""Layers of `cnn`: stages of convolutions over images or over time, with or without residual connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.config.layer_graph import LayerGraph, kernel_penalty

if TYPE_CHECKING:
    from optbench.config.layer_graph import LayerSpec
    from optbench.config.model_sections import CnnConfig

_LAST = {"flatten": "Flatten", "average": "GlobalAveragePooling{}D", "max": "GlobalMaxPooling{}D"}


def convolutional(model: CnnConfig, front: tuple[LayerSpec, ...], *, axes: int, channels: int) -> tuple[LayerSpec, ...]:
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
