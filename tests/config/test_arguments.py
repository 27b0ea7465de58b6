"""Arguments of Keras classes: each type and bound, schedules, completion with Keras' defaults."""

from __future__ import annotations

import pytest

from optbench.catalog.keras_api import Argument, class_named, optimizer_signatures, schedule_signatures, snake_case
from optbench.config.arguments import broken_rule, check_arguments, check_schedule, with_defaults


@pytest.mark.parametrize(
    "kind, good, bad",
    [
        ("number", [1, 0.5, -3], [True, "1", None, float("nan"), float("inf"), [1], {}]),
        ("integer", [1, -3], [1.0, True, "1", None]),
        ("boolean", [True, False], [0, 1, "true", None]),
        ("numbers", [[1, 0.5]], [[], 1, ["a"], [True], [float("inf")]]),
        ("texts", [["a"]], [[], "a", [1]]),
        ("rate", [0.1, 1, {"schedule": "x"}], [True, "0.1", None, [0.1]]),
        ("any", ["same", 3, True, [3, 3], ["a"], [[1, 1], [0, 2]]], [{"a": 1}, float("nan"), [{}], [[None]]]),
    ],
)
def test_types(kind, good, bad):
    """Each type takes what it names, and nothing that only looks like it."""
    argument = Argument(type=kind, default=0)
    assert [value for value in good if broken_rule(value, argument)] == []
    assert [value for value in bad if not broken_rule(value, argument)] == []


def test_null_stands_where_keras_has_none():
    """null is taken where it is Keras' own default, and nowhere else."""
    assert broken_rule(None, Argument(type="number")) is None
    assert broken_rule(None, Argument(type="number", required=True)) is not None
    assert broken_rule(None, Argument(type="number", default=0.1)) is not None


@pytest.mark.parametrize(
    "bound, value, words",
    [
        ({"minimum": 0}, -0.1, "must be at least 0"),
        ({"maximum": 1}, 1.1, "must be at most 1"),
        ({"exclusive_minimum": 0}, 0, "must be greater than 0"),
        ({"exclusive_maximum": 1}, 1, "must be less than 1"),
        ({"minimum": 0, "exclusive_maximum": 1}, 0, ""),
        ({"minimum": 0, "maximum": 1}, 1, ""),
    ],
)
def test_bounds(bound, value, words):
    """Bounds are kept, inclusive and exclusive ones."""
    rule = broken_rule(value, Argument(type="number", **bound))
    assert ("" if rule is None else rule.sentence) == words


def test_unknown_and_missing_arguments():
    """An unknown argument names its owners or the nearest one; a missing one is told unless it was misspelt."""
    known = schedule_signatures()
    signature = known["ExponentialDecay"]
    findings = check_arguments(
        {"initial_learning_rate": 0.1, "decay_stepz": 3, "alpha": 1}, signature, path=("x",), owner="s", elsewhere=known
    )
    told = {finding.path[-1]: finding for finding in findings}
    assert told["decay_stepz"].means == ("x", "decay_steps")
    assert "It belongs to: cosinedecay" in told["alpha"].sentence
    assert "missing; s needs it" in told["decay_rate"].sentence
    assert told["decay_rate"].at == "key"


@pytest.mark.parametrize(
    "section, path, words",
    [
        ({}, ("schedule",), "missing; name a schedule: cosine_decay"),
        ({"name": "cosine_decay"}, ("name",), "Did you mean 'schedule'?"),
        ({"schedule": "cosine"}, ("schedule",), "Did you mean 'cosine_decay'?"),
        ({"schedule": 3}, ("schedule",), "must be a Keras schedule. Received: 3."),
        ({"schedule": "CosineDecay", "initial_learning_rate": 1}, ("decay_steps",), "missing"),
        (
            {"schedule": "piecewise_constant_decay", "boundaries": [1, 2], "values": [0.1, 0.2]},
            ("values",),
            "must have one value more than boundaries (2). Received: 2 values.",
        ),
        (
            {"schedule": "exponential_decay", "initial_learning_rate": -1, "decay_steps": 1, "decay_rate": 1},
            None,
            "least 0",
        ),
    ],
)
def test_schedules(section, path, words):
    """A schedule is checked like an optimizer: its name, its arguments, what they mean together."""
    (finding,) = check_schedule(section, path=())
    assert finding.path == (path or ("initial_learning_rate",))
    assert words in finding.sentence


def test_every_schedule_and_optimizer_is_found_by_its_written_name():
    """Class names and snake-case names mean one class, and no two classes share one."""
    for signatures in (schedule_signatures(), optimizer_signatures()):
        for name in signatures:
            assert {class_named(signatures, word) for word in (name, name.lower(), name.upper(), snake_case(name))} == {
                name
            }
    assert class_named(optimizer_signatures(), "adamm") is None


def test_completion_keeps_order_and_values():
    """Completed arguments are in the signature's order; whole numbers become floats where Keras has floats."""
    signature = optimizer_signatures()["SGD"]
    found = with_defaults({"momentum": 1, "learning_rate": 1}, signature)
    assert list(found) == list(signature)
    assert (repr(found["momentum"]), repr(found["learning_rate"]), found["nesterov"]) == ("1.0", "1.0", False)
    again = with_defaults(found, signature)
    assert again == found


def test_schedules_are_completed_too():
    """A schedule's own defaults are written out, and its name is the snake-case one."""
    given = {"learning_rate": {"schedule": "CosineDecay", "initial_learning_rate": 1, "decay_steps": 10}}
    rate = with_defaults(given, optimizer_signatures()["Adam"])["learning_rate"]
    assert rate["schedule"] == "cosine_decay"
    assert list(rate) == ["schedule", *schedule_signatures()["CosineDecay"]]
    assert rate["alpha"] == 0.0
    assert repr(rate["initial_learning_rate"]) == "1.0"
