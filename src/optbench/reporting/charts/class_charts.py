"""The figures of a classifier's run as records: confusion matrix, ROC, precision and recall, reliability."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from optbench.reporting.charts.comparison_charts import rounded
from optbench.reporting.charts.operating import OperatingPoint, operating_point
from optbench.reporting.charts.records import Axis, CellsFigure, Line, LinesFigure, Panel, View
from optbench.reporting.charts.run_charts import split_row
from optbench.reporting.curve_figures import is_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from optbench.records import ConfusionMatrix, Evaluation, SplitName
    from optbench.reporting.charts.records import Figure
    from optbench.reporting.languages import Speech, Text

_POINTS: Final = 200
_POINTS_OF_MANY: Final = 60
_MOST_CLASSES: Final = 8
_DIGITS: Final = 6
_TWO: Final = 2


class _Curve(NamedTuple):
    """A curve over all thresholds; `area` is that under it, which the legend tells."""

    split: SplitName
    label: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    area: float
    is_mean: bool = False


class _Words(NamedTuple):
    """Codes: of a class, of a split, of a mean over classes, of the classes that are not drawn."""

    one: str
    split: str
    mean: str
    others: str


_ROC: Final = _Words("figure-auc", "figure-auc-split", "figure-auc-split-mean", "figure-further-classes")
_RECALL: Final = _Words("figure-ap", "figure-ap-split", "figure-ap-split", "figure-further-classes-ap")


def class_charts(evaluation: Evaluation, speech: Speech) -> Iterator[Figure]:
    """Yield the figures of what a run predicts, as far as there is something to show in them."""
    if evaluation.confusion is not None:
        yield _confusion_chart(evaluation.confusion, speech)
    test = evaluation.metrics.get("test", {})
    roc = [_Curve(one.split, one.label, one.fpr, one.tpr, one.auc, is_mean(one)) for one in evaluation.roc_curves]
    false, true = (speech.text(f"figure-{name}-positive-rate-of-run") for name in ("false", "true"))
    view = _curves_view(roc, _ROC, false, true, speech)
    if view.lines:
        view = replace(view, lines=[*view.lines, *_operating_lines(evaluation, speech, is_roc=True)])
        title = speech.text("picture-roc-alt", auc=test.get("roc_auc"))
        yield LinesFigure("roc", title, speech.text("picture-roc"), [view], is_square=True)
    recall = [
        _Curve(one.split, one.label, one.recall, one.precision, one.average_precision)
        for one in evaluation.precision_recall_curves
    ]
    view = _curves_view(recall, _RECALL, speech.text("figure-recall"), speech.text("figure-precision"), speech)
    if view.lines:  # of several classes without test rows there is no curve that stands for all
        view = replace(view, lines=[*view.lines, *_operating_lines(evaluation, speech, is_roc=False)])
        title = speech.text("picture-precision-recall-alt", ap=test.get("average_precision"))
        yield LinesFigure("precision-recall", title, speech.text("picture-precision-recall"), [view], is_square=True)
    if evaluation.answer_rule is not None and evaluation.answer_rule.temperature is not None:
        yield from _reliability_chart(evaluation, speech)


def _confusion_chart(matrix: ConfusionMatrix, speech: Speech) -> CellsFigure:
    names, counts = matrix.class_names, matrix.counts
    right, total = int(counts.trace()), int(counts.sum())
    title = speech.text("picture-confusion-alt", n_classes=len(names), n_right=right, n_rows=total)
    panel = Panel("", "", [[float(count) for count in row] for row in counts])
    return CellsFigure("confusion", title, speech.text("picture-confusion"), names, [panel])


def _curves_view(curves: Sequence[_Curve], words: _Words, x: Text, y: Text, speech: Speech) -> View:
    """Return test and train of one class; of several the mean, and the test curves of the hardest ones."""
    bold = [curve for curve in curves if curve.is_mean]
    thin = [curve for curve in curves if not curve.is_mean]
    if len({curve.label for curve in thin}) == 1 and not bold:
        bold, thin = thin, []
    test = sorted((curve for curve in thin if curve.split == "test"), key=lambda curve: curve.area)
    kept = test[:_MOST_CLASSES]
    note = speech.text(words.others, n=len(test) - len(kept)) if len(test) > len(kept) else ""
    code = words.mean if thin else words.split
    lines = [
        *(_curve_line(one, split_row(one.split), speech.text(code, split=one.split, area=one.area)) for one in bold),
        *(_curve_line(one, one.label, speech.text(words.one, name=one.label, area=one.area)) for one in kept),
    ]
    return View("", Axis(x, 0.0, 1.0), Axis(y, 0.0, 1.0), lines, has_diagonal=words is _ROC, note=note)


def _operating_lines(evaluation: Evaluation, speech: Speech, *, is_roc: bool) -> Iterator[Line]:
    """Yield where a run of two classes stands on its test rows: at one half, and at the threshold that was chosen."""
    for name, point in _operating_points(evaluation, speech):
        at = point.rates if is_roc else (point.recall, point.precision)
        if all(map(math.isfinite, at)):
            yield Line(split_row("test"), [at[0]], [at[1]], name=name, marks=True, has_line=False, best=0)


def _operating_points(evaluation: Evaluation, speech: Speech) -> Iterator[tuple[Text, OperatingPoint]]:
    labels = {curve.label for curve in evaluation.precision_recall_curves}
    matrix, rule = evaluation.confusion, evaluation.answer_rule
    if matrix is None or len(matrix.class_names) != _TWO or len(labels) != 1:
        return
    positive = matrix.class_names.index(labels.pop())
    yield speech.text("figure-test-at-threshold", threshold=0.5), operating_point(matrix.counts, positive)
    chosen = {} if rule is None else rule.at_threshold.get("test", {})
    if chosen:
        yield speech.text("figure-test-at-threshold", threshold=rule.threshold), _of_numbers(chosen)


def _of_numbers(found: Mapping[str, float | None]) -> OperatingPoint:
    """Return the point of recorded metrics: balanced accuracy is the mean of both classes' recalls."""
    balanced, recall, precision = (found.get(name) for name in ("balanced_accuracy", "recall", "precision"))
    if balanced is None or recall is None or precision is None:
        return OperatingPoint(math.nan, math.nan, math.nan)
    return OperatingPoint(1.0 - (2.0 * balanced - recall), recall, precision)


