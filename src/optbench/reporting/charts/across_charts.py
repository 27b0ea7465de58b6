"""The figures of several problems together as records: regret, mean ranks with the critical difference, profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.reporting.charts.comparison_charts import factor_of
from optbench.reporting.charts.records import Axis, Line, LinesFigure, Mark, RowsFigure, View
from optbench.reporting.charts.scale import room_for, without_repeats

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optbench.catalog.metric import Metric
    from optbench.comparison import Across, AcrossRow
    from optbench.reporting.charts.records import Figure
    from optbench.reporting.languages import Speech


def across_charts(found: Across, metric: Metric, speech: Speech) -> Iterator[Figure]:
    """Yield the figures there is something to show in."""
    yield _regret_chart(found, metric, speech)
    if (ranks := _ranks_chart(found, speech)) is not None:
        yield ranks
    if (profile := _profile_chart(found, metric, speech)) is not None:
        yield profile


def _regret_chart(found: Across, metric: Metric, speech: Speech) -> RowsFigure:
    """Return how far each optimizer lies behind the best on each problem: a dot per problem, the mean as a diamond."""
    marks = [regret_mark(found, row) for row in found.rows]
    values = [value for mark in marks for _, value in mark.dots]
    axis = regret_axis(found, metric, speech)
    caption, alt = speech.text("picture-regret"), speech.text("picture-regret-alt")
    return RowsFigure("regret", alt, caption, axis, marks, zone=(min(0.0, *values, 0.0), found.margin), zero=True)


def regret_axis(found: Across, metric: Metric, speech: Speech) -> Axis:
    """Return the axis on which every regret has its place, and the margin."""
    values = [regret for row in found.rows for regret in row.regrets if regret is not None]
    title = speech.text("figure-regret-points" if metric.in_points else "figure-regret", metric=metric.name)
    return Axis(title, *room_for([*values, 0.0, found.margin]), factor=factor_of(metric))


def regret_mark(found: Across, row: AcrossRow) -> Mark:
    """Return the row of an optimizer: its regret on every problem, and the mean."""
    dots = [(name, regret) for name, regret in zip(found.problems, row.regrets, strict=True) if regret is not None]
    return Mark(row.label, (row.label,), row.label, row.mean_regret, None, None, dots)


def _ranks_chart(found: Across, speech: Speech) -> RowsFigure | None:
    """Return mean ranks, each with half the critical difference to both sides.

    Bars that overlap are those that Nemenyi's test cannot tell apart (Demsar 2006, J. Mach. Learn. Res. 7, 1-30).
    """
    tests = found.tests
    if tests is None or tests.friedman is None or tests.critical_difference is None:
        return None
    half = tests.critical_difference / 2
    ranked = zip(tests.labels, map(float, tests.friedman.average_ranks), strict=True)
    order = sorted(ranked, key=lambda one: (one[1], one[0]))
    marks = [Mark(label, (label,), label, rank, rank - half, rank + half) for label, rank in order]
    ends = [end for mark in marks for end in (mark.low, mark.high) if end is not None]
    axis = Axis(speech.text("table-mean-rank"), *room_for([1.0, float(len(order)), *ends]))
    return RowsFigure("ranks", speech.text("picture-ranks-alt"), speech.text("picture-rank-bars"), axis, marks)


def _profile_chart(found: Across, metric: Metric, speech: Speech) -> LinesFigure | None:
    """Return on which share of the data sets each optimizer is within a factor of the best (Dolan and More 2002)."""
    if found.tests is None:
        return None
    profile = found.tests.profile
    last = max(1.05, 1.05 * float(profile.taus[-1]))
    taus = [*map(float, profile.taus), last]
    lines = []
    for column, label in enumerate(found.tests.labels):
        shares = [*map(float, profile.shares[:, column])]
        lines.append(Line(label, *_stairs(taus, [*shares, shares[-1]])))
    factor = "figure-factor-of-error" if metric.in_points else "figure-factor-of-score"
    view = View(
        "",
        Axis(speech.text(factor, metric=metric.name), 1.0, last),
        Axis(speech.text("figure-share-of-data-sets"), -0.02, 1.02),
        lines,
    )
    return LinesFigure("profile", speech.text("picture-profile-alt"), speech.text("picture-profile"), [view])


def _stairs(x: list[float], y: list[float]) -> tuple[list[float], list[float]]:
    """Return a line that keeps each value until the next one."""
    across = [x[0], *(value for value in x[1:] for _ in range(2))]
    up = [*(value for value in y[:-1] for _ in range(2)), y[-1]]
    return without_repeats(across, up)
