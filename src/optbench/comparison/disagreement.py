"""Where two optimizers differ although their accuracy is the same: single examples and single classes."""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class AnsweredRows:
    """What is compared of a run's test predictions: a byte a row for all but very many classes.

    Attributes
    ----------
    rows : (n,) int64, row numbers in the data as read, rising
    classes : (n,) the class that is predicted of each, in the smallest type that holds it
    accuracy, calibration : share of right answers, and expected calibration error; NaN without rows
    recall : (classes,) float64; NaN without rows of a class
    """

    rows: NDArray[np.int64]
    classes: NDArray[np.signedinteger]
    accuracy: float
    calibration: float
    recall: NDArray[np.float64]

    @classmethod
    def of(cls, predictions: Predictions, n_classes: int) -> AnsweredRows | None:
        """Look at predictions, in any order of rows; None if a score is not finite."""
        if not np.isfinite(predictions.y_score).all():
            return None
        order = np.argsort(predictions.rows, kind="stable")
        rows, truth, scores = predictions.rows[order], predictions.y_true[order], predictions.y_score[order]
        classes = scores.argmax(axis=1)
        small = classes.astype(np.min_scalar_type(-max(1, n_classes)))
        if not rows.size:
            return cls(rows, small, math.nan, math.nan, np.full(n_classes, math.nan))
        return cls(
            rows,
            small,
            accuracy=float((classes == truth).mean()),
            calibration=expected_calibration_error(truth, scores),
            recall=recall_per_class(truth, classes, n_classes),
        )


class Disagreements:
    """What optimizers predict for the same test examples; what concerns one optimizer is computed once.

    Parameters
    ----------
    answers : label -> seed -> answers on the test split; runs without finite scores are left out
    class_names : by class number

    Notes
    -----
    Each seed may have test rows of its own. Two seeds of one optimizer are compared on the rows that both have.
    """

    def __init__(self, answers: Mapping[str, Mapping[int, AnsweredRows]], class_names: Sequence[str]) -> None:
        self._answers, self._names = answers, class_names
        self._churn: dict[tuple[str, tuple[int, ...]], float | None] = {}

    def of(self, a: str, b: str) -> Disagreement | None:
        """Compare two optimizers, given by their labels, seed by seed.

        Returns
        -------
        None if the two share no seed, or their test rows of a seed are not the same
        """
        of_a, of_b = self._answers.get(a, {}), self._answers.get(b, {})
        seeds = tuple(sorted(of_a.keys() & of_b.keys()))
        if not seeds:
            return None
        runs_a, runs_b = [of_a[seed] for seed in seeds], [of_b[seed] for seed in seeds]
        pairs = list(zip(runs_a, runs_b, strict=True))
        if any(not x.rows.size or not np.array_equal(x.rows, y.rows) for x, y in pairs):
            return None
        return Disagreement(
            a=a,
            b=b,
            n=len(seeds),
            accuracy_gap=_mean([x.accuracy - y.accuracy for x, y in pairs]),
            churn=_mean([churn(x.classes, y.classes) for x, y in pairs]),
            churn_a=self._own_churn(a, seeds),
            churn_b=self._own_churn(b, seeds),
            calibration_a=_mean([run.calibration for run in runs_a]),
            calibration_b=_mean([run.calibration for run in runs_b]),
            classes=_class_gaps(runs_a, runs_b, self._names),
        )

    def _own_churn(self, label: str, seeds: tuple[int, ...]) -> float | None:
        if (label, seeds) not in self._churn:
            self._churn[label, seeds] = _own_churn([self._answers[label][seed] for seed in seeds])
        return self._churn[label, seeds]


def _own_churn(runs: Sequence[AnsweredRows]) -> float | None:
    """Return the mean churn of each two runs on the rows that both have; None if no two have any."""
    rows = np.unique(np.concatenate([run.rows for run in runs]))
    table = np.full((len(runs), rows.size), -1, dtype=runs[0].classes.dtype)
    for own, run in zip(table, runs, strict=True):
        own[np.searchsorted(rows, run.rows)] = run.classes
    found: list[float] = []
    for place, run in enumerate(runs[:-1]):
        mine = slice(None) if run.rows.size == rows.size else np.searchsorted(rows, run.rows)
        others = table[place + 1 :, mine]
        is_shared = others >= 0
        shared = is_shared.sum(axis=1)
        differing = (is_shared & (others != run.classes)).sum(axis=1)
        found += (differing[shared > 0] / shared[shared > 0]).tolist()
    return _mean(found) if found else None


def _class_gaps(
    runs_a: Sequence[AnsweredRows], runs_b: Sequence[AnsweredRows], class_names: Sequence[str]
) -> tuple[ClassGap, ...]:
    mean_a, mean_b = (np.mean([run.recall for run in runs], axis=0) for runs in (runs_a, runs_b))
    return tuple(ClassGap(name, _known(x), _known(y)) for name, x, y in zip(class_names, mean_a, mean_b, strict=True))


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
