"""The contract of the engines over every registered model: a model that joins is tested from then on.

How close `xla` is to `fit` is stated here once, in `CLOSE`; docs/performance.md quotes it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from example_models import ALL_EXAMPLES
from selection import mostly_long

from optbench.catalog.keras_api import optimizer_signatures
from optbench.catalog.models import MODELS
from optbench.catalog.tasks import CLASSIFICATION, REGRESSION
from optbench.config import layer_specs, load_experiment, resolve
from optbench.config.layers import are_layers_known
from optbench.datasets import load_dataset
from optbench.errors import OptbenchError
from optbench.training.loop import train

pytestmark = pytest.mark.tensorflow

ROOT = Path(__file__).resolve().parents[2]

# Three epochs of a small problem: the largest difference of a predicted probability.
CLOSE = 1e-4

OWN = """
import keras

class Double(keras.layers.Layer):
    def call(self, x):
        return 2 * x

def build(input_shape, num_classes):
    inputs = keras.Input(input_shape)
    x = keras.layers.Dropout(0.2)(Double()(keras.layers.Dense(8)(inputs)))
    return keras.Model(inputs, keras.layers.Dense(num_classes, activation="softmax")(x))
"""


@pytest.fixture
def fitting(make_dataset, make_config, tmp_path):
    """Return a data set that the model's first example takes, and a function from engine to config."""
    (tmp_path / "own.py").write_text(OWN)

    def find(model):
        example = ALL_EXAMPLES[model]
        dataset = make_dataset(example.shape, classes=3, n=40, vocabulary_size=example.vocabulary_size)
        sections = {"model": example.section}
        if CLASSIFICATION in MODELS[model].not_for:
            dataset = numbers_to_predict(dataset)
            sections |= {"task": REGRESSION, "dataset": {"name": "diabetes"}}
        return dataset, lambda engine: make_config(dataset, training={"engine": engine}, **sections)

    return find


def why_not_compiled(config, dataset):
    """What XLA cannot compile in a model, "" if it can."""
    if not are_layers_known(config.model):
        return ""
    specs = layer_specs(config.model, input_shape=dataset.input_shape, vocabulary_size=dataset.vocabulary_size)
    pools = any(spec.class_name.startswith("MaxPooling") for spec in specs)
    return "max pooling has no deterministic gradient in XLA" if pools else ""


def numbers_to_predict(dataset):
    """The same examples with a number for each instead of a class."""
    splits = {name: replace(split, y=split.x.sum(axis=1).astype(float)) for name, split in dataset.splits.items()}
    return replace(dataset, task="regression", class_names=(), positive_class=None, **splits)


def predicted(outcome):
    """Probabilities or numbers of the test split."""
    found = outcome.predictions["test"]
    return found.y_pred if hasattr(found, "y_pred") else found.y_score


@pytest.mark.parametrize(
    "model",
    mostly_long(MODELS, short=["cnn", "mlp"], ci=[model for model in MODELS if model not in ("cnn", "mlp")]),
)
def test_every_model_has_the_bits_of_fit(model, fitting, tmp_path):
    """`fused` in every weight, slot and logged number."""
    dataset, config = fitting(model)
    keras, _ = train(config("keras"), dataset, base=tmp_path)
    fused, _ = train(config("fused"), dataset, base=tmp_path)
    assert fused.digests == keras.digests
    assert fused.history == keras.history
    assert (predicted(fused) == predicted(keras)).all()


@pytest.mark.parametrize(
    "model", mostly_long(MODELS, short=["logistic"], ci=["cnn", "layers", "linear", "mlp", "python", "rnn"])
)
def test_every_model_is_close_under_xla(model, fitting, tmp_path):
    """From the same first weights, in every predicted probability; or it is refused with the reason."""
    dataset, config = fitting(model)
    if why_not_compiled(config("xla"), dataset):
        with pytest.raises(OptbenchError, match="XLA cannot compile"):
            train(config("xla"), dataset, base=tmp_path)
        return
    fused, _ = train(config("fused"), dataset, base=tmp_path)
    xla, _ = train(config("xla"), dataset, base=tmp_path)
    assert xla.digests["initial_weights"] == fused.digests["initial_weights"]
    np.testing.assert_allclose(predicted(xla), predicted(fused), atol=CLOSE)


@pytest.mark.parametrize("engine", mostly_long(["fused", "xla", "keras"], short=["fused"], ci=["xla"]))
def test_each_engine_resumes_exactly(engine, fitting, tmp_path):
    """From a snapshot in another program: dropout counters, moving statistics and slots go on as if never stopped."""
    dataset, config = fitting("mlp")
    snapshots = []
    straight, _ = train(
        config(engine), dataset, base=tmp_path, on_epoch=lambda report: snapshots.append(report.snapshot())
    )
    resumed, _ = train(config(engine), dataset, base=tmp_path, resume=snapshots[1])
    assert resumed.digests == straight.digests
    assert resumed.history == straight.history
    assert (resumed.predictions["test"].y_score == straight.predictions["test"].y_score).all()


SHIPPED = {"telco": ("fused", "xla"), "digits": ("fused",), "fashion_mnist": ("fused",)}


@pytest.mark.data
@pytest.mark.parametrize("name", mostly_long(SHIPPED, short=["telco"], ci=["digits", "fashion_mnist"]))
def test_the_engines_agree_on_the_shipped_experiments(name, data_dir):
    """Two epochs on at most 640 rows: `fused` has the bits of `keras`, `xla` is close, where it compiles the model."""
    path = ROOT / "configs" / name / "adam.yaml"
    loaded = load_experiment(path)
    dataset = load_dataset(loaded.config.dataset, base=loaded.base, data_dir=data_dir)
    dataset = replace(dataset, train=first_rows(dataset.train), test=first_rows(dataset.test), validation=None)
    outcomes = {}
    for engine in ("keras", *SHIPPED[name]):
        overrides = ["training.epochs=2", f"training.engine={engine}"]
        config = resolve(
            load_experiment(path, overrides).config,
            seed=0,
            num_classes=dataset.num_classes,
            input_shape=dataset.input_shape,
            official_test=False,
        )
        outcomes[engine] = train(config, dataset, base=loaded.base)[0]
    assert outcomes["fused"].digests == outcomes["keras"].digests
    assert outcomes["fused"].history == outcomes["keras"].history
    for outcome in outcomes.values():
        np.testing.assert_allclose(predicted(outcome), predicted(outcomes["keras"]), atol=CLOSE)


def first_rows(split):
    """At most 640 rows of a split."""
    return replace(split, x=split.x[:640], y=split.y[:640], rows=split.rows[:640])


# Their steps divide by small numbers: what two roundings differ in is magnified, as between two machines.
MAGNIFIED = {"adagrad": 1e-3}


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(name.lower() for name in optimizer_signatures()))
def test_every_optimizer_is_close_under_xla(name, make_dataset, make_config, tmp_path):
    """Compiled, each optimizer of Keras ends where `fit` does."""
    dataset = make_dataset(classes=3)
    xla, keras = (
        train(make_config(dataset, optimizer={"name": name}, training={"engine": engine}), dataset, base=tmp_path)[0]
        for engine in ("xla", "keras")
    )
    np.testing.assert_allclose(
        xla.predictions["test"].y_score, keras.predictions["test"].y_score, atol=MAGNIFIED.get(name, CLOSE)
    )
