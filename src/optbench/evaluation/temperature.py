"""Temperature scaling: one number, fitted on validation rows, that brings probabilities closer to what happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.json_fields import JsonFields

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EPSILON: Final = float(np.finfo(np.float32).eps)
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
    """

    value: float
    rows: int | None = None
    log_loss_before: float | None = None
    log_loss_after: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "temperature": self.value,
            "rows": self.rows,
            "log_loss_before": self.log_loss_before,
            "log_loss_after": self.log_loss_after,
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
        )


def fit_temperature(y_true: NDArray[np.int64], y_score: NDArray[np.float32]) -> float | None:
    """Return the temperature whose probabilities have the smallest log loss; None if there is no such number.

    Parameters
    ----------
    y_true : (n,) at least one
    y_score : (n, classes) probabilities

    Notes
    -----
    p_k(T) is proportional to p_k^(1/T): the softmax of the logits over T, since logits are the logarithms of the
    probabilities up to a constant per row (Guo et al. 2017, ICML, "On Calibration of Modern Neural Networks"); for one
    sigmoid unit it is the logit over T. The log loss is convex in 1/T, so a bounded search on a logarithmic scale finds
    its only minimum. Where all rows are answered rightly there is none: the smaller T, the better; nor is there one
    where the model does no better than chance. Any T leaves the most probable class what it was.
    """
    from scipy.optimize import minimize_scalar

    if np.array_equal(y_score.argmax(axis=1), y_true):
        return None
    logits, low, high = _logits(y_score), np.log(_LOWEST), np.log(_HIGHEST)
    found = minimize_scalar(
        lambda log_t: _log_loss(y_true, logits / np.exp(log_t)),
        bounds=(low, high),
        method="bounded",
        options={"xatol": 1e-9, "maxiter": 500},
    )
    is_at_edge = min(found.x - low, high - found.x) < 0.01  # noqa: PLR2004 - one per cent
    return None if is_at_edge else float(np.exp(found.x))


def with_temperature(y_score: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Return calibrated probabilities, (n, classes) float32; rows sum to 1."""
    exponents = _logits(y_score) / temperature
    powers = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    calibrated: NDArray[np.float32] = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return calibrated


def _logits(y_score: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return logarithms; of 0, which float32 makes of what is too small, that of the row's smallest or of 1.2e-7."""
    scores = y_score.astype(np.float64)
    smallest = np.where(scores > 0, scores, _EPSILON).min(axis=1, keepdims=True)
    logits: NDArray[np.float64] = np.log(np.where(scores > 0, scores, smallest))
    return logits


def _log_loss(y_true: NDArray[np.int64], logits: NDArray[np.float64]) -> float:
    highest = logits.max(axis=1)
    sums = np.exp(logits - highest[:, None]).sum(axis=1)
    right = logits[np.arange(len(y_true)), y_true]
    return float(np.mean(highest + np.log(sums) - right))
