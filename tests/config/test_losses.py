"""Names of losses and the output layer that each wants."""

from __future__ import annotations

import pytest

from optbench.catalog.tasks import ONE_UNIT, PER_CLASS
from optbench.config import output_units
from optbench.config.losses import SHORT_NAMES, canonical_loss, known_losses


@pytest.mark.parametrize("name", known_losses())
def test_every_loss_is_known_in_any_spelling(name):
    """Snake case, Keras' class name and capitals mean one loss."""
    assert {canonical_loss(word) for word in (name, name.title().replace("_", ""), name.upper())} == {name}


@pytest.mark.parametrize(
    "name", ["", "mse", "cross_entropy", "python:", "python:a.py", "python:a:f", "python:a.py:f()", "python:a.py:1"]
)
def test_what_is_no_loss(name):
    """Short names are ambiguous and half a reference is none: neither is guessed."""
    assert canonical_loss(name) is None


def test_python_loss_is_kept():
    """A reference to the user's own function is kept as written."""
    assert canonical_loss("python:lib/a.py:my_loss") == "python:lib/a.py:my_loss"


def test_short_names_lead_to_losses():
    """Every short name suggests a loss that exists."""
    assert set(SHORT_NAMES.values()) <= set(known_losses())


def test_output_units():
    """One sigmoid unit for two classes and a loss made for it, one unit per class in every other case."""
    assert {output_units(2, loss) for loss in ONE_UNIT} == {1}
    assert {output_units(2, loss) for loss in (*PER_CLASS, "python:a.py:f")} == {2}
    assert {output_units(5, loss) for loss in PER_CLASS} == {5}
