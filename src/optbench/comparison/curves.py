"""Curves of several seeds as one mean curve with a band: what the comparison page draws."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from optbench.comparison.disagreement import Disagreement
    from optbench.comparison.targets import RunTrace
    from optbench.records import History, PrecisionRecallCurve, ReliabilityCurve, RocCurve, SplitName

ROC_GRID_POINTS: Final = 201
_RECALLS: Final = 101
_ROUNDING: Final = 1e-12


@dataclass(frozen=True, slots=True)
class ExampleCurves:
    """What the test predictions of the runs of one problem say example by example, by optimizer label.

    Attributes
    ----------
    confusions : per run the counts, rows true, columns predicted
    precision_recall : per run its curves, one per class, or that of the positive class of two
    reliability : per run its curve, as far as its scores are probabilities
    """

    class_names: tuple[str, ...]
    confusions: Mapping[str, Sequence[NDArray[np.int64]]]
    precision_recall: Mapping[str, Sequence[Sequence[PrecisionRecallCurve]]]
    reliability: Mapping[str, Sequence[ReliabilityCurve]]


@dataclass(frozen=True, slots=True)
class ProblemCurves:
    """What the runs of one problem left behind, by optimizer label.

    Attributes
    ----------
    histories : one per run
    roc_curves : per run all its ROC curves
    traces : one per run: what the time to a target needs
    disagreements : pairs of optimizers and where their predictions differ
    targets : history columns and values fixed before these runs; None takes them from these runs
    targets_from : label of the optimizer whose tuning runs fixed them
    settings : label -> section `optimizer` of its experiments, without what is not set
    examples : None for another task, or without predictions
    seeds : label -> that of each run, in the order of `histories`
    """

    histories: Mapping[str, Sequence[History]]
    roc_curves: Mapping[str, Sequence[Sequence[RocCurve]]]
    traces: Mapping[str, Sequence[RunTrace]] = field(default_factory=dict)
    disagreements: Sequence[Disagreement] = ()
    targets: Sequence[tuple[str, float]] | None = None
    targets_from: str = ""
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    examples: ExampleCurves | None = None
    seeds: Mapping[str, Sequence[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CurveBand:
    """One optimizer's history of one column over its seeds.

    Attributes
    ----------
    label, column : optimizer and history column
    epochs : (m,) epochs from 0, as far as any run went
    mean, low, high : (m,) mean, smallest and largest value over the runs that reached the epoch
    runs : (m,) how many runs reached it with a finite value
    """

    label: str
    column: str
    epochs: NDArray[np.int64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    runs: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RocBand:
    """One optimizer's ROC curves of one class over its seeds, on a common grid of false-positive rates.

    Attributes
    ----------
    label, curve_label, split : optimizer; class or "macro"; split
    fpr : (201,) from 0 to 1
    mean, low, high : (201,) true-positive rates
    auc : mean area over the runs
    runs : number of runs
    """

    label: str
    curve_label: str
    split: SplitName
    fpr: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    auc: float
    runs: int


def curve_bands(histories: Mapping[str, Sequence[History]], column: str) -> tuple[CurveBand, ...]:
    """Return one band per optimizer that has the column.

    Parameters
    ----------
    histories : optimizer label -> histories of its runs
    column : history column such as `val_loss`; runs without it are left out

    Notes
    -----
    The band is the range over seeds, not an interval: with few seeds it hides nothing. Runs that stopped
    early leave the mean where they end, so late epochs may rest on fewer runs.
    """
    found = []
    for label in sorted(histories):
        by_epoch: dict[int, list[float]] = {}
        for history in histories[label]:
            if column in history.columns:
                _collect(history, column, by_epoch)
        if by_epoch:
            found.append(_curve_band(label, column, by_epoch))
    return tuple(found)


def roc_bands(
    curves: Mapping[str, Sequence[Sequence[RocCurve]]], *, curve_label: str, split: SplitName = "test"
) -> tuple[RocBand, ...]:
    """Return one band per optimizer for one class ("macro" for the mean over classes).

    Parameters
    ----------
    curves : optimizer label -> per run its ROC curves

    Notes
    -----
    Each curve is interpolated linearly on 201 false-positive rates and the true-positive rates are averaged
    there (vertical averaging).

    References
    ----------
    Fawcett 2006, Pattern Recognit. Lett. 27, 861-874, algorithm 3.
    """
    found = []
    for label in sorted(curves):
        chosen = [
            curve for run in curves[label] for curve in run if curve.split == split and curve.label == curve_label
        ]
        if chosen:
            found.append(_roc_band(label, chosen))
    return tuple(found)


def _collect(history: History, column: str, by_epoch: dict[int, list[float]]) -> None:
    for epoch, value in zip(history.column("epoch"), history.column(column), strict=True):
        if math.isfinite(value):
            by_epoch.setdefault(int(epoch), []).append(value)


def _curve_band(label: str, column: str, by_epoch: Mapping[int, Sequence[float]]) -> CurveBand:
    epochs = sorted(by_epoch)
    values = [np.sort(np.asarray(by_epoch[epoch])) for epoch in epochs]  # sorted: the order of runs moves no digit
    return CurveBand(
        label=label,
        column=column,
        epochs=np.array(epochs, dtype=np.int64),
        mean=np.array([value.mean() for value in values]),
        low=np.array([value[0] for value in values]),
        high=np.array([value[-1] for value in values]),
        runs=np.array([value.size for value in values], dtype=np.int64),
    )


def _roc_band(label: str, curves: Sequence[RocCurve]) -> RocBand:
    grid = np.linspace(0.0, 1.0, ROC_GRID_POINTS)
    rates = np.sort(np.array([_upper_curve(curve, grid) for curve in curves]), axis=0)
    return RocBand(
        label=label,
        curve_label=curves[0].label,
        split=curves[0].split,
        fpr=grid,
        mean=rates.mean(axis=0),
        low=rates[0],
        high=rates[-1],
        auc=math.fsum(curve.auc for curve in curves) / len(curves),
        runs=len(curves),
    )


def _upper_curve(curve: RocCurve, grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """Interpolate, keeping the start at (0, 0): at the first step upwards numpy.interp would take the top."""
    rates = np.interp(grid, curve.fpr, curve.tpr)
    rates[0] = 0.0
    return rates


@dataclass(frozen=True, slots=True)
class MeanCurve:
    """One optimizer's mean curve over its runs, on a common grid.

    Attributes
    ----------
    x, y, low, high : (m,) grid, mean, smallest and largest value over the runs
    area : mean over the runs of the area under the curve; None where that means nothing
    """

    label: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    area: float | None = None


def precision_recall_means(examples: ExampleCurves) -> tuple[MeanCurve, ...]:
    """Return the mean precision at each of 101 recalls; of more than two classes the mean of their curves, too.

    Notes
    -----
    Between two points of a curve precision is that of the one with the higher recall: the threshold that reaches a
    recall is the one of the first point that has it. Straight lines between points would promise too much (Davis and
    Goadrich 2006, ICML, 233-240).
    """
    grid = np.linspace(0.0, 1.0, _RECALLS)
    found = []
    for label in sorted(examples.precision_recall):
        runs = [run for run in examples.precision_recall[label] if run]
        if runs:
            each = np.array([np.mean([_precision_at(curve, grid) for curve in run], axis=0) for run in runs])
            areas = [math.fsum(curve.average_precision for curve in run) / len(run) for run in runs]
            found.append(_mean_curve(label, grid, each, math.fsum(areas) / len(areas)))
    return tuple(found)


def reliability_means(examples: ExampleCurves) -> tuple[MeanCurve, ...]:
    """Return what happened beside what the probabilities said, bin by bin over the runs of equally many bins."""
    found = []
    for label in sorted(examples.reliability):
        runs = examples.reliability[label]
        most = max((len(run.share) for run in runs), default=0)
        whole = [run for run in runs if most and len(run.share) == most]
        if whole:
            said = np.mean([run.probability for run in whole], axis=0)
            found.append(_mean_curve(label, said, np.array([run.share for run in whole])))
    return tuple(found)


def _precision_at(curve: PrecisionRecallCurve, grid: NDArray[np.float64]) -> NDArray[np.float64]:
    places = np.searchsorted(curve.recall, grid - _ROUNDING, side="left")
    return np.asarray(curve.precision[np.minimum(places, len(curve.precision) - 1)], dtype=np.float64)


def _mean_curve(label: str, x: NDArray[np.float64], each: NDArray[np.float64], area: float | None = None) -> MeanCurve:
    ordered = np.sort(each, axis=0)  # sorted: the order of runs moves no digit
    return MeanCurve(label, x, ordered.mean(axis=0), ordered[0], ordered[-1], area)
