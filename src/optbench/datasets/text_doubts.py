"""Texts that were probably meant as something else: numbers in another spelling, dates, sentences, gaps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from optbench.core.findings import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_NEARLY_ALL = 0.9
_MANY = 0.5
_LEVELS = 10  # fewer different texts are a category whatever they look like
SHOWN = 3
_RUNNING_TEXT = "column-looks-like-running-text"
_SPELLINGS = (
    (r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", "column-looks-like-thousands"),
    (r"[+-]?\d+,\d+", "column-looks-like-decimal-comma"),
    (r"[+-]?\d+(\.\d+)? ?(%|[$€£])|[$€£] ?\d+(\.\d+)?", "column-looks-like-unit"),
    (r"\d{4}-\d{1,2}-\d{1,2}([T ].*)?|\d{1,2}[./]\d{1,2}[./]\d{2,4}", "column-looks-like-dates"),
    (r"[^ ]+( +[^ ]+){4,}", _RUNNING_TEXT),  # five words and more
)


def doubt(texts: Sequence[str], is_number: Callable[[str], bool]) -> Finding | None:
    """Return what many different texts look like, or None.

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


def doubt_of(
    n_texts: int, *, n_matching: Callable[[str], int], others: Callable[[], tuple[int, Sequence[str]]]
) -> Finding | None:
    """Return what `doubt` returns, from counts.

    Parameters
    ----------
    n_texts : number of different texts
    n_matching : how many of them match one of `patterns` from end to end
    others : number of those that are no numbers, and the first three
    """
    if n_texts < _LEVELS:
        return None
    for pattern, code in _SPELLINGS:
        if n_matching(pattern) >= _NEARLY_ALL * n_texts:
            return Finding(code, Severity.NOTE)
    n_others, first = others()
    if n_others <= _MANY * n_texts:
        values = {"n_others": n_others, "first": list(first), "n_more": n_others - len(first)}
        return Finding("column-mostly-numbers", Severity.NOTE, values)
    return None


def is_running_text(reason: Finding) -> bool:
    """Return True if the reason for a column's kind doubts it, because the texts look like sentences."""
    doubted = reason.values.get("doubt")
    return doubted is not None and doubted["code"] == _RUNNING_TEXT


def has_doubt(reason: Finding) -> bool:
    """Return True if the reason for a column's kind doubts it."""
    return reason.values.get("doubt") is not None
