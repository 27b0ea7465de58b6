"""One contract for every optimizer of Keras: it builds, it trains, its configuration comes back."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from selection import mostly_long

from optbench.array_digests import arrays_digest
from optbench.catalog.keras_api import optimizer_signatures, optimizers_left_out, schedule_signatures
from optbench.config import OptimizerConfig, dump_config, parse_resolved
from optbench.config.arguments import LOSS_SCALE
from optbench.errors import ModelError
from optbench.training.loop import train
from optbench.training.optimizers import averaging_note, build_optimizer, build_schedule
from optbench.training.problem import build_problem
from optbench.training.state import model_arrays
from optbench.words import text

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


# Every wrapper of Keras around some optimizer; with EMA the slots are those of any optimizer and the averages.
WRAPPED = {
    "accumulation": {"name": "adam", "gradient_accumulation_steps": 3},
    "accumulation and EMA": {"name": "lion", "gradient_accumulation_steps": 2, "use_ema": True},
    "loss scale": {"name": "adam", "loss_scale": {"dynamic_growth_steps": 3}},
    "loss scale, accumulation, EMA": {
        "name": "rmsprop", "loss_scale": "dynamic", "gradient_accumulation_steps": 2, "use_ema": True
    },
    "EMA that overwrites": {"name": "sgd", "momentum": 0.9, "use_ema": True, "ema_overwrite_frequency": 3},
    "exceptions from weight decay": {"name": "adamw", "weight_decay": 0.1, "exclude_from_weight_decay": ["bias"]},
    "warm-up and cosine": {
        "name": "muon",
        "learning_rate": {
            "schedule": "cosine_decay", "initial_learning_rate": 0, "warmup_target": 0.01, "warmup_epochs": 0.5,
            "decay_epochs": "auto",
        },
    },
    "user's own class": {"name": "python", "function": "own.py:own"},
    "user's own choice per layer": {"name": "python", "function": "own.py:per_layer"},
}  # fmt: skip
OWN = """
import keras

class SignMomentum(keras.optimizers.Optimizer):
    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.slots = self.add_optimizer_variables(variables, "momentum")

    def update_step(self, gradient, variable, learning_rate):
        slot = self.slots[self._get_variable_index(variable)]
        self.assign(slot, 0.9 * slot + 0.1 * gradient)
        self.assign_sub(variable, keras.ops.cast(learning_rate, variable.dtype) * keras.ops.sign(slot))

def own():
    return SignMomentum(0.01, use_ema=True)

def per_layer():
    default = keras.optimizers.SGD(0.1, momentum=0.9)
    others = {"output/.*": keras.optimizers.Adam()}
    return keras.optimizers.MultiOptimizer(keras.optimizers.OptimizerMap(default, others))
"""
CONTRACT = {**{name: {"name": name, "use_ema": True} for name in OPTIMIZERS}, **WRAPPED}


# The four of the challenge, a wrapper that holds most, and one of the user's own; in CI every optimizer of Keras, and
# of the wrappers those that hold what the others hold.
SHORT = ["sgd", "rmsprop", "adam", "adamw", "loss scale, accumulation, EMA", "user's own class"]
CI = [
    *(name for name in OPTIMIZERS if name not in SHORT),
    "EMA that overwrites",
    "exceptions from weight decay",
    "warm-up and cosine",
    "user's own choice per layer",
]


@pytest.mark.parametrize("case", mostly_long(CONTRACT, short=SHORT, ci=CI))
def test_the_contract(case, make_dataset, make_config, tmp_path):
    """Every optimizer and wrapper lowers the loss, ends with the bits of `fit`, and resumes after a kill exactly.

    Weights and every slot, average, accumulator, scale and counter are in the digests of each epoch.
    """
    (tmp_path / "own.py").write_text(OWN)
    dataset = make_dataset(classes=3)
    sections = {"optimizer": CONTRACT[case]}
    config = make_config(dataset, **sections)
    snapshots = []
    straight, program = train(
        config, dataset, base=tmp_path, on_epoch=lambda report: snapshots.append(report.snapshot())
    )
    losses = straight.history.column("loss")
    assert losses[-1] < losses[0]

    fitted, _ = train(make_config(dataset, **sections, training={"engine": "keras"}), dataset, base=tmp_path)
    assert fitted.digests == straight.digests
    assert repr(fitted.history) == repr(straight.history)  # as text, because a rate may be NaN
    assert (fitted.predictions["test"].y_score == straight.predictions["test"].y_score).all()

    resumed, _ = train(config, dataset, base=tmp_path, resume=snapshots[1], kept=program)
    assert resumed.digests == straight.digests
    assert repr(resumed.history) == repr(straight.history)
    assert (resumed.predictions["test"].y_score == straight.predictions["test"].y_score).all()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_has_the_arguments_of_its_section(name, make_dataset, make_config, tmp_path):
    """Section, YAML, Keras object and Keras' own configuration all say the same."""
    import keras

    dataset = make_dataset()
    config = make_config(dataset, optimizer={"name": name})
    assert parse_resolved(dump_config(config)) == config
    built = build_optimizer(config.optimizer, base=tmp_path)
    told = built.get_config()
    assert type(built).__name__.lower() == name
    for argument in optimizer_signatures()[type(built).__name__]:
        value = config.optimizer.arguments[argument]
        assert equal(told[argument], value) or (value is None and told[argument] == []), argument
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(built))
    assert plain(again.get_config()) == plain(told)


def test_what_is_left_out_is_in_keras_and_has_a_reason():
    """Every class of `keras.optimizers` can be named or is left out with a reason."""
    import keras

    classes = {name for name, value in vars(keras.optimizers).items() if isinstance(value, type)}
    assert classes == set(optimizer_signatures()) | set(optimizers_left_out())
    assert all(text(f"excluded-reason-{reason}", "en") for reason in optimizers_left_out().values())


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


