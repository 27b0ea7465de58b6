"""The optimizer section: any Keras optimizer, by its own names, with its own bounds."""

from __future__ import annotations

import pytest

from optbench.catalog.keras_api import optimizer_signatures, optimizers_left_out
from optbench.config import optimizer_defaults
from optbench.errors import ConfigError
from optbench.words import sentence

NAMES = sorted(optimizer_signatures())


@pytest.mark.parametrize("name", NAMES)
def test_every_optimizer_loads_with_all_its_defaults(load, text, name):
    """Every optimizer loads by its class name in any case, and with all its defaults written out means the same."""
    import json

    found = load(text(optimizer=f"{{name: {name}}}")).config.optimizer
    assert found == load(text(optimizer=f"{{name: {name.upper()}}}")).config.optimizer
    defaults = optimizer_defaults()[name.lower()]
    written = load(text(optimizer=json.dumps({"name": name, **defaults}))).config.optimizer
    assert found.resolved() == written.resolved()
    assert found.resolved().to_plain() == {"name": name.lower(), **defaults}
    assert found.resolved().resolved() == found.resolved()


@pytest.mark.parametrize("name", sorted(optimizers_left_out()))
def test_left_out_optimizers_say_why(load, text, name):
    """What is in keras.optimizers and cannot be named is refused with its reason, which has words."""
    with pytest.raises(ConfigError, match=f"{name} cannot be used here") as refused:
        load(text(optimizer=f"{{name: {name}}}"))
    assert refused.value.code == "config-name-left-out"
    (because,) = refused.value.findings
    assert because.values == {"name": name, "reason": optimizers_left_out()[name]}
    assert sentence(because, "en").startswith(f"{name} ")


@pytest.mark.parametrize(
    "section, rule, remedy",
    [
        ("{name: adm}", "optimizer.name: must be a Keras optimizer", "Did you mean 'adam'? Known: adadelta,"),
        ("{name: keras.optimizers.Adam}", "must be a Keras optimizer", "Did you mean 'adam'?"),
        ("{name: Adam(0.1)}", "must be a Keras optimizer", "Did you mean 'adam'?"),
        ("{name: 3}", "optimizer.name: must be a text", "Received: 3."),
        ("{name: }", "optimizer.name: must be a text", "Received: null."),
        ("{type: adam}", "optimizer.type: unknown key.", "Did you mean 'name'?"),
        ("{name:adam}", "optimizer.name:adam: unknown key.", "Put a space after the colon: name: adam."),
        ("{learning_rate: 1}", "optimizer.name: missing; name one of: adadelta", ""),
        ("{name: adam, lr: 0.1}", "unknown argument of optimizer adam.", "Did you mean 'learning_rate'?"),
        ("{name: adam, beta1: 0.9}", "unknown argument of optimizer adam.", "Did you mean 'beta_1'?"),
        ("{name: adam, momentum: 0.9}", "unknown argument of optimizer adam.", "It belongs to: muon, rmsprop, sgd."),
        ("{name: sgd, decay: 0.1}", "unknown argument of optimizer sgd.", "Keras 3 has no such argument"),
        ("{name: sgd, arguments: {momentum: 1}}", "unknown argument of optimizer sgd.", "beside 'name'"),
        ("{name: sgd, epochs: 3}", "unknown argument of optimizer sgd.", "It belongs in the section training."),
        ("{name: sgd, learning_rate: 0,01}", "optimizer.01: unknown argument", "written with a point"),
        (
            "{name: adam, learning_rate: '0.001'}",
            "learning_rate: must be a number or a sch",
            "Write it without quotes.",
        ),
        ("{name: adam, learning_rate: '0,001'}", "learning_rate: must be a number or a schedule", "Write 0.001."),
        ("{name: adam, learning_rate: -1}", "optimizer.learning_rate: must be at least 0", "Received: -1."),
        ("{name: adam, learning_rate: .inf}", "learning_rate: must be a number", "Write a finite number."),
        ("{name: adam, learning_rate: 1e999}", "learning_rate: must be a number", "Write a finite number."),
        ("{name: adam, learning_rate: [1, 2]}", "learning_rate: must be a number", "A file has one learning rate"),
        ("{name: adam, learning_rate: cosine_decay}", "must be a number", "Write {schedule: cosine_decay, initial_lea"),
        ("{name: adam, learning_rate: {name: cosine_decay}}", "learning_rate.name: unknown", "mean 'schedule'?"),
        (
            "{name: adam, beta_1: 1}",
            "optimizer.beta_1: must be at least 0 and less than 1".partition(" at")[0],
            "less than 1",
        ),
        ("{name: adam, amsgrad: yes}", "optimizer.amsgrad: must be true or false", "Write true, without quotes."),
        (
            "{name: sgd, exclude_from_weight_decay: [bias]}",
            "there is no weight decay to exclude from",
            "Add 'weight_decay: ...'",
        ),
        ("{name: adamw, exclude_from_weight_decay: bias}", "must be a list of texts", "Received: 'bias'."),
        ("{name: adam, loss_scale: static}", "loss_scale: must be dynamic or {initial_scale", "'static'"),
        ("{name: adam, loss_scale: {initial_scale: 0}}", "initial_scale: must be greater than 0", "Received: 0."),
        ("{name: adam, loss_scale: {growth: 2}}", "unknown argument of loss_scale.", ""),
        ("{name: adam, loss_scale: dynamic, loss_scale_factor: 2}", "stands beside loss_scale", "Remove one."),
        ("{name: adam, warmup_epochs: 2}", "unknown argument of optimizer adam.", ""),
        ("{name: sgd, clipnorm: 1, clipvalue: 1}", "optimizer.clipvalue: only one kind", "Remove one."),
        ("{name: python}", "optimizer.function: missing;", "add 'function: my_problem.py:make'."),
        ("{name: python, function: make}", "optimizer.function: must read 'file.py:function'", "'make'"),
        ("{name: python, function: a.py:f, lr: 1}", "optimizer.lr: unknown key.", ""),
        ("{name: python, function: a.py:f, arguments: {x: .nan}}", "optimizer.arguments.x: must be a finite", ""),
    ],
)
def test_mistakes(only, text, section, rule, remedy):
    """Each mistake is told once, with what to write instead."""
    found = only(text(optimizer=section))
    assert rule in found
    assert remedy in found


def test_python_optimizer_comes_back(load, text):
    """A user's own optimizer keeps its function and its arguments, and resolves to itself."""
    found = load(text(optimizer="{name: python, function: a.py:f, arguments: {x: [1, {y: null}]}}")).config.optimizer
    assert found.to_plain() == {"name": "python", "function": "a.py:f", "arguments": {"x": [1, {"y": None}]}}
    assert found.resolved() == found
