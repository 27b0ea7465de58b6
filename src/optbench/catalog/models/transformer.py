"""`transformer`: an encoder with learned positions, normalised before each part, averaged over time.

Vaswani et al. (2017), with layer normalisation before attention and feed-forward part (Xiong et al. 2020, arXiv
2002.04745) and once more at the end, which trains without warm-up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field

from optbench.catalog.layer_graph import INPUT, LayerGraph, kernel_penalty
from optbench.catalog.model import Activation, Example, InputForm, Model, ModelSection, Penalty, Units
from optbench.catalog.model_layers import DEFAULT_EMBEDDING_DIMENSION, embedding
from optbench.core.worded import joined, worded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optbench.catalog.layer_graph import LayerSpec

_EPSILON: Final = 1e-6


class TransformerConfig(ModelSection):
    """`model: {name: transformer}`."""

    name: Literal["transformer"]
    embedding_dimension: Units = Field(
        default=DEFAULT_EMBEDDING_DIMENSION, description="Numbers that each token or time step becomes."
    )
    num_heads: int = Field(
        default=2, ge=1, le=1024, description="Attention heads; they share the embedding's numbers evenly."
    )
    feed_forward_units: Units = Field(default=64, description="Units of each block's feed-forward layer.")
    blocks: int = Field(default=1, ge=1, le=1000, description="Blocks of attention and feed-forward layer.")
    activation: Activation = Field(default="relu", description="A Keras activation, of the feed-forward layers.")
    dropout: float = Field(
        default=0.0, ge=0, lt=1, description="Share dropped after embedding, attention and feed-forward layers."
    )
    l2: Penalty = 0.0


def layers(model: TransformerConfig, inputs: InputForm) -> tuple[LayerSpec, ...]:
    """Return the encoder."""
    graph, time = LayerGraph(), inputs.shape[0]
    if inputs.vocabulary_size is None:
        _projection(graph, model, time=time)
    else:
        _token_embedding(graph, model, time=time, vocabulary_size=inputs.vocabulary_size)
    _dropout(graph, model)
    for _ in range(model.blocks):
        _attention(graph, model)
        _feed_forward(graph, model)
    graph.add("LayerNormalization", epsilon=_EPSILON)
    graph.add("GlobalAveragePooling1D")
    return graph.specs


def _projection(graph: LayerGraph, model: TransformerConfig, *, time: int) -> None:
    # a bias per position and unit is a learned position; started at random, so that no two positions are alike
    graph.add(
        "EinsumDense",
        equation="abc,cd->abd",
        output_shape=[time, model.embedding_dimension],
        bias_axes="bd",
        bias_initializer="random_normal",
        **kernel_penalty(model),
    )


def _token_embedding(graph: LayerGraph, model: TransformerConfig, *, time: int, vocabulary_size: int) -> None:
    """Add the vectors of tokens and of their positions; positions count tokens, so padding on either side is alike."""
    token = embedding(vocabulary_size, model.embedding_dimension, masked=True)
    tokens = graph.add(token.class_name, INPUT, **token.arguments)
    is_token = graph.add("ops.cast", graph.add("ops.not_equal", INPUT, x2=0), dtype="int32")
    position = graph.add("ops.multiply", graph.add("ops.cumsum", is_token, axis=1), is_token)
    place = embedding(time + 1, model.embedding_dimension, masked=True)
    graph.add("Add", tokens, graph.add(place.class_name, position, **place.arguments))


def _attention(graph: LayerGraph, model: TransformerConfig) -> None:
    before = graph.last
    normal = graph.add("LayerNormalization", epsilon=_EPSILON)
    graph.add(
        "MultiHeadAttention",
        normal,
        normal,
        num_heads=model.num_heads,
        key_dim=model.embedding_dimension // model.num_heads,
        dropout=model.dropout,
        **kernel_penalty(model),
    )
    _dropout(graph, model)
    graph.add("Add", before, graph.last)


def _feed_forward(graph: LayerGraph, model: TransformerConfig) -> None:
    before = graph.last
    graph.add("LayerNormalization", epsilon=_EPSILON)
    graph.add("Dense", units=model.feed_forward_units, activation=model.activation, **kernel_penalty(model))
    graph.add("Dense", units=model.embedding_dimension, **kernel_penalty(model))
    _dropout(graph, model)
    graph.add("Add", before, graph.last)


def _dropout(graph: LayerGraph, model: TransformerConfig) -> None:
    if model.dropout:
        graph.add("Dropout", rate=model.dropout)


def _broken_rules(model: TransformerConfig) -> Iterator[tuple[str, str]]:
    if model.embedding_dimension % model.num_heads:
        rule = worded(
            "must-divide",
            "must divide embedding_dimension ({embedding_dimension}) evenly. Received: {num_heads}.",
            embedding_dimension=model.embedding_dimension,
            num_heads=model.num_heads,
        )
        yield "num_heads", joined(rule, worded("hint-change-one", " Change one of the two."))


MODEL = Model(
    order=60,
    section=TransformerConfig,
    takes=("tokens", "mixed", "sequences"),
    examples=(
        Example({"embedding_dimension": 8, "feed_forward_units": 6, "dropout": 0.2}, InputForm((7, 3))),
        Example({"embedding_dimension": 8, "dropout": 0.1}, InputForm((9,), 12), "tokens"),
    ),
    layers=layers,
    broken_rules=_broken_rules,
    other_names={"attention": worded("hint-transformer", "Write {{name: transformer}}.")},
)
