"""Values and lists as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optbench.catalog.metrics import METRICS
from optbench.comparison.wording import seed_ranges, value_text


@given(st.sets(st.integers(0, 60), min_size=1))
def test_seed_ranges_hold_exactly_the_seeds(seeds):
    """Reading the ranges back gives the seeds."""
    back = set()
    for part in seed_ranges(seeds).split(", "):
        first, _, last = part.partition("-")
        back |= set(range(int(first), int(last or first) + 1))
    assert back == seeds


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "none"),
        (True, "yes"),
        (0.1 + 0.2, "0.3"),
        (32, "32"),
        ([64, 32], "[64, 32]"),
        ("d" * 64, "dddddddd"),
        ({"patience": 5}, "patience: 5"),
        ({}, "nothing"),
        ("x" * 100, "x" * 37 + "..."),
    ],
)
def test_value_text(value, text):
    """Configuration values on one short line."""
    assert value_text(value) == text


def test_no_number_is_minus_zero():
    """A difference that rounds to nothing has no sign."""
    assert METRICS["accuracy"].number(-0.00001) == "0.00"
    assert METRICS["log_loss"].number(-0.000001) == "0.0000"
    assert METRICS["accuracy"].number(-0.0042) == "-0.42"
