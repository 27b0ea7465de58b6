"""Pictures of a comparison: scores per seed, differences per pair, curves over seeds, time against score.

Each function takes values and returns a figure; one optimizer has one colour in all pictures of a comparison.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from optbench.catalog.metrics import LOSS, VALIDATION, lower_is_better
from optbench.catalog.tasks import TASKS
from optbench.comparison import curve_bands, roc_bands
from optbench.reporting.epoch_axis import scale_without_start
from optbench.reporting.style import (
    FAINT,
    GREEN,
    GRID,
    INK,
    logarithmic,
    new_figure,
    optimizer_colours,
    optimizer_line_styles,
    plot_style,
    shortened,
)
from optbench.words import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optbench.catalog.metric import Metric
    from optbench.comparison import (
        CurveBand,
        OptimizerSummary,
        PairResult,
        ProblemComparison,
        ProblemCurves,
    )
    from optbench.records import SplitName

_SPREAD: Final = 0.12
_ABOVE: Final = 0.15
_BELOW: Final = -0.2
_MOST_LINKS: Final = 20
_MOST_PAIRS: Final = 15
_MOST_PANELS: Final = 4
_WIDE_RANGE: Final = 30.0
_NO_CURVES: Final = ("epoch", "learning_rate")


@dataclass(frozen=True, slots=True)
class Look:
    """How each optimizer is drawn: label -> colour, label -> line style."""

    colours: Mapping[str, str]
    line_styles: Mapping[str, str]

    @classmethod
    def of(cls, labels: Iterable[str]) -> Look:
        """Return the look of these optimizers, whatever their order."""
        known = sorted(set(labels))
        return cls(optimizer_colours(known), optimizer_line_styles(known))


def scores_figure(problem: ProblemComparison, metric: Metric, look: Look, language: str | None = None) -> Figure:
    """Draw the test score of every seed, with mean and interval: one row per optimizer, the best on top.

    Thin lines join the runs of one seed, as long as there are few enough to follow.
    """
    summaries = problem.optimizers
    figure, (axes,) = new_figure(width=7.0, height=1.3 + 0.55 * len(summaries), language=language)
    with plot_style():
        rows = {summary.label: len(summaries) - 1 - place for place, summary in enumerate(summaries)}
        _link_seeds(axes, summaries, rows, metric)
        for summary in summaries:
            _draw_scores(axes, summary, rows[summary.label], metric, look.colours[summary.label])
        _name_rows(axes, {row: shortened(label) for label, row in rows.items()})
        axes.set_xlabel(_axis_title(metric, language))
    return figure


def differences_figure(
    problem: ProblemComparison, metric: Metric, margin: float, language: str | None = None
) -> Figure | None:
    """Draw the difference of each pair per seed, with mean and interval, over the zone that does not matter.

    Drawn are `drawn_pairs`; returns None if there is none. A loss is turned round, so that right of zero always
    means that the first optimizer of a pair is better.
    """
    pairs = drawn_pairs(problem)
    if not pairs:
        return None
    figure, (axes,) = new_figure(width=7.0, height=1.5 + 0.5 * len(pairs), language=language)
    with plot_style():
        scale = _scale(metric)
        axes.axvspan(-margin * scale, margin * scale, color=GREEN, alpha=0.12, linewidth=0)
        axes.axvline(0.0, color=FAINT, linewidth=1.0)
        for place, pair in enumerate(pairs):
            _draw_pair(axes, pair, len(pairs) - 1 - place, metric)
        names = {
            len(pairs) - 1 - place: f"{shortened(pair.a, 18)} − {shortened(pair.b, 18)}"  # noqa: RUF001 - a minus
            for place, pair in enumerate(pairs)
        }
        _name_rows(axes, names)
        unit, turned = "points" if metric.in_points else "plain", "" if metric.higher_is_better else "-turned"
        code = f"figure-difference-{unit}{turned}"
        axes.set_xlabel(f"{text(code, language, metric=metric.name)}\n{text('figure-right-of-zero', language)}")
    return figure


def drawn_pairs(problem: ProblemComparison) -> list[PairResult]:
    """Return the pairs with a difference; of more than a picture can hold those with the best optimizer."""
    pairs = [pair for pair in problem.pairs if pair.difference is not None]
    has_baseline = len({pair.b for pair in pairs}) == 1
    if has_baseline or len(pairs) <= _MOST_PAIRS:
        return pairs
    best = problem.optimizers[0].label
    return [pair for pair in pairs if best in (pair.a, pair.b)]


def curves_figure(curves: ProblemCurves, look: Look, language: str | None = None) -> Figure | None:
    """Draw the learning curves of all optimizers over each other: mean over seeds, range as band.

    Returns None if there is no history.
    """
    bands = {name: found for name in drawn_columns(curves) if (found := curve_bands(curves.histories, name))}
    if not bands:
        return None
    across = min(2, len(bands))
    down = math.ceil(len(bands) / across)
    figure, panels = new_figure(
        width=4.0 * across, height=0.5 + 2.8 * down, nrows=down, ncols=across, language=language
    )
    with plot_style():
        for axes, (name, found) in zip(panels, bands.items(), strict=False):
            is_logarithmic = wants_logarithm(name, bands)
            _draw_bands(axes, name, found, look, language, is_logarithmic=is_logarithmic)
            if is_logarithmic:
                logarithmic(axes, "y", language)
        for axes in panels[len(bands) :]:
            axes.set_axis_off()
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def roc_figure(
    curves: ProblemCurves, look: Look, *, split: SplitName = "test", language: str | None = None
) -> Figure | None:
    """Draw one ROC curve per optimizer: mean over seeds, range as band; None if no run has one.

    With more than two classes it is the mean of the one-vs-rest curves, else the curve of the positive class.
    """
    found = {
        curve.label for runs in curves.roc_curves.values() for run in runs for curve in run if curve.split == split
    }
    if not found:
        return None
    label = "macro" if "macro" in found else min(found)
    figure, (axes,) = new_figure(width=5.2, height=4.8, language=language)
    with plot_style():
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1.0, linestyle=":")
        for band in roc_bands(curves.roc_curves, curve_label=label, split=split):
            colour, style = look.colours[band.label], look.line_styles[band.label]
            axes.fill_between(band.fpr, band.low, band.high, color=colour, alpha=0.15, linewidth=0)
            name = text("figure-auc", language, name=shortened(band.label), area=band.auc)
            axes.plot(band.fpr, band.mean, color=colour, linestyle=style, label=name)
        axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
        title = (
            text("figure-roc-mean", language, split=split)
            if label == "macro"
            else text("figure-roc-class", language, split=split, name=shortened(label))
        )
        axes.set(
            xlabel=text("figure-false-positive-rate", language),
            ylabel=text("figure-true-positive-rate", language),
            title=title,
        )
        axes.legend(loc="lower right")
    return figure


def time_figure(problem: ProblemComparison, metric: Metric, look: Look, language: str | None = None) -> Figure | None:
    """Draw mean score against training time, one mark per optimizer; None if no time or no mean is known."""
    known = [
        (summary, summary.training_seconds, summary.mean)
        for summary in problem.optimizers
        if summary.training_seconds is not None and summary.mean is not None
    ]
    if not known:
        return None
    scale = _scale(metric)
    figure, (axes,) = new_figure(width=6.4, height=3.8, language=language)
    with plot_style():
        for summary, seconds, mean in known:
            colour = look.colours[summary.label]
            if summary.ci_low is not None and summary.ci_high is not None:
                ends = [scale * summary.ci_low, scale * summary.ci_high]
                axes.plot([seconds, seconds], ends, color=colour, linewidth=2.0, alpha=0.6)
            axes.plot(seconds, scale * mean, "o", color=colour, markersize=8, label=shortened(summary.label))
        times = [seconds for _, seconds, _ in known]
        if min(times) > 0.0 and max(times) / min(times) > _WIDE_RANGE:
            logarithmic(axes, "x", language)
        elif max(times) > 0.0:
            axes.set_xlim(0.0, 1.15 * max(times))
        axes.set(xlabel=text("figure-training-time", language), ylabel=_axis_title(metric, language))
        figure.legend(loc="outside right upper")
    return figure


def _draw_scores(axes: Axes, summary: OptimizerSummary, row: int, metric: Metric, colour: str) -> None:
    points = list(_points(summary, row, metric).values())
    axes.scatter([x for x, _ in points], [y for _, y in points], s=22, color=colour, alpha=0.55, linewidth=0)
    _draw_mean(axes, row, colour, _scale(metric), (summary.mean, summary.ci_low, summary.ci_high))


def _draw_mean(
    axes: Axes, row: int, colour: str, scale: float, numbers: tuple[float | None, float | None, float | None]
) -> None:
    """Draw mean and interval below the dots of a row, as far as they are known."""
    mean, low, high = numbers
    if low is not None and high is not None:
        axes.plot([scale * low, scale * high], [row + _BELOW] * 2, color=colour, linewidth=2.5)
    if mean is not None:
        axes.scatter(
            scale * mean, row + _BELOW, marker="D", s=44, color="white", edgecolor=colour, linewidth=1.8, zorder=3
        )


def _link_seeds(axes: Axes, summaries: Sequence[OptimizerSummary], rows: Mapping[str, int], metric: Metric) -> None:
    if max(summary.n for summary in summaries) > _MOST_LINKS:
        return
    placed = [_points(summary, rows[summary.label], metric) for summary in summaries]
    for upper, lower in itertools.pairwise(placed):
        for seed in upper.keys() & lower.keys():
            (x_upper, y_upper), (x_lower, y_lower) = upper[seed], lower[seed]
            axes.plot([x_upper, x_lower], [y_upper, y_lower], color=GRID, linewidth=0.8, zorder=1)


def _points(summary: OptimizerSummary, row: int, metric: Metric) -> dict[int, tuple[float, float]]:
    """Return seed -> point; seeds are spread a little above the row, so that equal scores don't hide each other."""
    several = max(1, summary.n - 1)
    return {
        seed: (_scale(metric) * score, row + _ABOVE + (_SPREAD * (1 - 2 * place / several) if summary.n > 1 else 0.0))
        for place, (seed, score) in enumerate(zip(summary.seeds, summary.scores, strict=True))
        if score is not None
    }


