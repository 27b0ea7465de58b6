"""Figures of what runs predict, as records: ROC, precision and recall, reliability, confusion matrices."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from optbench.comparison import precision_recall_means, reliability_means, roc_bands
from optbench.records import SPLITS
from optbench.reporting.charts.comparison_charts import rounded
from optbench.reporting.charts.operating import operating_point
from optbench.reporting.charts.records import Axis, CellsFigure, Line, LinesFigure, Panel, View

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from optbench.comparison import ExampleCurves, MeanCurve, ProblemCurves
    from optbench.records import SplitName
    from optbench.reporting.charts.operating import OperatingPoint
    from optbench.reporting.charts.records import Figure
    from optbench.reporting.languages import Speech, Text

_TWO: Final = 2
_DIGITS: Final = 5
_MOST_MATRICES: Final = 12
_MOST_CELLS: Final = 10_000


def example_charts(curves: ProblemCurves, speech: Speech, *, place: int) -> Iterator[Figure]:
    """Yield the figures there is something to show in."""
    found = [_roc_chart(curves, speech, place=place)]
    yield from (one for one in found if one is not None)
    if curves.examples is not None:
        examples = curves.examples
        charts = (_precision_recall_chart, _reliability_chart, _confusion_chart)
        yield from (drawn for make in charts if (drawn := make(examples, speech, place)) is not None)


def _roc_chart(curves: ProblemCurves, speech: Speech, *, place: int) -> LinesFigure | None:
    """Return ROC curves, a view for each split: mean over seeds, range as band; None if no run has one.

    With more than two classes it is the mean of the one-vs-rest curves, else the curve of the positive class.
    """
    views = [view for split in reversed(SPLITS) if (view := _roc_view(curves, split, speech)) is not None]
    if not views:
        return None
    title, caption = speech.text("caption-roc-alt"), speech.text("caption-roc")
    return LinesFigure(f"roc-{place}", title, caption, views, is_square=True)


def _roc_view(curves: ProblemCurves, split: SplitName, speech: Speech) -> View | None:
    found = {
        curve.label for runs in curves.roc_curves.values() for run in runs for curve in run if curve.split == split
    }
    if not found:
        return None
    label = "macro" if "macro" in found else min(found)
    bands = roc_bands(curves.roc_curves, curve_label=label, split=split)
    code = "figure-roc-mean" if label == "macro" else "figure-roc-class"
    lines = [
        Line(
            band.label,
            rounded(band.fpr.tolist(), 5),
            rounded(band.mean.tolist(), 5),
            rounded(band.low.tolist(), 5),
            rounded(band.high.tolist(), 5),
            name=speech.text("figure-auc", name=band.label, area=band.auc),
        )
        for band in bands
    ]
    return View(
        speech.text(code, split=split, **({} if label == "macro" else {"name": label})),
        Axis(speech.text("figure-false-positive-rate"), 0.0, 1.0),
        Axis(speech.text("figure-true-positive-rate"), 0.0, 1.0),
        [*lines, *_operating_points(curves, label, split, speech)],
        has_diagonal=True,
        key=split,
    )


def _operating_points(curves: ProblemCurves, label: str, split: SplitName, speech: Speech) -> Iterator[Line]:
    """Yield where each optimizer stands at the threshold of one half: the mean of its runs.

    It comes from the counts of the test rows: a curve leaves out points on straight lines, and this may be one of them.
    """
    examples = curves.examples
    if examples is not None and split == "test":
        for row, positive in _two_classes(examples, label):
            yield from _mean_point(row, [one.rates for one in positive], speech)


def _two_classes(examples: ExampleCurves, label: str) -> Iterator[tuple[str, list[OperatingPoint]]]:
    """Yield the points of the runs of each optimizer where answers are those of the larger score of two classes."""
    if len(examples.class_names) == _TWO and label in examples.class_names:
        positive = examples.class_names.index(label)
        for row, runs in sorted(examples.confusions.items()):
            yield row, [operating_point(counts, positive) for counts in runs]


def _mean_point(row: str, points: Sequence[tuple[float, float]], speech: Speech) -> Iterator[Line]:
    """Yield the mean of points as a line of one point that stands out; nothing where one is not defined."""
    known = [value for point in points for value in point]
    if known and all(map(math.isfinite, known)):
        x, y = (math.fsum(values) / len(points) for values in zip(*points, strict=True))
        name = speech.text("figure-at-half", name=row)
        sort = speech.text("figure-threshold")
        yield Line(row, [x], [y], name=name, marks=True, has_line=False, best=0, sort=sort)


def _precision_recall_chart(examples: ExampleCurves, speech: Speech, place: int) -> LinesFigure | None:
    """Return the mean precision at each recall, with the range over runs; None without curves."""
    means = precision_recall_means(examples)
    if not means:
        return None
    lines = [_mean_line(mean, speech.text("figure-ap", name=mean.label, area=mean.area)) for mean in means]
    labels = {curve.label for runs in examples.precision_recall.values() for run in runs for curve in run}
    for row, positive in _two_classes(examples, labels.pop()) if len(labels) == 1 else ():
        lines += _mean_point(row, [(one.recall, one.precision) for one in positive], speech)
    axes = Axis(speech.text("figure-recall"), 0.0, 1.0), Axis(speech.text("figure-precision"), 0.0, 1.0)
    title, caption = speech.text("caption-precision-recall-alt"), speech.text("caption-precision-recall")
    return LinesFigure(f"precision-recall-{place}", title, caption, [View("", *axes, lines)], is_square=True)


def _reliability_chart(examples: ExampleCurves, speech: Speech, place: int) -> LinesFigure | None:
    """Return what happened beside what the probabilities said, bin by bin; None without probabilities."""
    means = reliability_means(examples)
    if not means:
        return None
    lines = [_mean_line(mean, marks=True) for mean in means]
    axes = Axis(speech.text("figure-probability"), 0.0, 1.0), Axis(speech.text("figure-share-observed"), 0.0, 1.0)
    title, caption = speech.text("caption-reliability-alt"), speech.text("caption-reliability")
    view = View("", *axes, lines, has_diagonal=True)
    return LinesFigure(f"reliability-{place}", title, caption, [view], is_square=True)


def _mean_line(mean: MeanCurve, name: Text = "", *, marks: bool = False) -> Line:
    x, y, low, high = (rounded(one.tolist(), _DIGITS) for one in (mean.x, mean.y, mean.low, mean.high))
    return Line(mean.label, x, y, low, high, name=name, marks=marks)


def _confusion_chart(examples: ExampleCurves, speech: Speech, place: int) -> CellsFigure | None:
    """Return the mean counts of the runs of each optimizer, and the first less the last; None if they are too many."""
    rows = {label: np.mean(counts, axis=0) for label, counts in examples.confusions.items()}
    size = len(examples.class_names)
    if not rows or len(rows) > _MOST_MATRICES or len(rows) * size * size > _MOST_CELLS:
        return None
    order = sorted(rows, key=lambda label: (-float(np.trace(rows[label])), label))
    panels = [Panel(label, label, _counts(rows[label])) for label in order]
    if len(order) > 1:
        first, last = order[0], order[-1]
        gap = _counts(rows[first] - rows[last])
        panels.append(Panel("", speech.text("figure-first-less-second", a=first, b=last), gap, is_difference=True))
    title, caption = speech.text("caption-confusion-alt"), speech.text("caption-confusion")
    return CellsFigure(f"confusion-{place}", title, caption, examples.class_names, panels)


def _counts(mean: NDArray[np.float64]) -> list[list[float]]:
    return [rounded(row, _DIGITS) for row in mean.tolist()]
