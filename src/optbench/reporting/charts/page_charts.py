"""Every chart of a page as a record: what pages show and paper figures draw is made here, once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from optbench.comparison import Obstacle
from optbench.reporting.charts.across_charts import across_charts
from optbench.reporting.charts.chosen import drawn_pairs
from optbench.reporting.charts.comparison_charts import curves_chart, differences_chart, scores_chart, seconds_chart
from optbench.reporting.charts.example_charts import example_charts
from optbench.reporting.charts.target_charts import targets_chart
from optbench.reporting.comparison_details import told_targets
from optbench.reporting.method_text import looks_word
from optbench.words import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from optbench.comparison import Comparison, ProblemComparison, ProblemCurves
    from optbench.reporting.charts.records import Figure
    from optbench.reporting.languages import Speech

_FILES: Final = {
    "seconds": "time",
    "learning": "learning_curves",
    "confusion": "confusion_matrix",
    "roc": "roc_curve",
    "precision-recall": "precision_recall_curve",
    "predicted": "predicted_against_true",
}
"""What a chart is called as a file where its id is another word; those of a run are called as in its folder."""


def problem_charts(
    comparison: Comparison, problem: ProblemComparison, curves: ProblemCurves | None, speech: Speech, *, place: int
) -> dict[str, list[Figure]]:
    """Return the charts of one problem, by the part of the page that they belong to.

    Parameters
    ----------
    curves : what its runs left behind; None if that is not known
    place : of the problem on the page
    """
    metric, level = comparison.metric, 1 - comparison.alpha
    caption = speech.each(lambda language: _differences_caption(comparison, problem, language))
    compared = [
        scores_chart(problem, metric, speech, level=level, place=place),
        differences_chart(problem, metric, caption, speech, place=place),
    ]
    times = [seconds_chart(problem, metric, speech, level=level, place=place)]
    learned, examples = [], []
    if curves is not None:
        learned = [curves_chart(curves, speech, place=place)]
        examples = list(example_charts(curves, speech, place=place))
        times.append(targets_chart(curves, told_targets(comparison, curves), speech, place=place))
    return {
        "compare": [chart for chart in compared if chart is not None],
        "curves": [chart for chart in learned if chart is not None],
        "examples": examples,
        "time": [chart for chart in times if chart is not None],
    }


def comparison_charts(
    comparison: Comparison,
    curves: Mapping[str, ProblemCurves],
    speech: Speech,
    tuning: Mapping[str, Sequence[Figure]] | None = None,
) -> Iterator[tuple[str, Figure]]:
    """Yield every chart of the page of a comparison or a study, with the title of its problem; "" for all together.

    Parameters
    ----------
    curves : title of a problem -> what its runs left behind
    tuning : title of a problem -> the charts that a study adds to it
    """
    for place, problem in enumerate(comparison.problems):
        title = problem.problem
        parts = problem_charts(comparison, problem, curves.get(title), speech, place=place)
        yield from ((title, chart) for part in parts.values() for chart in part)
        yield from ((title, chart) for chart in (tuning or {}).get(title, ()))
    if comparison.across is not None:
        yield from (("", chart) for chart in across_charts(comparison.across, comparison.metric, speech))


def chart_name(chart: Figure, *, of_run: bool = False) -> str:
    """Return what a chart is called in any language, on a page of one problem and of several.

    Parameters
    ----------
    of_run : whether it is of the page of a run
    """
    plain = re.sub(r"-\d+$", "", chart.id)
    return _FILES.get(plain, plain) if of_run or plain == "seconds" else plain


def _differences_caption(comparison: Comparison, problem: ProblemComparison, language: str) -> str:
    values = {
        "test": looks_word(comparison),
        "level": 1 - comparison.alpha,
        "margin": problem.margin,
        "metric": comparison.metric.name,
    }
    parts = [text("caption-differences", language, **values)]
    drawn = drawn_pairs(problem)
    if len(drawn) < len(problem.pairs):
        parts.append(text("caption-differences-more-pairs", language))
    obstacles = {pair.obstacle for pair in drawn}
    if obstacles - {None}:
        parts.append(text("caption-differences-untested", language))
    if obstacles & {Obstacle.ONE_SEED, Obstacle.TOO_FEW_SEEDS}:
        parts.append(text("caption-differences-few-seeds", language))
    if Obstacle.CONFOUNDED in obstacles:
        parts.append(text("caption-differences-confounded", language))
    return " ".join(parts)
