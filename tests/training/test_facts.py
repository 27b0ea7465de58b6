"""What is recorded of a built optimizer is read from the object: Keras' own, wrapped, or the user's."""

from __future__ import annotations

import json

import pytest

from optbench.catalog.keras_api import optimizer_signatures
from optbench.catalog.resolved_optimizers import computed_form, resolved_optimizer, same_algorithm
from optbench.training.facts import optimizer_facts
from optbench.training.loop import train
from optbench.training.optimizers import build_optimizer

pytestmark = pytest.mark.tensorflow

SCHEDULE = {"schedule": "cosine_decay", "initial_learning_rate": 0.01, "decay_steps": 10, "alpha": 0.25}
OWN = """
import keras

class Own(keras.optimizers.Optimizer):
    def update_step(self, gradient, variable, learning_rate):
        self.assign_sub(variable, keras.ops.cast(learning_rate, variable.dtype) * gradient)

class Silent(Own):
    def get_config(self):
        raise NotImplementedError("not mine")

class Wrapper(Own):
    def __init__(self, inner):
        super().__init__(0.25)
        self.inner_optimizer = inner

def halved(): return 0.5

def wrapper(): return Wrapper(keras.optimizers.SGD())

def adamw(**arguments): return keras.optimizers.AdamW(**arguments)
def own(): return Own(0.01, weight_decay=0.125, clipnorm=1)
def silent(): return Silent(0.01, weight_decay=0.125)
def scheduled():
    return keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.01, 10, alpha=0.25), momentum=0.5)
def called(): return keras.optimizers.SGD(halved)
class Steps(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return 0.1

def own_schedule(): return Silent(Steps())
def scaled(): return keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(), dynamic_growth_steps=3)
def excluding():
    optimizer = keras.optimizers.AdamW()
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer
def per_layer():
    return keras.optimizers.MultiOptimizer(
        keras.optimizers.OptimizerMap(keras.optimizers.SGD(0.1), {"output/.*": keras.optimizers.AdamW()})
    )
"""


@pytest.fixture(scope="module")
def variables():
    import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="dense")], name="sequential")
    return model.trainable_variables


@pytest.fixture
def recorded(tmp_path, variables, make_config, make_dataset):
    """What is recorded of the optimizer of a section, as it comes back from strict JSON."""
    (tmp_path / "own.py").write_text(OWN)

    def record(**section):
        config = make_config(make_dataset(), optimizer=section).optimizer
        built = build_optimizer(config, base=tmp_path)
        built.build(variables)
        return json.loads(json.dumps(optimizer_facts(built, variables), allow_nan=False)), config

    return record


def own(recorded, function, **arguments):
    return recorded(name="python", function=f"own.py:{function}", arguments=arguments)[0]


@pytest.mark.parametrize("name", [name.lower() for name in optimizer_signatures()])
@pytest.mark.parametrize("more", [{}, {"learning_rate": SCHEDULE, "use_ema": True, "loss_scale": "dynamic"}])
def test_the_object_is_what_the_experiment_file_says(name, more, recorded):
    """Of every optimizer of Keras: no argument is lost on the way, and none is guessed by the table."""
    facts, config = recorded(name=name, **more)
    from_file = resolved_optimizer(config.to_plain())
    from_object = resolved_optimizer({"name": "python"}, facts)
    assert from_object.is_keras
    assert computed_form(from_object) == computed_form(from_file)
    assert {key for key in from_file.arguments if key != "exclude_from_weight_decay"} == set(from_object.arguments)


def test_what_a_function_returns_is_recorded(recorded):
    """A function that makes AdamW is AdamW, with the arguments that it chose."""
    facts = own(recorded, "adamw", weight_decay=0.02, learning_rate=0.003)
    assert (facts["class"], facts["is_keras"], facts["parts"]) == ("AdamW", True, [])
    assert (facts["arguments"]["weight_decay"], facts["arguments"]["learning_rate"]) == (0.02, 0.003)
    mine = resolved_optimizer({"name": "python"}, facts)
    named = resolved_optimizer({"name": "adam", "weight_decay": 0.02, "learning_rate": 0.003})
    assert same_algorithm(mine, named)


@pytest.mark.parametrize("function", ["own", "silent"])
def test_a_class_of_ones_own_tells_what_every_optimizer_has(function, recorded):
    """Also where its `get_config` fails: weight decay and clipping are read from the object."""
    facts = own(recorded, function)
    assert (facts["class"].lower(), facts["is_keras"]) == (function, False)
    assert facts["arguments"]["weight_decay"] == 0.125
    assert facts["arguments"]["learning_rate"] == 0.01
    assert facts["arguments"]["clipnorm"] == (1 if function == "own" else None)


def test_schedules_of_objects_are_written_as_in_a_file(recorded):
    """Of a plain function, and of a class of one's own that says nothing of itself, there is the name."""
    assert own(recorded, "scheduled")["arguments"]["learning_rate"] == {
        **SCHEDULE,
        "warmup_target": None,
        "warmup_steps": 0,
    }
    assert own(recorded, "called")["arguments"]["learning_rate"] == {"schedule": "halved"}
    assert own(recorded, "own_schedule")["arguments"]["learning_rate"] == {"schedule": "steps"}


def test_wrappers_are_looked_into(recorded):
    """Loss scaling is an argument like in a file; of several optimizers each has its own facts."""
    facts = own(recorded, "scaled")
    assert facts["class"] == "Adam"
    assert facts["arguments"]["loss_scale"] == {"initial_scale": 32768.0, "dynamic_growth_steps": 3}
    facts = own(recorded, "per_layer")
    assert facts["class"] == "MultiOptimizer"
    assert sorted(part["class"] for part in facts["parts"]) == ["AdamW", "SGD"]
    assert (facts["arguments"], facts["undecayed"]) == ({}, None)
    assert resolved_optimizer({"name": "python"}, facts).decays


def test_a_wrapper_of_ones_own_is_a_class_of_ones_own(recorded):
    """That it holds another optimizer says nothing about what it does with it."""
    facts = own(recorded, "wrapper")
    assert (facts["class"], facts["is_keras"], facts["arguments"]["learning_rate"]) == ("Wrapper", False, 0.25)


def test_exceptions_from_weight_decay_are_named_by_variable(recorded):
    """However the object was told of them."""
    assert own(recorded, "excluding")["undecayed"] == ["sequential/dense/bias"]
    assert own(recorded, "adamw")["undecayed"] == []


def test_a_run_hands_its_record_over(make_dataset, make_config, tmp_path):
    """Read before training; a run that shares the program of another one records its own numbers."""
    dataset, kept = make_dataset(), None
    for rate, decay in ((0.01, 0.1), (0.02, 0.3)):
        section = {"name": "adamw", "learning_rate": rate, "weight_decay": decay, "exclude_from_weight_decay": ["bias"]}
        outcome, kept = train(make_config(dataset, optimizer=section), dataset, base=tmp_path, kept=kept)
        arguments = outcome.optimizer["arguments"]
        assert (arguments["learning_rate"], arguments["weight_decay"]) == (rate, decay)
        assert all(path.endswith("bias") for path in outcome.optimizer["undecayed"])
        assert outcome.optimizer["undecayed"]
