"""Texts that were probably meant as something else: numbers in another spelling, dates, sentences, gaps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_NEARLY_ALL = 0.9
_MANY = 0.5
_LEVELS = 10  # fewer different texts are a category whatever they look like
SHOWN = 3
_USE = " to use them as numbers"
RUNNING_TEXT = "running text"
_SPELLINGS = (
    (r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", "numbers with thousands separators: remove the commas to use them as numbers"),
    (r"[+-]?\d+,\d+", "numbers with a decimal comma: write them with a point to use them as numbers"),
    (r"[+-]?\d+(\.\d+)? ?(%|[$€£])|[$€£] ?\d+(\.\d+)?", "numbers with a unit: remove it to use them as numbers"),
    (
        r"\d{4}-\d{1,2}-\d{1,2}([T ].*)?|\d{1,2}[./]\d{1,2}[./]\d{2,4}",
        "dates: make numbers of them, or drop them",
    ),
    (r"[^ ]+( +[^ ]+){4,}", RUNNING_TEXT),  # five words and more
)


def doubt(texts: Sequence[str], is_number: Callable[[str], bool]) -> str:
    """Return what many different texts look like, as the end of a sentence, or "".

    Parameters
    ----------
    texts : the different texts of a column that is taken for a category or an identifier
    """
    matching = {pattern: re.compile(pattern, re.ASCII) for pattern in patterns()}
    return doubt_of(
        len(texts),
        n_matching=lambda pattern: sum(matching[pattern].fullmatch(text) is not None for text in texts),
        others=lambda: _counted([text for text in texts if not is_number(text)]),
    )


def _counted(texts: Sequence[str]) -> tuple[int, Sequence[str]]:
    return len(texts), texts[:SHOWN]


def patterns() -> tuple[str, ...]:
    """Return the spellings that are looked for, as regular expressions of ASCII digits."""
    return tuple(pattern for pattern, _ in _SPELLINGS)


def doubt_of(n_texts: int, *, n_matching: Callable[[str], int], others: Callable[[], tuple[int, Sequence[str]]]) -> str:
    """Return what `doubt` returns, from counts.

    Parameters
    ----------
    n_texts : number of different texts
    n_matching : how many of them match one of `patterns` from end to end
    others : number of those that are no numbers, and the first three
    """
    if n_texts < _LEVELS:
        return ""
    for pattern, words in _SPELLINGS:
        if n_matching(pattern) >= _NEARLY_ALL * n_texts:
            return f"; they look like {words}"
    n_others, first = others()
    if n_others <= _MANY * n_texts:
        listed = ", ".join(map(repr, first)) + (", ..." if n_others > len(first) else "")
        return f"; all but {n_others} of them are numbers: add {listed} to dataset.missing{_USE}"
    return ""


def is_running_text(reason: str) -> bool:
    """Return True if what `doubt` returned says that the texts look like sentences."""
    return reason.endswith(f"; they look like {RUNNING_TEXT}")


def has_doubt(reason: str) -> bool:
    """Return True if a reason ends with what `doubt` returned."""
    return any(words in reason for _, words in _SPELLINGS) or reason.endswith(_USE)
