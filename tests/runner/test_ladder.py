"""The ladder finds the first rung that differs, and names the facts that could move it."""

from __future__ import annotations

import copy

import pytest

from optbench.provenance import EnvironmentDifference
from optbench.runner.ladder import explanations, first_difference, rungs

DIGESTS = {
    "data": "a",
    "split": "b",
    "config": "c",
    "initial_weights": "d",
    "order": ["o1", "o2"],
    "weights": ["w1", "w2"],
    "optimizer": ["p1", "p2"],
    "predictions": "e",
    "metrics": "f",
}
NAMES = [
    "data",
    "split",
    "config",
    "initial_weights",
    *(f"{name} of epoch {epoch}" for epoch in (1, 2) for name in ("order", "weights", "optimizer")),
    "predictions",
    "metrics",
]


def changed(name):
    """The digests with one rung changed."""
    other = copy.deepcopy(DIGESTS)
    kind, _, epoch = name.partition(" of epoch ")
    if epoch:
        other[kind][int(epoch) - 1] = "other"
    else:
        other[kind] = "other"
    return other


def test_rungs_are_in_the_order_of_cause():
    """What comes first can change what comes later, not the other way round."""
    assert [name for name, _ in rungs(DIGESTS)] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_first_rung_that_differs_is_named(name):
    """It is found, whatever differs above it, with the number of equal rungs below."""
    assert first_difference(DIGESTS, changed(name)) == (name, NAMES.index(name))
    both = changed(name) | {"metrics": "other"}
    assert first_difference(DIGESTS, both) == (name, NAMES.index(name))


def test_equal_ladders_have_no_difference():
    """All rungs are counted."""
    assert first_difference(DIGESTS, copy.deepcopy(DIGESTS)) == ("", len(NAMES))


def test_another_number_of_epochs_is_a_difference():
    """A run that stopped earlier is not the same, even if all its epochs are."""
    shorter = {**DIGESTS, **{name: DIGESTS[name][:1] for name in ("order", "weights", "optimizer")}}
    assert first_difference(DIGESTS, shorter)[0] != ""


def test_only_what_could_move_a_rung_explains_it():
    """A CPU does not explain other data, nor pandas other weights, nor matplotlib anything."""
    facts = ("cpu.model", "packages.pandas", "packages.matplotlib", "packages.scikit-learn")
    differences = [EnvironmentDifference(fact, "1", "2") for fact in facts]
    assert explanations("data", differences) == [differences[1], differences[3]]
    assert explanations("weights of epoch 1", differences) == [differences[0]]
    assert explanations("metrics", differences) == [differences[3]]


def test_the_packages_of_an_engine_explain_what_it_computed():
    """Those in a run's key: optbench cannot know which package brought the engine."""
    differences = [EnvironmentDifference("packages.my-engine", "1", "2")]
    assert explanations("weights of epoch 1", differences) == []
    for rung, expected in (("weights of epoch 1", differences), ("data", []), ("metrics", [])):
        assert explanations(rung, differences, packages=["my-engine"]) == expected
