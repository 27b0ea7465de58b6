"""Two optimizers that compute the same have one form; whatever changes a number makes another."""

from __future__ import annotations

import numpy as np
import pytest

from optbench.catalog.optimizers import OPTIMIZERS
from optbench.catalog.resolved_optimizers import computed_form, resolved_optimizer, same_algorithm

ADAMW = {"name": "adamw"}
SAME = {
    "Adam with AdamW's decay": ({"name": "adam", "weight_decay": 0.004}, ADAMW),
    "a decay of none and of 0": ({"name": "adam", "weight_decay": 0}, {"name": "adam", "weight_decay": None}),
    "AdamW without decay": ({"name": "adamw", "weight_decay": 0.0}, {"name": "adam"}),
    "a whole number": ({"name": "sgd", "learning_rate": 1}, {"name": "sgd", "learning_rate": 1.0}),
    "nesterov without momentum": ({"name": "sgd", "nesterov": True}, {"name": "sgd"}),
    "the momentum of no average": ({"name": "sgd", "ema_momentum": 0.5}, {"name": "sgd"}),
    "exceptions from no decay": ({"name": "sgd", "exclude_from_weight_decay": ["bias"]}, {"name": "sgd"}),
    "the order of exceptions": (
        {**ADAMW, "exclude_from_weight_decay": ["bias", "beta"]},
        {**ADAMW, "exclude_from_weight_decay": ["beta", "bias"]},
    ),
    "a schedule spelt in another way": (
        {"name": "sgd", "learning_rate": {"schedule": "CosineDecay", "initial_learning_rate": 1, "decay_steps": 9}},
        {
            "name": "sgd",
            "learning_rate": {
                "schedule": "cosine_decay", "initial_learning_rate": 1.0, "decay_steps": 9, "alpha": 0.0
            },
        },
    ),
    "loss scaling by its defaults": (
        {"name": "sgd", "loss_scale": "dynamic"},
        {"name": "sgd", "loss_scale": {"initial_scale": 32768.0}},
    ),
}  # fmt: skip
OTHER = {
    "decay": ({"name": "adam", "weight_decay": 0.1}, {"name": "adam"}),
    "exceptions": ({**ADAMW, "exclude_from_weight_decay": ["bias"]}, ADAMW),
    "class": ({"name": "adamax"}, {"name": "adam"}),
    "averages": ({"name": "sgd", "use_ema": True}, {"name": "sgd"}),
    "momentum of averages": (
        {"name": "sgd", "use_ema": True, "ema_momentum": 0.5},
        {"name": "sgd", "use_ema": True},
    ),
    "nesterov": ({"name": "sgd", "momentum": 0.9, "nesterov": True}, {"name": "sgd", "momentum": 0.9}),
    "loss scaling": ({"name": "sgd", "loss_scale": "dynamic"}, {"name": "sgd"}),
}


@pytest.mark.parametrize("case", SAME)
def test_one_algorithm_in_two_spellings(case):
    a, b = map(resolved_optimizer, SAME[case])
    assert computed_form(a) == computed_form(b)
    assert same_algorithm(a, b)


@pytest.mark.parametrize("case", OTHER)
def test_what_changes_a_number_is_another_algorithm(case):
    assert not same_algorithm(*map(resolved_optimizer, OTHER[case]))


def test_a_class_of_ones_own_is_never_said_to_be_the_same():
    """What it computes stands in code that nobody reads here."""
    recorded = {"class": "Adam", "is_keras": False, "arguments": {}, "undecayed": [], "parts": []}
    mine = resolved_optimizer({"name": "python", "function": "mine.py:make"}, recorded)
    assert computed_form(mine) is None
    assert not same_algorithm(mine, mine)
    assert resolved_optimizer({"name": "python", "function": "mine.py:make"}) is None


def test_a_recorded_object_equals_the_section_that_makes_it():
    """The user's function may return what a name would have made."""
    arguments = {"learning_rate": 0.001, "weight_decay": 0.004, "clipnorm": None}
    recorded = {"class": "AdamW", "is_keras": True, "arguments": arguments, "undecayed": [], "parts": []}
    mine = resolved_optimizer({"name": "python", "function": "mine.py:make"}, recorded)
    assert same_algorithm(mine, resolved_optimizer({"name": "adam", "weight_decay": 0.004}))
    partly = resolved_optimizer({"name": "python"}, {**recorded, "undecayed": ["dense/bias"]})
    assert not same_algorithm(partly, mine)


def path_of(section, gradients=(0.5, -0.2, 0.3)):
    """The weight after each step of the real Keras optimizer, float32."""
    import keras

    from optbench.config import OptimizerConfig
    from optbench.training.optimizers import build_optimizer

    arguments = {key: value for key, value in section.items() if key not in ("name", "exclude_from_weight_decay")}
    optimizer = build_optimizer(OptimizerConfig(name=section["name"], arguments=arguments).resolved(), base=None)
    variable = keras.Variable(np.array([1.0], dtype="float32"))
    optimizer.build([variable])
    path = []
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(np.array([gradient], dtype="float32"))], [variable])
        path.append(np.asarray(variable).tobytes())
    return path


@pytest.mark.tensorflow
@pytest.mark.usefixtures("keras_backend")
@pytest.mark.parametrize("case", [case for case in SAME if "exceptions" not in case])
def test_equal_forms_take_equal_steps_in_keras(case):
    """The bits of three steps of the real objects."""
    a, b = SAME[case]
    assert path_of(a) == path_of(b)


@pytest.mark.tensorflow
@pytest.mark.usefixtures("keras_backend")
def test_no_two_classes_take_equal_steps_unknown_to_the_table():
    """With one rate and no decay, classes whose steps are equal are those that the table says compute the same."""
    paths = {name: path_of({"name": name.lower(), "learning_rate": 0.01, "weight_decay": 0.0}) for name in OPTIMIZERS}
    forms = {
        name: computed_form(resolved_optimizer({"name": name, "learning_rate": 0.01, "weight_decay": 0}))["class"]
        for name in OPTIMIZERS
    }
    equal = {(a, b) for a in paths for b in paths if a < b and paths[a] == paths[b]}
    assert equal == {(a, b) for a in forms for b in forms if a < b and forms[a] == forms[b]}
