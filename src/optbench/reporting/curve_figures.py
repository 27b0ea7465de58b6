"""The curves of one run over all thresholds: ROC, precision and recall."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from optbench.reporting.style import (
    BLACK,
    BLUE,
    FAINT,
    ORANGE,
    PALETTE,
    distinct_colours,
    new_figure,
    plot_style,
    shortened,
)
from optbench.words import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optbench.records import PrecisionRecallCurve, ReliabilityCurve, RocCurve, SplitName

_IN_LEGEND: Final = 10
_OF_SPLIT: Final = {"train": ORANGE, "test": BLUE}


class _Line(NamedTuple):
    """A curve as it is drawn; `area` is that under it, which the legend tells."""

    split: SplitName
    label: str
    x: Any
    y: Any
    area: float


class _Words(NamedTuple):
    """Codes of the texts in a legend: of a class, of a split, of the classes that are not named."""

    one: str
    split: str
    others: str


_ROC: Final = _Words("figure-auc", "figure-auc-split", "figure-further-classes")
_PRECISION_RECALL: Final = _Words("figure-ap", "figure-ap-split", "figure-further-classes-ap")


def roc_figure(curves: Sequence[RocCurve], language: str | None = None) -> Figure:
    """Draw ROC curves: test solid, train dashed; for more than two classes the mean bold over thin one-vs-rest."""
    with plot_style():
        figure, axes = _unit_square(("figure-false-positive-rate-of-run", "figure-true-positive-rate-of-run"), language)
        axes.set_title(text("figure-roc", language))
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle=":")
        if not curves:
            axes.text(0.62, 0.3, text("figure-no-roc", language), ha="center", va="center", color=FAINT)
            return figure
        means = [_of_roc(curve) for curve in curves if is_mean(curve)]
        lines = [_of_roc(curve) for curve in curves if not is_mean(curve)]
        if len({line.label for line in lines}) == 1 and not means:
            axes.set_title(text("figure-roc-of-class", language, name=shortened(lines[0].label, 30)))
            _bold_lines(axes, lines, _OF_SPLIT, _ROC.split, language)
        else:
            _thin_lines(axes, [line for line in lines if line.split == "test"], _ROC, language)
            _bold_lines(axes, means, {}, "figure-auc-split-mean", language)
        axes.legend(loc="lower right")
    return figure


def precision_recall_figure(curves: Sequence[PrecisionRecallCurve], language: str | None = None) -> Figure:
    """Draw precision over recall: of one class train and test, above its share of the test rows; else of each."""
    with plot_style():
        figure, axes = _unit_square(("figure-recall", "figure-precision"), language)
        axes.set_title(text("figure-precision-recall", language))
        if not curves:
            axes.text(0.5, 0.5, text("figure-no-precision-recall", language), ha="center", va="center", color=FAINT)
            return figure
        test = [curve for curve in curves if curve.split == "test"]
        if len({curve.label for curve in curves}) == 1:
            name = shortened(curves[0].label, 30)
            axes.set_title(text("figure-precision-recall-of-class", language, name=name))
            for curve in test:
                chance = text("figure-share-of-test-rows", language, share=curve.share)
                axes.axhline(curve.share, color=FAINT, linewidth=1, linestyle=":", label=chance)
            _bold_lines(axes, [_of_recall(curve) for curve in curves], _OF_SPLIT, _PRECISION_RECALL.split, language)
        else:
            _thin_lines(axes, [_of_recall(curve) for curve in test], _PRECISION_RECALL, language)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc="lower left")
    return figure


def reliability_figure(curves: Sequence[ReliabilityCurve], language: str | None = None) -> Figure:
    """Draw what probabilities say on the test split beside what happened: of the model, and calibrated."""
    with plot_style():
        figure, axes = _unit_square(("figure-probability", "figure-share-observed"), language)
        axes.set_title(text("figure-reliability", language))
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle=":")
        for curve in (curve for curve in curves if curve.split == "test"):
            colour, code = (BLUE, "figure-calibrated") if curve.is_calibrated else (ORANGE, "figure-of-the-model")
            axes.plot(curve.probability, curve.share, "o-", color=colour, markersize=4, label=text(code, language))
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc="upper left")
    return figure


def is_mean(curve: RocCurve) -> bool:
    """Return True for the mean over classes; a class may be called "macro" too, but has thresholds."""
    return curve.label == "macro" and bool(np.isnan(curve.threshold).all())


def _of_roc(curve: RocCurve) -> _Line:
    return _Line(curve.split, curve.label, curve.fpr, curve.tpr, curve.auc)


def _of_recall(curve: PrecisionRecallCurve) -> _Line:
    return _Line(curve.split, curve.label, curve.recall, curve.precision, curve.average_precision)


def _unit_square(labels: tuple[str, str], language: str | None) -> tuple[Figure, Axes]:
    figure, (axes,) = new_figure(width=5.8, height=5.4, language=language)
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    axes.set_xlabel(text(labels[0], language))
    axes.set_ylabel(text(labels[1], language))
    axes.set_aspect("equal")
    return figure, axes


def _bold_lines(axes: Axes, lines: Sequence[_Line], colours: dict[str, str], code: str, language: str | None) -> None:
    """Draw curves that are named by a text of the catalogue."""
    for line in sorted(lines, key=lambda line: line.split):
        axes.plot(
            line.x,
            line.y,
            color=colours.get(line.split, BLACK),
            linestyle="--" if line.split == "train" else "-",
            linewidth=2.4 if line.split == "test" else 1.8,
            label=text(code, language, split=line.split, area=line.area),
        )


def _thin_lines(axes: Axes, lines: Sequence[_Line], words: _Words, language: str | None) -> None:
    """Draw one-vs-rest curves; if the legend would overflow, only the hardest classes have a colour and a name."""
    room = _IN_LEGEND - 2
    hardest = sorted(range(len(lines)), key=lambda place: lines[place].area)
    named = sorted(hardest if len(lines) <= room else hardest[: room - 1])
    others = [line for place, line in enumerate(lines) if place not in named]
    for position, line in enumerate(others):
        label = text(words.others, language, n=len(others)) if position == 0 else None
        axes.plot(line.x, line.y, color="#C4CAD0", linewidth=0.8, label=label)
    colours = distinct_colours(len(named), [colour for colour in PALETTE if colour != BLACK])
    for position, place in enumerate(named):
        line = lines[place]
        label = text(words.one, language, name=shortened(line.label, 22), area=line.area)
        axes.plot(line.x, line.y, "-", color=colours[position], linewidth=1.1, alpha=0.9, label=label)
