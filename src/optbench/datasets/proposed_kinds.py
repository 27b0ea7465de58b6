"""Kinds of columns that `init` writes down, because they cannot be inferred or a split decides otherwise."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from optbench.datasets.column_cells import ExaminedColumn, level_counts
from optbench.datasets.column_kinds import infer_kind
from optbench.datasets.date_columns import are_dates, can_be_dates
from optbench.datasets.features import MAX_LEVELS
from optbench.datasets.table_columns import TableOptions, spellings_of, stated_use
from optbench.datasets.text_doubts import has_doubt, is_running_text
from optbench.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from optbench.datasets.table_columns import FeatureKind
    from optbench.datasets.text_table import TextTable

_FEWEST_TEXTS: Final = 20
_NEARLY_ALL: Final = 0.9  # of the rows with a text
_REPEATED: Final = 0.5  # texts that are fewer than this share of the rows may be categories


def kinds_to_state(table: TextTable, options: TableOptions, *, rows: NDArray[np.int64]) -> dict[str, FeatureKind]:
    """Return `category` for each column that is neither number nor category by its texts."""
    forced: dict[str, FeatureKind] = {}
    stated = {options.target, *options.drop, *(options.features or {})}
    spellings = spellings_of(table, options)
    for column in table.columns:
        if column.name not in stated:
            try:
                infer_kind(table, spellings.read(column), rows=rows)
            except DataError:
                forced[column.name] = "category"
    return forced


def date_columns(table: TextTable, options: TableOptions) -> dict[str, FeatureKind]:
    """Return `date` for each column that holds dates of one order; what is in the way of others is told as a doubt."""
    dates: dict[str, FeatureKind] = {}
    for column in table.columns:
        examined = ExaminedColumn(column, missing=options.missing)
        is_free = stated_use(column.name, options) is None and column.name not in table.index_names
        if is_free and are_dates(examined) and can_be_dates(table, examined):
            dates[column.name] = "date"
    return dates


def running_texts(table: TextTable, options: TableOptions, *, rows: NDArray[np.int64]) -> dict[str, FeatureKind]:
    """Return `text` for each column of sentences that hardly repeat: too many for a category."""
    spellings = spellings_of(table, options)
    found: dict[str, FeatureKind] = {}
    for column in table.columns:
        if stated_use(column.name, options) is None:
            with suppress(DataError):  # neither number nor category
                examined = spellings.read(column)
                if is_running_text(infer_kind(table, examined, rows=rows).reason):
                    n_texts = int((level_counts(examined.categories, rows) > 0).sum())
                    if n_texts > min(MAX_LEVELS, _REPEATED * len(rows)):
                        found[column.name] = "text"
    return found


def nearly_all_different(table: TextTable, options: TableOptions, *, rows: NDArray[np.int64]) -> dict[str, int]:
    """Return the number of texts of each category in which nearly every row has one of its own.

    By the training rows of one split all of them may differ, which makes an identifier, and by those of another not.
    Texts that look like something else, such as dates of two orders, are not among them: to state a kind would silence
    what is asked about them.
    """
    spellings = spellings_of(table, options)
    found: dict[str, int] = {}
    for column in table.columns:
        if stated_use(column.name, options) is None:
            with suppress(DataError):  # neither number nor category
                examined = spellings.read(column)
                cells = examined.cells(rows)
                inferred = infer_kind(table, examined, rows=rows)
                is_category = inferred.kind == "category" and not has_doubt(inferred.reason)
                if is_category and cells.n_texts > max(_FEWEST_TEXTS, _NEARLY_ALL * cells.n_present):
                    found[column.name] = cells.n_texts
    return found
