"""The figures of one run as records: learning curves of any task, diagnostics, and how the rows of a page look."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from optbench.catalog.metrics import LOSS, VALIDATION
from optbench.catalog.tasks import TASKS
from optbench.records import ALL_LAYERS
from optbench.reporting.charts.comparison_charts import rounded
from optbench.reporting.charts.look import RowLooks
from optbench.reporting.charts.records import Axis, Line, LinesFigure, View
from optbench.reporting.charts.scale import room_for
from optbench.reporting.epoch_axis import limits_without_start, outside_limits
from optbench.reporting.page import text_or_dash
from optbench.words import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from optbench.records import History, LayerDiagnostics, SplitName
    from optbench.reporting.charts.records import Figure
    from optbench.reporting.languages import Speech, Text

_SPLITS: Final[tuple[SplitName, ...]] = ("test", "train", "validation")
_WIDE_RANGE: Final = 1000.0
_WIDE_RANGE_OF_LAYERS: Final = 30.0
_MOST_LAYERS: Final = 7
_PANELS: Final = (
    ("gradient_norm", "figure-gradient-norm"),
    ("update_ratio", "figure-update-ratio"),
    ("weight_norm", "figure-weight-norm"),
)


@dataclass(frozen=True, slots=True)
class Learned:
    """What the charts of a run show of its training.

    Attributes
    ----------
    history : metrics per epoch
    best_epoch : whose weights the run kept, or None
    diagnostics : of layers, if the run recorded any
    """

    history: History
    epochs_run: int
    best_epoch: int | None
    diagnostics: Sequence[LayerDiagnostics] = ()


def split_row(split: SplitName) -> str:
    """Return the row of a split, which is no class of that name."""
    return f"split {split}"


def looks_of_run(figures: Iterable[Figure], speech: Speech) -> RowLooks:
    """Return how the rows of a run's page look: each split has its colour, then classes or layers."""
    lines = [line for one in figures if isinstance(one, LinesFigure) for view in one.views for line in view.lines]
    splits = [split_row(split) for split in _SPLITS]
    rows = dict.fromkeys([*splits, *(line.row for line in lines if line.row)])
    names = {split_row(split): speech.text(f"split-{split}") for split in _SPLITS}
    return RowLooks({row: place for place, row in enumerate(rows)}, names)


def run_charts(learned: Learned, of_task: Callable[[Speech], Sequence[Figure]], speech: Speech) -> list[Figure]:
    """Return every chart of the page of a run.

    Parameters
    ----------
    of_task : returns those that its task has, the learning curves first
    """
    diagnostics = diagnostics_chart(learned.diagnostics, speech)
    return [*of_task(speech), *([] if diagnostics is None else [diagnostics])]


def learning_charts(learned: Learned, title: str, caption: str, speech: Speech) -> list[Figure]:
    """Return the figure of the headline metric and the loss over the epochs, a view for each.

    Parameters
    ----------
    title, caption : codes of its texts

    Returns
    -------
    list of Figure
        [] without any finite value.
    """
    headlines = [task.headline for task in TASKS.values()]
    views = [_learning_view(learned.history, name, speech, learned.best_epoch) for name in (*headlines, LOSS.name)]
    shown = [view for view in views if view is not None]
    told = speech.text(title, n_epochs=learned.epochs_run, best=text_or_dash(learned.best_epoch))
    return [LinesFigure("learning", told, speech.text(caption), shown)] if shown else []


def _learning_view(history: History, name: str, speech: Speech, best_epoch: int | None) -> View | None:
    columns: dict[SplitName, str] = {"validation": f"{VALIDATION}{name}", "train": name}
    epochs = list(history.column("epoch"))
    found = {
        split: list(zip(epochs, history.column(column), strict=True))
        for split, column in columns.items()
        if column in history.columns
    }
    known = {split: [point for point in points if math.isfinite(point[1])] for split, points in found.items()}
    if not any(known.values()):
        return None
    best_of = "validation" if known.get("validation") else "train"
    lines = [
        _learning_line(split, points, speech, best_epoch if split == best_of else None)
        for split, points in known.items()
        if points
    ]
    axis, note = _value_axis(known.values(), speech.text("figure-column", column=name), speech)
    lost = [split for split, points in found.items() if len(points) > len(known[split])]
    notes = speech.each(lambda language: _lost(lost, language)) if lost else note
    across = Axis(speech.text("figure-epoch-from-zero"), 0.0, max(epochs[-1], 1.0))
    return View(axis.title, across, axis, lines, note=notes, key=name)


