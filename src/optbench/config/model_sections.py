"""The `model` section of an experiment file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from optbench.config.section import FunctionReference, Section

Penalty = Annotated[
    float, Field(ge=0, description="L2 penalty on every kernel, the output layer's included: l2 * sum of squares.")
]
Units = Annotated[int, Field(ge=1, le=1_000_000)]
EmbeddingDimension = Annotated[
    Units | None,
    Field(description="Numbers that each token becomes; for token sequences only, 32 there if not given."),
]


class LogisticConfig(Section):
    """The output layer alone: (multinomial) logistic regression."""

    name: Literal["logistic"]
    l2: Penalty = 0.0


class LinearConfig(Section):
    """The output layer alone: linear regression."""

    name: Literal["linear"]


class MlpConfig(Section):
    """Dense layers."""

    name: Literal["mlp"]
    hidden_units: list[Units] = Field(default=[64, 32], description="Units of each hidden layer.")
    activation: str = Field(default="relu", description="A Keras activation.")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="Share of units dropped after each hidden layer.")
    batch_normalization: bool = Field(default=False, description="Normalise after each hidden layer.")
    l2: Penalty = 0.0
    embedding_dimension: EmbeddingDimension = None


class CnnConfig(Section):
    """Stages of convolutions, each ending with pooling, then dense layers; for images and sequences."""

    name: Literal["cnn"]
    filters: list[Units] = Field(default=[32, 64], min_length=1, description="Filters of each stage's convolutions.")
    kernel_size: int = Field(default=3, ge=1, le=99, description="Width and height of the kernels, or their steps.")
    depth: int = Field(default=1, ge=1, le=1000, description="Convolutions of each stage.")
    residual: bool = Field(default=False, description="Add to each stage's result what it was applied to.")
    pooling: Literal["flatten", "average", "max"] = Field(
        default="flatten", description="What follows the last stage: all its numbers, or one per filter."
    )
    hidden_units: list[Units] = Field(default=[64], description="Units of each dense layer after the convolutions.")
    activation: str = Field(default="relu", description="A Keras activation.")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="Share of units dropped before each dense layer.")
    batch_normalization: bool = Field(default=False, description="Normalise after each convolution.")
    l2: Penalty = 0.0
    embedding_dimension: EmbeddingDimension = None


class RnnConfig(Section):
    """Recurrent layers, then dense layers on the last state; for sequences."""

    name: Literal["rnn"]
    cell: Literal["lstm", "gru", "simple_rnn"] = Field(default="lstm", description="Kind of the recurrent layers.")
    recurrent_units: list[Units] = Field(
        default=[32], min_length=1, description="Units of each recurrent layer, in each direction."
    )
    bidirectional: bool = Field(default=False, description="Read each sequence forwards and backwards.")
    hidden_units: list[Units] = Field(default=[], description="Units of each dense layer after the recurrent ones.")
    activation: str = Field(default="relu", description="A Keras activation, of the dense layers.")
    dropout: float = Field(
        default=0.0, ge=0, lt=1, description="Share of units dropped after each recurrent and each dense layer."
    )
    l2: Penalty = 0.0
    embedding_dimension: EmbeddingDimension = None


class TransformerConfig(Section):
    """A transformer encoder with learned positions, averaged over time; for sequences."""

    name: Literal["transformer"]
    embedding_dimension: Units = Field(default=32, description="Numbers that each token or time step becomes.")
    num_heads: int = Field(
        default=2, ge=1, le=1024, description="Attention heads; they share the embedding's numbers evenly."
    )
    feed_forward_units: Units = Field(default=64, description="Units of each block's feed-forward layer.")
    blocks: int = Field(default=1, ge=1, le=1000, description="Blocks of attention and feed-forward layer.")
    activation: str = Field(default="relu", description="A Keras activation, of the feed-forward layers.")
    dropout: float = Field(
        default=0.0, ge=0, lt=1, description="Share dropped after embedding, attention and feed-forward layers."
    )
    l2: Penalty = 0.0


class LayersConfig(Section):
    """Keras layers written out; input and output layer are added."""

    name: Literal["layers"]
    layers: list[dict[str, dict[str, Any] | None]] = Field(
        min_length=1, max_length=1000, description="A list of {Layer: {argument: value}}."
    )


class PythonModel(Section):
    """A function of the user's own: build(input_shape, num_classes, **arguments) -> keras.Model; 1 for regression."""

    name: Literal["python"]
    function: FunctionReference = Field(description="file.py:function, relative to the experiment file.")
    arguments: dict[str, Any] = Field(default={}, description="Keyword arguments of the function.")


ModelConfig = (
    LogisticConfig | LinearConfig | MlpConfig | CnnConfig | RnnConfig | TransformerConfig | LayersConfig | PythonModel
)
