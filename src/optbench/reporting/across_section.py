"""The part of a page on several problems together."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from optbench.reporting.charts.across_charts import across_charts, regret_axis, regret_mark
from optbench.reporting.charts.draw import inline_axis, interval_row
from optbench.reporting.charts.page_figure import drawn_figure
from optbench.reporting.comparison_text import entrant_word
from optbench.reporting.page_section import Section
from optbench.reporting.plain_answer import seconds_of_all
from optbench.words import text
from optbench.words.comparisons import across_sentences
from optbench.words.formats import NOTHING
from optbench.words.tables import localised

if TYPE_CHECKING:
    from optbench.catalog.metric import Metric
    from optbench.comparison import Across, Comparison
    from optbench.reporting.charts.look import RowLooks
    from optbench.reporting.languages import Speech


def across_table(found: Across, metric: Metric, language: str | None = None) -> tuple[str, list[str], list[list[str]]]:
    """Return caption, header and rows: one per optimizer, best mean rank first."""
    caption = text(
        "picture-across-table", language, reference=list(found.reference), margin=found.margin, metric=metric.name
    )
    rows = [
        [
            row.label,
            localised(f"{row.mean_rank:.2f}", language),
            _regret(metric, row.mean_regret, language),
            _regret(metric, row.worst_regret, language),
            text("table-of", language, n=row.within, total=len(found.problems)),
        ]
        for row in found.rows
    ]
    regrets = (
        ("table-mean-regret-points", "table-worst-regret-points")
        if metric.in_points
        else ("table-mean-regret", "table-worst-regret")
    )
    codes = ("table-optimizer", "table-mean-rank", *regrets, "table-within-margin")
    return caption, [text(code, language) for code in codes], rows


def _regret(metric: Metric, regret: float | None, language: str | None) -> str:
    return NOTHING if regret is None else localised(metric.number(regret), language)


def across_section(comparison: Comparison, looks: RowLooks, speech: Speech) -> Section | None:
    """Return the part of the page on several problems together; None for one problem."""
    found, metric = comparison.across, comparison.metric
    if found is None:
        return None
    figures = [drawn_figure(one, looks, speech) for one in across_charts(found, metric, speech)]
    return Section(
        speech.text("page-across"),
        [speech.each(lambda language: " ".join(across_sentences(found, metric, language)))],
        [speech.each(lambda language: across_table(found, metric, language))],
        drawn=figures,
        place="across",
    )


def across_ranking(comparison: Comparison, found: Across, looks: RowLooks, speech: Speech) -> dict[str, Any]:
    """Return what the macro `ranking` shows of all problems: a row per optimizer, its regrets drawn in it."""
    from markupsafe import Markup

    metric = comparison.metric
    axis, times = regret_axis(found, metric, speech), seconds_of_all(comparison.problems)
    codes = ("table-mean-rank", "table-within-margin", "table-time")
    return {
        "ranking_caption": speech.each(lambda language: across_table(found, metric, language)[0]),
        "ranking_header": (speech.each(lambda one: entrant_word(comparison, one)), *map(speech.text, codes)),
        "ranking_axis": Markup(inline_axis(axis, speech)),  # noqa: S704 - numbers
        "ranking": [
            {
                "label": row.label,
                "swatch": Markup(looks.swatch(row.label)),  # noqa: S704 - no text in it
                "score": speech.localised(f"{row.mean_rank:.2f}"),
                "interval": speech.each(partial(_regret, metric, row.mean_regret)),
                "drawn": Markup(interval_row(regret_mark(found, row), axis, looks)),  # noqa: S704 - numbers
                "more": (
                    speech.text("table-of", n=row.within, total=len(found.problems)),
                    speech.each(partial(_seconds, times.get(row.label))),
                ),
            }
            for row in found.rows
        ],
        "ranking_note": speech.each(partial(_note, metric)),
    }


def _note(metric: Metric, language: str | None) -> str:
    axis = text("figure-regret-points" if metric.in_points else "figure-regret", language, metric=metric.name)
    return text("page-across-note", language, axis=axis)


def _seconds(seconds: float | None, language: str | None) -> str:
    return NOTHING if seconds is None else localised(f"{seconds:.2f}", language)
