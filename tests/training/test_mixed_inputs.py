"""Models of several inputs: columns, texts and embedded categories of one table, in every engine and in plain Keras."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
from selection import mostly_long

from optbench.errors import ConfigError
from optbench.records import Dataset, InputPart, SplitData
from optbench.training.engines.keras_fit import KerasFitEngine
from optbench.training.loop import train
from optbench.training.model_inputs import model_inputs
from optbench.training.problem import build_problem

pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")]

PARTS = (
    InputPart("table", 0, 3),
    InputPart("note", 3, 5, vocabulary_size=9),
    InputPart("reply to it", 8, 4, vocabulary_size=7),
    InputPart("town", 12, 1, vocabulary_size=6, embedding_size=2),
)
WITHOUT_TEXTS = (InputPart("table", 0, 3), InputPart("town", 3, 1, vocabulary_size=6, embedding_size=2))
OWN = """
import keras

def build(input_shape, num_classes):
    inputs = {name: keras.Input(shape, name=name) for name, shape in input_shape.items()}
    note = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(9, 3)(inputs["note"]))
    joined = keras.layers.Concatenate()([inputs["table"], note, inputs["town"]])
    hidden = keras.layers.Dense(6)(joined)
    return keras.Model(inputs, keras.layers.Dense(num_classes, activation="softmax")(hidden))
