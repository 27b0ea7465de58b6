"""What `dataset.missing` means in each column: a number in it is a value, however the cells write it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.catalog.dataset import DEFAULT_MISSING
from optbench.core.findings import Finding, Severity
from optbench.datasets.arrow_arrays import is_null
from optbench.datasets.arrow_texts import buffers, chosen, is_any_of
from optbench.datasets.number_spelling import READINGS, look_like_numbers, plain_numbers
from optbench.datasets.number_texts import is_number, parse_texts
from optbench.datasets.reading_rules import Applied

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from optbench.datasets.columns import Column
    from optbench.datasets.table_columns import TableOptions
    from optbench.datasets.text_table import TextTable

RULE: Final = "missing"
_LONGEST_NUMBER: Final = 40  # bytes of a cell that can be a number with marks and unit


@dataclass(frozen=True, slots=True)
class MissingValues:
    """What the entries of `missing` were found to be.

    Attributes
    ----------
    options : with the spellings that the table has for numbers among them
    applied, notes : what this changed, and entries that no cell holds
    """

    options: TableOptions
    applied: tuple[Applied, ...] = ()
    notes: tuple[Finding, ...] = ()


def find_missing(table: TextTable, options: TableOptions) -> MissingValues:
    """Look for the entries of `missing` in the columns of a table that are not dropped."""
    wanted = _wanted(options.missing)
    if not wanted:
        return MissingValues(options)
    found = {column.name: _found(column, wanted) for column in table.columns if column.name not in options.drop}
    everywhere = set().union(*found.values())
    others = {name: sorted(texts.difference(options.missing)) for name, texts in found.items()}
    applied = tuple(Applied(RULE, name, texts) for name, texts in others.items() if texts)
    left = [text for text in wanted if text not in everywhere and not _is_value_of(text, everywhere)]
    left = [text for text in left if not (is_number(text) and _is_spelled_in(table, float(text), options.drop))]
    notes = (Finding("data-missing-unmatched", Severity.NOTE, {"words": left}),) if left else ()
    texts = tuple(dict.fromkeys((*options.missing, *sorted(everywhere))))
    return MissingValues(replace(options, missing=texts), applied, notes)


def _wanted(missing: Sequence[str]) -> list[str]:
    """Return the entries to look for: of the defaults only what a list of the user's own names without the others."""
    has_defaults = set(DEFAULT_MISSING) <= {*missing, ""}
    return [text for text in missing if text and not (has_defaults and text in DEFAULT_MISSING)]


def _found(column: Column, wanted: Sequence[str]) -> set[str]:
    """Return the different texts of a column that are one of some words, or the same number as one."""
    numbers = [text for text in wanted if is_number(text)]
    found: set[str] = set()
    for texts in _texts(column):
        found.update(text for text in chosen(texts, is_any_of(texts, wanted)).unique().to_pylist() if text is not None)
        if numbers:
            values = parse_texts(texts, missing=()).values
            near = chosen(texts, np.isin(values, [float(number) for number in numbers])).unique().to_pylist()
            found.update(text for text in near if text is not None and _is_value_of(text, numbers))
    return found


def _is_spelled_in(table: TextTable, number: float, drop: Sequence[str]) -> bool:
    """Return True if a column that is not dropped holds a number in a spelling of its own, such as -999,0."""
    for texts in (texts for column in table.columns if column.name not in drop for texts in _texts(column)):
        starts, _ = buffers(texts)
        is_possible = np.isinf(parse_texts(texts, missing=()).values) & (np.diff(starts) <= _LONGEST_NUMBER)
        if not is_possible.any():
            continue
        words = chosen(texts, is_possible & ~is_null(texts)).unique()
        spelled = chosen(words, look_like_numbers(words))
        for decimal in READINGS:
            if (parse_texts(plain_numbers(spelled, decimal), missing=()).values == number).any():
                return True
    return False


def missing_numbers(column: Column, missing: Collection[str]) -> tuple[str, ...]:
    """Return the texts of a column that are the same number as one of the texts that mean "no value"."""
    numbers = [text for text in missing if is_number(text)]
    return tuple(sorted(_found(column, numbers))) if numbers else ()


def _texts(column: Column) -> Iterator[Any]:
    """Yield the texts of a column, different ones where it has these."""
    if column.is_coded:
        yield column.levels
    else:
        yield from column.texts()


def _is_value_of(text: str, others: Sequence[str] | set[str]) -> bool:
    """Return True if a text is exactly the number that one of some texts is."""
    return is_number(text) and any(is_number(other) and Decimal(other) == Decimal(text) for other in others)
