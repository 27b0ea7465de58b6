"""What rules for reading a table that are newer than the frozen keys did: it enters the run key where one applied.

A rule leaves an `Applied` beside what it decides: a kind (`ColumnKind`, `ColumnUse`) or the target (`Labelled`). Data
that no such rule touches keeps its key, so its finished runs stay what they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Applied:
    """What a rule did to a column.

    Attributes
    ----------
    rule : its name, for ever
    column : name of the column
    done : plain JSON
    """

    rule: str
    column: str
    done: Any


def reading_facts(applied: Iterable[Applied | None]) -> dict[str, Any]:
    """Return `{"reading": {rule: {column: what it did}}}`, or {} if no rule applied."""
    found: dict[str, dict[str, Any]] = {}
    for each in applied:
        if each is not None:
            found.setdefault(each.rule, {})[each.column] = each.done
    return {"reading": found} if found else {}
