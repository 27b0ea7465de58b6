"""What was probably meant as a number or a date is said."""

from __future__ import annotations

import pytest

from optbench.datasets.arrow_arrays import texts_of
from optbench.datasets.text_doubts import doubt
from optbench.words import sentence

ARABIC, WIDE = (str.maketrans("0123456789", "".join(chr(first + i) for i in range(10))) for first in (0x660, 0xFF10))


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
        ([f"~{i}" for i in range(40)], "digits with other signs, such as '~0'"),
        ([f"{i}-{i + 5}" for i in range(40)], "if they are numbers, write them as such"),
        ([f"{i}/100" for i in range(40)], "digits with other signs"),
        ([f"2018-{i:03}" for i in range(1, 40)], "digits with other signs"),
        ([*(f"{i}" for i in range(9)), *(f">{i}" for i in range(20))], "digits with other signs"),
        ([str(i).translate(ARABIC) for i in range(40)], "in other digits than 0 to 9"),
        ([str(i).translate(WIDE) for i in range(40)], "in other digits than 0 to 9"),
        ([f"{i}. března 2019" for i in range(1, 29)], "months are no words of English, Spanish"),
        ([f"{i} de xaneiro de 2019" for i in range(1, 29)], "months are no words of English, Spanish"),
        ([f"{i} mei 2019" for i in range(1, 29)], "months are no words of English, Spanish"),
        ([f"{month}-{year}" for month in ("Jan", "Feb", "May") for year in range(15, 20)], "such as 'Jan-15'"),
        ([f"{i}-Dic" for i in range(1, 29)], "a part is missing, such as '1-Dic'"),
        ([f"2019-03-{i:02} 12:30:00 EST" for i in range(1, 29)], "with the name of a zone"),
        ([f"2019-03-{i:02}T12:30 Europe/Berlin" for i in range(1, 29)], "with the name of a zone"),
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
        [f"SKU-{i}" for i in range(40)],
        [f"No {i} of 1999" for i in range(40)],
        [f"{i} Baker Street" for i in range(40)],
        [f"{i}-{i + 5}" for i in range(5)],
        [f"{i},{i % 10}2" for i in range(40)],
        [f"mark-{i}" for i in range(10, 40)],
        ["x"] * 3,
    ],
)
def test_words_are_words(texts):
    """Names, codes and a handful of levels raise no doubt."""
    assert doubt(texts_of(texts), "x") is None
