"""Engines: `fused` computes exactly what `fit` computes, `xla` nearly so."""

from __future__ import annotations

import numpy as np
import pytest
from example_models import EXAMPLE_MODELS
from selection import mostly_long

from optbench.errors import ModelError
from optbench.random_streams import epoch_order
from optbench.training.loop import train
from optbench.training.preflight import preflight
from optbench.training.program import make_keras_engine

pytestmark = pytest.mark.tensorflow

SETTINGS = {
    "plain": {},
    "class weights": {"training": {"class_weight": "balanced"}},
    "schedule": {
        "optimizer": {
            "name": "sgd",
            "momentum": 0.9,
            "learning_rate": {"schedule": "cosine_decay", "initial_learning_rate": 0.1, "decay_steps": 20},
        }
    },
    "clipping and EMA": {"optimizer": {"name": "adamw", "clipnorm": 0.5, "use_ema": True}},
    "accumulation": {"optimizer": {"name": "rmsprop", "gradient_accumulation_steps": 3}},
    "one batch": {"training": {"batch_size": 500}},
    # a mean over 16 rows is exact whichever formula is used, one over 10 is not
    "full batches of 10": {"training": {"batch_size": 10}},
    "short last batch": {"training": {"batch_size": 24}},
}
CASES = [("layers", setting) for setting in SETTINGS] + [
    *((model, "plain") for model in EXAMPLE_MODELS if model != "layers"),
    ("cnn", "clipping and EMA"),
    ("transformer, tokens", "clipping and EMA"),
    ("rnn, tokens", "short last batch"),
]


def outcome_of(engine, dataset, make_config, tmp_path, **sections):
    training = {**sections.pop("training", {}), "engine": engine}
    config = make_config(dataset, training=training, **sections)
    return train(config, dataset, base=tmp_path)[0]


# The contract of the engines runs over every model; here are always those that build what no other does.
SHORT = [
    ("layers", "class weights"),
    ("layers", "accumulation"),
    ("mlp, tokens", "plain"),
]
CI = [
    ("layers", "clipping and EMA"),
    ("layers", "full batches of 10"),
    ("cnn, residual", "plain"),
    ("rnn, tokens", "short last batch"),
    ("rnn, gru", "plain"),
    ("layers", "schedule"),
    ("layers", "one batch"),
    ("cnn, tokens", "plain"),
    ("cnn, sequences", "plain"),
    ("transformer", "plain"),
    ("rnn", "plain"),
    ("transformer, tokens", "clipping and EMA"),
]


@pytest.mark.parametrize(("model", "setting"), mostly_long(CASES, short=SHORT, ci=CI))
def test_fused_has_the_bits_of_keras_fit(model, setting, make_dataset, make_config, tmp_path):
    """Weights, dropout counters, optimizer slots, history and predictions are byte for byte those of `fit`."""
    example = EXAMPLE_MODELS[model]
    dataset = make_dataset(example.shape, classes=3, vocabulary_size=example.vocabulary_size)
    fused, keras = (
        outcome_of(engine, dataset, make_config, tmp_path, model=example.section, **SETTINGS[setting])
        for engine in ("fused", "keras")
    )
    assert fused.digests == keras.digests
    assert fused.history == keras.history
    assert all(
        (fused.predictions[split].y_score == keras.predictions[split].y_score).all() for split in keras.predictions
    )


@pytest.mark.long
@pytest.mark.ci
def test_xla_is_close_to_keras_fit(make_dataset, make_config, tmp_path):
    """Three epochs of `xla`, dropout included, end within 1e-4 of `fit` in every predicted probability."""
    shape, section = EXAMPLE_MODELS["layers"].shape, EXAMPLE_MODELS["layers"].section
    dataset = make_dataset(shape, classes=3)
    xla, keras = (outcome_of(engine, dataset, make_config, tmp_path, model=section) for engine in ("xla", "keras"))
    assert xla.digests["order"] == keras.digests["order"]
    assert xla.digests["initial_weights"] == keras.digests["initial_weights"]
    np.testing.assert_allclose(xla.predictions["test"].y_score, keras.predictions["test"].y_score, atol=1e-4)


def test_what_xla_cannot_compile_is_refused_before_a_run(make_dataset, make_config, tmp_path):
    """Max pooling has no deterministic XLA gradient: the preflight says so and names the way out."""
    shape, section = EXAMPLE_MODELS["cnn"].shape, EXAMPLE_MODELS["cnn"].section
    dataset = make_dataset(shape, classes=3)
    config = make_config(dataset, model=section, training={"engine": "xla"})
    with pytest.raises(ModelError, match=r"XLA cannot compile .* training\.engine to fused"):
        preflight(config, dataset, base=tmp_path)


@pytest.mark.parametrize("engine", ["fused", "xla", "keras"])
def test_the_first_steps_of_an_epoch(engine, make_dataset, make_config, tmp_path):
    """The first batches of an order can be trained alone, as they are to time an epoch; the rest is left out."""
    dataset = make_dataset(n=200)
    config = make_config(dataset, training={"engine": engine})
    order = epoch_order(0, 1, len(dataset.train.y))[:64]
    engine_made, reference = (make_keras_engine(config, dataset, base=tmp_path) for _ in range(2))
    engine_made.prepare()
    engine_made.run_epoch(order)
    x, y = dataset.train.x[order], dataset.train.y[order].astype("float32")[:, None]
    reference.problem.model.fit(x, y, batch_size=16, shuffle=False, verbose=0)
    assert int(engine_made.problem.model.optimizer.iterations.numpy()) == 64 // 16
    for found, expected in zip(engine_made.problem.model.weights, reference.problem.model.weights, strict=True):
        np.testing.assert_allclose(found.numpy(), expected.numpy(), atol=1e-6)


@pytest.mark.parametrize("engine", mostly_long(["fused", "xla", "keras"], short=["fused"], ci=["xla"]))
def test_the_same_run_twice_in_one_process(engine, make_dataset, make_config, tmp_path):
    """An engine gives the same bits whatever ran in the process before."""
    dataset = make_dataset()
    section = EXAMPLE_MODELS["mlp"].section
    first = outcome_of(engine, dataset, make_config, tmp_path, model=section)
    outcome_of(engine, dataset, make_config, tmp_path, model=section, seed=7)
    second = outcome_of(engine, dataset, make_config, tmp_path, model=section)
    assert first.digests == second.digests
    assert first.history == second.history


def test_fused_equals_a_plain_keras_script(make_dataset, make_config, tmp_path):
    """The whole loop ends with the bits of a handwritten Keras script fed in optbench's order."""
    import keras

    from optbench.random_streams import epoch_order
    from optbench.training.problem import build_problem

    dataset = make_dataset()
    config = make_config(dataset, model={"name": "mlp", "hidden_units": [8]})
    outcome, program = train(config, dataset, base=tmp_path)
    start = build_problem(config, dataset, base=tmp_path).model.get_weights()

    model = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.set_weights(start)
    model.compile(optimizer=keras.optimizers.Adam(), loss="binary_crossentropy", metrics=["accuracy"])
    x, y = dataset.train.x, dataset.train.y.astype("float32").reshape(-1, 1)
    for epoch in (1, 2, 3):
        order = epoch_order(0, epoch, len(y))
        model.fit(x[order], y[order], batch_size=16, shuffle=False, verbose=0)
    for mine, plain in zip(program.problem.model.get_weights(), model.get_weights(), strict=True):
        assert mine.tobytes() == plain.tobytes()
    assert outcome.epochs_run == 3