def test_loss_scaling_wraps_and_changes_no_number(make_dataset, make_config, tmp_path):
    """A scale that is a power of two is exact: the losses and predictions are those without it."""
    dataset = make_dataset()
    plain, scaled = (
        train(make_config(dataset, optimizer=section), dataset, base=tmp_path)
        for section in ({"name": "adam"}, {"name": "adam", "loss_scale": {"initial_scale": 1024}})
    )
    assert type(scaled[1].problem.model.optimizer).__name__ == "LossScaleOptimizer"
    assert float(scaled[1].problem.model.optimizer.dynamic_scale) == 1024
    assert scaled[0].history == plain[0].history
    assert scaled[0].digests["weights"] == plain[0].digests["weights"]


def test_loss_scale_has_the_defaults_of_keras():
    """`loss_scale: dynamic` stands for Keras' own arguments."""
    import keras

    told = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD()).get_config()
    assert {name: argument.default for name, argument in LOSS_SCALE.items()} == {
        name: told[name] for name in LOSS_SCALE
    }
    assert OptimizerConfig(name="sgd", arguments={"loss_scale": "dynamic"}).resolved().arguments["loss_scale"] == {
        name: told[name] for name in LOSS_SCALE
    }


@pytest.mark.parametrize(
    "patterns, left_alone",
    [
        (["bias"], {"dense_0/bias", "output/bias"}),
        (["batch_normalization"], {"batchnormalization_0/gamma", "batchnormalization_0/beta"}),
        (["dense_0", "BETA"], {"dense_0/kernel", "dense_0/bias", "batchnormalization_0/beta"}),
        (["dense"], {"dense_0/kernel", "dense_0/bias"}),
        (["out*/kernel"], {"output/kernel"}),
    ],
)
@pytest.mark.parametrize("loss_scale", [None, "dynamic"])
def test_weight_decay_leaves_alone_what_is_excluded(
    patterns, left_alone, loss_scale, make_dataset, make_config, tmp_path
):
    """With gradients of zero, a step moves exactly what is decayed, by learning rate times decay."""
    import keras

    dataset = make_dataset()
    section = {"name": "sgd", "learning_rate": 0.5, "weight_decay": 0.1, "exclude_from_weight_decay": patterns}
    model = {"name": "mlp", "hidden_units": [4], "batch_normalization": True}
    config = make_config(dataset, model=model, optimizer={**section, "loss_scale": loss_scale})
    built = build_problem(config, dataset, base=tmp_path).model
    for variable in built.trainable_variables:
        variable.assign(keras.ops.ones_like(variable))
    built.optimizer.apply([keras.ops.zeros_like(v) for v in built.trainable_variables], built.trainable_variables)
    found = {v.path: np.asarray(v) for v in built.trainable_variables}
    assert {path for path, value in found.items() if (value == 1).all()} == left_alone
    assert all(np.allclose(value, 0.95) for path, value in found.items() if path not in left_alone)


def test_a_pattern_that_fits_nothing_is_refused(make_dataset, make_config, tmp_path):
    """The message names the variables that there are."""
    config = make_config(
        make_dataset(), optimizer={"name": "adamw", "exclude_from_weight_decay": ["bias", "layer_normalization"]}
    )
    with pytest.raises(ModelError, match="'layer_normalization'.* Known: dense_0/kernel, dense_0/bias, output/kernel"):
        build_problem(config, make_dataset(), base=tmp_path)


def test_warm_up_and_cosine_in_the_history(make_dataset, make_config, tmp_path):
    """Told in epochs, the rate rises linearly to its target and falls along half a cosine to zero at the end."""
    schedule = {
        "schedule": "cosine_decay", "initial_learning_rate": 0, "warmup_target": 0.1, "warmup_epochs": 2,
        "decay_epochs": "auto",
    }  # fmt: skip
    config = make_config(make_dataset(), optimizer={"name": "sgd", "learning_rate": schedule}, training={"epochs": 6})
    rates = train(config, make_dataset(), base=tmp_path)[0].history.column("learning_rate")
    cosine = [0.05 * (1 + math.cos(math.pi * epoch / 4)) for epoch in range(5)]
    assert rates == pytest.approx([0, 0.05, *cosine], abs=1e-7)


def test_averages_are_the_final_weights_and_the_run_says_so(make_dataset, make_config, tmp_path):
    """After the last epoch the model holds the averages; where the best epoch is restored, its weights as trained."""
    dataset = make_dataset()
    section = {"name": "sgd", "learning_rate": 0.1, "use_ema": True}
    outcome, program = train(make_config(dataset, optimizer=section), dataset, base=tmp_path)
    optimizer = program.problem.model.optimizer
    averages = [np.asarray(average) for average in optimizer._model_variables_moving_average]
    weights = program.problem.model.trainable_variables
    assert all((np.asarray(w) == a).all() for w, a in zip(weights, averages, strict=True))
    assert arrays_digest(model_arrays(program.problem.model)) != outcome.digests["weights"][-1]
    assert averaging_note(optimizer, restores_best=False).code == "training-averages-final"
    assert averaging_note(optimizer, restores_best=True).code == "training-averages-dropped"

    stopping = {"early_stopping": {"monitor": "val_loss", "patience": 9}}
    config = make_config(dataset, optimizer=section, training=stopping)
    outcome, program = train(config, dataset, base=tmp_path)
    assert arrays_digest(model_arrays(program.problem.model)) == outcome.digests["weights"][outcome.best_epoch - 1]
    plain = build_optimizer(make_config(dataset).optimizer, base=tmp_path)
    assert averaging_note(plain, restores_best=False) is None
