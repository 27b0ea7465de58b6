"""Models for sequences as layers: what stands behind what, and which data each model takes."""

from __future__ import annotations

import pytest

from optbench.catalog.model import KINDS, InputForm
from optbench.catalog.models import MODELS
from optbench.config import INPUT, LayerSpec, layer_specs, resolve
from optbench.config.fit import misfit
from optbench.errors import ConfigError

TOKENS = {"input_shape": (9,), "vocabulary_size": 50}
SEQUENCES = {"input_shape": (7, 3), "vocabulary_size": None}


@pytest.fixture
def specs(load, text):
    def run(model, data=SEQUENCES):
        return layer_specs(load(text(model=model)).config.model, **data)

    return run


def names(found):
    return [spec.class_name for spec in found]


def test_recurrent_layers_are_stacked(specs):
    """All but the last recurrent layer give their whole sequence on; dropout follows each."""
    found = specs("{name: rnn, cell: gru, recurrent_units: [5, 4], hidden_units: [3], dropout: 0.1}")
    assert names(found) == ["GRU", "Dropout", "GRU", "Dropout", "Dense", "Dropout"]
    assert [spec.arguments["return_sequences"] for spec in found if spec.class_name == "GRU"] == [True, False]
    both = specs("{name: rnn, bidirectional: true}")
    assert both == (LayerSpec("Bidirectional", {"layer": LayerSpec("LSTM", {"units": 32, "return_sequences": False})}),)


@pytest.mark.parametrize(
    ("model", "front"),
    [
        ("{name: mlp}", ["Embedding", "GlobalAveragePooling1D", "Dense"]),
        ("{name: rnn}", ["Embedding", "LSTM"]),
        ("{name: transformer}", ["Embedding", "ops.not_equal", "ops.cast"]),
    ],
)
def test_tokens_are_embedded(specs, model, front):
    """Token numbers become vectors before anything else, as many as the data has tokens; padding is masked."""
    found = specs(model, TOKENS)
    assert names(found)[: len(front)] == front
    assert found[0].arguments == {"input_dim": 50, "output_dim": 32, "mask_zero": True}


def test_transformer_block(specs):
    """Normalise, attend, add; normalise, feed forward, add; and every input is a spec before it or the model's."""
    found = specs("{name: transformer, embedding_dimension: 8, num_heads: 4, blocks: 2}")
    block = ["LayerNormalization", "MultiHeadAttention", "Add", "LayerNormalization", "Dense", "Dense", "Add"]
    assert names(found) == ["EinsumDense", *block, *block, "LayerNormalization", "GlobalAveragePooling1D"]
    assert found[2].arguments == {"num_heads": 4, "key_dim": 2, "dropout": 0.0}
    assert (found[2].inputs, found[3].inputs, found[7].inputs) == ((1, 1), (0, 2), (3, 6))
    for position, spec in enumerate(specs("{name: transformer, dropout: 0.1}", TOKENS)):
        assert all(INPUT <= source < position for source in spec.inputs)


def test_heads_share_the_embedding_evenly(only, text):
    """A number of heads that does not divide the embedding is refused with both numbers."""
    found = only(text(model="{name: transformer, embedding_dimension: 10, num_heads: 4}"))
    assert "model.num_heads: must divide embedding_dimension (10) evenly. Received: 4." in found


@pytest.mark.parametrize(
    ("shape", "vocabulary_size", "kind"),
    [
        ((4,), None, "table"),
        ((4,), 9, "tokens"),
        ((4, 2), None, "sequences"),
        ((4, 4, 3), None, "images"),
        ((4, 4, 4, 1), None, "arrays"),
    ],
)
def test_kinds_of_data(shape, vocabulary_size, kind):
    """What an example is, follows from its shape and whether its numbers are tokens."""
    assert InputForm(shape, vocabulary_size).kind == kind


def test_every_model_says_what_it_takes():
    """No model takes a kind of data that there is not, and every kind of data has a model without Python."""
    assert all(model.takes and set(model.takes) <= set(KINDS) for model in MODELS.values())
    for kind in KINDS:
        assert {name for name, model in MODELS.items() if kind in model.takes} >= {"mlp", "layers", "python"}


def test_misfits_name_the_models_that_fit():
    """The sentence says what the model takes, what it got, and which models take that."""
    table = {"input_shape": (30,), "vocabulary_size": None, "task": "classification"}
    tokens = {**TOKENS, "task": "classification"}
    assert misfit("mlp", **tokens) == ""
    assert misfit("cnn", **table).startswith("model.name: cnn takes ")
    received = "Received: table rows (columns) of shape (30,). Models that take them: "
    assert f"{received}logistic, mlp, layers, python." in misfit("rnn", **table)
    assert f"{received}linear, mlp, layers, python." in misfit("rnn", **{**table, "task": "regression"})
    assert "dataset.tokens: true" in misfit("transformer", **table)
    assert {"mlp", "rnn", "transformer"} <= set(misfit("logistic", **tokens).replace(",", "").rstrip(".").split())


def test_embedding_dimension_is_for_tokens(load, text):
    """It is filled in for token sequences, and refused where it would have no effect."""
    facts = {"seed": 0, "num_classes": 3, "official_test": False}
    open_, given = (load(text(model=f"{{name: mlp{more}}}")).config for more in ("", ", embedding_dimension: 5"))
    assert resolve(open_, **facts, **TOKENS).model.embedding_dimension == 32
    assert resolve(given, **facts, **TOKENS).model.embedding_dimension == 5
    assert resolve(open_, **facts, **SEQUENCES).model.embedding_dimension is None
    with pytest.raises(ConfigError, match=r"embedding_dimension is for token sequences\. Received: 5"):
        resolve(given, **facts, **SEQUENCES)
