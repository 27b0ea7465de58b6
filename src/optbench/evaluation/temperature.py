"""Temperature scaling: one number, fitted on validation rows, that brings probabilities closer to what happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.json_fields import JsonFields
from optbench.statistics.calibration import SMALLEST, SMALLEST_REST

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optbench.records import Predictions

_LOWEST: Final = 0.01
_HIGHEST: Final = 100.0


@dataclass(frozen=True, slots=True)
class Temperature:
    """A temperature.

    Attributes
    ----------
    value : logits are divided by it; above 1 the model was too sure
    rows : it was fitted on; None if it was given
    log_loss_before, log_loss_after : on these rows
    one_unit : whether one sigmoid unit of the model answers for two classes
    from_logits : whether it divides what the model gives before its last activation; otherwise what its probabilities
        tell of that (`logits_of`)
    """

    value: float
    rows: int | None = None
    log_loss_before: float | None = None
    log_loss_after: float | None = None
    one_unit: bool = False
    from_logits: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "temperature": self.value,
            "rows": self.rows,
            "log_loss_before": self.log_loss_before,
            "log_loss_after": self.log_loss_after,
            "one_unit": self.one_unit,
            "from_logits": self.from_logits,
        }

    @classmethod
    def from_json(cls, document: object, what: object) -> Temperature:
        """Return the temperature that `to_json` wrote; StorageError if it is none."""
        fields = JsonFields(document, what)
        return cls(
            fields.take("temperature", float),
            fields.maybe("rows", int),
            fields.maybe("log_loss_before", float),
            fields.maybe("log_loss_after", float),
            fields.given("one_unit", bool, default=False),
            fields.given("from_logits", bool, default=False),
        )


def fit_temperature(y_true: NDArray[np.int64], logits: NDArray[np.float64]) -> float | None:
    """Return the temperature whose probabilities have the smallest log loss; None if there is no such number.

    Parameters
    ----------
    y_true : (n,) at least one
    logits : (n, classes), as `known_logits` returns them

    Notes
    -----
    p(T) is the softmax of the logits over T (Guo et al. 2017, ICML, "On Calibration of Modern Neural Networks"); for
    one sigmoid unit that is the sigmoid of its logit over T. The log loss is convex in 1/T, so a bounded search on a
    logarithmic scale finds its only minimum. Where all rows are answered rightly there is none: the smaller T, the
    better; nor is there one where the model does no better than chance. Any T leaves the most probable class what it
    was.
    """
    from scipy.optimize import minimize_scalar

    if np.array_equal(logits.argmax(axis=1), y_true):
        return None
    low, high = np.log(_LOWEST), np.log(_HIGHEST)
    found = minimize_scalar(
        lambda log_t: _log_loss(y_true, logits / np.exp(log_t)),
        bounds=(low, high),
        method="bounded",
        options={"xatol": 1e-9, "maxiter": 500},
    )
    is_at_edge = min(found.x - low, high - found.x) < 0.01  # noqa: PLR2004 - one per cent
    return None if is_at_edge else float(np.exp(found.x))


def with_temperature(logits: NDArray[np.float64], temperature: float) -> NDArray[np.float32]:
    """Return calibrated probabilities, (n, classes) float32; rows sum to 1.

    They are in the order of the model's, of every class, and the most probable class is that of the largest logit.

    Parameters
    ----------
    logits : (n, classes), as `known_logits` returns them
    """
    with np.errstate(over="ignore"):  # of a tiny temperature: its other classes have the probability 0
        powers = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)
    calibrated: NDArray[np.float32] = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return _with_same_class(calibrated, logits.argmax(axis=1))


def known_logits(found: Predictions, *, one_unit: bool) -> NDArray[np.float64]:
    """Return logits, (n, classes): the model's own where they are known, else what its probabilities tell of them.

    Parameters
    ----------
    one_unit : as in `logits_of`
    """
    return logits_of(found.y_score, one_unit=one_unit) if found.logits is None else logits_per_class(found.logits)


def logits_per_class(given: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return logits, (n, classes), of what a model gives before its activation, (n, units): one unit is the second's.

    What is too large for the type that the model computes in is its largest number, so that differences are defined.
    """
    largest = np.finfo(np.float32).max
    logits: NDArray[np.float64] = np.clip(given.astype(np.float64), -largest, largest)
    return logits if given.shape[1] > 1 else np.concatenate([np.zeros_like(logits), logits], axis=1)


def logits_of(y_score: NDArray[np.float32], *, one_unit: bool) -> NDArray[np.float64]:
    """Return what probabilities tell of logits, (n, classes), up to a constant per row, in their order.

    The logarithms, as far as float32 has them: one unit keeps few digits of what is left to 1.

    Parameters
    ----------
    y_score : (n, classes) probabilities
    one_unit : whether they are 1 - p and p of one sigmoid unit p; who knows the model says it

    Notes
    -----
    A probability that is 0 stands for `SMALLEST`. What one unit leaves for 1 - p is a multiple of the step of float32
    below 1, so that its largest logit is that of `SMALLEST_REST`; a softmax tells of both classes how improbable they
    are.
    """
    scores = y_score.astype(np.float64)
    if not one_unit:
        logits: NDArray[np.float64] = np.log(np.maximum(scores, SMALLEST))
        return logits
    p = scores[:, 1]
    of_second = np.log(np.maximum(p, SMALLEST)) - np.log(np.maximum(1.0 - p, SMALLEST_REST))
    return np.stack([np.zeros_like(of_second), of_second], axis=1)


def _with_same_class(calibrated: NDArray[np.float32], best: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return probabilities whose most probable class is the given one, where float32 has made two of them equal."""
    tied = np.flatnonzero(calibrated.argmax(axis=1) != best)
    # the others are lowered: the best, raised, would pass that of a row which is surer and was not tied
    rows, highest = calibrated[tied], calibrated[tied].max(axis=1, keepdims=True)
    is_other = (rows == highest) & (np.arange(rows.shape[1]) != best[tied, None])
    calibrated[tied] = np.where(is_other, np.nextafter(highest, np.float32(0)), rows)
    return calibrated


def _log_loss(y_true: NDArray[np.int64], logits: NDArray[np.float64]) -> float:
    highest = logits.max(axis=1)
    sums = np.exp(logits - highest[:, None]).sum(axis=1)
    right = logits[np.arange(len(y_true)), y_true]
    return float(np.mean(highest + np.log(sums) - right))
