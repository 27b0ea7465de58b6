"""The probability from which the positive class is the answer, chosen on validation rows for what the user wants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from optbench.config import ThresholdRule

if TYPE_CHECKING:
    from numpy.typing import NDArray

HALF: Final = 0.5


@dataclass(frozen=True, slots=True)
class _Choices:
    """Every way to divide the rows by their score, from no positive answer to all.

    Attributes
    ----------
    value : (m,) a threshold that divides so, halfway between two scores
    right, wrong : (m,) rows answered positive that are and that are not
    positives : rows that are
    """

    value: NDArray[np.float64]
    right: NDArray[np.int64]
    wrong: NDArray[np.int64]
    positives: int

    @property
    def precision(self) -> NDArray[np.float64]:
        """1 where nothing is answered positive, as scikit-learn's curve has it."""
        answered = self.right + self.wrong
        shares: NDArray[np.float64] = np.divide(self.right, answered, out=np.ones(len(answered)), where=answered > 0)
        return shares

    def best(self, merit: NDArray[np.float64]) -> float:
        """Return the threshold of the largest merit, of equal ones the nearest to a half."""
        candidates = self.value[merit == merit.max()]
        return float(candidates[np.abs(candidates - HALF).argmin()])


def choose_threshold(
    rule: str | ThresholdRule, is_positive: NDArray[np.bool_], score: NDArray[np.float32]
) -> float | None:
    """Return the threshold: positive is the answer from that probability on; None if the rule cannot be met.

    Parameters
    ----------
    rule : `evaluation.threshold` of an experiment
    is_positive : (n,) with rows of both kinds
    score : (n,) probability of the positive class

    Notes
    -----
    The choices are all there are, one between each two different scores. The threshold lies halfway between the two, so
    that no row is at it and the last bits of a score decide nothing.
    """
    choices = _choices(is_positive, score)
    if not isinstance(rule, ThresholdRule):
        return choices.best(2 * choices.right / (choices.right + choices.wrong + choices.positives))
    if rule.cost is not None:
        missed = choices.positives - choices.right
        return choices.best(-(rule.cost.false_positive * choices.wrong + rule.cost.false_negative * missed))
    precision, wanted = choices.precision, float(rule.recall_at_precision or 0.0)
    is_enough = (precision >= wanted) & (choices.right > 0)
    if not is_enough.any():
        return None
    # of thresholds that find as many, the most precise
    most = choices.right[is_enough].max()
    return choices.best(np.where(is_enough & (choices.right == most), precision, -1.0))


def best_precision(is_positive: NDArray[np.bool_], score: NDArray[np.float32]) -> float:
    """Return the largest precision of any threshold that finds a row."""
    choices = _choices(is_positive, score)
    return float(choices.precision[choices.right > 0].max(initial=0.0))


def mean_cost(rule: ThresholdRule, is_positive: NDArray[np.bool_], answered: NDArray[np.bool_]) -> float | None:
    """Return what wrong answers cost per row; None if the rule says no costs."""
    if rule.cost is None:
        return None
    wrong, missed = (answered & ~is_positive).mean(), (~answered & is_positive).mean()
    return float(rule.cost.false_positive * wrong + rule.cost.false_negative * missed)


def _choices(is_positive: NDArray[np.bool_], score: NDArray[np.float32]) -> _Choices:
    order = np.argsort(-score, kind="stable")
    ranked, hits = score[order].astype(np.float64), is_positive[order]
    ends = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)  # last row of each score
    right = np.append(0, np.cumsum(hits)[ends])
    answered = np.append(0, ends + 1)
    levels = ranked[ends]
    # above the highest score nothing is positive; no probability reaches the number after 1
    nothing = (levels[0] + 1.0) / 2 if levels[0] < 1.0 else np.nextafter(1.0, 2.0)
    value = np.append(nothing, (levels + np.append(levels[1:], 0.0)) / 2)
    return _Choices(value, right, answered - right, int(hits.sum()))