def _lost(splits: Sequence[SplitName], language: str) -> str:
    """Say of which splits values are not finite."""
    names = [text(f"split-{split}", language) for split in splits]
    return "; ".join(text("figure-not-finite", language, name=name) for name in names)


def _learning_line(
    split: SplitName, points: Sequence[tuple[float, float]], speech: Speech, best_epoch: int | None
) -> Line:
    epochs = [epoch for epoch, _ in points]
    best = epochs.index(best_epoch) if best_epoch in epochs else None
    name = speech.text(f"split-{split}")
    return Line(split_row(split), epochs, rounded(value for _, value in points), name=name, marks=True, best=best)


def _value_axis(lines: Iterable[Sequence[tuple[float, float]]], title: Text, speech: Speech) -> tuple[Axis, Text]:
    """Return the axis of values, and what epoch 0 has where it is outside."""
    points = [point for line in lines for point in line]
    start, later = ([value for epoch, value in points if (epoch > 0) == is_later] for is_later in (False, True))
    values = [*start, *later]
    can_switch = min(values) > 0.0
    if can_switch and max(later or values) > _WIDE_RANGE * min(values):
        low, high = room_for(values, is_logarithmic=True)
        return Axis(title, low, high, is_logarithmic=True, can_switch=True), ""
    limits = limits_without_start(start, later)
    low, high = limits or room_for(values)
    axis = Axis(title, low, high, can_switch=can_switch)
    note = "" if limits is None else speech.text("figure-before-training", value=outside_limits(start, limits))
    return axis, note


def diagnostics_chart(rows: Sequence[LayerDiagnostics], speech: Speech) -> LinesFigure | None:
    """Return gradient norm, update ratio and weight norm per layer, a view for each; None if there are none.

    Of many layers the first and the last ones are drawn; the others stand in diagnostics.csv.
    """
    layers = [layer for layer in dict.fromkeys(row.layer for row in rows) if layer != ALL_LAYERS]
    half = _MOST_LAYERS // 2
    named = layers if len(layers) <= _MOST_LAYERS else [*layers[:half], *layers[-half:]]
    views = [_layers_view(rows, name, code, [ALL_LAYERS, *named], speech) for name, code in _PANELS]
    shown = [view for view in views if view is not None]
    if not shown:
        return None
    title = speech.text("picture-diagnostics-alt", n_epochs=max(row.epoch for row in rows))
    return LinesFigure("diagnostics", title, speech.text("picture-diagnostics"), shown)


def _layers_view(
    rows: Sequence[LayerDiagnostics], name: str, code: str, layers: Sequence[str], speech: Speech
) -> View | None:
    found = {
        layer: [row for row in rows if row.layer == layer and 0.0 < getattr(row, name) < math.inf] for layer in layers
    }
    values = [getattr(row, name) for own in found.values() for row in own]
    if not values:
        return None
    is_wide = max(values) > _WIDE_RANGE_OF_LAYERS * min(values)
    low, high = room_for(values, is_logarithmic=True) if is_wide else (0.0, 1.05 * max(values))
    epochs = [row.epoch for own in found.values() for row in own]
    title = speech.text(code)
    return View(
        title,
        Axis(speech.text("figure-epoch"), float(min(epochs)) - 0.5, float(max(epochs)) + 0.5),
        Axis(title, low, high, is_logarithmic=is_wide, can_switch=True),
        [_layer_line(layer, own, name, speech) for layer, own in found.items() if own],
        key=name,
    )


def _layer_line(layer: str, rows: Sequence[LayerDiagnostics], name: str, speech: Speech) -> Line:
    is_all = layer == ALL_LAYERS
    values = [float(getattr(row, name)) for row in rows]
    spreads = [row.gradient_norm_sd if math.isfinite(row.gradient_norm_sd) else 0.0 for row in rows]
    has_band = is_all and name == "gradient_norm"
    return Line(
        "" if is_all else layer,
        [float(row.epoch) for row in rows],
        rounded(values),
        rounded(max(one - sd, one / 10) for one, sd in zip(values, spreads, strict=True)) if has_band else (),
        rounded(one + sd for one, sd in zip(values, spreads, strict=True)) if has_band else (),
        name=speech.text("figure-all-layers") if is_all else layer,
        marks=True,
        is_dashed=is_all,
    )
