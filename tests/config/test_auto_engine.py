"""`engine: auto`: compiled code where it is earned back, Keras' bits everywhere else."""

from __future__ import annotations

import pytest

from optbench.config import choose_engine, resolve
from optbench.config.auto_engine import DENSE_STEPS, RECURRENT_STEPS
from optbench.words import sentence


@pytest.fixture
def engine(load, text):
    def run(model, *, steps, shape=(45,), optimizer=None, **training):
        sections = {"model": model, **({"optimizer": optimizer} if optimizer else {})}
        written = ", ".join(f"{key}: {value}" for key, value in {"epochs": steps, **training}.items())
        config = load(text(**sections, training=f"{{{written}, batch_size: 32}}")).config
        resolved = resolve(
            config, seed=0, num_classes=3, input_shape=shape, official_test=False, train_rows=32 if steps else None
        )
        return resolved.training.engine

    return run


MLP = "{name: mlp}"
LSTM = "{name: layers, layers: [{LSTM: {units: 32}}]}"


@pytest.mark.parametrize(
    "model, steps, shape, expected",
    [
        (MLP, DENSE_STEPS, (45,), "xla"),
        (MLP, DENSE_STEPS - 1, (45,), "fused"),
        ("{name: logistic}", DENSE_STEPS, (45,), "xla"),
        ("{name: mlp, dropout: 0.2, batch_normalization: true}", DENSE_STEPS, (45,), "xla"),
        ("{name: mlp, hidden_units: [512, 512]}", DENSE_STEPS, (784,), "fused"),
        (LSTM, RECURRENT_STEPS, (20, 8), "xla"),
        (LSTM, RECURRENT_STEPS - 1, (20, 8), "fused"),
        (LSTM, RECURRENT_STEPS, (2000, 8), "fused"),
        ("{name: cnn}", DENSE_STEPS, (8, 8, 1), "fused"),
        ("{name: layers, layers: [{Dense: {units: 4}}, {GaussianNoise: {stddev: 0.1}}]}", DENSE_STEPS, (45,), "fused"),
        ("{name: python, function: a.py:f}", DENSE_STEPS, (45,), "fused"),
    ],
)
def test_engine(engine, model, steps, shape, expected):
    """Small dense models with many steps and recurrent ones are compiled; what is large, short or unknown is not."""
    assert engine(model, steps=steps, shape=shape) == expected


def test_python_of_the_users_own_is_not_compiled(engine):
    """What a loss or an optimizer does cannot be known here."""
    assert engine(MLP, steps=DENSE_STEPS, loss='"python:own.py:loss"') == "fused"
    assert engine(MLP, steps=DENSE_STEPS, optimizer="{name: python, function: own.py:make}") == "fused"


def test_what_is_written_is_kept(engine):
    """A named engine is never replaced."""
    assert engine(MLP, steps=DENSE_STEPS, engine="keras") == "keras"
    assert engine("{name: cnn}", steps=1, shape=(8, 8, 1), engine="xla") == "xla"


@pytest.mark.parametrize(
    "model, steps, training, code",
    [
        (MLP, DENSE_STEPS, {}, "engine-xla-earned"),
        (MLP, DENSE_STEPS - 1, {}, "engine-fused-steps"),
        ("{name: mlp, hidden_units: [512, 512]}", DENSE_STEPS, {}, "engine-fused-work"),
        ("{name: cnn}", DENSE_STEPS, {}, "engine-fused-layers"),
        (MLP, DENSE_STEPS, {"device": "gpu"}, "engine-fused-device"),
        ("{name: python, function: a.py:f}", DENSE_STEPS, {}, "engine-fused-python"),
        (MLP, 0, {"epochs": 3}, "engine-fused-rows-unknown"),
        (MLP, 5, {"engine": "keras"}, "engine-written"),
    ],
)
def test_why(load, text, model, steps, training, code):
    """The reason names what decided, and its sentence can be said."""
    shape = (784,) if "512" in model else (8, 8, 1) if "cnn" in model else (45,)
    written = ", ".join(f"{key}: {value}" for key, value in {"epochs": steps, **training}.items())
    config = load(text(model=model, training=f"{{{written}, batch_size: 32}}")).config
    choice = choose_engine(config, num_classes=3, input_shape=shape, train_rows=32 if steps else None)
    assert choice.reason.code == code
    assert code not in sentence(choice.reason)
