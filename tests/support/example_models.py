"""A small example of every model an experiment file can name, with data it fits: what contract tests run over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ExampleModel:
    """A model section and the data it takes: the shape of one example, and the vocabulary of token sequences."""

    section: dict[str, Any]
    shape: tuple[int, ...]
    vocabulary_size: int | None = None


EXAMPLE_MODELS = {
    "logistic": ExampleModel({"name": "logistic"}, (6,)),
    "mlp": ExampleModel({"name": "mlp", "hidden_units": [8, 4], "dropout": 0.3}, (6,)),
    "mlp, tokens": ExampleModel({"name": "mlp", "hidden_units": [8], "embedding_dimension": 4}, (9,), 12),
    "layers": ExampleModel(
        {
            "name": "layers",
            "layers": [
                {"Dense": {"units": 8, "activation": "relu", "kernel_regularizer": "l2"}},
                {"BatchNormalization": {}},
                {"Dropout": {"rate": 0.2}},
            ],
        },
        (6,),
    ),
    "cnn": ExampleModel({"name": "cnn", "filters": [4], "hidden_units": [8]}, (8, 8, 1)),
    "cnn, residual": ExampleModel(
        {"name": "cnn", "filters": [4, 6], "depth": 2, "residual": True, "batch_normalization": True, "pooling": "max"},
        (8, 8, 1),
    ),
    "cnn, sequences": ExampleModel({"name": "cnn", "filters": [4], "pooling": "average"}, (8, 3)),
    "cnn, tokens": ExampleModel({"name": "cnn", "filters": [4], "residual": True, "embedding_dimension": 4}, (9,), 12),
    "rnn, lstm": ExampleModel({"name": "rnn", "recurrent_units": [5], "dropout": 0.2}, (7, 3)),
    "rnn, gru": ExampleModel(
        {"name": "rnn", "cell": "gru", "recurrent_units": [5, 4], "hidden_units": [4], "bidirectional": True}, (7, 3)
    ),
    "rnn, simple_rnn": ExampleModel({"name": "rnn", "cell": "simple_rnn", "recurrent_units": [5]}, (7, 3)),
    "rnn, tokens": ExampleModel({"name": "rnn", "cell": "gru", "recurrent_units": [5]}, (9,), 12),
    "transformer": ExampleModel(
        {"name": "transformer", "embedding_dimension": 8, "feed_forward_units": 6, "dropout": 0.2}, (7, 3)
    ),
    "transformer, tokens": ExampleModel({"name": "transformer", "embedding_dimension": 8, "dropout": 0.1}, (9,), 12),
}
