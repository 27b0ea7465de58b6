"""A figure as it stands on a page: its record beside its drawing, and what the script needs of all figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from optbench.reporting.charts.draw import drawing
from optbench.reporting.charts.look import COLOURS
from optbench.reporting.charts.records import LinesFigure, RowsFigure
from optbench.reporting.languages import text_json
from optbench.words import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from markupsafe import Markup

    from optbench.reporting.charts.look import RowLooks
    from optbench.reporting.charts.records import Figure
    from optbench.reporting.languages import Speech, Text

WORDS: Final = (
    "as-drawn",
    "bands",
    "columns",
    "copied",
    "count",
    "data",
    "epochs",
    "filter",
    "high",
    "linear",
    "logarithmic",
    "low",
    "mean",
    "predicted",
    "save-csv",
    "save-png",
    "save-svg",
    "scale",
    "seconds",
    "seed",
    "series",
    "single-runs",
    "sort",
    "spread",
    "steps",
    "true",
    "view",
    "what",
    "x",
)
"""What the script says, by the ends of the codes `script-...`."""


@dataclass(frozen=True, slots=True)
class DrawnFigure:
    """What the macro `chart` of the templates shows.

    Attributes
    ----------
    kind : lines, rows or cells
    legend : label and sample of each row, as markup, and its name
    markup : the drawings
    record : the figure as values of JSON
    """

    id: str
    kind: str
    title: Text
    caption: Text
    legend: Sequence[tuple[str, Markup, Text]]
    markup: Markup
    record: Mapping[str, Any]


def drawn_figure(figure: Figure, looks: RowLooks, speech: Speech) -> DrawnFigure:
    """Return a figure as it stands on a page."""
    from markupsafe import Markup

    record = figure.to_json()
    return DrawnFigure(
        figure.id,
        record["kind"],
        figure.title,
        figure.caption,
        [
            (row, Markup(looks.swatch(row, is_dashed=is_dashed)), name)  # noqa: S704 - no text in it
            for row, name, is_dashed in _legend(figure, looks)
        ],
        Markup(drawing(figure, looks, speech)),  # noqa: S704 - every text in it is escaped
        record,
    )


def _legend(figure: Figure, looks: RowLooks) -> Iterator[tuple[str, Text, bool]]:
    """Yield row, name and whether it is dashed, of each row once; what is of no row has a name alone."""
    if isinstance(figure, LinesFigure):
        lines = [line for view in figure.views for line in view.lines]
        yield from {
            str(line.name): ("", line.name, line.is_dashed) for line in lines if not line.row and line.name
        }.values()
        joined = {row: [line for line in lines if line.row == row and line.has_line] for row in _rows_of(figure)}
        for row, own in joined.items():
            if row in looks.places:
                yield row, looks.names.get(row, row), bool(own) and all(line.is_dashed for line in own)
    else:
        yield from ((row, looks.names.get(row, row), False) for row in _rows_of(figure) if row in looks.places)


def _rows_of(figure: Figure) -> Iterable[str]:
    """Return the rows that a legend names, each once; those of intervals are named where they stand."""
    if isinstance(figure, LinesFigure):
        return dict.fromkeys(line.row for view in figure.views for line in view.lines)
    if isinstance(figure, RowsFigure):
        return dict.fromkeys(row for mark in figure.marks for row in mark.rows)
    return ()


def script_data(figures: Iterable[DrawnFigure], looks: RowLooks, speech: Speech) -> dict[str, Any]:
    """Return what the script of a page reads: the records, the looks of rows, its words, the marks of numbers."""
    marks = {
        tag: {
            "decimal": text("format-decimal-mark", language),
            "thousands": text("format-thousands-mark", language),
            "four": text("format-four-digits", language, first="", others=""),
        }
        for tag, language in zip(speech.tags, speech.languages, strict=True)
    }
    return {
        "figures": {one.id: one.record for one in figures},
        "looks": {label: [place % COLOURS, place // COLOURS % 4] for label, place in looks.places.items()},
        "words": {code: text_json(speech.text(f"script-{code}")) for code in WORDS},
        "marks": marks,
    }
