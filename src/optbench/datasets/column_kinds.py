"""What a column of a table is: number, category, identifier or constant, and why; never more than its texts say.

The rules stand in `RULES`, each a function; the first that has an answer decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from optbench.config import dump_value
from optbench.core.findings import Finding, Severity
from optbench.core.worded import joined, worded
from optbench.datasets.arrow_texts import chosen, matches
from optbench.datasets.identifiers import identity_of
from optbench.datasets.number_texts import NUMERIC_PATTERN, are_decimal
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from optbench.datasets.column_cells import Cells, ExaminedColumn
    from optbench.datasets.reading_rules import Applied
    from optbench.datasets.text_table import TextTable

Kind = Literal["number", "category", "id", "constant"]

# Fewer rows than this may count 1, 2, 3 by chance; fewer different texts are a category whatever they look like.
_ROWS_FOR_A_COUNTER = 20
_LEVELS_FOR_A_NUMBER = 20
_MOSTLY = 0.8
_EXAMPLES, _MOST_SHOWN = 3, 8
_ID_NAME = re.compile(r"(.*[ _.-])?(id|uid|uuid|guid|index|idx|row_?number)|.*[a-z0-9](ID|Id)", re.ASCII)


@dataclass(frozen=True, slots=True)
class ColumnKind:
    """A kind and why it is that; a reason with a `doubt` says what else the texts may be.

    Attributes
    ----------
    applied : what a rule newer than the frozen keys did, if one decided
    """

    kind: Kind
    reason: Finding
    applied: Applied | None = None


def infer_kind(table: TextTable, column: ExaminedColumn, *, rows: NDArray[np.int64]) -> ColumnKind:
    """Return the kind of a column, from its cells in the given rows.

    Raises
    ------
    DataError
        If most of many different texts are numbers and some are not: a category of thousands of levels is not meant.
    """
    cells = column.cells(rows)
    kind = kind_of_cells(column.name, cells)
    if kind is None:
        raise _mixed_error(table, column, rows)
    identity = identity_of(table, column, cells, kind=kind.kind)
    if identity is None:
        return kind
    if identity.applied is None:
        return replace(kind, reason=identity.reason)
    return ColumnKind("id", identity.reason, identity.applied)


def kind_of_cells(name: str, cells: Cells) -> ColumnKind | None:
    """Return the kind of a column from its cells, or None if it is neither number nor category."""
    if _is_mixed(cells):
        return None
    return next(kind for rule in RULES if (kind := rule(name, cells)) is not None)


def _no_value(_name: str, cells: Cells) -> ColumnKind | None:
    if cells.n_present:
        return None
    return ColumnKind("constant", _reason("no-value", n_rows=cells.n_missing))


def _same_value(_name: str, cells: Cells) -> ColumnKind | None:
    if cells.n_texts != 1 or cells.n_missing:
        return None
    return ColumnKind("constant", _reason("same-value", n_rows=cells.n_present, value=cells.first(1)[0]))


def _named_identifier(name: str, cells: Cells) -> ColumnKind | None:
    if not (_are_different_integers(cells) and _ID_NAME.fullmatch(name)):
        return None
    return ColumnKind("id", _reason("different-numbers", n_values=cells.n_present, n_different=None))


def _row_counter(_name: str, cells: Cells) -> ColumnKind | None:
    enough = not cells.n_missing and cells.n_present >= _ROWS_FOR_A_COUNTER
    if not (enough and _are_different_integers(cells) and cells.counts_up()):
        return None
    return ColumnKind("id", _reason("counts-rows", first=cells.first(_EXAMPLES)))


def _number(_name: str, cells: Cells) -> ColumnKind | None:
    if cells.n_numeric < cells.n_texts:
        return None
    # so few whole numbers may be codes of categories
    n_different = cells.n_texts if cells.n_texts <= _EXAMPLES and cells.are_integers else None
    reason = _reason("numbers", n_values=cells.n_present, n_different=n_different, n_missing=cells.n_missing)
    return ColumnKind("number", reason)


def _different_texts(name: str, cells: Cells) -> ColumnKind | None:
    if not _are_different(cells):
        return None
    return ColumnKind("id", _reason("different-texts", n_values=cells.n_present, doubt=_as_json(cells.doubt(name))))


def _category(name: str, cells: Cells) -> ColumnKind:
    doubted = _as_json(cells.doubt(name))
    return ColumnKind("category", _reason("texts", n_texts=cells.n_texts, n_missing=cells.n_missing, doubt=doubted))


RULES: Final[tuple[Callable[[str, Cells], ColumnKind | None], ...]] = (
    _no_value,
    _same_value,
    _named_identifier,
    _row_counter,
    _number,
    _different_texts,
    _category,
)


def _is_mixed(cells: Cells) -> bool:
    """Return True for many different texts of which most are numbers and some are not."""
    return cells.n_texts > _LEVELS_FOR_A_NUMBER and _MOSTLY * cells.n_texts <= cells.n_numeric < cells.n_texts


def _are_different(cells: Cells) -> bool:
    return cells.n_texts == cells.n_present > 1


def _are_different_integers(cells: Cells) -> bool:
    return _are_different(cells) and cells.are_integers


def _reason(code: str, **values: Any) -> Finding:
    return Finding(f"column-{code}", Severity.NOTE, values)


def _as_json(doubted: Finding | None) -> dict[str, Any] | None:
    return None if doubted is None else doubted.to_json()


def number_values(table: TextTable, column: ExaminedColumn) -> NDArray[np.float64]:
    """Return the numbers of a column, (rows,) float64, NaN where a cell is missing.

    Raises
    ------
    DataError
        If a cell that is not missing is no finite number; with its row and line.
    """
    values = column.numbers.values
    wrong = np.flatnonzero(np.isinf(values))
    if len(wrong):
        raise _not_finite_error(table, column, wrong)
    return values


def _not_finite_error(table: TextTable, column: ExaminedColumn, rows: NDArray[np.int64]) -> DataError:
    """Return the error for cells that are no finite numbers, with all that they say, so that one remedy is enough."""
    found = chosen(column.categories.levels, ~are_decimal(column.categories.levels)).to_pylist()
    texts = ", ".join(map(repr, found[:_MOST_SHOWN]))
    is_all = len(found) <= _MOST_SHOWN
    different = worded("hint-different-texts", "{texts}, ... ({n} different texts)", texts=texts, n=len(found))
    row = table.place(int(rows[0]))
    first = worded("hint-first-in", ", first in {place}", place=row)
    only = worded("hint-only-in", " in {place}", place=row)
    correct = (
        worded("hint-correct-one", "Correct the cell")
        if len(rows) == 1
        else worded("hint-correct", "Correct the cells")
    )
    missing = worded("hint-add-missing", "add {texts} to dataset.missing", texts=texts)
    setting = dump_value({column.name: "category"})
    category = worded("hint-set-features", "set dataset.features: {setting}", setting=setting)
    return DataError(
        worded(
            "rows-column-infinite",
            "column {name!r} must hold finite numbers. Received: {shown}{place}{more}. {remedies}.",
            name=column.name,
            shown=texts if is_all else different,
            place=first if len(found) > 1 else only,
            more=_more_rows(len(rows) - 1),
            remedies=joined(
                joined(correct, *([missing] if is_all else []), between=", "), worded("must-or", ", or "), category
            ),
        ),
        code="data-not-finite",
    )


def _more_rows(n: int) -> str:
    if n < 1:
        return ""
    return (
        worded("hint-one-more-row", " and in 1 more row")
        if n == 1
        else worded("hint-more-rows", " and in {n} more rows", n=n)
    )


def _mixed_error(table: TextTable, column: ExaminedColumn, rows: NDArray[np.int64]) -> DataError:
    """Return the error for a column of many numbers and some other texts."""
    cells = column.text_cells(rows)
    found = chosen(cells.texts, ~matches(cells.texts, NUMERIC_PATTERN))
    n_others, others = len(found), found.slice(0, _EXAMPLES).to_pylist()
    place = table.place(column.column.row_of(others[0]))
    return DataError(
        worded(
            "rows-column-mixed",
            "column {name!r} of {table} is neither number nor category: {n_numeric} of its different values are "
            "numbers, {others}, e.g. {example!r} in {place}. Add {missing} to dataset.missing, or set "
            "dataset.features: {setting}, or drop the column.",
            name=column.name,
            table=table.shown_name,
            n_numeric=cells.n_numeric,
            others=worded("rows-one-is-not", "1 is not")
            if n_others == 1
            else worded("rows-are-not", "{n} are not", n=n_others),
            example=others[0],
            place=place,
            missing=", ".join(map(repr, others)),
            setting=dump_value({column.name: "category"}),
        ),
        code="data-column-mixed",
    )
