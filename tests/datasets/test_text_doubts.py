"""What was probably meant as a number or a date is said."""

from __future__ import annotations

import pytest

from optbench.datasets.arrow_arrays import texts_of
from optbench.datasets.text_doubts import doubt
from optbench.words import sentence


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ([f"{i} {'kg' if i % 2 else 'lb'}" for i in range(40)], "different units ('lb', 'kg')"),
        ([f"{i}%" if i % 2 else f"0.{i}" for i in range(40)], "some with the unit '%' and some without"),
        ([f"1.{i}00,5" if i % 2 else f"1,{i}00.5" for i in range(1, 10)] + ["1.234,5", "1,234.5"], "write them alike"),
        ([*(f"{i},5" for i in range(30)), "n/a"], "all but 1 of them are numbers: add 'n/a' to dataset.missing"),
        ([f"€{i}.{i % 10}{'KM'[i % 2]}" for i in range(40)], "thousands, millions or billions"),
        ([*(f"{i}.5K" for i in range(20)), *map(str, range(300, 320))], "thousands, millions or billions"),
        ([f"2024-W{i:02d}" for i in range(1, 50)], "weeks of ISO 8601"),
        ([f"2024W{i:02d}{1 + i % 7}" for i in range(1, 50)], "weeks of ISO 8601"),
        ([f"2024-01-{i:02d}" for i in range(1, 29)], "dates"),
        ([f"{i}.12.2024" for i in range(1, 29)], "dates"),
        ([f"this was film number {i}, and not bad" for i in range(40)], "running text"),
        ([*map(str, range(30)), "n/a", "null"], "all but 2 of them are numbers: add 'n/a', 'null' to dataset.missing"),
    ],
)
def test_another_spelling_is_named(texts, words):
    """Numbers and dates in another spelling, and numbers among a few words."""
    assert words in sentence(doubt(texts_of(texts), "x"))


@pytest.mark.parametrize(
    "texts",
    [
        [f"street {i}" for i in range(50)],
        [f"Braund, Mr. Owen {i}" for i in range(50)],
        ["1,5", "2,5"],
        [],
        [f"{i}a" for i in range(40)],
        ["x"] * 3,
    ],
)
def test_words_are_words(texts):
    """Names, codes and a handful of levels raise no doubt."""
    assert doubt(texts_of(texts), "x") is None
