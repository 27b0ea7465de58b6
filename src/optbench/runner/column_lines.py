"""What each column of a table was taken for, a line each; of many columns with one answer a single line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEFT_OUT: Final = ("id", "constant")
_MOST_LEFT_OUT: Final = 3
_MOST: Final = 20


class ColumnLine(NamedTuple):
    """Columns of which the same is to be said: nearly always one."""

    names: tuple[str, ...]
    kind: str
    reason: str


def column_lines(columns: Sequence[tuple[str, str, str]]) -> list[ColumnLine]:
    """Return what is to be said of columns, in their order.

    Parameters
    ----------
    columns : name, kind and reason of each

    Examples
    --------
    >>> empty = [(name, "constant", "no value") for name in "abcd"]
    >>> [line.names for line in column_lines([*empty, ("x", "number", "all are numbers")])]
    [('a', 'b', 'c', 'd'), ('x',)]
    """
    names_of: dict[tuple[str, str], list[str]] = {}
    for name, kind, reason in columns:
        names_of.setdefault((kind, reason), []).append(name)
    lines = []
    for name, kind, reason in columns:
        alike = names_of[kind, reason]
        if len(alike) <= (_MOST_LEFT_OUT if kind in _LEFT_OUT else _MOST):
            lines.append(ColumnLine((name,), kind, reason))
        elif name == alike[0]:
            lines.append(ColumnLine(tuple(alike), kind, reason))
    return lines
