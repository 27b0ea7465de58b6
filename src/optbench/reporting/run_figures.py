"""The pictures of one run: confusion matrix, learning curves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.catalog.metrics import LOSS
from optbench.catalog.tasks import TASKS
from optbench.reporting.epoch_axis import scale_without_start
from optbench.reporting.style import (
    BLUE,
    FAINT,
    GREEN,
    INK,
    VERMILLION,
    logarithmic,
    new_figure,
    plot_style,
    shortened,
)
from optbench.words import text
from optbench.words.tables import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from optbench.records import ConfusionMatrix, History

_WITH_MARKERS: Final = 30
_WIDE_RANGE: Final = 1000.0
_DARK_CELL: Final = 0.55


def confusion_figure(matrix: ConfusionMatrix, language: str | None = None) -> Figure:
    """Draw counts and the shares of each true class; the colour is the share, so that rare classes show too."""
    classes = len(matrix.class_names)
    cell = _cell_size(classes)
    labels = [shortened(name, 22) or text("figure-empty", language) for name in matrix.class_names]
    margin = 1.0 + 0.075 * max(map(len, labels))
    totals = matrix.counts.sum(axis=1, keepdims=True)
    shares = matrix.counts / np.maximum(totals, 1)
    with plot_style():
        figure, (axes,) = new_figure(
            width=cell * classes + margin + 1.2, height=cell * classes + margin + 0.4, language=language
        )
        image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        axes.set_title(text("figure-confusion-matrix", language, split=matrix.split))
        axes.set_xlabel(text("figure-predicted-class", language))
        axes.set_ylabel(text("figure-true-class", language))
        slanted = classes > 2 or max(map(len, labels)) > 12  # noqa: PLR2004
        size = min(9.0, 22 * cell)
        turn: dict[str, Any] = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if slanted else {}
        axes.set_xticks(range(classes), labels, fontsize=size, **turn)
        axes.set_yticks(range(classes), labels, fontsize=size)
        _cell_lines(axes, classes)
        _cell_texts(axes, matrix.counts, shares, cell, language)
        bar = figure.colorbar(
            image, ax=axes, shrink=0.8, pad=0.02, format=lambda share, _: number(share, "percent0", language)
        )
        bar.set_label(text("figure-share-of-true-class", language))
        bar.outline.set_visible(False)
    return figure


def _cell_size(classes: int) -> float:
    """Return the side of a cell in inches: room for two lines of text up to 25 classes."""
    if classes <= 4:  # noqa: PLR2004
        return 3.6 / max(classes, 2)
    return 0.72 if classes <= 10 else 0.56 if classes <= 25 else max(0.16, 14 / classes)  # noqa: PLR2004


def _cell_lines(axes: Axes, classes: int) -> None:
    axes.grid(visible=False)
    axes.set_xticks(np.arange(classes + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(classes + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1.2 if classes <= _WITH_MARKERS else 0.4)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)


def _cell_texts(
    axes: Axes, counts: NDArray[np.int64], shares: NDArray[np.float64], size: float, language: str | None
) -> None:
    if size < 0.3:  # noqa: PLR2004 - too many classes for text; the numbers stand in confusion_matrix.csv
        return
    points = min(13.0, 13.5 * size)
    with_shares = size >= 0.5  # noqa: PLR2004
    for row, column in np.ndindex(*counts.shape):
        count, share = int(counts[row, column]), float(shares[row, column])
        colour = "white" if share > _DARK_CELL else INK if count else FAINT
        middle = 0.14 if with_shares and count else 0.0
        axes.text(column, row - middle, f"{count}", ha="center", va="center", fontsize=points, color=colour)
        if with_shares and count:
            percent = number(share, "percent" if size >= 0.7 else "percent0", language)  # noqa: PLR2004
            axes.text(column, row + 0.22, percent, ha="center", va="center", fontsize=0.75 * points, color=colour)


def learning_curves_figure(history: History, *, best_epoch: int | None = None, language: str | None = None) -> Figure:
    """Draw loss and accuracy or RMSE per epoch, train and validation; epoch 0 is the model before training.

    A value that is not finite is marked at the lower edge instead of vanishing.
    """
    headlines = [task.headline for task in TASKS.values()]
    metrics = [name for name in history.columns[1:] if not name.startswith("val_") and name != "learning_rate"]
    shown = [name for name in (LOSS.name, *headlines) if name in metrics] or metrics[:1]
    shown += [name for name in metrics if name not in shown][: 2 - len(shown)]
    with plot_style():
        figure, panels = new_figure(width=4.9 * len(shown), height=3.9, ncols=len(shown), language=language)
        for axes, name in zip(panels, shown, strict=True):
            _learning_panel(axes, history, name, best_epoch, language)
    return figure


def _learning_panel(axes: Axes, history: History, name: str, best_epoch: int | None, language: str | None) -> None:
    from matplotlib.ticker import MaxNLocator

    epochs = np.array(history.column("epoch"))
    drawn: list[float] = []
    start: list[float] = []
    for column, split, colour in ((name, "train", BLUE), (f"val_{name}", "validation", VERMILLION)):
        if column in history.columns:
            values = np.array(history.column(column), dtype=np.float64)
            lost_at = 0.02 if split == "train" else 0.07
            _line(axes, epochs, values, split=split, colour=colour, lost_at=lost_at, language=language)
            drawn += values[np.isfinite(values) & (epochs > 0)].tolist()
            start += values[np.isfinite(values) & (epochs == 0)].tolist()
    title = text("figure-column", language, column=shortened(name, 30))
    axes.set_title(title[:1].upper() + title[1:])
    axes.set_xlabel(text("figure-epoch", language))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if drawn and min(drawn + start) > 0 and max(drawn) > _WIDE_RANGE * min(drawn + start):
        logarithmic(axes, "y", language)
    else:
        scale_without_start(axes, start, drawn, language)
    if best_epoch is not None and best_epoch in epochs:
        axes.axvline(
            best_epoch,
            color=GREEN,
            linewidth=1.2,
            linestyle=":",
            label=text("figure-best-epoch", language, epoch=best_epoch),
        )
    if axes.get_legend_handles_labels()[0]:
        axes.legend()


def _line(
    axes: Axes,
    epochs: NDArray[np.float64],
    values: NDArray[np.float64],
    *,
    split: str,
    colour: str,
    lost_at: float,
    language: str | None,
) -> None:
    label = text(f"split-{split}", language)
    is_known = np.isfinite(values)
    shown = np.where(is_known, values, math.nan)
    # a line needs two neighbours: a value between gaps would not be drawn without a marker
    before, after = np.append(False, is_known[:-1]), np.append(is_known[1:], False)
    is_marked = is_known if len(values) <= _WITH_MARKERS else is_known & ~before & ~after
    axes.plot(epochs, shown, color=colour, label=label, marker="o", markersize=3.2, markevery=np.flatnonzero(is_marked))
    if not is_known.all():
        lost = epochs[~is_known]
        axes.plot(
            lost,
            np.full(len(lost), lost_at),
            transform=axes.get_xaxis_transform(),
            color=colour,
            marker="x",
            linestyle="none",
            label=text("figure-not-finite", language, name=label),
        )
