"""`mlp`: dense layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from optbench.catalog.layer_graph import kernel_penalty
from optbench.catalog.model import (
    ALL_KINDS,
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
from optbench.catalog.model_layers import flat, hidden

if TYPE_CHECKING:
    from optbench.catalog.layer_graph import LayerSpec


class MlpConfig(ModelSection):
    """`model: {name: mlp}`."""

    name: Literal["mlp"]
    hidden_units: list[Units] = Field(
        default=[64, 32], max_length=MOST_LAYERS, description="Units of each hidden layer."
    )
    activation: Activation = Field(default="relu", description="A Keras activation.")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="Share of units dropped after each hidden layer.")
    batch_normalization: bool = Field(default=False, description="Normalise after each hidden layer.")
    l2: Penalty = 0.0
    embedding_dimension: EmbeddingDimension = None


def layers(model: MlpConfig, inputs: InputForm) -> tuple[LayerSpec, ...]:
    """Return what makes one row of numbers of an example."""
    return flat(inputs, embedding_dimension=model.embedding_dimension)


def head(model: MlpConfig) -> tuple[LayerSpec, ...]:
    """Return the hidden layers."""
    return hidden(
        model.hidden_units,
        activation=model.activation,
        dropout=model.dropout,
        penalty=kernel_penalty(model),
        batch_normalization=model.batch_normalization,
    )


MODEL = Model(
    order=30,
    section=MlpConfig,
    takes=ALL_KINDS,
    examples=(
        Example({"hidden_units": [8, 4], "dropout": 0.3, "batch_normalization": True}, InputForm((6,))),
        Example({"hidden_units": [8], "embedding_dimension": 4}, InputForm((9,), 12), "tokens"),
    ),
    layers=layers,
    head=head,
    size=sizes("hidden_units"),
)