def _curve_line(curve: _Curve, row: str, name: Text) -> Line:
    most = _POINTS if row.startswith("split ") else _POINTS_OF_MANY
    kept = np.unique(np.linspace(0, len(curve.x) - 1, min(len(curve.x), most)).round().astype(np.int64))
    x, y = (rounded(values[kept].tolist(), _DIGITS) for values in (curve.x, curve.y))
    return Line(row, x, y, name=name, is_dashed=curve.split == "train")


def _reliability_chart(evaluation: Evaluation, speech: Speech) -> Iterator[LinesFigure]:
    lines = [
        Line(
            "calibrated" if curve.is_calibrated else "model",
            rounded(curve.probability.tolist(), _DIGITS),
            rounded(curve.share.tolist(), _DIGITS),
            name=speech.text("figure-calibrated" if curve.is_calibrated else "figure-of-the-model"),
            marks=True,
        )
        for curve in evaluation.reliability
        if curve.split == "test" and all(map(math.isfinite, curve.probability.tolist()))
    ]
    if lines:
        told, seen = (Axis(speech.text(code), 0.0, 1.0) for code in ("figure-probability", "figure-share-observed"))
        title, caption = speech.text("picture-reliability-alt"), speech.text("picture-reliability")
        yield LinesFigure(
            "reliability", title, caption, [View("", told, seen, lines, has_diagonal=True)], is_square=True
        )
