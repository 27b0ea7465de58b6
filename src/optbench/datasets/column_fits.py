"""A fitted column as `preprocessing.json` holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.datasets.features import FittedCategory, FittedNumber
from optbench.datasets.preprocessing import CategoryFit, DateFit, DatePart, NumberFit, UnusedColumn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.datasets.features import FittedColumn
    from optbench.datasets.preprocessing import NumberSpelling, TableColumn
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
    if isinstance(one, FittedCategory):
        return CategoryFit(name=use.name, levels=one.levels)
    spelled = None if spelling is None else spelling.recorded()
    return recorded_number(one, spelled)


def recorded_number(fitted: FittedNumber, spelling: NumberSpelling | None = None) -> NumberFit:
    """Return a column of numbers."""
    return NumberFit(name=fitted.name, spelling=spelling, standardized=fitted.standardized())


def _dates(use: ColumnUse, fitted: Sequence[FittedNumber], date_order: str | None) -> DateFit:
    parts = [
        DatePart.model_validate({"part": each.name.rpartition(".")[2], "standardized": each.standardized()})
        for each in fitted
    ]
    read = use.reason.values
    return DateFit.model_validate(
        {"name": use.name, "order": read["order"] or date_order, "has_zone": read["zone"] is not None, "parts": parts}
    )
