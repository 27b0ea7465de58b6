"""The figures of tuning as records: validation score against learning rate, and against the tuning budget."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from optbench.reporting.charts.records import Axis, Line, LinesFigure, View
from optbench.reporting.charts.scale import room_for

if TYPE_CHECKING:
    from optbench.reporting.charts.records import Figure
    from optbench.reporting.languages import Speech, Text
    from optbench.study.budgets import BudgetCurve, Budgets
    from optbench.study.findings import ProblemFindings
    from optbench.study.tuning import Tuning

_WIDE_RANGE = 30.0
_WIDE_BUDGETS = 10.0


def tuning_charts(problem: ProblemFindings, speech: Speech, *, place: int) -> list[Figure]:
    """Return what a study's page shows of the tuning of a problem, in the order in which it does."""
    if not problem.tunings:
        return []
    budgets = problem.analyses.budgets
    rates = rates_chart(problem, speech, place=place)
    return [
        *([] if rates is None else [rates]),
        *([] if budgets is None else [budgets_chart(budgets, speech, place=place)]),
    ]


def rates_chart(problem: ProblemFindings, speech: Speech, *, place: int) -> LinesFigure | None:
    """Return the mean over seeds at each learning rate, with their range; None if nothing has a score.

    The chosen learning rate stands out. Where more than the learning rate was searched the points are not joined.
    """
    from optbench.config import LEARNING_RATE

    metric = problem.config.tuning.metric
    searched = [tuning for tuning in problem.tunings if LEARNING_RATE in tuning.names]
    lines = [line for tuning in searched if (line := _rate_line(tuning)) is not None]
    if not lines:
        return None
    view = View(
        "",
        Axis(
            speech.text("figure-learning-rate"),
            *room_for([rate for line in lines for rate in line.x], is_logarithmic=True),
            is_logarithmic=True,
        ),
        _score_axis(lines, speech.text("study-page-axis", metric=metric), wide=_WIDE_RANGE),
        lines,
        note=_lost(searched, speech),
    )
    caption = speech.each(lambda language: _rates_caption(problem, searched, language))
    return LinesFigure(f"rates-{place}", speech.text("study-page-curves-alt", metric=metric), caption, [view])


def _rates_caption(problem: ProblemFindings, searched: list[Tuning], language: str) -> str:
    from optbench.config import LEARNING_RATE
    from optbench.words import text

    told = text("study-page-curves", language, metric=problem.config.tuning.metric)
    if all(tuning.names == (LEARNING_RATE,) for tuning in searched):
        return told
    return f"{told} {text('study-page-curves-projected', language)}"


def _rate_line(tuning: Tuning) -> Line | None:
    """Return the settings of one optimizer that have a score; None if none has."""
    from optbench.config import LEARNING_RATE

    found = [
        (dict(setting.values)[LEARNING_RATE], setting.finite, place == tuning.chosen)
        for place, setting in enumerate(tuning.settings)
        if setting.finite
    ]
    if not found:
        return None
    found.sort(key=lambda one: one[0])
    return Line(
        tuning.label,
        [rate for rate, _, _ in found],
        [math.fsum(known) / len(known) for _, known, _ in found],
        [min(known) for _, known, _ in found],
        [max(known) for _, known, _ in found],
        marks=True,
        has_line=tuning.names == (LEARNING_RATE,),
        best=next((place for place, (_, _, is_chosen) in enumerate(found) if is_chosen), None),
    )


def _lost(searched: list[Tuning], speech: Speech) -> Text:
    """Say at which learning rates a run diverged."""
    from optbench.config import LEARNING_RATE

    lost = [
        f"{tuning.label} {dict(setting.values)[LEARNING_RATE]:.4g}"
        for tuning in searched
        for setting in tuning.settings
        if len(setting.finite) < len(setting.scores)
    ]
    return speech.text("figure-diverged-at", rates=lost) if lost else ""


def budgets_chart(budgets: Budgets, speech: Speech, *, place: int) -> LinesFigure:
    """Return the expected score of the best of k settings; a dashed line is an optimizer at Keras' defaults."""
    lines = [_budget_line(curve) for curve in budgets.curves if all(map(math.isfinite, curve.scores))]
    last = float(max((len(line.x) for line in lines), default=1))
    ends = [1.0, max(last, 2.0)]
    lines += [
        Line(label, ends, [score, score], is_dashed=True)
        for label, score in budgets.defaults.items()
        if math.isfinite(score)
    ]
    view = View(
        "",
        Axis(speech.text("figure-budget"), *room_for(ends)),
        _score_axis(lines, speech.text("study-page-axis", metric=budgets.metric), wide=_WIDE_BUDGETS),
        lines,
    )
    title = speech.text("study-page-budgets-alt", metric=budgets.metric)
    caption = speech.text("study-page-budgets", metric=budgets.metric)
    return LinesFigure(f"budgets-{place}", title, caption, [view])


def _budget_line(curve: BudgetCurve) -> Line:
    return Line(
        curve.label,
        [float(budget) for budget in range(1, len(curve.scores) + 1)],
        curve.scores,
        curve.low,
        curve.high,
        marks=True,
    )


def _score_axis(lines: list[Line], title: Text, *, wide: float) -> Axis:
    """Return the axis of validation scores: logarithmic where they are positive and range widely."""
    values = [value for line in lines for value in (*line.y, *line.low, *line.high) if math.isfinite(value)]
    is_positive = min(values, default=0.0) > 0.0
    is_logarithmic = is_positive and max(values) > wide * min(values)
    return Axis(
        title,
        *room_for(values, is_logarithmic=is_logarithmic),
        is_logarithmic=is_logarithmic,
        can_switch=is_positive,
    )