def _draw_pair(axes: Axes, pair: PairResult, row: int, metric: Metric) -> None:
    scale = metric.sign * _scale(metric)
    was_tested = pair.obstacle is None
    colour = INK if was_tested else FAINT
    values = [scale * value for value in pair.differences]
    axes.scatter(values, [row + _ABOVE] * len(values), s=20, color=colour, alpha=0.35, linewidth=0)
    low, high = (pair.ci_low, pair.ci_high) if was_tested else (None, None)  # a bar would read as a result
    _draw_mean(axes, row, colour, scale, (pair.difference, low, high))


def _draw_bands(
    axes: Axes, name: str, bands: Sequence[CurveBand], look: Look, language: str | None, *, is_logarithmic: bool
) -> None:
    from matplotlib.ticker import MaxNLocator

    for band in bands:
        colour, style = look.colours[band.label], look.line_styles[band.label]
        axes.fill_between(band.epochs, band.low, band.high, color=colour, alpha=0.15, linewidth=0)
        axes.plot(band.epochs, band.mean, color=colour, linestyle=style, label=shortened(band.label))
    ends = [(band.epochs, values) for band in bands for values in (band.low, band.high)]
    later = [value for epochs, values in ends for value in values[epochs > 0].tolist() if math.isfinite(value)]
    start = [value for epochs, values in ends for value in values[epochs == 0].tolist() if math.isfinite(value)]
    if not is_logarithmic:
        scale_without_start(axes, start, later, language)
    axes.set_title(_curve_title(name, language))
    axes.set_xlabel(text("figure-epoch-from-zero", language))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def wants_logarithm(name: str, bands: Mapping[str, Sequence[CurveBand]]) -> bool:
    """Return True for a loss or an error of wide range: one scale for both splits, so that they can be compared."""
    plain = name.removeprefix("val_")
    if not lower_is_better(plain):
        return False
    pair = [band for other, found in bands.items() if other.removeprefix("val_") == plain for band in found]
    later = [(band.low[band.epochs > 0], band.high[band.epochs > 0]) for band in pair]
    lowest = min((float(low.min()) for low, _ in later if low.size), default=0.0)
    highest = max((float(high.max()) for _, high in later if high.size), default=0.0)
    is_positive = all(float(band.low.min()) > 0.0 for band in pair)
    return is_positive and lowest > 0.0 and highest / lowest > _WIDE_RANGE


