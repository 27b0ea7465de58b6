"""The rows that a run is furthest from, by their number in the data; what they hold only where that may be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.reporting.page_section import Picture, Section
from optbench.reporting.style import data_uri
from optbench.words import text
from optbench.words.tables import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.records import HardExample, RowContents


def hardest_section(
    examples: Sequence[HardExample], contents: RowContents | None = None, language: str | None = None
) -> list[Section]:
    """Return the part of the page on wrong answers, the most confident first; none if there are none.

    Parameters
    ----------
    contents : what the rows hold, where it is shown; empty where it was asked for and cannot be
    """
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
    return _section("picture-hardest-table", codes, rows, contents, language)


def largest_errors_section(
    errors: Sequence[tuple[int, float, float, float]],
    contents: RowContents | None = None,
    language: str | None = None,
) -> list[Section]:
    """Return the part of the page on the largest errors of a regression; none if there are none."""
    codes = ("table-row", "table-true", "table-predicted", "table-residual")
    rows = [(str(row), *(number(value, "significant5", language) for value in values)) for row, *values in errors]
    return _section("picture-largest-errors-table", codes, rows, contents, language)


def _section(
    caption: str,
    codes: Sequence[str],
    rows: Sequence[tuple[str, ...]],
    contents: RowContents | None,
    language: str | None,
) -> list[Section]:
    if not rows:
        return []
    table = text(caption, language), [text(code, language) for code in codes], rows
    return [
        Section(
            text("page-hardest", language),
            tables=[table],
            paragraphs=[text("page-no-examples", language)] if contents is not None and _is_empty(contents) else [],
            text_tables=[] if contents is None else _cells(rows, contents, language),
            thumbnails=[] if contents is None else _thumbnails(rows, contents, language),
        )
    ]


def _is_empty(contents: RowContents) -> bool:
    return not contents.cells and not contents.pictures


def _cells(
    rows: Sequence[tuple[str, ...]], contents: RowContents, language: str | None
) -> list[tuple[str, Sequence[str], Sequence[Sequence[str]]]]:
    """Return the table of what rows of a table hold, in their order."""
    found = [(row, *contents.cells[int(row)]) for row, *_ in rows if int(row) in contents.cells]
    header = [text("table-row", language), *contents.columns]
    return [(text("picture-hardest-cells", language), header, found)] if found else []


def _thumbnails(rows: Sequence[tuple[str, ...]], contents: RowContents, language: str | None) -> list[Picture]:
    return [
        Picture(data_uri(contents.pictures[int(row)]), shown, shown)
        for row, true, predicted, *_ in rows
        if int(row) in contents.pictures
        for shown in [text("picture-hardest-example", language, row=row, true=true, predicted=predicted)]
    ]
