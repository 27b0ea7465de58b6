"""A policy of mixed precision that the user's function sets: trained as plain Keras trains it, and seen afterwards."""

from __future__ import annotations

import numpy as np
import pytest

from optbench import load_model
from optbench.random_streams import component_seed, epoch_order
from optbench.training.in_force import process_settings
from optbench.training.loop import train
from optbench.training.state import model_arrays

pytestmark = pytest.mark.tensorflow

OWN = """
import keras

def build(input_shape, num_classes, policy, last="float32"):
    keras.config.set_dtype_policy(policy)
    return keras.Sequential([
        keras.Input(input_shape),
        keras.layers.Dense(8, activation="relu"),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(num_classes, activation="softmax", dtype=last),
    ])
"""


GLOBAL = """
import keras

def build(input_shape, num_classes):
    keras.{module}.{name}("{value}")
    return keras.Sequential([
        keras.Input(input_shape),
        keras.layers.Dense(8, activation="relu"),
        keras.layers.Dense(num_classes, activation="softmax", dtype={last}),
    ])
"""


@pytest.fixture
def mixed(make_dataset, make_config, tmp_path):
    """Data of three classes, and a function from a policy and an engine to a config; the policy ends with the test."""
    import keras

    (tmp_path / "own.py").write_text(OWN)
    dataset = make_dataset(classes=3)

    def make(policy, *, engine="fused", **arguments):
        section = {"name": "python", "function": "own.py:build", "arguments": {"policy": policy, **arguments}}
        return dataset, make_config(dataset, model=section, training={"engine": engine})

    yield make
    keras.config.set_dtype_policy("float32")


def is_policy_in_force(config):
    (policy,) = (setting for setting in process_settings(config.training) if setting.name == "the dtype policy")
    return policy.holds


def trained_by_plain_keras(config, dataset):
    """`fit` on the rows in the orders of the run, from the same seed."""
    import keras

    keras.backend.clear_session(free_memory=False)
    keras.utils.set_random_seed(component_seed(config.seed, "model"))
    arguments = config.model.arguments
    keras.config.set_dtype_policy(arguments["policy"])
    model = keras.Sequential(
        [
            keras.Input(dataset.input_shape),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(dataset.num_classes, activation="softmax", dtype=arguments.get("last", "float32")),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    for epoch in range(1, config.training.epochs + 1):
        order = epoch_order(config.seed, epoch, len(dataset.train.y))
        model.fit(
            dataset.train.x[order], dataset.train.y[order][:, None], batch_size=16, epochs=1, shuffle=False, verbose=0
        )
    return model


@pytest.mark.long
@pytest.mark.ci
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_the_bits_are_those_of_fit(mixed, tmp_path, policy):
    """Weights and dropout's state, and with float16 the loss scale that Keras adds by itself."""
    dataset, config = mixed(policy)
    outcome, engine = train(config, dataset, base=tmp_path)
    theirs = trained_by_plain_keras(config, dataset)
    ours = engine.problem.model
    assert type(ours.optimizer) is type(theirs.optimizer)
    for one, other in zip(ours.variables, theirs.variables, strict=True):
        assert np.array_equal(one.numpy(), other.numpy()), one.path
    scores = theirs.predict(dataset.test.x, verbose=0)
    assert outcome.predictions["test"].y_score == pytest.approx(scores, abs=1e-3)


@pytest.mark.ci
@pytest.mark.long
def test_every_engine_trains_it_and_a_last_layer_of_half_precision(mixed, tmp_path):
    """`keras` has the bits of `fused`, `xla` is as close as half precision lets it; outputs are float32 either way."""
    outcomes = {}
    for engine in ("fused", "keras", "xla"):
        dataset, config = mixed("mixed_bfloat16", engine=engine)
        outcomes[engine], trained = train(config, dataset, base=tmp_path)
    assert outcomes["fused"].digests == outcomes["keras"].digests
    fused, xla = (outcomes[engine].predictions["test"].y_score for engine in ("fused", "xla"))
    assert xla == pytest.approx(fused, abs=0.02)
    dataset, config = mixed("mixed_bfloat16", last="mixed_bfloat16")
    outcome, trained = train(config, dataset, base=tmp_path)
    assert outcome.predictions["test"].y_score.dtype == np.float32
    assert {array.dtype for array in model_arrays(trained.problem.model).values()} >= {np.dtype("float32")}


def test_the_run_records_the_policy_and_no_other_run_begins_in_it(mixed, tmp_path):
    """The proof of what is in force refuses a process in which a model has left its policy behind."""
    dataset, config = mixed("mixed_float16")
    assert is_policy_in_force(config)
    _, engine = train(config, dataset, base=tmp_path)
    assert engine.facts()["keras"]["dtype_policy"] == "mixed_float16"
    assert not is_policy_in_force(config)


@pytest.mark.long
@pytest.mark.ci
@pytest.mark.parametrize(
    ("setting", "value", "last", "weights"),
    [
        ("mixed_precision.set_global_policy", "mixed_float16", "float32", "float32"),
        ("mixed_precision.set_global_policy", "mixed_float16", None, "float32"),
        ("config.set_floatx", "float64", None, "float64"),
    ],
    ids=["policy", "policy, last layer too", "floatx"],
)
def test_a_run_whose_model_sets_precision_for_all_of_keras(make_runs, tmp_path, setting, value, last, weights):
    """By the name that Keras 2 had for it, or by its float type: trained, stored, loaded again and predicted with."""
    import keras
    from sklearn.datasets import load_iris

    module, name = setting.split(".")
    (tmp_path / "own.py").write_text(GLOBAL.format(module=module, name=name, value=value, last=repr(last)))
    (tmp_path / "own.yaml").write_text(
        "name: own\ndataset: {name: iris}\nmodel: {name: python, function: 'own.py:build'}\n"
        "optimizer: {name: adam}\ntraining: {epochs: 2}\n"
    )
    try:
        (run,) = make_runs.plan(tmp_path / "own.yaml", tmp_path / "runs")
        paths = make_runs.trained_run(run)
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")
    stored = np.load(paths.predictions)
    assert stored["y_score_test"].dtype == np.float32
    assert np.isfinite(stored["y_score_test"]).all()
    assert {str(weight.dtype) for weight in keras.models.load_model(paths.model, compile=False).weights} == {weights}
    frame = load_iris(as_frame=True).data
    scores = load_model(paths.folder).predict_proba(frame)[stored["row_test"]]
    assert scores == pytest.approx(stored["y_score_test"], abs=2e-3)