"""
MODELS = {
    "mlp": {"name": "mlp", "hidden_units": [6], "dropout": 0.2, "batch_normalization": True},
    "rnn": {"name": "rnn", "cell": "gru", "recurrent_units": [4], "hidden_units": [5]},
    "cnn": {"name": "cnn", "filters": [4], "pooling": "average", "hidden_units": [5]},
    "transformer": {"name": "transformer", "embedding_dimension": 4, "feed_forward_units": 4},
    "layers": {"name": "layers", "layers": [{"Dense": {"units": 6, "activation": "relu"}}]},
    "python": {"name": "python", "function": "own.py:build"},
}


def examples(parts, n, first, classes=3):
    """Rows whose class is seen in each part."""
    rng = np.random.Generator(np.random.Philox(first))
    y = np.arange(n) % classes
    columns = []
    for part in parts:
        if part.vocabulary_size is None:
            columns.append(rng.normal(size=(n, part.width)) + y[:, np.newaxis])
        else:
            columns.append(
                np.where(rng.random((n, part.width)) < 0.5, y[:, np.newaxis] + 1, rng.integers(1, 6, (n, part.width)))
            )
    return SplitData(np.concatenate(columns, axis=1).astype(np.float32), y, np.arange(first, first + n))


def mixed(parts=PARTS, n=40):
    return Dataset(
        name="mixed",
        train=examples(parts, n, 0),
        test=examples(parts, 20, n),
        validation=examples(parts, 20, n + 20),
        class_names=("a", "b", "c"),
        positive_class=None,
        feature_names=(),
        data_digest="0" * 64,
        split_digest="1" * 64,
        task="classification",
        parts=parts,
    )


@pytest.fixture
def config_of(make_config, tmp_path):
    (tmp_path / "own.py").write_text(OWN)

    def make(model, data, engine="fused", **sections):
        return make_config(data, model=MODELS[model], training={"engine": engine, "epochs": 2}, **sections)

    return make


@pytest.mark.parametrize("model", mostly_long(MODELS, short=["python"], ci=["mlp", "rnn"]))
def test_the_fused_engine_has_the_bits_of_fit(model, config_of, tmp_path):
    """In every weight, slot, logged number and prediction, with dictionaries of arrays given to `fit`."""
    dataset = mixed()
    by_keras, _ = train(config_of(model, dataset, "keras"), dataset, base=tmp_path)
    fused, _ = train(config_of(model, dataset), dataset, base=tmp_path)
    assert fused.digests == by_keras.digests
    assert fused.history == by_keras.history
    assert (fused.predictions["test"].y_score == by_keras.predictions["test"].y_score).all()


@pytest.mark.long
@pytest.mark.ci
def test_xla_trains_an_embedded_category(config_of, tmp_path):
    """Close to `fused`, from the same first weights."""
    dataset = mixed(WITHOUT_TEXTS)
    fused, _ = train(config_of("mlp", dataset), dataset, base=tmp_path)
    xla, _ = train(config_of("mlp", dataset, "xla"), dataset, base=tmp_path)
    assert xla.digests["initial_weights"] == fused.digests["initial_weights"]
    np.testing.assert_allclose(xla.predictions["test"].y_score, fused.predictions["test"].y_score, atol=1e-4)


def test_a_resumed_run_ends_with_the_same_bits(config_of, tmp_path):
    """From a snapshot after its first epoch."""
    dataset, snapshots = mixed(), []
    config = config_of("mlp", dataset)
    straight, _ = train(config, dataset, base=tmp_path, on_epoch=lambda report: snapshots.append(report.snapshot()))
    resumed, _ = train(config, dataset, base=tmp_path, resume=snapshots[1])
    assert resumed.digests == straight.digests


@pytest.mark.long
@pytest.mark.ci
@pytest.mark.parametrize(
    "task", mostly_long(["classification", "regression"], short=["classification"], ci=["regression"])
)
def test_plain_keras_loads_the_model_and_predicts_from_named_arrays(task, config_of, tmp_path):
    """What the run predicted, from a dictionary with an array for each input; of a number in its own unit."""
    dataset, sections = mixed(), {}
    if task == "regression":
        splits = {
            name: replace(split, y=50 + 9 * split.x[:, 0].astype(float)) for name, split in dataset.splits.items()
        }
        dataset = replace(dataset, task=task, class_names=(), **splits)
        sections = {"task": task, "dataset": {"name": "diabetes"}}
    outcome, engine = train(config_of("rnn", dataset, **sections), dataset, base=tmp_path)
    archive = tmp_path / "model.keras"
    archive.write_bytes(engine.archive())
    model = keras.saving.load_model(archive)
    assert {name: tuple(each.shape) for name, each in model.input.items()} == {
        part.name: (None, part.width) for part in PARTS
    }
    given = {part.name: dataset.test.x[:, part.first : part.after] for part in PARTS}
    found, told = model.predict(given, verbose=0), outcome.predictions["test"]
    expected = told.y_score if task == "classification" else told.y_pred[:, np.newaxis]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.ci
@pytest.mark.long
def test_rows_in_blocks_are_named_arrays_too(config_of, tmp_path):
    """`fit` over batches of blocks has the bits of `fit` on all rows."""
    dataset = mixed()
    found = []
    for limit in ({}, {"block_bytes": 1}):
        problem = build_problem(config_of("mlp", dataset, "keras"), dataset, base=tmp_path)
        engine = KerasFitEngine(problem, **limit)
        found.append((engine.run_epoch(np.arange(40)), engine.predict("test").tobytes()))
    assert found[0] == found[1]


def test_a_part_has_the_type_that_the_model_takes():
    """Whole numbers come out of float32 exactly, up to the largest that it holds."""
    x = np.array([[0.5, 2.0**24, 7.0]], dtype=np.float32)
    made = model_inputs(x, (InputPart("table", 0, 1), InputPart("note", 1, 2, vocabulary_size=2**24 + 1)))
    assert {name: (part.dtype.name, part.tolist()) for name, part in made.items()} == {
        "table": ("float32", [[0.5]]),
        "note": ("int32", [[2**24, 7]]),
    }
    assert model_inputs(x, ()) is x


@pytest.mark.parametrize(
    ("model", "parts", "sentence"),
    [
        ({"name": "logistic"}, PARTS, "dataset.text: {form: words}"),
        ({"name": "logistic"}, WITHOUT_TEXTS, "Or write hashing"),
        ({"name": "rnn"}, WITHOUT_TEXTS, "Received: table rows with embedded categories"),
    ],
)
def test_a_model_that_does_not_fit_is_refused(model, parts, sentence, make_config):
    """With the models that fit, and how the columns fit this one."""
    with pytest.raises(ConfigError, match=sentence):
        make_config(mixed(parts), model=model)