def drawn_columns(curves: ProblemCurves) -> list[str]:
    """Return what there is to draw: loss and accuracy or RMSE, on the training and the validation split."""
    names = dict.fromkeys(name for runs in curves.histories.values() for run in runs for name in run.columns)
    shown = (LOSS.name, *(task.headline for task in TASKS.values()))
    headline = [name for name in names if name.removeprefix("val_") in shown]
    return (headline or [name for name in names if name not in _NO_CURVES])[:_MOST_PANELS]


def _curve_title(name: str, language: str | None) -> str:
    plain = name.removeprefix(VALIDATION)
    code = "figure-curve-validation" if name != plain else "figure-curve-training"
    return text(code, language, column=plain)


def _name_rows(axes: Axes, names: Mapping[int, str]) -> None:
    axes.set_yticks(list(names), list(names.values()))
    axes.set_ylim(min(names) - 0.6, max(names) + 0.6)
    axes.grid(visible=False, axis="y")


def _axis_title(metric: Metric, language: str | None) -> str:
    code = f"figure-score-{'percent' if metric.in_points else 'plain'}{'' if metric.higher_is_better else '-lower'}"
    return text(code, language, metric=metric.name)


def _scale(metric: Metric) -> float:
    return 100.0 if metric.in_points else 1.0
