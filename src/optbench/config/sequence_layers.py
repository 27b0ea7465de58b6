"""Layers of the models for sequences: token embeddings, recurrent layers, a transformer encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.config.layer_graph import INPUT, LayerGraph, LayerSpec, kernel_penalty

if TYPE_CHECKING:
    from optbench.config.model_sections import RnnConfig, TransformerConfig

DEFAULT_EMBEDDING_DIMENSION = 32
_CELLS = {"lstm": "LSTM", "gru": "GRU", "simple_rnn": "SimpleRNN"}
_EPSILON = 1e-6


def embedding(vocabulary_size: int, dimension: int | None, *, masked: bool) -> LayerSpec:
    """Return the layer that makes vectors of tokens.

    Parameters
    ----------
    masked : tell the layers behind it that token 0 is padding
    """
    arguments = {
        "input_dim": vocabulary_size,
        "output_dim": dimension or DEFAULT_EMBEDDING_DIMENSION,
        "mask_zero": masked,
    }
    return LayerSpec("Embedding", arguments)


def recurrent(model: RnnConfig) -> tuple[LayerSpec, ...]:
    """Return stacked recurrent layers; all but the last give their whole sequence to the next."""
    specs = []
    penalty = {f"{kernel}_regularizer": {"l2": model.l2} for kernel in ("kernel", "recurrent") if model.l2}
    for position, units in enumerate(model.recurrent_units):
        is_last = position == len(model.recurrent_units) - 1
        cell = LayerSpec(_CELLS[model.cell], {"units": units, "return_sequences": not is_last, **penalty})
        specs.append(LayerSpec("Bidirectional", {"layer": cell}) if model.bidirectional else cell)
        if model.dropout:
            specs.append(LayerSpec("Dropout", {"rate": model.dropout}))
    return tuple(specs)


def encoder(
    model: TransformerConfig, *, input_shape: tuple[int, ...], vocabulary_size: int | None
) -> tuple[LayerSpec, ...]:
    """Return a transformer encoder with learned positions, normalised before each part, averaged over time.

    Notes
    -----
    Vaswani et al. (2017), with layer normalisation before attention and feed-forward part (Xiong et al. 2020,
    arXiv 2002.04745) and once more at the end, which trains without warm-up.
    """
    graph = LayerGraph()
    if vocabulary_size is None:
        _projection(graph, model, time=input_shape[0])
    else:
        _token_embedding(graph, model, time=input_shape[0], vocabulary_size=vocabulary_size)
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
