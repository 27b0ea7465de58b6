"""The audit shows each optimizer's rule as its arguments make it, and what is not the default of Keras."""

from __future__ import annotations

import numpy as np
import pytest

from optbench.comparison import compare
from optbench.words.rules import rule_texts


def rules(records):
    """The texts of the audit in English, by label."""
    (problem,) = compare(records).problems
    return {rule.label: rule_texts(rule, "en") for rule in problem.update_rules}


def test_the_rule_follows_the_arguments(run):
    """SGD with momentum is another rule than SGD without; a star marks the change."""
    found = rules([run("sgd", 0), run("sgd", 0, arguments={"momentum": 0.9})])
    plain, heavy = found["sgd momentum=0"], found["sgd momentum=0.9"]
    assert plain.rule == "w ← w - lr g"
    assert heavy.rule == "m ← μ m - lr g;  w ← w + m"
    assert "momentum 0.9 *" in heavy.arguments
    assert "*" not in plain.arguments
    assert "schedule" in heavy.remark


def test_weight_decay_is_in_words(run):
    """AdamW decays by default; Adam with the argument is the same thing; 0 is none."""
    found = rules([run("adamw", 0), run("adam", 0, arguments={"weight_decay": 0.01}), run("rmsprop", 0)])
    assert found["adamw"].weight_decay.startswith("w ← w - lr 0.004 w before each step, biases")
    assert "0.01" in found["adam"].weight_decay
    assert found["adam"].arguments.count("*") == 1
    assert "weight_decay 0.01 *" in found["adam"].arguments
    assert found["rmsprop"].weight_decay == "none"


def test_defaults_are_filled_in_where_a_run_does_not_say(run):
    """The invented RMSprop run names no epsilon; Keras uses 1e-7."""
    assert "epsilon 1e-07" in rules([run("rmsprop", 0)])["rmsprop"].arguments


def test_rows_follow_the_optimizers(runs):
    """Best first, as in the table of scores."""
    (problem,) = compare(runs("sgd", [0.9] * 2) + runs("adam", [0.8] * 2) + runs("adamw", [0.85] * 2)).problems
    assert [rule.label for rule in problem.update_rules] == ["sgd", "adamw", "adam"]


def test_an_optimizer_of_ones_own_has_no_rule_here(run):
    """The user's function decides; its arguments are shown."""
    mine = run("python", 0, arguments={"function": "mine.py:make", "arguments": {"strength": 3}})
    (rule,) = rules([mine]).values()
    assert rule.rule == "your own function decides"
    assert "strength 3 *" in rule.arguments.split(", ")


def built(class_name="AdamW", *, is_keras=True, undecayed=(), parts=(), **arguments):
    """What the training process records of an optimizer."""
    return {
        "class": class_name,
        "is_keras": is_keras,
        "arguments": arguments,
        "undecayed": list(undecayed),
        "parts": list(parts),
    }


def own(run, recorded, seed=0, **options):
    return run("python", seed, arguments={"function": "mine.py:make"}, optimizer_built=recorded, **options)


def test_an_object_of_ones_own_is_shown_as_it_is(run):
    """A function that returns Keras' AdamW has AdamW's rule and decay, and what differs from Keras is starred."""
    recorded = built(weight_decay=0.02, learning_rate=0.001, beta_1=0.8, undecayed=["dense/bias"])
    (rule,) = rules([own(run, recorded)]).values()
    assert "√v + ε" in rule.rule
    assert rule.weight_decay == "w ← w - lr 0.02 w before each step, except dense/bias; not in the loss"
    assert {"beta_1 0.8 *", "beta_2 0.999", "weight_decay 0.02 *"} <= set(rule.arguments.split(", "))


def test_what_was_not_recorded_is_not_guessed(run):
    """An argument of the user's function that is called weight_decay need not be the optimizer's."""
    mine = run("python", 0, arguments={"function": "mine.py:make", "arguments": {"weight_decay": 0.5}})
    (rule,) = rules([mine]).values()
    assert rule.weight_decay == "not recorded"
    assert rule.rule == "your own function decides"


def test_a_class_of_ones_own_decides_itself(run):
    """What it has of Keras, such as weight decay, is told all the same."""
    (rule,) = rules([own(run, built("SignMomentum", is_keras=False, weight_decay=0.1))]).values()
    assert rule.rule == "your own class SignMomentum decides"
    assert rule.weight_decay.startswith("w ← w - lr 0.1 w")
    assert rule.remark == ""


