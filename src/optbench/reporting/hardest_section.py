"""The rows that a run is furthest from, by their number in the data; what is in them stays where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.reporting.page_section import Section
from optbench.words import text
from optbench.words.tables import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.records import HardExample


def hardest_section(examples: Sequence[HardExample], language: str | None = None) -> list[Section]:
    """Return the part of the page on wrong answers, the most confident first; none if there are none."""
    codes = ("table-row", "table-true", "table-predicted", "table-probability", "table-probability-of-true")
    rows = [
        (
            str(one.row),
            one.true,
            one.predicted,
            number(one.probability, "decimal4", language),
            number(one.probability_of_true, "decimal4", language),
        )
        for one in examples
    ]
    return _section("picture-hardest-table", codes, rows, language)


def largest_errors_section(
    errors: Sequence[tuple[int, float, float, float]], language: str | None = None
) -> list[Section]:
    """Return the part of the page on the largest errors of a regression; none if there are none."""
    codes = ("table-row", "table-true", "table-predicted", "table-residual")
    rows = [(str(row), *(number(value, "significant5", language) for value in values)) for row, *values in errors]
    return _section("picture-largest-errors-table", codes, rows, language)


def _section(
    caption: str, codes: Sequence[str], rows: Sequence[tuple[str, ...]], language: str | None
) -> list[Section]:
    if not rows:
        return []
    table = text(caption, language), [text(code, language) for code in codes], rows
    return [Section(text("page-hardest", language), tables=[table])]
