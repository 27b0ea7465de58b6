"""Words in columns of numbers and dates, as `init` proposes them for `missing`: for "no value", and rare ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.catalog.dataset import DEFAULT_MISSING
from optbench.datasets.arrow_texts import chosen
from optbench.datasets.date_readings import NO_DATES, read_moments
from optbench.datasets.date_texts import look_like_dates
from optbench.datasets.no_value_words import reads_like_no_value
from optbench.datasets.number_spelling import look_like_numbers, shapes_of
from optbench.datasets.number_texts import parse_texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from optbench.datasets.columns import Column
    from optbench.datasets.text_table import TextTable

_ORDER: Final = ("N/A", "n/a", "na", "#N/A", "nan", "NaN", "null", "NULL", "none", "None", "-", "--", "unknown")
_MOST_WORDS: Final = 50  # a column with more is none of numbers
_MOST_OTHERS: Final = 3  # different words that say something else
_RARE: Final = 0.1  # of the rows
_NEARLY_ALL: Final = 0.9
_FEWEST_NUMBERS: Final = 20  # different ones: fewer beside words may be codes of categories


def missing_words(table: TextTable, target: str | None) -> tuple[str, ...]:
    """Return the words that stand in columns of numbers or dates, where they can only mean that there is no value.

    A word that says something else, such as `broken`, counts where it is rare and no other column has it.
    """
    found: set[str] = set()
    others: set[str] = set()
    of_words = []
    for column in table.columns:
        words = None if column.name == target else _words(column)
        if words is None:
            of_words.append(column)
            continue
        known = {text for text in words if _is_gap(text)}
        rest = set(words).difference(known)
        if not rest or _are_gaps(column, rest):
            found |= known
            others |= rest
    found |= others.difference(_texts_of(of_words)) if others else set()
    return (*(word for word in _ORDER if word in found), *sorted(found.difference(_ORDER)))


def _words(column: Column) -> list[str] | None:
    """Return the texts of a column of numbers or dates that are none, or None of any other column."""
    levels = column.categories(missing=DEFAULT_MISSING).levels
    if len(levels) >= _FEWEST_NUMBERS and look_like_dates(levels).mean() >= _NEARLY_ALL:
        among_dates = _words_among_dates(column.name, levels)
        if among_dates is not None:
            return among_dates
    is_number = np.isfinite(parse_texts(levels, missing=()).values)
    is_number |= look_like_numbers(levels) if not is_number.all() else False
    words: list[str] = chosen(levels, ~is_number).to_pylist() if (~is_number).sum() <= _MOST_WORDS else []
    if not words and not is_number.all():
        return None
    return words if _are_numbers(chosen(levels, is_number)) else None


def _words_among_dates(name: str, levels: Any) -> list[str] | None:
    """Return the few texts that are no dates, such as 0000-00-00; None if something else is in the way, or nothing."""
    obstacle = read_moments(levels, name=name).obstacle
    if obstacle is None or obstacle.code != NO_DATES or obstacle.values["n_more"]:
        return None
    words: list[str] = obstacle.values["first"]
    return words


def _are_numbers(texts: Any) -> bool:
    """Return True for several texts that are numbers in one spelling."""
    if len(texts) < 2:  # noqa: PLR2004
        return False
    return bool(np.isfinite(parse_texts(texts, missing=()).values).all()) or shapes_of(texts) is not None


def _is_gap(text: str) -> bool:
    """Return True for a word that means "no value", and for infinity, which no model takes."""
    return text in _ORDER or reads_like_no_value(text) or parse_texts(_array(text), missing=()).is_word is None


def _are_gaps(column: Column, words: set[str]) -> bool:
    found = column.categories(missing=DEFAULT_MISSING)
    texts = found.levels.to_pylist()
    is_other: NDArray[np.bool_] = np.isin(np.array(texts, dtype=object), list(words))
    codes = found.codes[found.codes >= 0]
    is_rare = is_other[codes].mean() <= _RARE
    return bool(len(words) <= _MOST_OTHERS and len(texts) - len(words) >= _FEWEST_NUMBERS and is_rare)


def _texts_of(columns: Iterable[Column]) -> set[str]:
    return {text for column in columns for text in column.categories(missing=()).levels.to_pylist()}


def _array(text: str) -> Any:
    import pyarrow as pa

    return pa.array([text])
