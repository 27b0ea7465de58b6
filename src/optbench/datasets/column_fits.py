"""A fitted column as `preprocessing.json` holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.datasets.coded_columns import FittedEmbedding, FittedHashing
from optbench.datasets.features import FittedCategory, FittedNumber
from optbench.datasets.fitted_columns import (
    CategoryFit,
    DateFit,
    DatePart,
    EmbeddedFit,
    HashedFit,
    NumberFit,
    TextFit,
    UnusedColumn,
    WordsFit,
)
from optbench.datasets.text_columns import FittedTokens, FittedWords

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.datasets.features import FittedColumn
    from optbench.datasets.fitted_columns import NumberSpelling, TableColumn
    from optbench.datasets.spellings import Spelling
    from optbench.datasets.table_columns import ColumnUse


def recorded_unused(use: ColumnUse) -> UnusedColumn:
    """Return a column that the model does not see."""
    return UnusedColumn.model_validate({"name": use.name, "kind": use.kind})


def recorded_column(
    use: ColumnUse, spelling: Spelling | None, fitted: Sequence[FittedColumn], date_order: str | None
) -> TableColumn:
    """Return a column that the model sees.

    Parameters
    ----------
    use : what it is; of dates, with what was read
    spelling : of its numbers, None if they are plain
    fitted : on the training rows; one, of dates one for each part
    date_order : what the experiment file says of day, month and year
    """
    if use.kind == "date":
        return _dates(use, [each for each in fitted if isinstance(each, FittedNumber)], date_order)
    (one,) = fitted
    if isinstance(one, FittedNumber):
        return recorded_number(one, None if spelling is None else spelling.recorded())
    return _words(one) if isinstance(one, FittedTokens | FittedWords) else _levels(one)


def recorded_number(fitted: FittedNumber, spelling: NumberSpelling | None = None) -> NumberFit:
    """Return a column of numbers."""
    return NumberFit(name=fitted.name, spelling=spelling, standardized=fitted.standardized())


def _words(fitted: FittedTokens | FittedWords) -> TextFit | WordsFit:
    if isinstance(fitted, FittedWords):
        return WordsFit(name=fitted.name, words=fitted.words)
    return TextFit(name=fitted.name, length=fitted.length, vocabulary=fitted.vocabulary.texts)


def _levels(fitted: FittedColumn) -> CategoryFit | HashedFit | EmbeddedFit:
    if isinstance(fitted, FittedHashing):
        return HashedFit(name=fitted.name, size=fitted.size, are_whole=fitted.are_whole)
    if isinstance(fitted, FittedEmbedding):
        return EmbeddedFit(name=fitted.name, levels=fitted.levels)
    if isinstance(fitted, FittedCategory):
        return CategoryFit(name=fitted.name, levels=fitted.levels)
    raise TypeError(f"a fitted column of a kind that is not recorded: {type(fitted).__name__}")


def _dates(use: ColumnUse, fitted: Sequence[FittedNumber], date_order: str | None) -> DateFit:
    parts = [
        DatePart.model_validate({"part": each.name.rpartition(".")[2], "standardized": each.standardized()})
        for each in fitted
    ]
    read = use.reason.values
    return DateFit.model_validate(
        {"name": use.name, "order": read["order"] or date_order, "has_zone": read["zone"] is not None, "parts": parts}
    )
