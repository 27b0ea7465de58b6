"""One contract for every optimizer of Keras: it builds, it trains, its configuration comes back."""

from __future__ import annotations

import json

import pytest

from optbench.config import OptimizerConfig, dump_config, parse_resolved
from optbench.config.keras_api import optimizer_signatures, optimizers_left_out, schedule_signatures
from optbench.errors import ModelError
from optbench.training.loop import train
from optbench.training.optimizers import build_optimizer, build_schedule

pytestmark = pytest.mark.tensorflow

OPTIMIZERS = sorted(name.lower() for name in optimizer_signatures())
SCHEDULES = {
    "CosineDecay": {"initial_learning_rate": 0.1, "decay_steps": 10},
    "CosineDecayRestarts": {"initial_learning_rate": 0.1, "first_decay_steps": 10},
    "ExponentialDecay": {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5},
    "InverseTimeDecay": {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5},
    "PiecewiseConstantDecay": {"boundaries": [5, 10], "values": [0.1, 0.01, 0.001]},
    "PolynomialDecay": {"initial_learning_rate": 0.1, "decay_steps": 10},
}


def equal(told, value):
    """Equal as far as float32 tells; Keras keeps the learning rate in a float32 variable."""
    if isinstance(value, float):
        return told == pytest.approx(value, rel=1e-6)
    return plain(told) == plain(value)


def plain(value):
    """As JSON would give it back: tuples are lists, NumPy numbers are numbers."""
    return json.loads(json.dumps(value, default=float))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_trains_the_loss_down(name, make_dataset, make_config, tmp_path):
    """With Keras' defaults, the loss after three epochs is below the loss before training."""
    dataset = make_dataset(classes=3)
    config = make_config(dataset, optimizer={"name": name})
    outcome, program = train(config, dataset, base=tmp_path)
    losses = outcome.history.column("loss")
    assert losses[-1] < losses[0]
    assert type(program.problem.model.optimizer).__name__.lower() == name


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_has_the_arguments_of_its_section(name, make_dataset, make_config, tmp_path):
    """Section, YAML, Keras object and Keras' own configuration all say the same."""
    import keras

    dataset = make_dataset()
    config = make_config(dataset, optimizer={"name": name})
    assert parse_resolved(dump_config(config)) == config
    built = build_optimizer(config.optimizer, base=tmp_path)
    told = built.get_config()
    for argument, value in config.optimizer.arguments.items():
        assert equal(told[argument], value) or (value is None and told[argument] == []), argument
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(built))
    assert plain(again.get_config()) == plain(told)


def test_what_is_left_out_is_in_keras_and_has_a_reason():
    """Every class of `keras.optimizers` can be named or is left out with a reason."""
    import keras

    classes = {name for name, value in vars(keras.optimizers).items() if isinstance(value, type)}
    assert classes == set(optimizer_signatures()) | set(optimizers_left_out())
    assert all(len(reason) > 10 for reason in optimizers_left_out().values())


def test_every_schedule_is_covered():
    """The cases below are all schedules of Keras."""
    assert set(SCHEDULES) == set(schedule_signatures())


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_gives_the_rates_of_keras(name):
    """Built from a section, a schedule gives what the same Keras object gives."""
    import keras

    built = build_schedule({"schedule": name, **SCHEDULES[name]})
    same = getattr(keras.optimizers.schedules, name)(**SCHEDULES[name])
    for step in (0, 3, 7, 30):
        assert float(built(step)) == float(same(step))


def test_the_history_shows_the_scheduled_rate(make_dataset, make_config, tmp_path):
    """`learning_rate` falls along the schedule, from its first value to its end."""
    dataset = make_dataset()
    schedule = {"schedule": "polynomial_decay", "initial_learning_rate": 0.5, "decay_steps": 14}
    config = make_config(dataset, optimizer={"name": "sgd", "learning_rate": schedule})
    rates = train(config, dataset, base=tmp_path)[0].history.column("learning_rate")
    assert rates[0] == pytest.approx(0.5)
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == pytest.approx(0.0001)


def test_an_optimizer_of_the_users_own(make_dataset, make_config, tmp_path):
    """`make(**arguments)` is called with the section's arguments; what is no optimizer is refused."""
    (tmp_path / "own.py").write_text(
        "import keras\n"
        "def make(rate):\n    return keras.optimizers.SGD(rate, momentum=0.5)\n"
        "def wrong():\n    return 'sgd'\n"
    )
    section = OptimizerConfig(name="python", function="own.py:make", arguments={"rate": 0.25})
    built = build_optimizer(section, base=tmp_path)
    assert (float(built.learning_rate), built.momentum) == (0.25, 0.5)
    with pytest.raises(ModelError, match="must return a keras.optimizers.Optimizer. Received: str"):
        build_optimizer(OptimizerConfig(name="python", function="own.py:wrong"), base=tmp_path)


def test_what_keras_refuses_is_said_in_its_words(tmp_path):
    """An argument whose value only Keras can judge ends as a ModelError, not as a traceback."""
    section = OptimizerConfig(name="sgd", arguments={"clipnorm": 1.0, "clipvalue": 1.0})
    with pytest.raises(ModelError, match="Keras refuses optimizer 'sgd': Only one of"):
        build_optimizer(section, base=tmp_path)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_resumes_exactly(name, make_dataset, make_config, tmp_path):
    """Slots, averages and counters of each are in a snapshot: going on from epoch 1 ends with the same bits."""
    dataset = make_dataset()
    config = make_config(dataset, optimizer={"name": name, "use_ema": True}, training={"epochs": 2})
    snapshots = []
    straight, program = train(
        config, dataset, base=tmp_path, on_epoch=lambda report: snapshots.append(report.snapshot())
    )
    resumed, _ = train(config, dataset, base=tmp_path, resume=snapshots[1], kept=program)
    assert resumed.digests == straight.digests
    assert resumed.history == straight.history
    assert (resumed.predictions["test"].y_score == straight.predictions["test"].y_score).all()
