"""Schedules told in epochs become steps before training, by the rows and the batch size of the experiment."""

from __future__ import annotations

import json

import pytest

from optbench.catalog.keras_api import optimizer_signatures, schedule_signatures
from optbench.config import OptimizerConfig, resolve
from optbench.config.schedule_epochs import EPOCHS_KEYS, in_steps, with_epochs_keys
from optbench.errors import ConfigError

FACTS = {"seed": 0, "num_classes": 3, "input_shape": (4,), "official_test": False}
COSINE = {"schedule": "cosine_decay", "initial_learning_rate": 0.0, "warmup_target": 0.1}


def resolved(load, text, rate, *, rows=100):
    written = text(optimizer=json.dumps({"name": "sgd", "learning_rate": rate}))
    return resolve(load(written).config, **FACTS, train_rows=rows).optimizer.arguments["learning_rate"]


@pytest.mark.parametrize(
    "rate, expected",
    [
        # 100 rows in batches of 32 are 4 steps; the training has 10 epochs
        ({**COSINE, "warmup_epochs": 1, "decay_epochs": 5}, {"warmup_steps": 4, "decay_steps": 20}),
        ({**COSINE, "warmup_epochs": 1, "decay_epochs": "auto"}, {"warmup_steps": 4, "decay_steps": 36}),
        ({**COSINE, "warmup_steps": 3, "decay_epochs": "auto"}, {"warmup_steps": 3, "decay_steps": 37}),
        ({**COSINE, "warmup_epochs": 0.01, "decay_epochs": 0.6}, {"warmup_steps": 1, "decay_steps": 2}),
        ({**COSINE, "warmup_epochs": 0, "decay_epochs": "auto"}, {"warmup_steps": 0, "decay_steps": 40}),
        (
            {"schedule": "piecewise_constant_decay", "boundary_epochs": [1, 2.5], "values": [1, 2, 3]},
            {"boundaries": [4, 10]},
        ),
        (
            {"schedule": "cosine_decay_restarts", "initial_learning_rate": 1, "first_decay_epochs": 2},
            {"first_decay_steps": 8},
        ),
    ],
)
def test_epochs_become_steps(load, text, rate, expected):
    """A number of epochs is that many times the steps of an epoch; `auto` is what the warm-up leaves."""
    found = resolved(load, text, rate)
    assert {name: found[name] for name in expected} == expected
    assert not set(EPOCHS_KEYS.values()) & set(found)
    assert all(type(found[name]) is int for name in expected if name != "boundaries")


def test_the_number_of_steps_follows_the_experiment(load, text):
    """Fewer rows, a larger batch or fewer epochs make fewer steps of the same file."""
    rate = {**COSINE, "warmup_epochs": 1, "decay_epochs": "auto"}
    assert resolved(load, text, rate, rows=320)["decay_steps"] == 90
    assert resolved(load, text, rate, rows=31)["decay_steps"] == 9


def test_the_optimizer_itself_is_told_in_epochs():
    """`warmup_epochs` of ScheduleFreeAdamW, which has no schedule, is `warmup_steps`; numbers of batches stay."""
    section = OptimizerConfig(
        name="schedulefreeadamw", arguments={"warmup_epochs": 2, "gradient_accumulation_steps": 3}
    )
    found = section.in_steps(steps_per_epoch=7, epochs=5).arguments
    assert found == {"warmup_steps": 14, "gradient_accumulation_steps": 3}


def test_auto_needs_something_left():
    """A warm-up over the whole training leaves nothing to decay over."""
    rate = {"schedule": "cosine_decay", "warmup_epochs": 5, "decay_epochs": "auto"}
    with pytest.raises(ConfigError, match="Received: 20 steps of warm-up in a training of 20. Warm up for less"):
        in_steps({"learning_rate": rate}, steps_per_epoch=4, epochs=5)


@pytest.mark.parametrize(
    "rate, path, words",
    [
        (
            {"decay_steps": 9, "decay_epochs": 1},
            "decay_epochs",
            "stands beside decay_steps; both say when. Remove one.",
        ),
        ({}, "decay_steps", "missing"),
        ({"decay_epochs": "all"}, "decay_epochs", "must be a number or auto. Received: 'all'."),
        ({"decay_epochs": 0}, "decay_epochs", "must be greater than 0"),
        ({"decay_epochs": 1, "warmup_epochs": "auto", "warmup_target": 1}, "warmup_epochs", "must be a number"),
        ({"decay_epochs": 1, "warmup_epochs": 1}, "warmup_target", "Keras leaves it out. Add 'warmup_target: ...'."),
        ({"decay_steps": 1, "warmup_steps": 1}, "warmup_target", "Keras leaves it out. Add 'warmup_target: ...'."),
    ],
)
def test_mistakes(only, text, rate, path, words):
    """Each is told once, at the key it is about."""
    schedule = {"schedule": "cosine_decay", "initial_learning_rate": 0.1, **rate}
    found = only(text(optimizer=json.dumps({"name": "sgd", "learning_rate": schedule})))
    assert f"optimizer.learning_rate.{path}: " in found
    assert words in found


def test_what_keras_takes_in_steps_can_be_told_in_epochs():
    """Every argument of a schedule that counts steps has a name in epochs, and no Keras argument has that name."""
    for name, signature in schedule_signatures().items():
        counted = {argument for argument in signature if argument.endswith("_steps") or argument == "boundaries"}
        assert counted <= set(EPOCHS_KEYS), name
        assert len(with_epochs_keys(signature)) == len(signature) + len(counted)
    taken = {argument for signature in optimizer_signatures().values() for argument in signature}
    assert not taken & set(EPOCHS_KEYS.values())


def _argument(signature, key):
    """Some value for an argument in steps."""
    return [100, 250] if key == "boundaries" else 120


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", sorted(schedule_signatures()))
def test_a_schedule_for_longer_epochs_has_the_rates_of_before_in_every_epoch(name):
    """As Keras computes them: at the start of each epoch, and halfway, of 40 steps and then of 70."""
    import keras

    signature = schedule_signatures()[name]
    steps = {key: _argument(signature, key) for key in EPOCHS_KEYS if key in signature}
    values = {"values": [0.3, 0.2, 0.1]} if "values" in signature else {"initial_learning_rate": 0.3}
    more = {"decay_rate": 0.5} if "decay_rate" in signature else {}
    arguments = {**values, **more, **steps}
    section = OptimizerConfig(name="sgd", arguments={"learning_rate": {"schedule": "x", **arguments}, "momentum": 0.5})
    longer = section.for_other_epochs(before=40, now=70).arguments
    assert longer["momentum"] == 0.5
    made = getattr(keras.optimizers.schedules, name)
    after = {key: value for key, value in longer["learning_rate"].items() if key != "schedule"}
    assert after != arguments or not steps
    halves = range(1, 13, 2)
    rates = [float(made(**arguments)(20 * half)) for half in halves]
    assert [float(made(**after)(35 * half)) for half in halves] == pytest.approx(rates, rel=1e-5)
