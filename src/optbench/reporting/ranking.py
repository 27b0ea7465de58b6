"""The ranking of the first screen: a row per optimizer, its interval drawn in the row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from optbench.reporting.charts.comparison_charts import score_axis, score_mark
from optbench.reporting.charts.draw import inline_axis, interval_row
from optbench.reporting.comparison_text import optimizer_header, optimizer_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.comparison import Comparison, ProblemComparison
    from optbench.reporting.charts.look import RowLooks
    from optbench.reporting.languages import Speech

_BEFORE_SCORE: Final = 3
_BEHIND_SCORE: Final = ("sd", "interval", "epoch", "seconds")


def ranking_values(
    comparison: Comparison, problem: ProblemComparison, looks: RowLooks, speech: Speech
) -> dict[str, Any]:
    """Return what the macro `ranking` shows: header, rows, the axis above the drawings, how to read them."""
    from markupsafe import Markup

    axis = score_axis(problem, comparison.metric, speech)
    header = speech.each(lambda language: optimizer_header(comparison, problem, language))
    rows = speech.each(lambda language: optimizer_rows(comparison, problem, language))
    score = _BEFORE_SCORE + (len(header) > _BEFORE_SCORE + len(_BEHIND_SCORE) + 2)
    metric, level = comparison.metric.name, 1 - comparison.alpha
    return {
        "ranking_caption": speech.text("picture-optimizers-table", metric=metric, level=level),
        "ranking_header": _picked(header, score),
        "ranking_axis": Markup(inline_axis(axis, speech)),  # noqa: S704 - numbers
        "ranking": [
            {
                "label": one.label,
                "swatch": Markup(looks.swatch(one.label)),  # noqa: S704 - no text in it
                "score": row[score],
                "interval": row[score + 2],
                "drawn": Markup(interval_row(score_mark(one), axis, looks)),  # noqa: S704 - numbers
                "more": (row[2], row[score + 4]),
            }
            for one, row in zip(problem.optimizers, rows, strict=True)
        ],
        "ranking_note": speech.text("page-ranking-note", level=level),
    }


def _picked(header: Sequence[Any], score: int) -> tuple[Any, ...]:
    """Return the titles of name, score, runs and seconds."""
    return header[0], header[score], header[2], header[score + 4]
