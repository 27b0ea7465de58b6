"""The figures of a comparison as records: scores, differences, curves over epochs, ROC curves, time against score."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Final

from optbench.catalog.metrics import VALIDATION
from optbench.comparison import curve_bands
from optbench.comparison.wording import pair_label
from optbench.reporting.charts.chosen import drawn_columns, drawn_pairs, wants_logarithm
from optbench.reporting.charts.records import Axis, Line, LinesFigure, Mark, RowsFigure, View
from optbench.reporting.charts.scale import room_for
from optbench.reporting.epoch_axis import limits_without_start, outside_limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from optbench.catalog.metric import Metric
    from optbench.comparison import CurveBand, OptimizerSummary, PairResult, ProblemComparison, ProblemCurves
    from optbench.reporting.charts.records import Unit
    from optbench.reporting.languages import Speech, Text

MOST_RUN_VALUES: Final = 40_000
"""So many values of single runs a page holds; of more runs it has the bands alone."""

_WIDE_RANGE: Final = 30.0


def score_axis(problem: ProblemComparison, metric: Metric, speech: Speech) -> Axis:
    """Return the axis of scores on which every run, mean and interval of a problem has its place."""
    values = [
        value
        for one in problem.optimizers
        for value in (*one.scores, one.mean, one.ci_low, one.ci_high)
        if value is not None
    ]
    code = f"figure-score-{'percent' if metric.in_points else 'plain'}{'' if metric.higher_is_better else '-lower'}"
    return Axis(speech.text(code, metric=metric.name), *room_for(values), factor=factor_of(metric))


def factor_of(metric: Metric) -> float:
    """Return what scores are shown times: percentages are shares."""
    return 100.0 if metric.in_points else 1.0


def score_mark(one: OptimizerSummary) -> Mark:
    """Return the row of an optimizer: every seed, mean and interval."""
    dots = [(str(seed), score) for seed, score in zip(one.seeds, one.scores, strict=True) if score is not None]
    return Mark(one.label, (one.label,), one.label, one.mean, one.ci_low, one.ci_high, dots)


def scores_chart(problem: ProblemComparison, metric: Metric, speech: Speech, *, level: float, place: int) -> RowsFigure:
    """Return the test score of every seed, with mean and interval: one row per optimizer, the best on top."""
    return RowsFigure(
        f"scores-{place}",
        speech.text("caption-scores-alt", metric=metric.name),
        speech.text("caption-scores", metric=metric.name, level=level),
        score_axis(problem, metric, speech),
        [score_mark(one) for one in problem.optimizers],
        dots=speech.text("table-seed"),
    )


def differences_chart(
    problem: ProblemComparison, metric: Metric, caption: Text, speech: Speech, *, place: int
) -> RowsFigure | None:
    """Return the differences of `drawn_pairs` per seed, with mean and interval, over the zone that does not matter.

    The axis of a metric that is better when low runs to the left, so that right of zero always means that the first
    optimizer of a pair is better.
    """
    pairs = drawn_pairs(problem)
    if not pairs:
        return None
    marks = [_pair_mark(pair) for pair in pairs]
    values = [value for mark in marks for value in (mark.mean, mark.low, mark.high) if value is not None]
    dots = [value for mark in marks for _, value in mark.dots]
    low, high = room_for([*values, *dots, 0.0, problem.margin, -problem.margin])
    ends = (low, high) if metric.higher_is_better else (high, low)
    code = f"figure-difference-{'points' if metric.in_points else 'plain'}"
    title = speech.each(lambda language: _difference_title(code, metric, language))
    return RowsFigure(
        f"differences-{place}",
        speech.text("caption-differences-alt", metric=metric.name),
        caption,
        Axis(title, *ends, factor=factor_of(metric)),
        marks,
        zone=(-problem.margin, problem.margin),
        zero=True,
        dots=speech.text("table-seed"),
    )


def _difference_title(code: str, metric: Metric, language: str) -> str:
    from optbench.words import text

    return f"{text(code, language, metric=metric.name)}; {text('figure-right-of-zero', language)}"


def _pair_mark(pair: PairResult) -> Mark:
    was_tested = pair.obstacle is None
    low, high = (pair.ci_low, pair.ci_high) if was_tested else (None, None)  # a bar would read as a result
    dots = [(str(seed), value) for seed, value in zip(pair.seeds, pair.differences, strict=True)]
    name = pair_label(pair.a, pair.b)
    return Mark(pair.a, (pair.a, pair.b), name, pair.difference, low, high, dots, is_faint=not was_tested)


def curves_chart(curves: ProblemCurves, speech: Speech, *, place: int) -> LinesFigure | None:
    """Return the learning curves of all optimizers, a view for each column of the history; None without histories."""
    names = sorted(drawn_columns(curves), key=lambda name: not name.startswith(VALIDATION))
    bands = {name: found for name in reversed(names) if (found := curve_bands(curves.histories, name))}
    if not bands:
        return None
    views = [_curve_view(name, found, bands, curves, speech) for name, found in _validation_first(bands)]
    title, caption = speech.text("caption-curves-alt"), speech.text("caption-curves")
    return LinesFigure(f"curves-{place}", title, caption, views)


def _validation_first(bands: Mapping[str, Sequence[CurveBand]]) -> list[tuple[str, Sequence[CurveBand]]]:
    """Return the columns as readers want them: validation before training, a score before the loss."""
    return sorted(
        bands.items(), key=lambda item: (not item[0].startswith(VALIDATION), item[0].endswith("loss"), item[0])
    )


def _curve_view(
    name: str,
    found: Sequence[CurveBand],
    bands: Mapping[str, Sequence[CurveBand]],
    curves: ProblemCurves,
    speech: Speech,
) -> View:
    plain = name.removeprefix(VALIDATION)
    title = speech.text("figure-curve-validation" if name != plain else "figure-curve-training", column=plain)
    is_logarithmic = wants_logarithm(name, bands)
    axis, note = _curve_axis(found, title, speech, is_logarithmic=is_logarithmic)
    has_runs = _number_of_values(curves) <= MOST_RUN_VALUES
    last = max(float(band.epochs[-1]) for band in found)
    return View(
        title,
        Axis(speech.text("figure-epoch-from-zero"), 0.0, max(last, 1.0)),
        axis,
        [_curve_line(band, curves, has_runs=has_runs) for band in found],
        note=note,
        key=name,
    )


def _number_of_values(curves: ProblemCurves) -> int:
    return sum(len(run.rows) * len(run.columns) for runs in curves.histories.values() for run in runs)


def _curve_axis(found: Sequence[CurveBand], title: Text, speech: Speech, *, is_logarithmic: bool) -> tuple[Axis, Text]:
    """Return the axis of values, and what epoch 0 has where it is outside."""
    ends = [(band.epochs, values) for band in found for values in (band.low, band.high)]
    later = [value for epochs, values in ends for value in values[epochs > 0].tolist() if math.isfinite(value)]
    start = [value for epochs, values in ends for value in values[epochs == 0].tolist() if math.isfinite(value)]
    limits = None if is_logarithmic else limits_without_start(start, later)
    low, high = limits or room_for([*start, *later], is_logarithmic=is_logarithmic)
    can_switch = min([*start, *later], default=0.0) > 0.0
    axis = Axis(title, low, high, is_logarithmic=is_logarithmic, can_switch=can_switch)
    outside = "" if limits is None else speech.text("figure-before-training", value=outside_limits(start, limits))
    return axis, outside


def _curve_line(band: CurveBand, curves: ProblemCurves, *, has_runs: bool) -> Line:
    epochs = band.epochs.tolist()
    histories = curves.histories[band.label]
    seeds = curves.seeds.get(band.label, range(len(histories)))
    runs: dict[str, list[float | None]] = {}
    for seed, history in zip(seeds, histories, strict=True) if has_runs else ():
        if band.column in history.columns:
            by_epoch = dict(zip(history.column("epoch"), history.column(band.column), strict=True))
            runs[str(seed)] = [_finite(by_epoch.get(float(epoch))) for epoch in epochs]
    return Line(
        band.label,
        epochs,
        rounded(band.mean.tolist()),
        rounded(band.low.tolist()),
        rounded(band.high.tolist()),
        runs=runs,
        per_epoch=per_epoch(curves, band.label),
    )


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(f"{value:.6g}")


def rounded(values: Iterable[float], digits: int = 6) -> list[float]:
    """Return values with so many significant digits: more than a picture can show, and half the bytes."""
    return [float(f"{value:.{digits}g}") for value in values]


def per_epoch(curves: ProblemCurves, label: str) -> dict[Unit, float]:
    """Return how many steps and seconds an epoch takes, as the mean over runs; only what is known of all."""
    traces = curves.traces.get(label, ())
    known: dict[Unit, list[float]] = {
        "steps": [float(trace.steps_per_epoch) for trace in traces if trace.steps_per_epoch is not None],
        "seconds": [trace.seconds_per_epoch for trace in traces if trace.seconds_per_epoch is not None],
    }
    return {
        unit: math.fsum(found) / len(found) for unit, found in known.items() if traces and len(found) == len(traces)
    }


def seconds_chart(
    problem: ProblemComparison, metric: Metric, speech: Speech, *, level: float, place: int
) -> LinesFigure | None:
    """Return mean score against training time, one mark per optimizer; None if no time or no mean is known."""
    known = [
        (one, one.training_seconds, one.mean)
        for one in problem.optimizers
        if one.training_seconds is not None and one.mean is not None
    ]
    if not known:
        return None
    times = [seconds for _, seconds, _ in known]
    is_wide = min(times) > 0.0 and max(times) / min(times) > _WIDE_RANGE
    ends = room_for(times, is_logarithmic=True, room=0.1) if is_wide else (0.0, 1.15 * max(times) or 1.0)
    scores = score_axis(problem, metric, speech)
    reach = [value for one, _, mean in known for value in (mean, one.ci_low, one.ci_high) if value is not None]
    low, high = room_for(reach, room=0.08)
    code = "caption-time-up" if metric.higher_is_better else "caption-time-down"
    view = View(
        "",
        Axis(speech.text("figure-training-time"), *ends, is_logarithmic=is_wide, can_switch=min(times) > 0.0),
        Axis(scores.title, low, high, factor=scores.factor),
        [_time_line(one, seconds, mean) for one, seconds, mean in known],
    )
    title = speech.text("caption-time-alt", metric=metric.name)
    caption = speech.text(code, metric=metric.name, level=level)
    return LinesFigure(f"seconds-{place}", title, caption, [view])


def _time_line(one: OptimizerSummary, seconds: float, mean: float) -> Line:
    if one.ci_low is None or one.ci_high is None:
        return Line(one.label, [seconds], [mean], marks=True, has_line=False)
    return Line(one.label, [seconds], [mean], [one.ci_low], [one.ci_high], marks=True, has_line=False)


def all_labels(problems: Iterable[ProblemComparison]) -> list[str]:
    """Return the labels of all optimizers of some problems."""
    return list(itertools.chain.from_iterable((one.label for one in problem.optimizers) for problem in problems))
