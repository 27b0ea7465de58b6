"""Where two optimizers differ although their accuracy is the same: single examples and single classes."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.core.findings import Finding, Severity
from optbench.statistics import churn, expected_calibration_error, recall_per_class

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from optbench.records import Predictions

_SMALL_GAP: Final = 0.01


@dataclass(frozen=True, slots=True)
class ClassGap:
    """Recall of one class: mean over seeds for both optimizers; None if the test split has no such class."""

    name: str
    recall_a: float | None
    recall_b: float | None

    @property
    def gap(self) -> float | None:
        """Recall of a minus recall of b."""
        return None if self.recall_a is None or self.recall_b is None else self.recall_a - self.recall_b


@dataclass(frozen=True, slots=True)
class Disagreement:
    """How differently two optimizers classify the same test examples.

    Attributes
    ----------
    a, b, n : labels, and the shared seeds behind the means; seeds on which one diverged are left out
    accuracy_gap : mean accuracy of a minus that of b on these seeds
    churn : share of test examples that the two classify differently, mean over seeds
    churn_a, churn_b : the same between two seeds of one optimizer: what retraining alone changes; None for one seed
    calibration_a, calibration_b : expected calibration error, mean over seeds
    classes : recall per class
    """

    a: str
    b: str
    n: int
    accuracy_gap: float
    churn: float
    churn_a: float | None
    churn_b: float | None
    calibration_a: float
    calibration_b: float
    classes: tuple[ClassGap, ...]

    @property
    def widest(self) -> ClassGap | None:
        """The class on which the two differ most; the first of equals."""
        known = [item for item in self.classes if item.gap is not None]
        return max(known, key=lambda item: abs(item.gap or 0.0), default=None)

    @property
    def finding(self) -> Finding:
        """How much equal accuracy hides."""
        code = "examples-differ-although" if abs(self.accuracy_gap) <= _SMALL_GAP else "examples-differ"
        own = [
            {"label": label, "share": value}
            for label, value in ((self.a, self.churn_a), (self.b, self.churn_b))
            if value is not None
        ]
        values = {"a": self.a, "b": self.b, "gap": abs(self.accuracy_gap), "churn": self.churn, "own": own}
        return Finding(code, Severity.REMARK, {**values, "widest": self._widest_gap()})

    def _widest_gap(self) -> dict[str, Any] | None:
        widest = self.widest
        if widest is None or not widest.gap:
            return None
        ahead, behind = (self.a, self.b) if widest.gap > 0.0 else (self.b, self.a)
        values = {"name": widest.name, "ahead": ahead, "behind": behind, "gap": abs(widest.gap)}
        return Finding("examples-widest-gap", Severity.REMARK, values).to_json()

    def to_json(self) -> dict[str, Any]:
        """Return the values as JSON."""
        return {
            "a": self.a,
            "b": self.b,
            "n": self.n,
            "accuracy_gap": self.accuracy_gap,
            "churn": self.churn,
            "churn_a": self.churn_a,
            "churn_b": self.churn_b,
            "calibration_a": self.calibration_a,
            "calibration_b": self.calibration_b,
            "classes": [
                {"class": item.name, "recall_a": item.recall_a, "recall_b": item.recall_b} for item in self.classes
            ],
        }


def disagreement(
    a: str, b: str, predictions: Mapping[str, Mapping[int, Predictions]], class_names: Sequence[str]
) -> Disagreement | None:
    """Compare what two optimizers predict for the same test examples, seed by seed.

    Parameters
    ----------
    a, b : labels
    predictions : label -> seed -> predictions on the test split, in any order of rows
    class_names : by class number

    Returns
    -------
    None if the two share no seed on which both have finite scores, or their test rows of a seed are not the same

    Notes
    -----
    Each seed may have test rows of its own. Two seeds of one optimizer are compared on the rows that both have.
    """
    of_a, of_b = _finite(predictions.get(a, {})), _finite(predictions.get(b, {}))
    seeds = sorted(of_a.keys() & of_b.keys())
    if not seeds:
        return None
    runs_a, runs_b = [_by_row(of_a[seed]) for seed in seeds], [_by_row(of_b[seed]) for seed in seeds]
    pairs = list(zip(runs_a, runs_b, strict=True))
    if any(not x.y_true.size or not np.array_equal(x.rows, y.rows) for x, y in pairs):
        return None
    return Disagreement(
        a=a,
        b=b,
        n=len(seeds),
        accuracy_gap=_mean([_accuracy(x) - _accuracy(y) for x, y in pairs]),
        churn=_mean([churn(_classes(x), _classes(y)) for x, y in pairs]),
        churn_a=_own_churn(runs_a),
        churn_b=_own_churn(runs_b),
        calibration_a=_mean([expected_calibration_error(run.y_true, run.y_score) for run in runs_a]),
        calibration_b=_mean([expected_calibration_error(run.y_true, run.y_score) for run in runs_b]),
        classes=_class_gaps(runs_a, runs_b, class_names),
    )


def _finite(runs: Mapping[int, Predictions]) -> dict[int, Predictions]:
    return {seed: run for seed, run in runs.items() if np.isfinite(run.y_score).all()}


def _by_row(run: Predictions) -> Predictions:
    return run.of_rows(np.argsort(run.rows, kind="stable"))


def _classes(run: Predictions) -> NDArray[np.int64]:
    classes: NDArray[np.int64] = run.y_score.argmax(axis=1)
    return classes


def _accuracy(run: Predictions) -> float:
    return float((_classes(run) == run.y_true).mean())


def _own_churn(runs: Sequence[Predictions]) -> float | None:
    shared = (_on_shared_rows(x, y) for x, y in itertools.combinations(runs, 2))
    pairs = [churn(x, y) for x, y in shared if x.size]
    return _mean(pairs) if pairs else None


def _on_shared_rows(x: Predictions, y: Predictions) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the predicted classes of two runs, whose rows rise, on the rows that both have."""
    if np.array_equal(x.rows, y.rows):
        return _classes(x), _classes(y)
    _, of_x, of_y = np.intersect1d(x.rows, y.rows, assume_unique=True, return_indices=True)
    return _classes(x)[of_x], _classes(y)[of_y]


def _class_gaps(
    runs_a: Sequence[Predictions], runs_b: Sequence[Predictions], class_names: Sequence[str]
) -> tuple[ClassGap, ...]:
    mean_a, mean_b = (
        np.mean([recall_per_class(run.y_true, _classes(run), len(class_names)) for run in runs], axis=0)
        for runs in (runs_a, runs_b)
    )
    return tuple(ClassGap(name, _known(x), _known(y)) for name, x, y in zip(class_names, mean_a, mean_b, strict=True))


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
