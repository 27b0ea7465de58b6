"""What all functions of this room ask of their input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def as_sample(values: ArrayLike, *, at_least: int = 1) -> NDArray[np.float64]:
    """Return `values` as a one-dimensional float64 array of finite numbers.

    Raises
    ------
    ValueError
        If there are fewer than `at_least` values, more than one axis, or a NaN or infinity. A missing score
        is an outcome that the caller has to name; dropping it here would reward unstable optimizers.
    """
    sample = np.asarray(values, dtype=np.float64)
    if sample.ndim != 1:
        raise ValueError(f"values must have one axis. Received: shape {sample.shape}.")
    if sample.size < at_least:
        raise ValueError(f"at least {at_least} values are needed. Received: {sample.size}.")
    if not np.isfinite(sample).all():
        raise ValueError(f"values must be finite. Received: {sample[~np.isfinite(sample)][:3].tolist()}.")
    return sample


def check_alpha(alpha: float) -> None:
    """Raise ValueError unless 0 < alpha < 1."""
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha must be between 0 and 1. Received: {alpha}.")