def test_several_optimizers_in_one_are_named(run):
    """Keras' MultiOptimizer has no rule of its own."""
    parts = [built("SGD", momentum=0.9), built("AdamW", weight_decay=0.004)]
    (rule,) = rules([own(run, built("MultiOptimizer", parts=parts))]).values()
    assert rule.rule == "one optimizer for each variable: SGD and AdamW"
    assert rule.weight_decay == "[0, 0.004], of each part its own"


def test_the_other_decay_of_muon_is_said(run):
    """It acts on what gets Adam's step; without it there is none."""
    here, none = ({"weight_decay": None, "adam_weight_decay": decay} for decay in (0.1, 0))
    assert "0.1 w before each step, only where Adam's" in rules([run("muon", 0, arguments=here)])["muon"].weight_decay
    assert rules([run("muon", 0, arguments=none)])["muon"].weight_decay == "none"


def test_momentum_that_is_off_switches_nesterov_off(run):
    """SGD reads nesterov only where there is a velocity."""
    assert rules([run("sgd", 0, arguments={"nesterov": True})])["sgd"].rule == "w ← w - lr g"


def test_an_optimizer_of_a_newer_keras_is_said_not_to_be_described(run):
    """It is compared like any other."""
    rule = rules([run("soap", 0)])["soap"]
    assert rule.rule.startswith("not described")
    assert rule.remark == ""


def steps(optimizer, gradients, w):
    """Return the weight after each step of the real Keras optimizer."""
    import keras

    variable = keras.Variable(np.array([w], dtype="float32"))
    optimizer.build([variable])
    path = []
    for g in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(np.array([g], dtype="float32"))], [variable])
        path.append(float(variable.numpy()[0]))
    return path


@pytest.mark.tensorflow
@pytest.mark.usefixtures("keras_backend")
@pytest.mark.parametrize(
    "name", ["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "adagrad", "lion", "adadelta"]
)
def test_rules_are_what_keras_does(name):
    """Three steps of the real optimizer equal the rule as printed, computed by hand with a large epsilon."""
    import keras

    lr, eps, gradients, w0 = 0.1, 0.01, [0.5, -0.2, 0.3], 1.0
    made = {
        "sgd": lambda: keras.optimizers.SGD(lr),
        "momentum": lambda: keras.optimizers.SGD(lr, momentum=0.9),
        "nesterov": lambda: keras.optimizers.SGD(lr, momentum=0.9, nesterov=True),
        "rmsprop": lambda: keras.optimizers.RMSprop(lr, epsilon=eps),
        "adam": lambda: keras.optimizers.Adam(lr, epsilon=eps),
        "adamw": lambda: keras.optimizers.AdamW(lr, epsilon=eps, weight_decay=0.5),
        "adagrad": lambda: keras.optimizers.Adagrad(lr, epsilon=eps),
        "lion": lambda: keras.optimizers.Lion(lr),
        "adadelta": lambda: keras.optimizers.Adadelta(lr, epsilon=eps),
    }[name]()
    w, m, v, a, expected = w0, 0.0, 0.0, 0.1, []
    d = sum_g = 0.0
    for t, g in enumerate(gradients, start=1):
        if name == "sgd":
            w -= lr * g
        elif name in ("momentum", "nesterov"):
            m = 0.9 * m - lr * g
            w += 0.9 * m - lr * g if name == "nesterov" else m
        elif name == "rmsprop":
            v = 0.9 * v + 0.1 * g**2
            w -= lr * g / np.sqrt(v + eps)
        elif name in ("adam", "adamw"):
            w -= lr * 0.5 * w if name == "adamw" else 0.0
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
            w -= lr * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (np.sqrt(v) + eps)
        elif name == "adagrad":
            a += g**2
            w -= lr * g / np.sqrt(a + eps)
        elif name == "lion":
            w -= lr * np.sign(0.9 * m + 0.1 * g)
            m = 0.99 * m + 0.01 * g
        else:
            sum_g = 0.95 * sum_g + 0.05 * g**2
            delta = g * np.sqrt(d + eps) / np.sqrt(sum_g + eps)
            d = 0.95 * d + 0.05 * delta**2
            w -= lr * delta
        expected.append(w)
    assert steps(made, gradients, w0) == pytest.approx(expected, rel=2e-6)
