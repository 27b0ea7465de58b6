"""`rnn`: recurrent layers, in one direction or both."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from optbench.catalog.layer_graph import LayerSpec, kernel_penalty
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
from optbench.catalog.model_layers import hidden, vectors_of_tokens
from optbench.core.worded import worded

_CELLS: Final = {"lstm": "LSTM", "gru": "GRU", "simple_rnn": "SimpleRNN"}


class RnnConfig(ModelSection):
    """`model: {name: rnn}`."""

    name: Literal["rnn"]
    cell: Literal["lstm", "gru", "simple_rnn"] = Field(default="lstm", description="Kind of the recurrent layers.")
    recurrent_units: list[Units] = Field(
        default=[32],
        min_length=1,
        max_length=MOST_LAYERS,
        description="Units of each recurrent layer, in each direction.",
    )
    bidirectional: bool = Field(default=False, description="Read each sequence forwards and backwards.")
    hidden_units: list[Units] = Field(
        default=[], max_length=MOST_LAYERS, description="Units of each dense layer after the recurrent ones."
    )
    activation: Activation = Field(default="relu", description="A Keras activation, of the dense layers.")
    dropout: float = Field(
        default=0.0, ge=0, lt=1, description="Share of units dropped after each recurrent and each dense layer."
    )
    l2: Penalty = 0.0
    embedding_dimension: EmbeddingDimension = None


def layers(model: RnnConfig, inputs: InputForm) -> tuple[LayerSpec, ...]:
    """Return the recurrent layers."""
    front = vectors_of_tokens(inputs, embedding_dimension=model.embedding_dimension)
    return (*front, *_recurrent(model))


def head(model: RnnConfig) -> tuple[LayerSpec, ...]:
    """Return the dense layers on the last state."""
    return hidden(model.hidden_units, activation=model.activation, dropout=model.dropout, penalty=kernel_penalty(model))


def _recurrent(model: RnnConfig) -> tuple[LayerSpec, ...]:
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


_SEQUENCE: Final = InputForm((7, 3))

MODEL = Model(
    order=50,
    section=RnnConfig,
    takes=("tokens", "mixed", "sequences"),
    examples=(
        Example({"recurrent_units": [5], "dropout": 0.2}, _SEQUENCE),
        Example(
            {"cell": "gru", "recurrent_units": [5, 4], "hidden_units": [4], "bidirectional": True}, _SEQUENCE, "gru"
        ),
        Example({"cell": "simple_rnn", "recurrent_units": [5]}, _SEQUENCE, "simple_rnn"),
        Example({"cell": "gru", "recurrent_units": [5]}, InputForm((9,), 12), "tokens"),
    ),
    layers=layers,
    head=head,
    size=sizes("hidden_units"),
    other_names={
        **{cell: worded("hint-rnn", "Write {{name: rnn, cell: {cell}}}.", cell=cell) for cell in _CELLS},
        "simplernn": worded("hint-rnn", "Write {{name: rnn, cell: {cell}}}.", cell="simple_rnn"),
    },
)
